/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What airpods prints: escaping, sentences, JSON.
 */
#include <glib.h>

#include "cli/clamp.h"
#include "cli/clamp-print.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "cli/tunnel.h"
#include "shared/macro.h"

static void test_escape(void)
{
    static const struct {
        const char *text, *line, *lines;
    } cases[] = {
        {"", "", ""},
        {"wg0-mullvad", "wg0-mullvad", "wg0-mullvad"},
        {"gr\xc3\xbc\xc3\x9f \xe6\x97\xa5", "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5", "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5"},
        {"a\nb\tc", "a\\x0ab\\x09c", "a\nb\tc"},
        {"\x1b[31m", "\\x1b[31m", "\\x1b[31m"},
        {"\r\x7f", "\\x0d\\x7f", "\\x0d\\x7f"},
        /* U+009B is an escape sequence of one character on some terminals, U+202E turns the rest of the line around. */
        {"\xc2\x9b", "\\xc2\\x9b", "\\xc2\\x9b"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae"},
        /* Not UTF-8, and cut short. */
        {"a\xff"
         "b",
            "a\\xff"
            "b",
            "a\\xff"
            "b"},
        {"\xe6\x97", "\\xe6\\x97", "\\xe6\\x97"},
    };

    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        g_autofree char *line = escape_line(cases[i].text), *lines = escape_text(cases[i].text);

        g_assert_cmpstr(line, ==, cases[i].line);
        g_assert_cmpstr(lines, ==, cases[i].lines);
    }
}

static void test_policy_sentence(void)
{
    static const char *const
        by_itself = "Policy auto: airpods adjusts by itself while packets are smaller than usual.",
        *const only_while = "Policy auto: airpods adjusts by itself only while packets are smaller than usual.",
        *const ended = "Policy auto: airpods would adjust by itself, but an administrator ended that until the VPN "
                       "connects again, or the configuration has errors (\"airpods config validate\").",
        *const otherwise = "Policy auto: otherwise airpods would adjust by itself.",
        *const waits = "Policy ask: airpods offers to adjust, and waits for you.",
        *const offers_while = "Policy ask: airpods offers to adjust only while packets are smaller than usual.",
        *const asked = "Policy ask: airpods adjusts only when somebody asks for it, and somebody has.",
        *const alone = "Policy off: airpods leaves this VPN alone.",
        *const others = "Policy off: airpodsd leaves this VPN alone, but another user or \"airpods "
                        "mss enable\" asked for this.";
    static const struct {
        const char *clamp;
        bool reduced;
        const char *when_auto, *when_ask, *when_off;
    } rows[] = {
        {"none", true, ended, waits, alone},
        {"requested", true, by_itself, asked, alone},
        {"route", true, by_itself, asked, others},
        {"fixed", true, by_itself, asked, others},
        {"denied", true, otherwise, asked, alone},
        {"unavailable", true, otherwise, asked, alone},
        {"none", false, only_while, offers_while, alone},
        {"route", false, only_while, asked, others},
        {"fixed", false, only_while, asked, others},
    };
    char auto_word[] = "auto", ask[] = "ask", off[] = "off", later[] = "sometimes";

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        g_autofree char *clamp = g_strdup(rows[i].clamp);
        Tunnel tunnel = {.clamp = clamp, .reduced = rows[i].reduced, .policy = auto_word};

        g_assert_cmpstr(tunnel_policy_sentence(&tunnel), ==, rows[i].when_auto);
        tunnel.policy = ask;
        g_assert_cmpstr(tunnel_policy_sentence(&tunnel), ==, rows[i].when_ask);
        tunnel.policy = off;
        g_assert_cmpstr(tunnel_policy_sentence(&tunnel), ==, rows[i].when_off);
        tunnel.policy = later;
        g_assert_cmpstr(tunnel_policy_sentence(&tunnel), ==, "");
    }
}

