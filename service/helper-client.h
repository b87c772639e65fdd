/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpodsd's side of org.airpods.Helper1: keeps the automatic claims (lifetime "session") as they are wanted, and knows
 * which interfaces are clamped, whoever holds it. A system bus or helper that is absent is a state, never an error.
 * Knows nothing of tunnels and policy; manager.c tells it names.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "service/claim.h"
#include "service/words.h"
#include "shared/macro.h"

typedef struct HelperClient HelperClient;

/* The state of this interface may have changed; NULL: of any. Not called from within the functions below. */
typedef void (*HelperClientChanged)(const char *ifname, void *userdata);

int helper_client_new(HelperClient **ret, sd_event *event, HelperClientChanged changed, void *userdata);
HelperClient *helper_client_free(HelperClient *client);
DEFINE_FREEP(HelperClient, helper_client_free)

/* Whether the interface is to be clamped on this user's behalf. Idempotent. */
void helper_client_want(HelperClient *client, const char *ifname, bool wanted);

/* A person pressed a button: wanted, and polkit may ask them for a password, for as long as that takes. */
void helper_client_want_interactively(HelperClient *client, const char *ifname);

/* Ask again, without a prompt, for a wanted clamp that was refused. */
void helper_client_retry(HelperClient *client, const char *ifname);

/* `has_kind`: the link has a kind, so that a clamp on "*" covers it. */
ClampState helper_client_state(const HelperClient *client, const char *ifname, bool has_kind);

/* The claim behind the state, NULL when there is none. Valid until the next call or event. */
const Claim *helper_client_claim(const HelperClient *client, const char *ifname);

/* Why the last attempt failed, for people; NULL when there was no failure. Valid like the claim. */
const char *helper_client_failure(const HelperClient *client, const char *ifname);
