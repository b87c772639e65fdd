/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaving when there is nothing to do: some time after the last client's call, while no tunnel needs care, and only if
 * D-Bus would start us again: a daemon that was started by hand, or is enabled to start at login, stays.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "shared/macro.h"

typedef struct Idle Idle;

/* `busy` is asked when the time is over. */
int idle_new(Idle **ret, sd_bus *bus, uint64_t usec, bool (*busy)(void *userdata), void *userdata);
Idle *idle_free(Idle *idle);
DEFINE_FREEP(Idle, idle_free)
