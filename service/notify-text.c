/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The texts that people see first. They never say "MSS clamp", and every button is also a command named in the text,
 * for servers without buttons.
 */
#include <assert.h>
#include <glib.h>
#include <stdarg.h>
#include <string.h>

#include "service/notify-text.h"

static const char *const outcome_table[] = {"usual", "adjusted", "ask", "off", "denied", "unavailable"};
static_assert(ELEMENTSOF(outcome_table) == OUTCOME_MAX, "a word for every outcome");

static const Button details = {ACTION_DETAILS, "Details"};
static const Button not_for_this_vpn = {ACTION_NOT_FOR_THIS_VPN, "Not for this VPN"};
static const Button adjust = {ACTION_ADJUST, "Adjust"};
static const Button allow = {ACTION_ALLOW, "Allow…"};

const char *outcome_to_string(Outcome outcome)
{
    assert(outcome >= 0 && outcome < OUTCOME_MAX);
    return outcome_table[outcome];
}

bool notification_due(NotifyWhen when, const char *told, Outcome outcome, bool first)
{
    bool news = g_strcmp0(told, outcome_to_string(outcome)) != 0;

    switch (when) {
    case NOTIFY_NEVER:
        return false;
    case NOTIFY_ALWAYS:
        /* Every connect has one; what follows within the same connect is shown when it says something new. */
        return first || (news && outcome != OUTCOME_OFF);
    case NOTIFY_CHANGES:
        if (outcome == OUTCOME_USUAL || outcome == OUTCOME_OFF)
            return false; /* nothing was found, or what a person chose was done */
        return news || outcome == OUTCOME_ASK;
    case NOTIFY_MAX:
    case NOTIFY_INVALID:
    default:
        g_assert_not_reached();
    }
}

Notification *notification_free(Notification *notification)
{
    if (!notification)
        return NULL;
    g_free(notification->title);
    g_free(notification->body);
    g_free(notification);
    return NULL;
}

static void add_button(Notification *notification, Button button)
{
    assert(notification->n_buttons < NOTIFICATION_BUTTONS_MAX);
    notification->buttons[notification->n_buttons++] = button;
}

static void set_body(Notification *notification, GString *body, bool markup)
{
    g_autofree char *text = g_string_free(body, FALSE);
    /* Only these three have a meaning in the specification's markup; quotes in escaped form are shown raw by some. */
    if (markup) {
        GString *escaped = g_string_new(text);
        g_string_replace(escaped, "&", "&amp;", 0);
        g_string_replace(escaped, "<", "&lt;", 0);
        g_string_replace(escaped, ">", "&gt;", 0);
        notification->body = g_string_free(escaped, FALSE);
    } else {
        notification->body = g_steal_pointer(&text);
    }
}

Notification *notification_new(const TunnelFacts *facts, Outcome outcome, const char *failure, bool markup)
{
    Notification *notification = g_new0(Notification, 1);
    GString *body = g_string_new(NULL);
    const char *name = facts->name;

    notification->title = g_strdup_printf("VPN %s connected", name);
    if (outcome == OUTCOME_USUAL)
        g_string_append_printf(body, "Its packets have the usual size (%u). There is nothing to adjust.", facts->mtu);
    else
        g_string_append_printf(
            body, "Its packets are smaller than usual (%u instead of %u). ", facts->mtu, facts->behind_mtu);

    switch (outcome) {
    case OUTCOME_ADJUSTED:
        g_string_append_printf(body,
            "airpods adjusts connections that go out through this VPN so that large transfers from containers do not "
            "hang; it is undone when the VPN goes.\n"
            "Details: airpods vpn. Not for this VPN: airpods mss disable %s.",
            name);
        add_button(notification, details);
        add_button(notification, not_for_this_vpn);
        break;
    case OUTCOME_ASK:
        g_string_append_printf(body,
            "Large transfers from containers may hang. airpods can adjust connections that go out through this VPN. "
            "The button holds until the VPN goes, the command until you undo it.\n"
            "Adjust: airpods mss enable %s. Not for this VPN: airpods mss disable %s. Details: airpods vpn.",
            name, name);
        add_button(notification, adjust);
        add_button(notification, not_for_this_vpn);
        add_button(notification, details);
        break;
    case OUTCOME_DENIED:
        g_string_append_printf(body,
            "airpods may not adjust connections that go out through this VPN, so large transfers from containers may "
            "hang; an administrator's permission is needed.\n"
            "Allow: airpods mss enable %s. Not for this VPN: airpods mss disable %s. Details: airpods vpn.",
            name, name);
        add_button(notification, allow);
        add_button(notification, not_for_this_vpn);
        add_button(notification, details);
        break;
    case OUTCOME_UNAVAILABLE:
        g_string_append_printf(body,
            "airpods cannot adjust connections that go out through this VPN, so large transfers from containers may "
            "hang: %s\n"
            "Details: airpods vpn. Not for this VPN: airpods mss disable %s.",
            failure ? failure : "airpods-helper cannot be reached.", name);
        add_button(notification, details);
        add_button(notification, not_for_this_vpn);
        break;
    case OUTCOME_OFF:
        g_string_append(body, "airpods leaves it alone, as you chose.\nDetails: airpods vpn.");
        add_button(notification, details);
        break;
    case OUTCOME_USUAL:
        g_string_append(body, "\nDetails: airpods vpn.");
        add_button(notification, details);
        break;
    case OUTCOME_MAX:
    case OUTCOME_INVALID:
    default:
        g_assert_not_reached();
    }
    set_body(notification, body, markup);
    return notification;
}

static const char *clamp_sentence(ClampState clamp)
{
    switch (clamp) {
    case CLAMP_ROUTE:
        return "Connections are adjusted to what the VPN carries.";
    case CLAMP_FIXED:
        return "Connections are adjusted to a fixed size.";
    case CLAMP_REQUESTED:
        return "airpods-helper is being asked.";
    case CLAMP_DENIED:
        return "airpods may not adjust connections.";
    case CLAMP_UNAVAILABLE:
        return "airpods-helper cannot be reached or cannot adjust connections.";
    case CLAMP_NONE:
    case CLAMP_MAX:
    case CLAMP_INVALID:
    default:
        return "Connections are not adjusted.";
    }
}

Notification *notification_new_details(
    const TunnelFacts *facts, ClampState clamp, Policy policy, const char *failure, bool markup)
{
    Notification *notification = g_new0(Notification, 1);
    GString *body = g_string_new(NULL);

    notification->title = g_strdup_printf("VPN %s", facts->name);
    g_string_append_printf(body, "Interface %s (%s)\nPackets up to %u bytes; the link carries %u, the usual is %u\n",
        facts->name, facts->kind, facts->mtu, facts->link_mtu, facts->behind_mtu);
    g_string_append(
        body, facts->carries_default ? "All traffic leaves through it\n" : "Some traffic leaves through it\n");
    g_string_append(body, clamp_sentence(clamp));
    if (failure)
        g_string_append_printf(body, "\n%s", failure);
    g_string_append_printf(body, "\nPolicy: %s. See also: airpods vpn.", policy_to_string(policy));
    if (policy != POLICY_OFF) {
        g_string_append_printf(body, " Not for this VPN: airpods mss disable %s.", facts->name);
        add_button(notification, not_for_this_vpn);
    }
    set_body(notification, body, markup);
    return notification;
}
