/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clamp as airpods-helper describes it in its replies and signals. The helper may be of another version, so nothing is
 * taken for granted. Called by helper-client.c.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "service/words.h"

/*
 * Reads the a{sv} at the message's position: 0 and CLAMP_ROUTE or CLAMP_FIXED, or CLAMP_NONE when it is not active. < 0:
 * this is not a clamp, and *ret is untouched.
 */
int clamp_read(sd_bus_message *m, ClampState *ret);
