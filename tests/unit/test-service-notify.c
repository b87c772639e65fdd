/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a notification is due, and what it says, to the letter.
 */
#include <glib.h>
#include <string.h>

#include "service/notify-text.h"

static void test_due(void)
{
    static const struct {
        NotifyWhen when;
        const char *told;
        Outcome outcome;
        bool first, expected;
    } rows[] = {
        /* changes: the first connect of a VPN with small packets, then only what is new */
        {NOTIFY_CHANGES, NULL, OUTCOME_ADJUSTED, true, true},
        {NOTIFY_CHANGES, "adjusted", OUTCOME_ADJUSTED, true, false},
        {NOTIFY_CHANGES, "adjusted", OUTCOME_DENIED, true, true},
        {NOTIFY_CHANGES, "denied", OUTCOME_DENIED, true, false}, /* shown once */
        {NOTIFY_CHANGES, "denied", OUTCOME_ADJUSTED, false, true},
        {NOTIFY_CHANGES, NULL, OUTCOME_UNAVAILABLE, true, true},
        {NOTIFY_CHANGES, "unavailable", OUTCOME_UNAVAILABLE, true, false},
        {NOTIFY_CHANGES, NULL, OUTCOME_USUAL, true, false},
        {NOTIFY_CHANGES, "adjusted", OUTCOME_USUAL, true, false},
        {NOTIFY_CHANGES, NULL, OUTCOME_OFF, true, false},
        {NOTIFY_CHANGES, "adjusted", OUTCOME_OFF, false, false},
        /* … or a person must decide */
        {NOTIFY_CHANGES, NULL, OUTCOME_ASK, true, true},
        {NOTIFY_CHANGES, "ask", OUTCOME_ASK, true, true},
        /* always: every connect */
        {NOTIFY_ALWAYS, NULL, OUTCOME_ADJUSTED, true, true},
        {NOTIFY_ALWAYS, "adjusted", OUTCOME_ADJUSTED, true, true},
        {NOTIFY_ALWAYS, "usual", OUTCOME_USUAL, true, true},
        {NOTIFY_ALWAYS, "off", OUTCOME_OFF, true, true},
        {NOTIFY_ALWAYS, "usual", OUTCOME_ADJUSTED, false, true}, /* the MTU fell later */
        {NOTIFY_ALWAYS, "adjusted", OUTCOME_ADJUSTED, false, false},
        {NOTIFY_ALWAYS, "adjusted", OUTCOME_OFF, false, false}, /* the button that did it is answer enough */
        /* never */
        {NOTIFY_NEVER, NULL, OUTCOME_ADJUSTED, true, false},
        {NOTIFY_NEVER, NULL, OUTCOME_ASK, true, false},
        {NOTIFY_NEVER, "adjusted", OUTCOME_DENIED, true, false},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++)
        if (notification_due(rows[i].when, rows[i].told, rows[i].outcome, rows[i].first) != rows[i].expected)
            g_error("row %zu", i);
}

static const TunnelFacts facts = {
    .name = "wg0-mullvad",
    .kind = "wireguard",
    .link_mtu = 1420,
    .mtu = 1380,
    .behind_mtu = 1500,
    .reduced = true,
    .carries_default = true,
};

static void assert_buttons(const Notification *notification, const char *expected)
{
    GString *s = g_string_new(NULL);

    for (size_t i = 0; i < notification->n_buttons; i++)
        g_string_append_printf(s, "[%s=%s]", notification->buttons[i].key, notification->buttons[i].label);
    g_autofree char *found = g_string_free(s, FALSE);
    g_assert_cmpstr(found, ==, expected);
}

static void assert_text(Outcome outcome, const char *failure, const char *body, const char *buttons)
{
    _cleanup_(notification_freep) Notification *notification = notification_new(&facts, outcome, failure, false);

    g_assert_cmpstr(notification->title, ==, "VPN wg0-mullvad connected");
    g_assert_cmpstr(notification->body, ==, body);
    assert_buttons(notification, buttons);
    /* Words that people do not know. */
    g_assert_null(strstr(notification->body, "MSS"));
    g_assert_null(strstr(notification->body, "clamp"));
}