static void test_tunnel_is_clamped(void)
{
    static const char *const words[] = {"none", "requested", "denied", "unavailable", "route", "fixed"};

    for (size_t i = 0; i < ELEMENTSOF(words); i++) {
        g_autofree char *word = g_strdup(words[i]);
        g_assert_cmpint(tunnel_is_clamped(&(Tunnel){.clamp = word}), ==, i >= 4);
    }
}

static Clamp *make_clamp(bool with_owners)
{
    static const uint32_t uids[] = {0, 4294967293};
    Clamp *clamp = g_new0(Clamp, 1);

    clamp->interface = g_strdup("wg0");
    clamp->ifindex = 7;
    clamp->kind = g_strdup("wireguard");
    clamp->link_mtu = 1380;
    clamp->mode = g_strdup("route");
    clamp->active = true;
    clamp->mine = g_strsplit("session boot", " ", -1);
    clamp->holders = 2;
    clamp->syn_packets = 18446744073;
    clamp->since_usec = 1700000000000000;
    if (with_owners) {
        clamp->owners = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        g_array_append_vals(clamp->owners, uids, ELEMENTSOF(uids));
    }
    return clamp;
}

static void test_clamp_json(void)
{
    g_autoptr(GPtrArray) clamps = g_ptr_array_new_with_free_func((GDestroyNotify) clamp_free);
    g_autofree char *none = json_from_records(&clamp_type, clamps);

    g_assert_cmpstr(none, ==, "[]\n");
    g_ptr_array_add(clamps, make_clamp(false));
    g_ptr_array_add(clamps, make_clamp(true));
    g_autofree char *text = json_from_records(&clamp_type, clamps);
    g_autofree char *common = g_strdup("    \"interface\" : \"wg0\",\n"
                                       "    \"ifindex\" : 7,\n"
                                       "    \"kind\" : \"wireguard\",\n"
                                       "    \"link_mtu\" : 1380,\n"
                                       "    \"mode\" : \"route\",\n"
                                       "    \"path_mtu\" : 0,\n"
                                       "    \"active\" : true,\n"
                                       "    \"mine\" : [\n      \"session\",\n      \"boot\"\n    ],\n"
                                       "    \"holders\" : 2,\n"
                                       "    \"syn_packets\" : 18446744073,\n"
                                       "    \"since_usec\" : 1700000000000000");
    g_autofree char *expected = g_strdup_printf(
        "[\n  {\n%s\n  },\n  {\n%s,\n    \"owners\" : [\n      0,\n      4294967293\n    ]\n  }\n]\n", common, common);
    g_assert_cmpstr(text, ==, expected);
}

static void test_clamp_holders(void)
{
    g_autoptr(Clamp) counted = make_clamp(false), named = make_clamp(true);
    g_autofree char *many = clamp_holders(counted), *names = clamp_holders(named);

    g_assert_cmpstr(many, ==, "2 users");
    g_assert_cmpstr(names, ==, "root, user 4294967293");
    counted->holders = 1;
    g_autofree char *one = clamp_holders(counted);
    g_assert_cmpstr(one, ==, "1 user");
}

static void test_find(void)
{
    g_autoptr(GPtrArray) clamps = g_ptr_array_new_with_free_func((GDestroyNotify) clamp_free);

    g_ptr_array_add(clamps, make_clamp(false));
    g_assert_true(clamps_find(clamps, "wg0") == g_ptr_array_index(clamps, 0));
    g_assert_null(clamps_find(clamps, "wg"));
    g_assert_null(clamps_find(clamps, "wg00"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/escape", test_escape);
    g_test_add_func("/cli/tunnel/policy-sentence", test_policy_sentence);
    g_test_add_func("/cli/tunnel/is-clamped", test_tunnel_is_clamped);
    g_test_add_func("/cli/clamp/json", test_clamp_json);
    g_test_add_func("/cli/clamp/holders", test_clamp_holders);
    g_test_add_func("/cli/clamp/find", test_find);
    return g_test_run();
}
