/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One tunnel in the life of airpodsd: from its first sight over the settle time to its end, with its policy, the wish
 * for a clamp and the notification. Uses the model's facts; does not speak D-Bus itself (tunnel-bus.c serves it,
 * helper-client.c and notify.c act for it). Owned by manager.c.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "service/tunnel.h"
#include "service/words.h"

typedef struct Manager Manager;

/* A new tunnel is shown when its link has been quiet for this long, or after the second time at the latest. */
#define VPN_SETTLE_USEC (250ULL * 1000)
#define VPN_SETTLE_MAX_USEC (500ULL * 1000)

typedef struct Vpn {
    Manager *manager;
    TunnelFacts facts;
    bool settled; /* from then on it has an object on the bus */
    sd_event_source *settle;
    uint64_t first_seen_usec;
    bool accepted;    /* a person pressed [Adjust] during this connect */
    int told;         /* the Outcome that a notification was last decided for, -1: none */
    ClampState clamp; /* as last seen on the bus */
    Policy policy;    /* likewise */
} Vpn;

Vpn *vpn_new(Manager *manager, const TunnelFacts *facts);
Vpn *vpn_free(Vpn *vpn);
DEFINE_FREEP(Vpn, vpn_free)

/*
 * To be called when manager.c can find it: the bus looks it up to announce it. `at_once`: no settle time (it was there
 * before us, or it is a rename).
 */
void vpn_begin(Vpn *vpn, bool at_once);

/* New facts of the same link under the same name. */
void vpn_update(Vpn *vpn, const TunnelFacts *facts);

/* Looks at everything again: configuration, policy, the helper's state. */
void vpn_evaluate(Vpn *vpn);

/* A person chose: remembered by interface and kind. */
void vpn_set_policy(Vpn *vpn, Policy policy);

/* The buttons. */
void vpn_adjust(Vpn *vpn);
void vpn_allow(Vpn *vpn);
void vpn_details(const Vpn *vpn);
