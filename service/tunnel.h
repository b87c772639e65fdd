/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model: a table of links and routes, and from it the set of tunnels. Pure: fed by netlink.c (and by the unit
 * test), knows no socket, no bus, no clock and no policy.
 *
 * A tunnel is a link that is up and running, for which link_is_tunnel() holds and which carries a unicast route wider
 * than its own prefix, in whatever table. Its own prefixes are the routes that the kernel made for its addresses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/routes.h"
#include "shared/link.h"
#include "shared/macro.h"

/* What a tunnel's packets are measured against when no other link leads out. */
#define TUNNEL_USUAL_MTU 1500U

/* Routes beyond this are not kept (a full BGP table over a PPP line). */
#define TUNNEL_MODEL_ROUTES_MAX 16384U

typedef struct TunnelFacts {
    int ifindex;
    char name[IFNAME_SIZE];
    char kind[LINK_KIND_SIZE]; /* for people: "none" without one */
    uint32_t link_mtu;         /* bytes */
    uint32_t mtu;              /* effective: the smaller of the link's and its routes' */
    uint32_t behind_mtu;       /* the link that leads out below the tunnel, TUNNEL_USUAL_MTU when there is none */
    bool reduced;              /* mtu < behind_mtu */
    bool carries_default;      /* a public address is routed through it */
    bool servable;             /* the name passes ifname_valid() */
    unsigned events;           /* grows with every message about this link or its routes */
} TunnelFacts;

typedef struct TunnelModel TunnelModel;

TunnelModel *tunnel_model_new(void);
TunnelModel *tunnel_model_free(TunnelModel *model);
DEFINE_FREEP(TunnelModel, tunnel_model_free)

/* A dump: what is not mentioned between begin and end is gone. Notifications may come in between. */
void tunnel_model_links_begin(TunnelModel *model);
void tunnel_model_links_end(TunnelModel *model);
void tunnel_model_routes_begin(TunnelModel *model, uint8_t family);
void tunnel_model_routes_end(TunnelModel *model, uint8_t family);

/* > 0: the kernel drops IPv4 routes with this without a word each, ask for them again. */
int tunnel_model_link(TunnelModel *model, const Link *link);
int tunnel_model_link_gone(TunnelModel *model, int ifindex);

/* > 0: what the message means cannot be told from it alone, ask for that family's routes again. */
int tunnel_model_route(TunnelModel *model, const Route *route, bool replaces);
int tunnel_model_route_gone(TunnelModel *model, const Route *route);

/* The links through which public addresses leave, all of them at once. > 0: this is news. */
int tunnel_model_set_defaults(TunnelModel *model, const int *ifindexes, size_t n);

/* NULL when unknown; valid until the next change. */
const Link *tunnel_model_find_link(const TunnelModel *model, int ifindex);

/* Calls back for every link. */
void tunnel_model_foreach_link(const TunnelModel *model, void (*f)(const Link *link, void *userdata), void *userdata);

/* The tunnels, by ifindex; at most max of them are written. Returns how many were. */
size_t tunnel_model_collect(const TunnelModel *model, TunnelFacts *ret, size_t max);
