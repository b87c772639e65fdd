/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpodsd as a whole: owns the parts and passes events between them. The only file that knows all of them; the parts
 * do not know one another. Used by main.c and the *-bus.c files.
 */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "service/config-store.h"
#include "service/helper-client.h"
#include "service/idle.h"
#include "service/netlink.h"
#include "service/notify.h"
#include "service/options.h"
#include "service/state.h"
#include "service/vpn.h"

struct Manager {
    sd_event *event;
    sd_bus *bus; /* session bus */
    sd_event_source *sigterm, *sigint, *sighup;
    ConfigStore *store;
    State *state;
    TunnelModel *model;
    Netlink *netlink;
    HelperClient *helper;
    Notify *notify;
    Idle *idle;
    GHashTable *vpns;       /* ifindex → Vpn */
    GHashTable *unservable; /* ifindexes that were mentioned in the journal */
    bool complete;          /* the first picture of the network is there, and so is the name on the bus */
};

/* 0 and a manager that runs on the event loop, or a negative errno after an entry in the journal. */
int manager_new(Manager **ret, sd_event *event, const Options *options);
Manager *manager_free(Manager *manager);
DEFINE_FREEP(Manager, manager_free)

/* The settled tunnel of this name, NULL when there is none. */
Vpn *manager_find_vpn(const Manager *manager, const char *ifname);

/* The policy in force for this tunnel: what a person chose, else the configuration's. */
Policy manager_policy(const Manager *manager, const TunnelFacts *facts);

/* A person chose a policy: remembered by interface and kind, and obeyed at once. */
void manager_remember_policy(Manager *manager, const char *ifname, const char *kind, Policy policy);

/* Looks at every tunnel again. */
void manager_evaluate(Manager *manager);

/* Reads the configuration again; the last good one stays when it has errors. */
int manager_reload(Manager *manager, sd_bus_error *reterr);

/* Whether there is anything to stay for. */
bool manager_is_busy(const Manager *manager);
