/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Interface names, the error table, the reading of link messages, and suggestions. Expected values are written by hand.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "shared/error.h"
#include "shared/ifname.h"
#include "shared/link.h"
#include "shared/macro.h"
#include "shared/suggest.h"

static void test_ifname_valid(void)
{
    static const char *const good[] = {
        "a", "0", "wg0", "wg0-mullvad", "tun0.1", "eth0@if3", "a+b", "abcdefghijklmno", "A_b"};
    static const char *const bad[] = {"", "abcdefghijklmnop", "../x", "eth0;x", "w\xc3\xbc", "wg0\n", " wg0", "wg0 ",
        ".", "..", "-wg0", "_x", "@x", "*", "wg*", "a/b", "a\tb", "wg0%d", "a:b", "$x"};

    for (size_t i = 0; i < ELEMENTSOF(good); i++)
        g_assert_true(ifname_valid(good[i]));
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        g_assert_false(ifname_valid(bad[i]));
    g_assert_false(ifname_valid(NULL));
}

static void test_error_table(void)
{
    size_t n;
    const ErrorInfo *table = error_info_table(&n);

    g_assert_cmpuint(n, ==, 22);
    for (size_t i = 0; i < n; i++) {
        g_assert_true(error_info_find(table[i].name) == &table[i]);
        g_assert_true(g_str_has_suffix(table[i].sentence, "."));
        g_assert_cmpstr(table[i].hint, !=, "");
        g_assert_cmpint(table[i].number, >, 0);
        g_assert_cmpint(table[i].exit_code, !=, EXIT_DONE);
    }
    g_assert_null(error_info_find("org.airpods.Error.Nonsense"));
    g_assert_null(error_info_find(NULL));
}

static void test_error_set(void)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;

    g_assert_cmpint(error_set(&error, ERROR_INVALID_MTU, "%u is too small.", 5U), ==, -ERANGE);
    g_assert_cmpstr(error.name, ==, "org.airpods.Error.InvalidMtu");
    g_assert_cmpstr(error.message, ==, "5 is too small.");
    sd_bus_error_free(&error);

    g_assert_cmpint(error_set(&error, ERROR_NOT_CLAMPED, NULL), ==, -ENOENT);
    g_assert_cmpstr(error.message, ==, "There is nothing to remove on this interface.");
    sd_bus_error_free(&error);

    g_assert_cmpint(error_set(NULL, ERROR_NOT_CLAMPED, NULL), ==, -ENOENT);
}

/* A link message under construction. */
typedef struct Message {
    _Alignas(8) uint8_t bytes[512];
} Message;

static struct nlmsghdr *message_begin(Message *m, int ifindex, uint16_t type, uint32_t flags)
{
    memset(m, 0, sizeof(*m));
    struct nlmsghdr *h = (struct nlmsghdr *) m->bytes;
    h->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
    h->nlmsg_type = RTM_NEWLINK;
    struct ifinfomsg *info = NLMSG_DATA(h);
    info->ifi_index = ifindex;
    info->ifi_type = type;
    info->ifi_flags = flags;
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

static void message_put_kind(struct nlmsghdr *h, const char *kind)
{
    struct rtattr *nest = message_put(h, IFLA_LINKINFO, NULL, 0);
    message_put(h, IFLA_INFO_KIND, kind, strlen(kind) + 1);
    nest->rta_len = (uint8_t *) h + h->nlmsg_len - (uint8_t *) nest;
}

static void test_link_parse(void)
{
    Message m;
    Link link = {0};
    uint32_t mtu = 1380, master = 4;

    struct nlmsghdr *h = message_begin(&m, 7, ARPHRD_NONE, IFF_UP | IFF_POINTOPOINT);
    message_put(h, IFLA_IFNAME, "wg0-mullvad", 12);
    message_put(h, IFLA_MTU, &mtu, 4);
    message_put(h, 0x3fff, "unknown", 7);
    message_put_kind(h, "wireguard");

    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, 0);
    g_assert_cmpint(link.ifindex, ==, 7);
    g_assert_cmpstr(link.name, ==, "wg0-mullvad");
    g_assert_cmpstr(link.kind, ==, "wireguard");
    g_assert_cmpuint(link.type, ==, 65534);
    g_assert_cmpuint(link.mtu, ==, 1380);
    g_assert_cmpint(link.master, ==, 0);
    g_assert_true(link.flags & IFF_UP);
    g_assert_true(link_is_tunnel(&link));
    g_assert_cmpstr(link_kind_string(&link), ==, "wireguard");

    message_put(h, IFLA_MASTER, &master, 4);
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, 0);
    g_assert_cmpint(link.master, ==, 4);
    g_assert_false(link_is_tunnel(&link));

    /* Every shorter prefix is refused and never read past its end; the header must not promise more than there is. */
    for (uint32_t n = 0; n < h->nlmsg_len; n++)
        g_assert_cmpint(link_parse(h, n, &link), ==, -EBADMSG);
}

