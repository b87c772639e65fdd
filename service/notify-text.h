/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a notification says and when there is one. Pure functions of (setting, memory, outcome, facts); notify.c sends
 * the result, vpn.c knows the outcome.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>

#include "service/tunnel.h"
#include "service/words.h"
#include "shared/macro.h"

/* What came out of a VPN's connect. */
typedef enum Outcome {
    OUTCOME_USUAL,       /* packets of the usual size, nothing to do */
    OUTCOME_ADJUSTED,    /* airpodsd's own claim is in force */
    OUTCOME_ASK,         /* a person is to decide */
    OUTCOME_OFF,         /* left alone, by a person's wish */
    OUTCOME_DENIED,      /* polkit said no */
    OUTCOME_UNAVAILABLE, /* the helper cannot be reached or cannot do it */
    OUTCOME_MAX,
    OUTCOME_INVALID = -EINVAL,
} Outcome;

const char *outcome_to_string(Outcome outcome);

/*
 * Whether to show a notification. `told` is the outcome that the last one for this (interface, kind) told, NULL when
 * there was none; `first`: it is the first outcome of this connect.
 */
bool notification_due(NotifyWhen when, const char *told, Outcome outcome, bool first);

/* Buttons: the action keys that go over the bus. */
#define ACTION_DETAILS "details"
#define ACTION_NOT_FOR_THIS_VPN "not-for-this-vpn"
#define ACTION_ADJUST "adjust"
#define ACTION_ALLOW "allow"

#define NOTIFICATION_BUTTONS_MAX 4U

typedef struct Button {
    const char *key, *label;
} Button;

typedef struct Notification {
    char *title; /* plain text */
    char *body;  /* plain text, or with &, < and > escaped */
    Button buttons[NOTIFICATION_BUTTONS_MAX];
    size_t n_buttons;
} Notification;

Notification *notification_free(Notification *notification);
DEFINE_FREEP(Notification, notification_free)

/* `failure`: why the helper could not, NULL when unknown. `markup`: the server interprets markup in the body. */
Notification *notification_new(const TunnelFacts *facts, Outcome outcome, const char *failure, bool markup);

/* What [Details] shows in its place. */
Notification *notification_new_details(
    const TunnelFacts *facts, ClampState clamp, Policy policy, const char *failure, bool markup);
