/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Desktop notifications: one at most for each VPN, the old one replaced. A server that is absent, slow, dead or wrong is
 * never waited for and never an error. Knows what to send (notify-text.h), not when; owned by manager.c.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "service/notify-text.h"

typedef struct Notify Notify;

/* What to show. `outcome` OUTCOME_INVALID asks for the details. */
typedef struct NotifyRequest {
    TunnelFacts facts;
    Outcome outcome;
    ClampState clamp;
    Policy policy;
    const char *failure; /* copied; NULL when there is none */
} NotifyRequest;

typedef struct NotifyHandler {
    /* The server has taken it. */
    void (*shown)(const char *ifname, const char *kind, Outcome outcome, void *userdata);
    /* A person pressed the button with this key. */
    void (*pressed)(const char *ifname, const char *kind, const char *key, void *userdata);
    void *userdata;
} NotifyHandler;

int notify_new(Notify **ret, sd_bus *bus, const NotifyHandler *handler);
Notify *notify_free(Notify *notify);
DEFINE_FREEP(Notify, notify_free)

/* Shows it when the server is ready; a newer request for the same interface takes the place of one that waits. */
void notify_show(Notify *notify, const NotifyRequest *request);

/* The VPN is gone: what waits is dropped, what is shown stays for the person who reads it. */
void notify_drop_waiting(Notify *notify, const char *ifname);
