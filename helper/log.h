/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One journal entry a decision, with fields that an administrator can search for. Everything that is logged has been
 * validated before: no string from the bus comes here as it is.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "shared/macro.h"

typedef struct LogDecision {
    const char *message_id;
    const char *action; /* method, or what happened */
    const char *interface;
    const char *lifetime;
    uint32_t path_mtu; /* bytes; 0: the route decides */
    uid_t uid;
    const char *result; /* "done", or the name of the error */
} LogDecision;

void log_decision(const LogDecision *decision);
/* What no caller asked for. */
void log_error(const char *format, ...) _printf_(1, 2);
