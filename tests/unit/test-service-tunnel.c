/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model of links and routes, fed by hand, and the reading of route messages.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include "service/routes.h"
#include "service/tunnel.h"
#include "shared/macro.h"

#define UP (IFF_UP | IFF_RUNNING | IFF_LOWER_UP)

static int put_link(TunnelModel *model, int ifindex, const char *name, const char *kind, uint16_t type, uint32_t mtu)
{
    Link link = {.ifindex = ifindex, .type = type, .flags = UP, .mtu = mtu};
    g_strlcpy(link.name, name, sizeof(link.name));
    g_strlcpy(link.kind, kind, sizeof(link.kind));
    return tunnel_model_link(model, &link);
}

static void put_wireguard(TunnelModel *model, int ifindex, const char *name, uint32_t mtu)
{
    put_link(model, ifindex, name, "wireguard", ARPHRD_NONE, mtu);
}

static void put_ethernet(TunnelModel *model, int ifindex, uint32_t mtu)
{
    put_link(model, ifindex, "eth0", "", ARPHRD_ETHER, mtu);
}

/* "10.64.0.0/10" by way of a link; the main table, a static route. */
static Route route_to(const char *prefix, int ifindex)
{
    Route route = {
        .type = RTN_UNICAST, .table = RT_TABLE_MAIN, .protocol = RTPROT_STATIC, .n_hops = 1, .hops = {ifindex}};
    g_auto(GStrv) parts = g_strsplit(prefix, "/", 2);

    route.family = strchr(parts[0], ':') ? AF_INET6 : AF_INET;
    g_assert_cmpint(inet_pton(route.family, parts[0], route.dst), ==, 1);
    route.dst_len = (uint8_t) g_ascii_strtoull(parts[1], NULL, 10);
    return route;
}

static int put_route(TunnelModel *model, const char *prefix, int ifindex)
{
    Route route = route_to(prefix, ifindex);
    return tunnel_model_route(model, &route, false);
}

static void put_own(TunnelModel *model, const char *prefix, int ifindex)
{
    Route route = route_to(prefix, ifindex);
    route.protocol = RTPROT_KERNEL;
    tunnel_model_route(model, &route, false);
}

static int drop_route(TunnelModel *model, const char *prefix, int ifindex)
{
    Route route = route_to(prefix, ifindex);
    return tunnel_model_route_gone(model, &route);
}

/* "wg0 wireguard 1380/1420 of 1500 reduced default, tun1 …", or "" */
static char *tunnels(const TunnelModel *model)
{
    TunnelFacts facts[16];
    size_t n = tunnel_model_collect(model, facts, ELEMENTSOF(facts));
    GString *s = g_string_new(NULL);

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(s, "%s%s %s %u/%u of %u%s%s%s", i > 0 ? ", " : "", facts[i].name, facts[i].kind,
            facts[i].mtu, facts[i].link_mtu, facts[i].behind_mtu, facts[i].reduced ? " reduced" : "",
            facts[i].carries_default ? " default" : "", facts[i].servable ? "" : " unservable");
    return g_string_free(s, FALSE);
}

#define assert_tunnels(model, expected)           \
    do {                                          \
        g_autofree char *found_ = tunnels(model); \
        g_assert_cmpstr(found_, ==, expected);    \
    } while (0)

static void test_plain(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_ethernet(model, 2, 1500);
    put_route(model, "0.0.0.0/0", 2);
    put_wireguard(model, 5, "wg0-mullvad", 1380);
    assert_tunnels(model, ""); /* no routes */
    put_route(model, "0.0.0.0/0", 5);
    assert_tunnels(model, "wg0-mullvad wireguard 1380/1380 of 1500 reduced");
    const int defaults[] = {5, 2};
    g_assert_cmpint(tunnel_model_set_defaults(model, defaults, 2), ==, 1);
    g_assert_cmpint(tunnel_model_set_defaults(model, defaults, 2), ==, 0);
    assert_tunnels(model, "wg0-mullvad wireguard 1380/1380 of 1500 reduced default");
    g_assert_cmpint(drop_route(model, "0.0.0.0/0", 5), ==, 1); /* the uplink's has the same key: look again */
    assert_tunnels(model, "");
}

