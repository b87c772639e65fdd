/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Links by ifindex, routes by destination. Only routes that can matter are kept: those of links that may be tunnels,
 * and default routes, which tell what sits below the tunnels.
 */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "service/tunnel.h"

#define DEFAULTS_MAX 64U

typedef struct LinkEntry {
    Link link;
    unsigned generation; /* of the dump that last mentioned it */
    unsigned events;
} LinkEntry;

typedef struct RouteEntry RouteEntry;
struct RouteEntry {
    Route route;
    unsigned generation;
    RouteEntry *next;
};

/* All routes that differ only in next hops and origin; never empty while it is in the table. */
typedef struct RouteSlot {
    Route key;
    RouteEntry *first;
} RouteSlot;

struct TunnelModel {
    GHashTable *links; /* ifindex → LinkEntry */
    GHashTable *slots; /* RouteSlot.key → RouteSlot */
    unsigned n_routes;
    unsigned links_generation;
    unsigned routes_generation[2]; /* IPv4, IPv6 */
    int defaults[DEFAULTS_MAX];
    size_t n_defaults;
};

static unsigned route_key_hash(gconstpointer p)
{
    const Route *route = p;
    uint32_t h = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < sizeof(route->dst); i++)
        h = (h ^ route->dst[i]) * 16777619U;
    h = (h ^ route->family) * 16777619U;
    h = (h ^ route->dst_len) * 16777619U;
    h = (h ^ route->table) * 16777619U;
    return (h ^ route->priority) * 16777619U;
}

static gboolean route_key_equal(gconstpointer a, gconstpointer b)
{
    const Route *x = a, *y = b;

    return x->family == y->family && x->dst_len == y->dst_len && x->src_len == y->src_len && x->tos == y->tos &&
           x->table == y->table && x->priority == y->priority && memcmp(x->dst, y->dst, sizeof(x->dst)) == 0;
}

static bool route_same(const Route *x, const Route *y)
{
    return x->type == y->type && x->protocol == y->protocol && x->n_hops == y->n_hops &&
           memcmp(x->hops, y->hops, x->n_hops * sizeof(x->hops[0])) == 0;
}

static void route_slot_free(gpointer p)
{
    RouteSlot *slot = p;
    while (slot->first) {
        RouteEntry *entry = slot->first;
        slot->first = entry->next;
        g_free(entry);
    }
    g_free(slot);
}

TunnelModel *tunnel_model_new(void)
{
    TunnelModel *model = g_new0(TunnelModel, 1);
    model->links = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    model->slots = g_hash_table_new_full(route_key_hash, route_key_equal, NULL, route_slot_free);
    return model;
}

TunnelModel *tunnel_model_free(TunnelModel *model)
{
    if (!model)
        return NULL;
    g_hash_table_unref(model->links);
    g_hash_table_unref(model->slots);
    g_free(model);
    return NULL;
}

static LinkEntry *link_entry(const TunnelModel *model, int ifindex)
{
    return g_hash_table_lookup(model->links, GINT_TO_POINTER(ifindex));
}

const Link *tunnel_model_find_link(const TunnelModel *model, int ifindex)
{
    const LinkEntry *entry = link_entry(model, ifindex);
    return entry ? &entry->link : NULL;
}

void tunnel_model_foreach_link(const TunnelModel *model, void (*f)(const Link *link, void *userdata), void *userdata)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, model->links);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        f(&((const LinkEntry *) value)->link, userdata);
}

static unsigned *routes_generation(TunnelModel *model, uint8_t family)
{
    return &model->routes_generation[family == AF_INET6];
}

static bool route_uses(const Route *route, int ifindex)
{
    for (uint8_t i = 0; i < route->n_hops; i++)
        if (route->hops[i] == ifindex)
            return true;
    return false;
}

static void route_count_events(TunnelModel *model, const Route *route)
{
    for (uint8_t i = 0; i < route->n_hops; i++) {
        LinkEntry *entry = link_entry(model, route->hops[i]);
        if (entry)
            entry->events++;
    }
}