static void test_texts(void)
{
    assert_text(OUTCOME_ADJUSTED, NULL,
        "Its packets are smaller than usual (1380 instead of 1500). airpods adjusts connections that go out through this "
        "VPN so that large transfers from containers do not hang; it is undone when the VPN goes.\n"
        "Details: airpods vpn. Not for this VPN: airpods mss disable wg0-mullvad.",
        "[details=Details][not-for-this-vpn=Not for this VPN]");
    assert_text(OUTCOME_ASK, NULL,
        "Its packets are smaller than usual (1380 instead of 1500). Large transfers from containers may hang. airpods can "
        "adjust connections that go out through this VPN. The button holds until the VPN goes, the command until you undo "
        "it.\n"
        "Adjust: airpods mss enable wg0-mullvad. Not for this VPN: airpods mss disable wg0-mullvad. Details: airpods vpn.",
        "[adjust=Adjust][not-for-this-vpn=Not for this VPN][details=Details]");
    assert_text(OUTCOME_DENIED, "Access denied",
        "Its packets are smaller than usual (1380 instead of 1500). airpods may not adjust connections that go out through "
        "this VPN, so large transfers from containers may hang; an administrator's permission is needed.\n"
        "Allow: airpods mss enable wg0-mullvad. Not for this VPN: airpods mss disable wg0-mullvad. Details: airpods vpn.",
        "[allow=Allow…][not-for-this-vpn=Not for this VPN][details=Details]");
    assert_text(OUTCOME_UNAVAILABLE, "The kernel refused.",
        "Its packets are smaller than usual (1380 instead of 1500). airpods cannot adjust connections that go out through "
        "this VPN, so large transfers from containers may hang: The kernel refused.\n"
        "Details: airpods vpn. Not for this VPN: airpods mss disable wg0-mullvad.",
        "[details=Details][not-for-this-vpn=Not for this VPN]");
    assert_text(OUTCOME_OFF, NULL,
        "Its packets are smaller than usual (1380 instead of 1500). airpods leaves it alone, as you chose.\n"
        "Details: airpods vpn.",
        "[details=Details]");
    assert_text(OUTCOME_USUAL, NULL,
        "Its packets have the usual size (1380). There is nothing to adjust.\nDetails: airpods vpn.",
        "[details=Details]");
}

static void test_details(void)
{
    _cleanup_(notification_freep) Notification *notification =
        notification_new_details(&facts, CLAMP_ROUTE, POLICY_AUTO, NULL, false);
    g_assert_cmpstr(notification->title, ==, "VPN wg0-mullvad");
    g_assert_cmpstr(notification->body, ==,
        "Interface wg0-mullvad (wireguard)\n"
        "Packets up to 1380 bytes; the link carries 1420, the usual is 1500\n"
        "All traffic leaves through it\n"
        "Connections are adjusted to what the VPN carries.\n"
        "Policy: auto. See also: airpods vpn. Not for this VPN: airpods mss disable wg0-mullvad.");
    assert_buttons(notification, "[not-for-this-vpn=Not for this VPN]");
}

static void test_markup(void)
{
    static const char failure[] = "a <b>&amp; \"c\" 'd'";
    _cleanup_(notification_freep) Notification *plain = notification_new(&facts, OUTCOME_UNAVAILABLE, failure, false);
    _cleanup_(notification_freep) Notification *markup = notification_new(&facts, OUTCOME_UNAVAILABLE, failure, true);

    g_assert_nonnull(strstr(plain->body, "hang: a <b>&amp; \"c\" 'd'\n"));
    g_assert_nonnull(strstr(markup->body, "hang: a &lt;b&gt;&amp;amp; \"c\" 'd'\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/notify/due", test_due);
    g_test_add_func("/service/notify/texts", test_texts);
    g_test_add_func("/service/notify/details", test_details);
    g_test_add_func("/service/notify/markup", test_markup);
    return g_test_run();
}
