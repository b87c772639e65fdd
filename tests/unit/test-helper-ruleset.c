/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes that go to the kernel: the frame of a batch, the order of messages, keys and values of set elements. That the
 * kernel understands them as nft(8) prints them is shown by the bus tests.
 */
#include <glib.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "helper/ruleset.h"

static const ClampRule off = {0}, route = {.active = true}, fixed = {.active = true, .path_mtu = 1380};

/* The types of the messages between begin and end; checks the frame, the numbers and the one acknowledgement. */
static GArray *messages(const Batch *batch, uint32_t seq)
{
    GArray *types = g_array_new(FALSE, FALSE, sizeof(int));
    const struct nlmsghdr *header = (const struct nlmsghdr *) batch->data;
    int left = (int) batch->size;
    unsigned n = 0;

    for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left), n++) {
        g_assert_cmpuint(header->nlmsg_seq, ==, seq + n);
        g_assert_true(header->nlmsg_flags & NLM_F_REQUEST);
        g_assert_cmpint(!!(header->nlmsg_flags & NLM_F_ACK), ==, batch->n > 0 && header->nlmsg_seq == batch->ack_seq);
        if (n == 0)
            g_assert_cmpint(header->nlmsg_type, ==, NFNL_MSG_BATCH_BEGIN);
        else if (mnl_nlmsg_next(header, &(int){left}) == (const struct nlmsghdr *) (batch->data + batch->size))
            g_assert_cmpint(header->nlmsg_type, ==, NFNL_MSG_BATCH_END);
        else {
            const struct nfgenmsg *family = mnl_nlmsg_get_payload(header);
            g_assert_cmpint(header->nlmsg_type >> 8, ==, NFNL_SUBSYS_NFTABLES);
            g_assert_cmpint(family->nfgen_family, ==, NFPROTO_INET);
            g_array_append_val(types, (int){header->nlmsg_type & 0xff});
        }
    }
    g_assert_cmpint(left, ==, 0);
    g_assert_cmpuint(batch->next_seq, ==, seq + n);
    g_assert_cmpuint(types->len, ==, batch->n);
    return types;
}

static void assert_messages(const Batch *batch, uint32_t seq, const int *expected, size_t n)
{
    g_autoptr(GArray) types = messages(batch, seq);

    g_assert_cmpuint(types->len, ==, n);
    for (size_t i = 0; i < n; i++)
        g_assert_cmpint(g_array_index(types, int, i), ==, expected[i]);
}

/* How often these bytes are in the batch. */
static unsigned occurrences(const Batch *batch, const void *bytes, size_t size)
{
    unsigned n = 0;

    for (size_t at = 0; at + size <= batch->size; at++)
        n += memcmp(batch->data + at, bytes, size) == 0;
    return n;
}

static void test_start(void)
{
    static const int expected[] = {NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE, NFT_MSG_NEWTABLE, NFT_MSG_NEWSET, NFT_MSG_NEWSET,
        NFT_MSG_NEWSET, NFT_MSG_NEWCHAIN, NFT_MSG_NEWCHAIN, NFT_MSG_NEWRULE, NFT_MSG_NEWRULE, NFT_MSG_NEWRULE,
        NFT_MSG_NEWRULE, NFT_MSG_NEWRULE, NFT_MSG_NEWRULE};
    Batch batch;

    batch_begin(&batch, 100);
    ruleset_start(&batch, true);
    batch_end(&batch);
    assert_messages(&batch, 100, expected, G_N_ELEMENTS(expected));
    g_assert_cmpuint(occurrences(&batch, "airpods-helper: ", 16), ==, 2);

    batch_begin(&batch, UINT32_MAX - 3); /* numbers wrap */
    ruleset_start(&batch, false);
    batch_end(&batch);
    assert_messages(&batch, UINT32_MAX - 3, expected, G_N_ELEMENTS(expected));
}

static void test_owner(void)
{
    /* NFTA_TABLE_FLAGS, big-endian, behind NFTA_TABLE_NAME */
    static const uint8_t owned[] = {'o', 'd', 's', 0, 8, 0, 2, 0, 0, 0, 0, 2};
    static const uint8_t plain[] = {'o', 'd', 's', 0, 8, 0, 2, 0, 0, 0, 0, 0};
    Batch batch;

    batch_begin(&batch, 1);
    ruleset_start(&batch, true);
    batch_end(&batch);
    g_assert_cmpuint(occurrences(&batch, owned, sizeof(owned)), ==, 1);
    g_assert_cmpuint(occurrences(&batch, plain, sizeof(plain)), ==, 1);
    batch_begin(&batch, 1);
    ruleset_start(&batch, false);
    batch_end(&batch);
    g_assert_cmpuint(occurrences(&batch, owned, sizeof(owned)), ==, 0);
    g_assert_cmpuint(occurrences(&batch, plain, sizeof(plain)), ==, 2);
}

static void test_start_fits_with_changes(void)
{
    Batch batch;

    batch_begin(&batch, 0);
    ruleset_start(&batch, true);
    ruleset_change(&batch, "*", &off, &route);
    ruleset_change(&batch, "abcdefghijklmno", &off, &fixed);
    batch_end(&batch);
    g_assert_cmpuint(batch.n, ==, 17);
    g_assert_cmpuint(batch.size, <, 8192);
}

static void test_stop(void)
{
    Batch batch;

    batch_begin(&batch, 7);
    ruleset_stop(&batch);
    batch_end(&batch);
    assert_messages(&batch, 7, (int[]){NFT_MSG_DELTABLE}, 1);
}