static void test_link_parse_bad(void)
{
    Message m;
    Link link = {.ifindex = 42};
    struct nlmsghdr *h;

    h = message_begin(&m, 7, ARPHRD_NONE, 0); /* no name */
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, -EBADMSG);

    h = message_begin(&m, 0, ARPHRD_NONE, 0); /* no ifindex */
    message_put(h, IFLA_IFNAME, "wg0", 4);
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, -EBADMSG);

    h = message_begin(&m, 7, ARPHRD_NONE, 0); /* not terminated */
    message_put(h, IFLA_IFNAME, "wg0", 3);
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, -EBADMSG);

    h = message_begin(&m, 7, ARPHRD_NONE, 0); /* 16 characters */
    message_put(h, IFLA_IFNAME, "abcdefghijklmnop", 17);
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, -EBADMSG);

    h = message_begin(&m, 7, ARPHRD_NONE, 0); /* an MTU of two bytes */
    message_put(h, IFLA_IFNAME, "wg0", 4);
    message_put(h, IFLA_MTU, "\x05\x05", 2);
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, -EBADMSG);

    h = message_begin(&m, 7, ARPHRD_NONE, 0); /* an attribute that overruns the message */
    struct rtattr *a = message_put(h, IFLA_IFNAME, "wg0", 4);
    a->rta_len = 200;
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, -EBADMSG);

    h = message_begin(&m, 7, ARPHRD_NONE, 0); /* another kind of message */
    message_put(h, IFLA_IFNAME, "wg0", 4);
    h->nlmsg_type = RTM_NEWROUTE;
    g_assert_cmpint(link_parse(h, h->nlmsg_len, &link), ==, -EBADMSG);

    g_assert_cmpint(link.ifindex, ==, 42); /* untouched by all of them */
}

static void test_link_is_tunnel(void)
{
    static const struct {
        const char *kind;
        uint16_t type;
        bool expected;
    } rows[] = {
        {"wireguard", 65534, true},
        {"amneziawg", 65534, true},
        {"tun", 65534, true},
        {"tun", 1, false} /* a tap */,
        {"ovpn", 65534, true},
        {"ovpn-dco", 65534, true},
        {"ppp", 512, true},
        {"xfrm", 65534, true},
        {"vti", 768, true},
        {"vti6", 769, true},
        {"gre", 778, true},
        {"ip6gre", 823, true},
        {"ipip", 768, true},
        {"sit", 776, true},
        {"ip6tnl", 769, true},
        {"gretap", 1, false},
        {"", 65534, true},
        {"", 512, true},
        {"", 519, true},
        {"", 1, false},
        {"bridge", 1, false},
        {"veth", 1, false},
        {"dummy", 1, false},
        {"macvlan", 1, false},
        {"ipvlan", 1, false},
        {"bond", 1, false},
        {"vlan", 1, false},
        {"vrf", 1, false},
        {"ifb", 1, false},
        {"vxlan", 1, false},
        {"wireguard", 1, false},
        {"wireguardx", 65534, false},
    };
    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        Link link = {.ifindex = 1, .name = "x", .type = rows[i].type};
        g_strlcpy(link.kind, rows[i].kind, sizeof(link.kind));
        g_assert_cmpint(link_is_tunnel(&link), ==, rows[i].expected);
        link.flags = IFF_LOOPBACK;
        g_assert_false(link_is_tunnel(&link));
        link.flags = 0;
        link.master = 7; /* a port of a bridge, a bond or a vrf */
        g_assert_false(link_is_tunnel(&link));
    }
}

static void test_suggest(void)
{
    static const char *const list[] = {"mss_clamp", "notify", "ignore", NULL};
    static const struct {
        const char *word, *expected;
    } rows[] = {
        {"mss_clamp", "mss_clamp"},
        {"mssclamp", "mss_clamp"},
        {"MSS-CLAMP", "mss_clamp"},
        {"mss_calmp", "mss_clamp"},
        {"nofity", "notify"},
        {"notfy", "notify"},
        {"ignored", "ignore"},
        {"ig", NULL},
        {"", NULL},
        {"something", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++)
        g_assert_cmpstr(suggest_nearest(rows[i].word, list), ==, rows[i].expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shared/ifname/valid", test_ifname_valid);
    g_test_add_func("/shared/error/table", test_error_table);
    g_test_add_func("/shared/error/set", test_error_set);
    g_test_add_func("/shared/link/parse", test_link_parse);
    g_test_add_func("/shared/link/parse-bad", test_link_parse_bad);
    g_test_add_func("/shared/link/is-tunnel", test_link_is_tunnel);
    g_test_add_func("/shared/suggest", test_suggest);
    return g_test_run();
}