static void test_own_prefix(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_wireguard(model, 5, "wg0", 1420);
    put_own(model, "10.8.0.0/24", 5);
    put_own(model, "fd00:8::/64", 5);
    put_own(model, "fe80::/64", 5);
    assert_tunnels(model, "");
    put_route(model, "10.8.0.0/24", 5); /* the same again, by somebody else */
    put_route(model, "10.8.0.7/32", 5); /* inside it */
    put_route(model, "fd00:8::7/128", 5);
    put_route(model, "ff00::/8", 5);
    put_route(model, "224.0.0.0/4", 5);
    put_route(model, "169.254.0.0/16", 5);
    put_route(model, "fe80::/10", 5);
    assert_tunnels(model, "");
    put_route(model, "10.0.0.0/8", 5); /* wider */
    assert_tunnels(model, "wg0 wireguard 1420/1420 of 1500 reduced");
    drop_route(model, "10.0.0.0/8", 5);
    assert_tunnels(model, "");
    put_route(model, "192.0.2.7/32", 5); /* elsewhere: a split tunnel to one server */
    assert_tunnels(model, "wg0 wireguard 1420/1420 of 1500 reduced");
    drop_route(model, "192.0.2.7/32", 5);
    put_route(model, "2000::/3", 5);
    assert_tunnels(model, "wg0 wireguard 1420/1420 of 1500 reduced");
}

/* wg-quick: addresses /32, the default route in a table of its own, reached by an fwmark rule. */
static void test_other_table(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();
    Route route = route_to("0.0.0.0/0", 5);

    put_ethernet(model, 2, 1500);
    put_route(model, "0.0.0.0/0", 2);
    put_wireguard(model, 5, "wg0", 1420);
    route.table = 51820;
    tunnel_model_route(model, &route, false);
    assert_tunnels(model, "wg0 wireguard 1420/1420 of 1500 reduced");

    /* The same destination in the main table is another route. */
    g_assert_cmpint(drop_route(model, "0.0.0.0/0", 5), ==, 1);
    g_assert_cmpint(tunnel_model_route_gone(model, &route), ==, 0);
    assert_tunnels(model, "");

    route.table = RT_TABLE_LOCAL;
    tunnel_model_route(model, &route, false);
    assert_tunnels(model, "");
    route.table = 51820;
    route.type = RTN_UNREACHABLE;
    tunnel_model_route(model, &route, false);
    assert_tunnels(model, "");
    route.type = RTN_UNICAST;
    route.flags = RTM_F_CLONED; /* a cached exception, not a route */
    tunnel_model_route(model, &route, false);
    assert_tunnels(model, "");
}

static void test_mtu(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_ethernet(model, 2, 1500);
    put_route(model, "0.0.0.0/0", 2);
    put_wireguard(model, 5, "wg0", 1420);
    Route low = route_to("0.0.0.0/1", 5);
    low.mtu = 1300;
    tunnel_model_route(model, &low, false);
    put_route(model, "128.0.0.0/1", 5);
    assert_tunnels(model, "wg0 wireguard 1300/1420 of 1500 reduced");

    low.mtu = 9000; /* more than the link */
    tunnel_model_route(model, &low, false);
    assert_tunnels(model, "wg0 wireguard 1420/1420 of 1500 reduced");

    put_wireguard(model, 5, "wg0", 1500);
    assert_tunnels(model, "wg0 wireguard 1500/1500 of 1500");
    put_wireguard(model, 5, "wg0", 1280);
    assert_tunnels(model, "wg0 wireguard 1280/1280 of 1500 reduced");

    /* The MTU of its own prefix's route is not what it carries further. */
    Route own = route_to("10.8.0.0/24", 5);
    own.protocol = RTPROT_KERNEL;
    own.mtu = 600;
    tunnel_model_route(model, &own, false);
    assert_tunnels(model, "wg0 wireguard 1280/1280 of 1500 reduced");
}