/* Takes the entry at *at out of its list. */
static void route_unlink(TunnelModel *model, RouteEntry **at)
{
    RouteEntry *entry = *at;

    route_count_events(model, &entry->route);
    *at = entry->next;
    g_free(entry);
    model->n_routes--;
}

/* Removes the routes for which `drop` says so. */
static void routes_drop(TunnelModel *model, bool (*drop)(const RouteEntry *entry, unsigned argument), unsigned argument)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, model->slots);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        RouteSlot *slot = value;
        RouteEntry **at = &slot->first;
        while (*at) {
            if (drop(*at, argument))
                route_unlink(model, at);
            else
                at = &(*at)->next;
        }
        if (!slot->first)
            g_hash_table_iter_remove(&iter);
    }
}

static bool drop_old_ipv4(const RouteEntry *entry, unsigned generation)
{
    return entry->route.family == AF_INET && entry->generation != generation;
}

static bool drop_old_ipv6(const RouteEntry *entry, unsigned generation)
{
    return entry->route.family == AF_INET6 && entry->generation != generation;
}

/* A route with several hops outlives one of its links; the re-dump tells what is left of it. */
static bool drop_of_link(const RouteEntry *entry, unsigned ifindex)
{
    return route_uses(&entry->route, (int) ifindex);
}

static bool drop_ipv4_of_link(const RouteEntry *entry, unsigned ifindex)
{
    return entry->route.family == AF_INET && route_uses(&entry->route, (int) ifindex);
}

void tunnel_model_links_begin(TunnelModel *model)
{
    model->links_generation++;
}

void tunnel_model_links_end(TunnelModel *model)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, model->links);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const LinkEntry *entry = value;
        if (entry->generation == model->links_generation)
            continue;
        routes_drop(model, drop_of_link, (unsigned) entry->link.ifindex);
        g_hash_table_iter_remove(&iter);
    }
}

void tunnel_model_routes_begin(TunnelModel *model, uint8_t family)
{
    ++*routes_generation(model, family);
}

void tunnel_model_routes_end(TunnelModel *model, uint8_t family)
{
    routes_drop(model, family == AF_INET6 ? drop_old_ipv6 : drop_old_ipv4, *routes_generation(model, family));
}

int tunnel_model_link(TunnelModel *model, const Link *link)
{
    LinkEntry *entry = link_entry(model, link->ifindex);

    if (!entry) {
        entry = g_new0(LinkEntry, 1);
        g_hash_table_insert(model->links, GINT_TO_POINTER(link->ifindex), entry);
    }
    bool went_down = (entry->link.flags & IFF_UP) && !(link->flags & IFF_UP);
    entry->link = *link;
    entry->generation = model->links_generation;
    entry->events++;

    /* fib_disable_ip() flushes the IPv4 routes of a link that goes down and tells nobody (net/ipv4/fib_frontend.c);
     * IPv6 does send its RTM_DELROUTE. */
    if (went_down)
        routes_drop(model, drop_ipv4_of_link, (unsigned) link->ifindex);
    return went_down;
}

int tunnel_model_link_gone(TunnelModel *model, int ifindex)
{
    if (!g_hash_table_remove(model->links, GINT_TO_POINTER(ifindex)))
        return 0;
    routes_drop(model, drop_of_link, (unsigned) ifindex);
    return 1;
}

/* Up to the point that can change during the life of a link: a port that leaves its bridge may be a tunnel again. */
static bool link_may_be_tunnel(const Link *link)
{
    Link alone = *link;
    alone.master = 0;
    return link_is_tunnel(&alone);
}

static bool route_matters(const TunnelModel *model, const Route *route)
{
    if (route->type != RTN_UNICAST || (route->flags & RTM_F_CLONED) || route->table == RT_TABLE_LOCAL)
        return false;
    for (uint8_t i = 0; i < route->n_hops; i++) {
        const LinkEntry *entry = link_entry(model, route->hops[i]);
        if (!entry || route_is_default(route) || link_may_be_tunnel(&entry->link))
            return true;
    }
    return false;
}

