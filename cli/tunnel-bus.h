/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tunnels of airpodsd: org.freedesktop.DBus.ObjectManager and org.airpods.Tunnel1.
 */
#pragma once

#include "cli/cli.h"
#include "cli/tunnel.h"

/* GetManagedObjects: Tunnel *, sorted by interface. */
int tunnels_get(Cli *cli, GPtrArray **ret, sd_bus_error *reterr);

/* The same, but where airpodsd cannot be reached this is said on standard error, and *ret is NULL. */
int tunnels_get_if_there(Cli *cli, GPtrArray **ret, sd_bus_error *reterr);

/* Writes the Policy. A tunnel that has just gone is no error: 0; otherwise 1. */
int tunnel_set_policy(Cli *cli, const Tunnel *tunnel, const char *policy, sd_bus_error *reterr);