static void test_behind(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_wireguard(model, 5, "wg0", 1450);
    put_route(model, "0.0.0.0/0", 5);
    assert_tunnels(model, "wg0 wireguard 1450/1450 of 1500 reduced"); /* nothing behind it */

    put_ethernet(model, 2, 1450);
    assert_tunnels(model, "wg0 wireguard 1450/1450 of 1500 reduced"); /* leads nowhere */
    put_route(model, "0.0.0.0/0", 2);
    assert_tunnels(model, "wg0 wireguard 1450/1450 of 1450");
    put_wireguard(model, 5, "wg0", 1370);
    assert_tunnels(model, "wg0 wireguard 1370/1370 of 1450 reduced");

    /* The largest of several; IPv6 counts as well. */
    put_link(model, 3, "eth1", "", ARPHRD_ETHER, 9000);
    put_route(model, "::/0", 3);
    assert_tunnels(model, "wg0 wireguard 1370/1370 of 9000 reduced");
    Link down = *tunnel_model_find_link(model, 3);
    down.flags = IFF_UP; /* no carrier */
    tunnel_model_link(model, &down);
    assert_tunnels(model, "wg0 wireguard 1370/1370 of 1450 reduced");

    /* Another tunnel is not what sits behind. */
    g_assert_cmpint(tunnel_model_link_gone(model, 2), ==, 1);
    put_link(model, 6, "ppp0", "ppp", ARPHRD_PPP, 1492);
    put_route(model, "0.0.0.0/0", 6);
    assert_tunnels(model, "wg0 wireguard 1370/1370 of 1500 reduced, ppp0 ppp 1492/1492 of 1500 reduced");
}

static void test_what_is_no_tunnel(void)
{
    static const struct {
        const char *kind;
        uint16_t type;
        uint32_t flags;
        int master;
    } rows[] = {
        {"bridge", ARPHRD_ETHER, UP, 0},
        {"veth", ARPHRD_ETHER, UP, 0},
        {"dummy", ARPHRD_ETHER, UP, 0},
        {"", ARPHRD_ETHER, UP, 0},
        {"tun", ARPHRD_ETHER, UP, 0},         /* a tap */
        {"tun", ARPHRD_NONE, UP, 9},          /* a port */
        {"tun", ARPHRD_NONE, IFF_UP, 0},      /* nobody has it open */
        {"tun", ARPHRD_NONE, IFF_RUNNING, 0}, /* not up */
        {"wireguard", ARPHRD_NONE, 0, 0},     /* down */
        {"wireguard", ARPHRD_NONE, UP | IFF_LOOPBACK, 0},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();
        Link link = {.ifindex = 5,
            .name = "x0",
            .type = rows[i].type,
            .flags = rows[i].flags,
            .mtu = 1380,
            .master = rows[i].master};
        g_strlcpy(link.kind, rows[i].kind, sizeof(link.kind));
        tunnel_model_link(model, &link);
        put_route(model, "0.0.0.0/0", 5);
        assert_tunnels(model, "");

        /* The same link made right is one: the row above failed for its own reason. */
        link.flags = UP;
        link.master = 0;
        link.type = ARPHRD_NONE;
        g_strlcpy(link.kind, "wireguard", sizeof(link.kind));
        tunnel_model_link(model, &link);
        put_route(model, "0.0.0.0/0", 5);
        assert_tunnels(model, "x0 wireguard 1380/1380 of 1500 reduced");
    }
}

static void test_kinds(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_link(model, 5, "old0", "", ARPHRD_NONE, 1400);
    put_route(model, "10.0.0.0/8", 5);
    put_link(model, 6, "tun0", "tun", ARPHRD_NONE, 1500);
    put_route(model, "0.0.0.0/1", 6);
    assert_tunnels(model, "old0 none 1400/1400 of 1500 reduced, tun0 tun 1500/1500 of 1500");
}

static void test_names(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_wireguard(model, 5, "wg0;x", 1380);
    put_route(model, "0.0.0.0/0", 5);
    assert_tunnels(model, "wg0;x wireguard 1380/1380 of 1500 reduced unservable");
    put_wireguard(model, 5, "wg0", 1380); /* renamed: the same link, its routes still there */
    assert_tunnels(model, "wg0 wireguard 1380/1380 of 1500 reduced");
}

static void test_down_and_gone(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_wireguard(model, 5, "wg0", 1380);
    put_route(model, "0.0.0.0/0", 5);
    put_route(model, "::/0", 5);
    Link link = *tunnel_model_find_link(model, 5);
    link.flags = 0;
    g_assert_cmpint(tunnel_model_link(model, &link), ==, 1); /* IPv4 routes went without a word */
    assert_tunnels(model, "");
    link.flags = UP;
    g_assert_cmpint(tunnel_model_link(model, &link), ==, 0);
    assert_tunnels(model, "wg0 wireguard 1380/1380 of 1500 reduced"); /* the IPv6 route, until it is said to be gone */
    drop_route(model, "::/0", 5);
    assert_tunnels(model, "");

    put_route(model, "0.0.0.0/0", 5);
    g_assert_cmpint(tunnel_model_link_gone(model, 5), ==, 1);
    g_assert_cmpint(tunnel_model_link_gone(model, 5), ==, 0);
    put_wireguard(model, 5, "wg0", 1380); /* the number is used again: nothing of the old one is left */
    assert_tunnels(model, "");
}

