/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What airpodsd remembers of a VPN from one connect to the next, by (interface, kind): the policy that a person chose
 * and the outcome that a notification last told. A key file, replaced as a whole; it is memory, not configuration, so
 * nothing that is wrong with it is fatal.
 */
#pragma once

#include "service/words.h"
#include "shared/macro.h"

/* VPNs beyond this push out the one that was set longest ago. */
#define STATE_VPNS_MAX 256U

typedef struct State State;

/*
 * Reads the file at `path` (absent: nothing is remembered). Always gives a State. > 0: the file could not be understood
 * and was moved to `path`.corrupt. < 0: it could not be read or moved; nothing is remembered.
 */
int state_open(State **ret, const char *path);
State *state_free(State *state);
DEFINE_FREEP(State, state_free)

/* POLICY_INVALID when no person chose. */
Policy state_get_policy(const State *state, const char *ifname, const char *kind);
/* The word given to state_set_told(), NULL when there is none. The caller frees it with g_free(). */
char *state_get_told(const State *state, const char *ifname, const char *kind);

/* Remember, as the newest; writes the file if a value changed. */
int state_set_policy(State *state, const char *ifname, const char *kind, Policy policy);
int state_set_told(State *state, const char *ifname, const char *kind, const char *told);
