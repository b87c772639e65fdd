/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One function a verb, each in a file of its own. They return an exit code, or a negative errno with reterr filled.
 */
#pragma once

#include "cli/args.h"
#include "cli/cli.h"

int verb_config_path(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_config_show(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_config_validate(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_mss_check(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_mss_disable(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_mss_enable(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_mss_status(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_version(Cli *cli, const Args *args, sd_bus_error *reterr);
int verb_vpn(Cli *cli, const Args *args, sd_bus_error *reterr);