static void test_dumps(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_wireguard(model, 5, "wg0", 1380);
    put_wireguard(model, 6, "wg1", 1280);
    put_route(model, "0.0.0.0/0", 5);
    put_route(model, "::/0", 6);

    /* The dump of one family takes nothing of the other. */
    tunnel_model_routes_begin(model, AF_INET);
    tunnel_model_routes_end(model, AF_INET);
    assert_tunnels(model, "wg1 wireguard 1280/1280 of 1500 reduced");
    tunnel_model_routes_begin(model, AF_INET);
    put_route(model, "10.0.0.0/8", 5);
    tunnel_model_routes_end(model, AF_INET);
    assert_tunnels(model, "wg0 wireguard 1380/1380 of 1500 reduced, wg1 wireguard 1280/1280 of 1500 reduced");

    tunnel_model_links_begin(model);
    put_wireguard(model, 6, "wg1", 1280);
    tunnel_model_links_end(model);
    assert_tunnels(model, "wg1 wireguard 1280/1280 of 1500 reduced");
    g_assert_null(tunnel_model_find_link(model, 5));
}

/* Messages that need a second look at the whole family. */
static void test_ambiguous(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_wireguard(model, 5, "wg0", 1380);
    put_wireguard(model, 6, "wg1", 1280);
    g_assert_cmpint(put_route(model, "0.0.0.0/0", 5), ==, 0);
    g_assert_cmpint(put_route(model, "0.0.0.0/0", 5), ==, 0); /* the very same */

    Route replaced = route_to("0.0.0.0/0", 6);
    g_assert_cmpint(tunnel_model_route(model, &replaced, true), ==, 1);
    tunnel_model_routes_begin(model, AF_INET);
    g_assert_cmpint(put_route(model, "0.0.0.0/0", 6), ==, 0);
    tunnel_model_routes_end(model, AF_INET);
    assert_tunnels(model, "wg1 wireguard 1280/1280 of 1500 reduced");

    /* One route over two tunnels, of which one hop goes. */
    Route both = route_to("2000::/3", 5);
    both.hops[both.n_hops++] = 6;
    g_assert_cmpint(tunnel_model_route(model, &both, false), ==, 0);
    assert_tunnels(model, "wg0 wireguard 1380/1380 of 1500 reduced, wg1 wireguard 1280/1280 of 1500 reduced");
    g_assert_cmpint(drop_route(model, "2000::/3", 5), ==, 1);

    /* An IPv6 sibling comes with the whole new route and goes alone. */
    g_assert_cmpint(put_route(model, "3000::/4", 5), ==, 0);
    Route grown = route_to("3000::/4", 5);
    grown.hops[grown.n_hops++] = 6;
    g_assert_cmpint(tunnel_model_route(model, &grown, false), ==, 0);
    g_assert_cmpint(drop_route(model, "3000::/4", 5), ==, 1);

    /* What we never knew needs no second look. */
    g_assert_cmpint(drop_route(model, "198.51.100.0/24", 5), ==, 0);

    /* It was a tunnel's, it is now the uplink's. */
    put_ethernet(model, 2, 1500);
    put_route(model, "192.0.2.0/24", 5);
    Route away = route_to("192.0.2.0/24", 2);
    g_assert_cmpint(tunnel_model_route(model, &away, true), ==, 1);
}

static void test_events(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();
    TunnelFacts before, after;

    put_ethernet(model, 2, 1500);
    put_wireguard(model, 5, "wg0", 1380);
    put_route(model, "0.0.0.0/0", 5);
    g_assert_cmpuint(tunnel_model_collect(model, &before, 1), ==, 1);
    put_route(model, "0.0.0.0/0", 2);
    g_assert_cmpuint(tunnel_model_collect(model, &after, 1), ==, 1);
    g_assert_cmpuint(after.events, ==, before.events); /* another link's business */
    put_route(model, "10.0.0.0/8", 5);
    g_assert_cmpuint(tunnel_model_collect(model, &before, 1), ==, 1);
    g_assert_cmpuint(before.events, ==, after.events + 1);
    put_wireguard(model, 5, "wg0", 1380);
    g_assert_cmpuint(tunnel_model_collect(model, &after, 1), ==, 1);
    g_assert_cmpuint(after.events, ==, before.events + 1);
}