int tunnel_model_route(TunnelModel *model, const Route *route, bool replaces)
{
    unsigned generation = *routes_generation(model, route->family);
    RouteSlot *slot = g_hash_table_lookup(model->slots, route);

    if (!route_matters(model, route))
        return slot && replaces; /* it may have replaced one that did */

    for (RouteEntry *entry = slot ? slot->first : NULL; entry; entry = entry->next)
        if (route_same(&entry->route, route)) {
            if (entry->route.mtu != route->mtu)
                route_count_events(model, route);
            entry->route = *route;
            entry->generation = generation;
            return replaces && slot->first->next;
        }

    /* Which one of several it replaced is not said. One that is added beside others is an addition, or an IPv6 sibling
     * that makes one multipath route of both: the links that they use are right either way, and
     * tunnel_model_route_gone() takes care of the end. */
    int ambiguous = slot && replaces;
    if (model->n_routes >= TUNNEL_MODEL_ROUTES_MAX)
        return 0;
    if (!slot) {
        slot = g_new0(RouteSlot, 1);
        slot->key = *route;
        g_hash_table_insert(model->slots, &slot->key, slot);
    }
    RouteEntry *entry = g_new0(RouteEntry, 1);
    entry->route = *route;
    entry->generation = generation;
    entry->next = slot->first;
    slot->first = entry;
    model->n_routes++;
    route_count_events(model, route);
    return ambiguous;
}

int tunnel_model_route_gone(TunnelModel *model, const Route *route)
{
    RouteSlot *slot = g_hash_table_lookup(model->slots, route);
    if (!slot)
        return 0;

    for (RouteEntry **at = &slot->first; *at; at = &(*at)->next)
        if (route_same(&(*at)->route, route)) {
            route_unlink(model, at);
            if (slot->first)
                return 1; /* what is left may have been one multipath route with it */
            g_hash_table_remove(model->slots, route);
            return 0;
        }
    /* One hop of a multipath route, or a form that we have not seen. */
    return 1;
}

int tunnel_model_set_defaults(TunnelModel *model, const int *ifindexes, size_t n)
{
    n = MIN2(n, (size_t) DEFAULTS_MAX);
    if (n == model->n_defaults && memcmp(ifindexes, model->defaults, n * sizeof(*ifindexes)) == 0)
        return 0;
    memcpy(model->defaults, ifindexes, n * sizeof(*ifindexes));
    model->n_defaults = n;
    return 1;
}

static bool link_is_up(const Link *link)
{
    return (link->flags & IFF_UP) && (link->flags & IFF_RUNNING);
}

/* ff00::/8, fe80::/10, 224.0.0.0/4 and 169.254.0.0/16 never leave the link: they say nothing about a way out. */
static bool route_stays_on_link(const Route *route)
{
    if (route->family == AF_INET6)
        return (route->dst_len >= 8 && route->dst[0] == 0xff) ||
               (route->dst_len >= 10 && route->dst[0] == 0xfe && (route->dst[1] & 0xc0) == 0x80);
    return (route->dst_len >= 4 && (route->dst[0] & 0xf0) == 0xe0) ||
           (route->dst_len >= 16 && route->dst[0] == 169 && route->dst[1] == 254);
}

/* The kernel's own route for an address of the link. */
static bool route_is_own_prefix(const Route *route)
{
    return route->protocol == RTPROT_KERNEL && !route_is_default(route);
}

typedef struct LinkRoutes {
    GPtrArray *own;   /* const Route * */
    GPtrArray *other; /* const Route * */
} LinkRoutes;

static bool route_within_any(const Route *route, const GPtrArray *prefixes)
{
    for (unsigned i = 0; i < prefixes->len; i++)
        if (route_dst_within(route, g_ptr_array_index(prefixes, i)))
            return true;
    return false;
}

