/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which configuration file airpodsd reads, and whether the person's environment names another.
 */
#pragma once

#include "cli/cli.h"

/* Property ConfigPath; *ret is freed with free(). */
int config_path_get(Cli *cli, char **ret, sd_bus_error *reterr);

/*
 * $AIRPODS_CONFIG is read by airpodsd, in its own environment. When it is set here to another file than airpodsd's, the
 * person expects something that does not happen: says so on standard error. Quiet when no daemon was asked.
 */
void config_path_compare(Cli *cli);