static void test_many_routes(void)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();

    put_link(model, 6, "ppp0", "ppp", ARPHRD_PPP, 1492);
    for (uint32_t i = 0; i < TUNNEL_MODEL_ROUTES_MAX + 1000; i++) {
        Route route = route_to("11.0.0.0/24", 6);
        route.dst[1] = (uint8_t) (i >> 8);
        route.dst[2] = (uint8_t) i;
        route.priority = i >> 16;
        tunnel_model_route(model, &route, false);
    }
    assert_tunnels(model, "ppp0 ppp 1492/1492 of 1500 reduced");
    put_wireguard(model, 7, "wg0", 1280);
    put_route(model, "0.0.0.0/0", 7); /* beyond the limit: not kept, nothing breaks */
    assert_tunnels(model, "ppp0 ppp 1492/1492 of 1500 reduced");
    tunnel_model_link_gone(model, 6);
    put_route(model, "0.0.0.0/0", 7);
    assert_tunnels(model, "wg0 wireguard 1280/1280 of 1500 reduced");
}

/* --- route messages --------------------------------------------------------------------------------------------- */

typedef struct Message {
    _Alignas(8) uint8_t bytes[512];
} Message;

static struct nlmsghdr *message_begin(Message *m, uint8_t family, uint8_t dst_len)
{
    memset(m, 0, sizeof(*m));
    struct nlmsghdr *h = (struct nlmsghdr *) m->bytes;
    h->nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg));
    h->nlmsg_type = RTM_NEWROUTE;
    struct rtmsg *r = NLMSG_DATA(h);
    r->rtm_family = family;
    r->rtm_dst_len = dst_len;
    r->rtm_table = RT_TABLE_MAIN;
    r->rtm_protocol = RTPROT_STATIC;
    r->rtm_type = RTN_UNICAST;
    return h;
}

static struct rtattr *message_put(struct nlmsghdr *h, uint16_t type, const void *data, size_t size)
{
    struct rtattr *a = (struct rtattr *) ((uint8_t *) h + NLMSG_ALIGN(h->nlmsg_len));
    a->rta_type = type;
    a->rta_len = RTA_LENGTH(size);
    if (size > 0)
        memcpy(RTA_DATA(a), data, size);
    h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
    return a;
}

static void message_put_u32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
    message_put(h, type, &value, sizeof(value));
}

static void test_route_parse(void)
{
    Message m;
    Route route;
    struct nlmsghdr *h = message_begin(&m, AF_INET, 10);

    message_put(h, RTA_DST, "\x0a\x40\xff\xff", 4); /* bits beyond the prefix */
    message_put_u32(h, RTA_OIF, 7);
    message_put_u32(h, RTA_TABLE, 51820);
    message_put_u32(h, RTA_PRIORITY, 50);
    message_put(h, 0x3fff, "unknown", 7);
    struct rtattr *metrics = message_put(h, RTA_METRICS, NULL, 0);
    message_put_u32(h, RTAX_ADVMSS, 1200);
    message_put_u32(h, RTAX_MTU, 1380);
    metrics->rta_len = (uint8_t *) h + h->nlmsg_len - (uint8_t *) metrics;

    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, 0);
    g_assert_cmpuint(route.family, ==, AF_INET);
    g_assert_cmpuint(route.dst_len, ==, 10);
    g_assert_cmpmem(route.dst, 16, "\x0a\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    g_assert_cmpuint(route.table, ==, 51820);
    g_assert_cmpuint(route.priority, ==, 50);
    g_assert_cmpuint(route.mtu, ==, 1380);
    g_assert_cmpuint(route.protocol, ==, RTPROT_STATIC);
    g_assert_cmpuint(route.n_hops, ==, 1);
    g_assert_cmpint(route.hops[0], ==, 7);
    g_assert_false(route_is_default(&route));

    for (uint32_t n = 0; n < h->nlmsg_len; n++)
        g_assert_cmpint(route_parse(h, n, &route), ==, -EBADMSG);

    h = message_begin(&m, AF_INET6, 0);
    h->nlmsg_type = RTM_DELROUTE;
    message_put_u32(h, RTA_OIF, 9);
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, 0);
    g_assert_true(route_is_default(&route));
    g_assert_cmpuint(route.table, ==, RT_TABLE_MAIN);
}

