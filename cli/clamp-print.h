/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of clamps for people and as JSON: "mss status", and "mss check" where only the helper can be asked.
 */
#pragma once

#include <stdbool.h>

#include "cli/clamp.h"
#include "cli/cli.h"

/* ListClamps, printed. `alone`: also say that the helper alone was asked, and why. */
int clamps_show(Cli *cli, bool json, bool alone, sd_bus_error *reterr);

/* "alice, bob" for uids, or "2 users" where they are not known; free with g_free(). */
char *clamp_holders(const Clamp *clamp);
