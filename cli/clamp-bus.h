/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The members of org.airpods.Helper1, one function each.
 */
#pragma once

#include "cli/clamp.h"
#include "cli/cli.h"

/* ListClamps: Clamp *, sorted by interface. */
int clamps_get(Cli *cli, GPtrArray **ret, sd_bus_error *reterr);

/* InstallClamp with the lifetime "boot". path_mtu 0: follow the route. `interactive`: polkit may ask. */
int clamp_install(
    Cli *cli, const char *interface, uint32_t path_mtu, bool interactive, Clamp **ret, sd_bus_error *reterr);

/* RemoveClamp. 1: dropped, 0: there was nothing to drop. */
int clamp_remove(Cli *cli, const char *interface, bool all_users, sd_bus_error *reterr);