static void test_route_multipath(void)
{
    Message m;
    Route route;
    struct nlmsghdr *h = message_begin(&m, AF_INET, 0);
    struct rtattr *list = message_put(h, RTA_MULTIPATH, NULL, 0);

    for (int i = 0; i < 20; i++) {
        struct rtnexthop *hop = (struct rtnexthop *) ((uint8_t *) h + h->nlmsg_len);
        *hop = (struct rtnexthop){.rtnh_len = sizeof(*hop), .rtnh_ifindex = i < 2 ? 5 : 5 + i};
        h->nlmsg_len += sizeof(*hop);
    }
    list->rta_len = (uint8_t *) h + h->nlmsg_len - (uint8_t *) list;
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, 0);
    g_assert_cmpuint(route.n_hops, ==, ROUTE_HOPS_MAX); /* the same link counts once, and sixteen are enough */
    g_assert_cmpint(route.hops[0], ==, 5);
    g_assert_cmpint(route.hops[1], ==, 7);

    struct rtnexthop *first = RTA_DATA(list);
    first->rtnh_len = 3;
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    first->rtnh_len = 4000;
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
}

static void test_route_bad(void)
{
    Message m;
    Route route = {.table = 42};
    struct nlmsghdr *h;

    h = message_begin(&m, AF_INET, 33); /* longer than an address */
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    h = message_begin(&m, AF_INET6, 129);
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    h = message_begin(&m, 129, 0); /* AF_MPLS and the rest */
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EAFNOSUPPORT);
    h = message_begin(&m, AF_INET, 24);
    message_put(h, RTA_DST, "\x0a\x40", 2);
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    h = message_begin(&m, AF_INET, 0);
    message_put(h, RTA_OIF, "\x01\x00", 2);
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    h = message_begin(&m, AF_INET, 0);
    message_put(h, RTA_OIF, "\x01\x00\x00\x00", 4)->rta_len = 200;
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    h = message_begin(&m, AF_INET, 0);
    message_put(h, RTA_METRICS, "\x05\x00\x02\x00\x05", 5); /* an MTU of one byte */
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    h = message_begin(&m, AF_INET, 0);
    h->nlmsg_type = RTM_NEWLINK;
    g_assert_cmpint(route_parse(h, h->nlmsg_len, &route), ==, -EBADMSG);
    g_assert_cmpuint(route.table, ==, 42); /* untouched by all of them */
}

static void test_route_within(void)
{
    static const struct {
        const char *inner, *outer;
        bool expected;
    } rows[] = {
        {"10.8.0.0/24", "10.8.0.0/24", true},
        {"10.8.0.7/32", "10.8.0.0/24", true},
        {"10.8.1.7/32", "10.8.0.0/24", false},
        {"10.0.0.0/8", "10.8.0.0/24", false},
        {"10.8.0.0/24", "0.0.0.0/0", true},
        {"10.8.0.128/25", "10.8.0.0/25", false},
        {"fd00::1/128", "fd00::/64", true},
        {"fd00:0:0:1::1/128", "fd00::/64", false},
        {"::/0", "0.0.0.0/0", false},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        Route inner = route_to(rows[i].inner, 1), outer = route_to(rows[i].outer, 1);
        g_assert_cmpint(route_dst_within(&inner, &outer), ==, rows[i].expected);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/tunnel/plain", test_plain);
    g_test_add_func("/service/tunnel/own-prefix", test_own_prefix);
    g_test_add_func("/service/tunnel/other-table", test_other_table);
    g_test_add_func("/service/tunnel/mtu", test_mtu);
    g_test_add_func("/service/tunnel/behind", test_behind);
    g_test_add_func("/service/tunnel/what-is-no-tunnel", test_what_is_no_tunnel);
    g_test_add_func("/service/tunnel/kinds", test_kinds);
    g_test_add_func("/service/tunnel/names", test_names);
    g_test_add_func("/service/tunnel/down-and-gone", test_down_and_gone);
    g_test_add_func("/service/tunnel/dumps", test_dumps);
    g_test_add_func("/service/tunnel/ambiguous", test_ambiguous);
    g_test_add_func("/service/tunnel/events", test_events);
    g_test_add_func("/service/tunnel/many-routes", test_many_routes);
    g_test_add_func("/service/routes/parse", test_route_parse);
    g_test_add_func("/service/routes/multipath", test_route_multipath);
    g_test_add_func("/service/routes/bad", test_route_bad);
    g_test_add_func("/service/routes/within", test_route_within);
    return g_test_run();
}
