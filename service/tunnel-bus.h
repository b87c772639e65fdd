/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.airpods.Tunnel1: serves the settled tunnels below the manager's object. Reads Vpn, writes only its policy.
 */
#pragma once

#include "service/manager.h"

typedef enum TunnelChanges {
    TUNNEL_CHANGED_MTU = 1 << 0,
    TUNNEL_CHANGED_LINK_MTU = 1 << 1,
    TUNNEL_CHANGED_REDUCED = 1 << 2,
    TUNNEL_CHANGED_CARRIES_DEFAULT = 1 << 3,
    TUNNEL_CHANGED_CLAMP = 1 << 4,
    TUNNEL_CHANGED_POLICY = 1 << 5,
} TunnelChanges;

int tunnel_bus_register(Manager *manager);

/* Signals. Before the manager has its picture and its name nobody listens, and nothing is sent. */
void tunnel_bus_added(const Vpn *vpn);
void tunnel_bus_removed(const Vpn *vpn);
void tunnel_bus_changed(const Vpn *vpn, unsigned changes);
