/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model of claims: who holds what, what follows from all claims together, when a claim sleeps. Expected values are
 * written by hand.
 */
#include <glib.h>
#include <linux/if_arp.h>
#include <string.h>

#include "helper/clamp.h"

static void add(ClampTable *table, const char *interface, uid_t uid, Lifetime lifetime, const char *bus_name,
    uint32_t path_mtu, bool tunnel_only)
{
    Claim *claim;
    g_assert_cmpint(claim_new(&claim, uid, lifetime, bus_name, path_mtu, tunnel_only), ==, 0);
    clamp_add(clamp_table_get(table, interface), claim);
}

static void set_tunnel(Clamp *clamp)
{
    clamp->link = (Link){.ifindex = 7, .name = "wg0", .kind = "wireguard", .type = ARPHRD_NONE, .mtu = 1380};
}

static void set_bridge(Clamp *clamp)
{
    clamp->link = (Link){.ifindex = 8, .name = "wg0", .kind = "bridge", .type = ARPHRD_ETHER, .mtu = 1500};
}

static void assert_rule(const ClampRule rule, bool active, uint32_t path_mtu, unsigned n_claims)
{
    g_assert_cmpint(rule.active, ==, active);
    g_assert_cmpuint(rule.path_mtu, ==, path_mtu);
    g_assert_cmpuint(rule.n_claims, ==, n_claims);
}

static void test_lifetime(void)
{
    g_assert_cmpint(lifetime_from_string("session"), ==, LIFETIME_SESSION);
    g_assert_cmpint(lifetime_from_string("boot"), ==, LIFETIME_BOOT);
    g_assert_cmpint(lifetime_from_string("BOOT"), ==, LIFETIME_INVALID);
    g_assert_cmpint(lifetime_from_string(""), ==, LIFETIME_INVALID);
    g_assert_cmpstr(lifetime_to_string(LIFETIME_SESSION), ==, "session");
    g_assert_cmpstr(lifetime_to_string(LIFETIME_BOOT), ==, "boot");
}

static void test_table(void)
{
    ClampTable table = {0};
    unsigned of_uid;

    g_assert_null(clamp_table_find(&table, "wg0"));
    add(&table, "wg0", 1000, LIFETIME_BOOT, NULL, 0, true);
    add(&table, "wg00", 1000, LIFETIME_BOOT, NULL, 0, true);
    add(&table, "wg0", 1001, LIFETIME_SESSION, ":1.5", 0, true);
    Clamp *clamp = clamp_table_find(&table, "wg0");
    g_assert_nonnull(clamp);
    g_assert_true(clamp_table_get(&table, "wg0") == clamp);
    g_assert_null(clamp_table_find(&table, "wg"));
    g_assert_false(clamp_table_find(&table, "wg00") == clamp);
    g_assert_cmpuint(clamp_table_count(&table, 1000, &of_uid), ==, 3);
    g_assert_cmpuint(of_uid, ==, 2);
    g_assert_cmpuint(clamp_table_count(&table, 1002, &of_uid), ==, 3);
    g_assert_cmpuint(of_uid, ==, 0);
    clamp_table_drop(&table, clamp);
    g_assert_null(clamp_table_find(&table, "wg0"));
    g_assert_nonnull(clamp_table_find(&table, "wg00"));
    clamp_table_done(&table);
    g_assert_null(table.clamps);
}

static void test_filter(void)
{
    ClampTable table = {0};

    add(&table, "wg0", 1000, LIFETIME_BOOT, NULL, 1300, true);
    add(&table, "wg0", 1000, LIFETIME_SESSION, ":1.5", 1310, true);
    add(&table, "wg0", 1000, LIFETIME_SESSION, ":1.6", 1320, true);
    add(&table, "wg0", 1001, LIFETIME_BOOT, NULL, 1330, true);
    Clamp *clamp = clamp_table_find(&table, "wg0");

    const ClaimFilter boot = {.uid = 1000, .bus_name = ":1.5", .lifetime = LIFETIME_BOOT};
    const ClaimFilter session = {.uid = 1000, .bus_name = ":1.5", .lifetime = LIFETIME_SESSION};
    g_assert_cmpuint(clamp_find(clamp, &boot)->path_mtu, ==, 1300);
    g_assert_cmpuint(clamp_find(clamp, &session)->path_mtu, ==, 1310);

    /* A bus name is not a prefix, and the uid does not count for a session claim. */
    g_assert_null(clamp_find(clamp, &(ClaimFilter){.uid = 1000, .bus_name = ":1.", .lifetime = LIFETIME_SESSION}));
    g_assert_null(clamp_find(clamp, &(ClaimFilter){.uid = 1000, .lifetime = LIFETIME_SESSION}));
    g_assert_null(clamp_find(clamp, &(ClaimFilter){.uid = 0, .bus_name = ":1.9", .lifetime = -1}));

    clamp_remove(clamp, &(ClaimFilter){.uid = 1000, .bus_name = ":1.5", .lifetime = -1});
    assert_rule(clamp_rule(clamp, NULL, NULL), false, 1320, 2);
    clamp_remove(clamp, &(ClaimFilter){.everybody = true, .lifetime = LIFETIME_BOOT});
    assert_rule(clamp_rule(clamp, NULL, NULL), false, 1320, 1);
    clamp_remove(clamp, &(ClaimFilter){.everybody = true, .lifetime = -1});
    g_assert_null(clamp->claims);
    clamp_table_done(&table);
}

