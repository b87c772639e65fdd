/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of tunnels for people and as JSON: "mss check" and "vpn".
 */
#pragma once

#include <stdbool.h>

#include "cli/tunnel.h"

/* `meaning`: with the policy, and what it makes airpods do. */
void tunnels_print(const GPtrArray *tunnels, bool json, bool meaning);
