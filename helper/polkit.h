/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks polkit whether a caller may do something; the protocol is explained in polkit.c. Decides nothing itself and
 * knows no interfaces: actions and details come from request.c.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "shared/macro.h"

/* Must stay as it is until the check is answered or freed. */
typedef struct PolkitQuestion {
    const char *subject;     /* unique bus name of the caller */
    bool interactive;        /* the caller allows a password prompt */
    const char *actions[4];  /* all of them must be granted; asked in this order, NULL ends */
    const char *details[13]; /* key, value, key, value …; NULL ends */
} PolkitQuestion;

/* r 0: every action was granted. r < 0: refused, and `error` is what to tell the caller. May free the check. */
typedef void (*PolkitFunc)(int r, const sd_bus_error *error, void *userdata);

typedef struct PolkitCheck PolkitCheck;
int polkit_check_new(PolkitCheck **ret, sd_bus *bus, const PolkitQuestion *question, PolkitFunc func, void *userdata);
/* Takes the question back if it has not been answered: the prompt on the user's screen goes away. */
PolkitCheck *polkit_check_free(PolkitCheck *check);
DEFINE_FREEP(PolkitCheck, polkit_check_free)