static void test_merge(void)
{
    ClampTable table = {0};
    const ClaimFilter of_1000 = {.uid = 1000, .lifetime = -1}, of_1001 = {.uid = 1001, .lifetime = -1};

    add(&table, "wg0", 1000, LIFETIME_BOOT, NULL, 1400, true);
    add(&table, "wg0", 1001, LIFETIME_BOOT, NULL, 1300, true);
    add(&table, "wg0", 1002, LIFETIME_BOOT, NULL, 0, true);
    Clamp *clamp = clamp_table_find(&table, "wg0");
    set_tunnel(clamp);

    assert_rule(clamp_rule(clamp, NULL, NULL), true, 1300, 3);
    assert_rule(clamp_rule(clamp, &of_1001, NULL), true, 1400, 2);
    clamp_remove(clamp, &of_1001);
    assert_rule(clamp_rule(clamp, &of_1000, NULL), true, 0, 1);
    clamp_remove(clamp, &of_1000);
    assert_rule(clamp_rule(clamp, NULL, NULL), true, 0, 1);

    /* What would be, without changing anything. */
    Claim *claim;
    g_assert_cmpint(claim_new(&claim, 1002, LIFETIME_BOOT, NULL, 1250, true), ==, 0);
    const ClaimFilter key = {.uid = 1002, .lifetime = LIFETIME_BOOT};
    assert_rule(clamp_rule(clamp, &key, claim), true, 1250, 1);
    assert_rule(clamp_rule(clamp, NULL, claim), true, 1250, 2);
    assert_rule(clamp_rule(clamp, &key, NULL), false, 0, 0);
    assert_rule(clamp_rule(clamp, NULL, NULL), true, 0, 1);
    claim_free(claim);
    clamp_table_done(&table);
}

static void test_sleep(void)
{
    ClampTable table = {0};

    add(&table, "wg0", 1000, LIFETIME_BOOT, NULL, 1300, true);
    Clamp *clamp = clamp_table_find(&table, "wg0");
    assert_rule(clamp_rule(clamp, NULL, NULL), false, 1300, 1);
    set_tunnel(clamp);
    assert_rule(clamp_rule(clamp, NULL, NULL), true, 1300, 1);
    set_bridge(clamp);
    assert_rule(clamp_rule(clamp, NULL, NULL), false, 1300, 1);

    /* Granted for anything, in route mode: the fixed size of the sleeping claim does not count. */
    add(&table, "wg0", 1001, LIFETIME_BOOT, NULL, 0, false);
    assert_rule(clamp_rule(clamp, NULL, NULL), true, 0, 2);
    set_tunnel(clamp);
    assert_rule(clamp_rule(clamp, NULL, NULL), true, 1300, 2);
    clamp->link.ifindex = 0;
    assert_rule(clamp_rule(clamp, NULL, NULL), false, 1300, 2);
    clamp_table_done(&table);
}

static void test_every_tunnel(void)
{
    ClampTable table = {0};

    add(&table, "*", 1000, LIFETIME_BOOT, NULL, 0, false);
    Clamp *clamp = clamp_table_find(&table, "*");
    g_assert_true(clamp_is_every(clamp));
    assert_rule(clamp_rule(clamp, NULL, NULL), true, 0, 1);
    clamp_table_done(&table);
}

static void test_owners(void)
{
    ClampTable table = {0};
    g_autofree uint32_t *owners = NULL, *none = NULL;

    add(&table, "wg0", 4000000000U, LIFETIME_BOOT, NULL, 0, true);
    add(&table, "wg0", 1000, LIFETIME_SESSION, ":1.5", 0, true);
    add(&table, "wg0", 0, LIFETIME_BOOT, NULL, 0, true);
    add(&table, "wg0", 1000, LIFETIME_BOOT, NULL, 0, true);
    Clamp *clamp = clamp_table_find(&table, "wg0");
    g_assert_cmpint(clamp_owners(clamp, &owners), ==, 3);
    g_assert_cmpuint(owners[0], ==, 0);
    g_assert_cmpuint(owners[1], ==, 1000);
    g_assert_cmpuint(owners[2], ==, 4000000000U);
    clamp_remove(clamp, &(ClaimFilter){.everybody = true, .lifetime = -1});
    g_assert_cmpint(clamp_owners(clamp, &none), ==, 0);
    clamp_table_done(&table);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/helper/clamp/lifetime", test_lifetime);
    g_test_add_func("/helper/clamp/table", test_table);
    g_test_add_func("/helper/clamp/filter", test_filter);
    g_test_add_func("/helper/clamp/merge", test_merge);
    g_test_add_func("/helper/clamp/sleep", test_sleep);
    g_test_add_func("/helper/clamp/every-tunnel", test_every_tunnel);
    g_test_add_func("/helper/clamp/owners", test_owners);
    return g_test_run();
}