/* Sorts the routes by the links of the table; a link without an entry there is of no interest. */
static uint32_t routes_sort(const TunnelModel *model, GHashTable *by_link)
{
    GHashTableIter iter;
    gpointer value;
    uint32_t uplink_mtu = 0;

    g_hash_table_iter_init(&iter, model->slots);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        for (const RouteEntry *entry = ((const RouteSlot *) value)->first; entry; entry = entry->next) {
            const Route *route = &entry->route;
            if (route_stays_on_link(route))
                continue;
            for (uint8_t i = 0; i < route->n_hops; i++) {
                const LinkRoutes *routes = g_hash_table_lookup(by_link, GINT_TO_POINTER(route->hops[i]));
                if (routes) {
                    g_ptr_array_add(route_is_own_prefix(route) ? routes->own : routes->other, (gpointer) route);
                    continue;
                }
                const LinkEntry *link = link_entry(model, route->hops[i]);
                if (route_is_default(route) && link && link_is_up(&link->link) && !link_is_tunnel(&link->link) &&
                    !(link->link.flags & IFF_LOOPBACK))
                    uplink_mtu = MAX2(uplink_mtu, link->link.mtu);
            }
        }
    return uplink_mtu;
}

static void link_routes_free(gpointer p)
{
    LinkRoutes *routes = p;
    g_ptr_array_unref(routes->own);
    g_ptr_array_unref(routes->other);
    g_free(routes);
}

static bool carries_default(const TunnelModel *model, int ifindex)
{
    for (size_t i = 0; i < model->n_defaults; i++)
        if (model->defaults[i] == ifindex)
            return true;
    return false;
}

/* False when no route makes it a tunnel. */
static bool facts_fill(
    const TunnelModel *model, const LinkEntry *entry, const LinkRoutes *routes, uint32_t behind_mtu, TunnelFacts *ret)
{
    uint32_t mtu = entry->link.mtu;
    bool carries = false;

    for (unsigned i = 0; i < routes->other->len; i++) {
        const Route *route = g_ptr_array_index(routes->other, i);
        if (route_within_any(route, routes->own))
            continue;
        carries = true;
        if (route->mtu > 0)
            mtu = MIN2(mtu, route->mtu);
    }
    if (!carries)
        return false;

    *ret = (TunnelFacts){
        .ifindex = entry->link.ifindex,
        .link_mtu = entry->link.mtu,
        .mtu = mtu,
        .behind_mtu = behind_mtu,
        .reduced = mtu < behind_mtu,
        .carries_default = carries_default(model, entry->link.ifindex),
        .servable = ifname_valid(entry->link.name),
        .events = entry->events,
    };
    memcpy(ret->name, entry->link.name, sizeof(ret->name));
    g_strlcpy(ret->kind, link_kind_string(&entry->link), sizeof(ret->kind));
    return true;
}

static int facts_compare(const void *a, const void *b)
{
    return ((const TunnelFacts *) a)->ifindex - ((const TunnelFacts *) b)->ifindex;
}

size_t tunnel_model_collect(const TunnelModel *model, TunnelFacts *ret, size_t max)
{
    g_autoptr(GHashTable) by_link = g_hash_table_new_full(NULL, NULL, NULL, link_routes_free);
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, model->links);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const LinkEntry *entry = value;
        if (!link_is_up(&entry->link) || !link_is_tunnel(&entry->link))
            continue;
        LinkRoutes *routes = g_new0(LinkRoutes, 1);
        routes->own = g_ptr_array_new();
        routes->other = g_ptr_array_new();
        g_hash_table_insert(by_link, key, routes);
    }

    uint32_t uplink_mtu = routes_sort(model, by_link);
    uint32_t behind_mtu = uplink_mtu > 0 ? uplink_mtu : TUNNEL_USUAL_MTU;

    size_t n = 0;
    g_hash_table_iter_init(&iter, by_link);
    while (n < max && g_hash_table_iter_next(&iter, &key, &value))
        if (facts_fill(model, link_entry(model, GPOINTER_TO_INT(key)), value, behind_mtu, &ret[n]))
            n++;
    qsort(ret, n, sizeof(*ret), facts_compare);
    return n;
}