static void test_nothing(void)
{
    static const ClampRule asleep = {.path_mtu = 1380};
    Batch batch;

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &off, &off);
    ruleset_change(&batch, "wg0", &route, &route);
    ruleset_change(&batch, "wg0", &fixed, &fixed);
    ruleset_change(&batch, "wg0", &off, &asleep);
    ruleset_change(&batch, "*", &route, &route);
    batch_end(&batch);
    assert_messages(&batch, 0, NULL, 0);
}

static void test_route(void)
{
    /* NFTA_DATA_VALUE with the whole name: 16 bytes, zeros behind it, or it would be a prefix match */
    static const uint8_t key[] = {20, 0, 1, 0, 'w', 'g', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    Batch batch;

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &off, &route);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_NEWSETELEM}, 1);
    g_assert_cmpuint(occurrences(&batch, key, sizeof(key)), ==, 1);
    g_assert_cmpuint(occurrences(&batch, "links", 6), ==, 1);

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &route, &off);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_DELSETELEM}, 1);
    g_assert_cmpuint(occurrences(&batch, key, sizeof(key)), ==, 1);
}

static void test_longest_name(void)
{
    static const uint8_t key[] = {
        20, 0, 1, 0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 0};
    Batch batch;

    batch_begin(&batch, 0);
    ruleset_change(&batch, "abcdefghijklmno", &off, &route);
    batch_end(&batch);
    g_assert_cmpuint(occurrences(&batch, key, sizeof(key)), ==, 1);
}

static void test_fixed(void)
{
    /* family, three zeros, the name; then the size in network order: 1340 is 05 3c, 1320 is 05 28 */
    static const uint8_t ipv4[] = {
        2, 0, 0, 0, 'w', 'g', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 2, 128, 6, 0, 1, 0, 0x05, 0x3c};
    static const uint8_t ipv6[] = {
        10, 0, 0, 0, 'w', 'g', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 2, 128, 6, 0, 1, 0, 0x05, 0x28};
    Batch batch;

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &off, &fixed);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_NEWSETELEM, NFT_MSG_NEWSETELEM}, 2);
    g_assert_cmpuint(occurrences(&batch, ipv4, sizeof(ipv4)), ==, 1);
    g_assert_cmpuint(occurrences(&batch, ipv6, sizeof(ipv6)), ==, 1);
    g_assert_cmpuint(occurrences(&batch, "links", 6), ==, 1);
    g_assert_cmpuint(occurrences(&batch, "mss", 4), ==, 1);
}

static void test_fixed_changes(void)
{
    static const ClampRule smaller = {.active = true, .path_mtu = 1300};
    Batch batch;

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &fixed, &smaller);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM}, 2);
    g_assert_cmpuint(occurrences(&batch, "links", 6), ==, 0); /* the counter goes on */

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &route, &fixed);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_NEWSETELEM}, 1);

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &fixed, &route);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_DELSETELEM}, 1);
    g_assert_cmpuint(occurrences(&batch, "links", 6), ==, 0);

    batch_begin(&batch, 0);
    ruleset_change(&batch, "wg0", &fixed, &off);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_DELSETELEM, NFT_MSG_DELSETELEM}, 2);
}

static void test_every_tunnel(void)
{
    /* kind in 16 bytes, then the hardware type as the host has it, in 4 */
    uint8_t wireguard[24] = {24, 0, 1, 0, 'w', 'i', 'r', 'e', 'g', 'u', 'a', 'r', 'd'};
    uint8_t ppp[24] = {24, 0, 1, 0, 'p', 'p', 'p'};
    const uint16_t none = 0xfffe, type_ppp = 512;
    Batch batch;

    memcpy(wireguard + 20, &none, sizeof(none));
    memcpy(ppp + 20, &type_ppp, sizeof(type_ppp));
    batch_begin(&batch, 0);
    ruleset_change(&batch, "*", &off, &route);
    batch_end(&batch);
    assert_messages(&batch, 0, (int[]){NFT_MSG_NEWSETELEM}, 1);
    g_assert_cmpuint(occurrences(&batch, wireguard, sizeof(wireguard)), ==, 1);
    g_assert_cmpuint(occurrences(&batch, ppp, sizeof(ppp)), ==, 1);
    g_assert_cmpuint(occurrences(&batch, "kinds", 6), ==, 1);
    g_assert_cmpuint(occurrences(&batch, "links", 6), ==, 0);
}

static void test_mss(void)
{
    g_assert_cmpuint(ruleset_mss4(576), ==, 536);
    g_assert_cmpuint(ruleset_mss6(576), ==, 1220);
    g_assert_cmpuint(ruleset_mss6(1280), ==, 1220);
    g_assert_cmpuint(ruleset_mss6(1281), ==, 1221);
    g_assert_cmpuint(ruleset_mss4(1380), ==, 1340);
    g_assert_cmpuint(ruleset_mss6(1380), ==, 1320);
    g_assert_cmpuint(ruleset_mss4(65535), ==, 65495);
    g_assert_cmpuint(ruleset_mss6(65535), ==, 65475);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/helper/ruleset/start", test_start);
    g_test_add_func("/helper/ruleset/owner", test_owner);
    g_test_add_func("/helper/ruleset/start-fits-with-changes", test_start_fits_with_changes);
    g_test_add_func("/helper/ruleset/stop", test_stop);
    g_test_add_func("/helper/ruleset/nothing", test_nothing);
    g_test_add_func("/helper/ruleset/route", test_route);
    g_test_add_func("/helper/ruleset/longest-name", test_longest_name);
    g_test_add_func("/helper/ruleset/fixed", test_fixed);
    g_test_add_func("/helper/ruleset/fixed-changes", test_fixed_changes);
    g_test_add_func("/helper/ruleset/every-tunnel", test_every_tunnel);
    g_test_add_func("/helper/ruleset/mss", test_mss);
    return g_test_run();
}
