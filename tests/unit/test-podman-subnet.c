/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which network containers get, given what is taken.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/subnet.h"
#include "shared/error.h"

#define KEY "runtime.network.subnet"

static Subnet subnet_of(const char *text)
{
    Subnet subnet;

    g_assert_cmpint(subnet_parse(text, &subnet), ==, 0);
    return subnet;
}

static void test_parse(void)
{
    static const char *const good[] = {
        "10.90.0.0/24", "0.0.0.0/0", "192.0.2.1/32", "128.0.0.0/1", "fd00:1::/64", "::/0", "2001:db8::1/128"};
    static const char *const bad[] = {"", "10.90.0.0", "10.90.0.0/", "10.90.0.0/33", "10.90.0.1/24", "10.90.0.0/24x",
        "10.90.0/24", "/24", "a/24", "10.90.0.0/-1", "10.90.0.0/+1", "10.90.0.0/ 1", "::/129", "fd00::1/64",
        "10.90.0.0/0024", "128.0.0.0/0", "1234567890123456789012345678901234567890123456789/24"};

    for (size_t i = 0; i < ELEMENTSOF(good); i++) {
        char text[SUBNET_TEXT_SIZE];
        Subnet subnet = subnet_of(good[i]);
        subnet_format(&subnet, text);
        g_assert_cmpstr(text, ==, good[i]);
    }
    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        Subnet subnet;
        g_assert_cmpint(subnet_parse(bad[i], &subnet), ==, -EINVAL);
    }
}

static void test_choose(void)
{
    static const struct {
        const char *taken[6];
        const char *wish, *expected; /* NULL: refused */
    } rows[] = {
        {{NULL}, NULL, "10.89.1.0/24"},
        {{"10.89.1.0/24"}, NULL, "10.89.2.0/24"},
        {{"10.89.0.0/16"}, NULL, "10.90.0.0/24"},
        {{"10.89.1.128/25"}, NULL, "10.89.2.0/24"},
        {{"10.0.0.0/8"}, NULL, "172.16.0.0/24"},
        {{"10.0.0.0/8", "172.16.0.0/12"}, NULL, "192.168.0.0/24"},
        {{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}, NULL, NULL},
        {{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/17"}, NULL, "192.168.128.0/24"},
        /* What VPNs split the default route into. */
        {{"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "8.0.0.0/7"}, NULL, "10.89.1.0/24"},
        {{"fd00::/8", "::/0"}, NULL, "10.89.1.0/24"},
        {{"10.8.0.0/24"}, "10.90.7.0/24", "10.90.7.0/24"},
        {{"10.90.0.0/16"}, "10.90.7.0/24", NULL},
        {{"10.90.7.3/32"}, "10.90.7.0/24", NULL},
        {{"10.90.7.0/24"}, "10.90.7.0/24", NULL},
        {{"10.90.6.0/24", "10.90.8.0/24"}, "10.90.7.0/24", "10.90.7.0/24"},
        {{"0.0.0.0/1"}, "10.90.7.0/24", "10.90.7.0/24"},
        {{"10.90.7.0/24"}, "fd00:1::/64", "fd00:1::/64"},
        {{"fd00:1::/48"}, "fd00:1:0:7::/64", NULL},
        {{NULL}, "10.90.7.1/24", NULL},
        {{NULL}, "nonsense", NULL},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        SubnetTaken taken[6];
        size_t n = 0;
        Subnet subnet;
        char text[SUBNET_TEXT_SIZE];
        sd_bus_error error = SD_BUS_ERROR_NULL;

        for (; rows[i].taken[n]; n++)
            taken[n] = (SubnetTaken){subnet_of(rows[i].taken[n]), "the route through wg0"};
        int r = subnet_choose(rows[i].wish, KEY, taken, n, &subnet, &error);
        if (rows[i].expected) {
            g_assert_cmpint(r, ==, 0);
            subnet_format(&subnet, text);
            g_assert_cmpstr(text, ==, rows[i].expected);
        } else {
            g_assert_cmpint(r, ==, -EBADMSG);
            g_assert_cmpstr(error.name, ==, ERROR_CONFIG_INVALID);
        }
        sd_bus_error_free(&error);
    }
}

static void test_collision_is_named(void)
{
    const SubnetTaken taken[] = {
        {subnet_of("10.1.0.0/16"), "the route through wg0"}, {subnet_of("10.90.0.0/16"), "the route through tun1"}};
    Subnet subnet;
    sd_bus_error error = SD_BUS_ERROR_NULL;

    g_assert_cmpint(subnet_choose("10.90.7.0/24", KEY, taken, 2, &subnet, &error), ==, -EBADMSG);
    g_assert_cmpstr(error.message, ==,
        "runtime.network.subnet = \"10.90.7.0/24\" collides with 10.90.0.0/16 of the route through tun1: hosts behind it could "
        "not be reached any more; choose another network or leave the key out.");
    sd_bus_error_free(&error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/podman/subnet/parse", test_parse);
    g_test_add_func("/podman/subnet/choose", test_choose);
    g_test_add_func("/podman/subnet/collision", test_collision_is_named);
    return g_test_run();
}
