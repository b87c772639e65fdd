/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields of a tunnel and its sentences. They claim no more than airpodsd knows: sizes as configured, and whether
 * connections are adjusted; nothing has been measured.
 */
#include <string.h>

#include "shared/macro.h"

#include "cli/tunnel.h"

/* clang-format off */
static const Field fields[] = {
    { "Interface",      "interface",       FIELD_STRING, false, offsetof(Tunnel, interface) },
    { "Kind",           "kind",            FIELD_STRING, false, offsetof(Tunnel, kind) },
    { "Mtu",            "mtu",             FIELD_U32,    false, offsetof(Tunnel, mtu) },
    { "LinkMtu",        "link_mtu",        FIELD_U32,    false, offsetof(Tunnel, link_mtu) },
    { "Reduced",        "reduced",         FIELD_BOOL,   false, offsetof(Tunnel, reduced) },
    { "CarriesDefault", "carries_default", FIELD_BOOL,   false, offsetof(Tunnel, carries_default) },
    { "Clamp",          "clamp",           FIELD_STRING, false, offsetof(Tunnel, clamp) },
    { "Policy",         "policy",          FIELD_STRING, false, offsetof(Tunnel, policy) },
};
/* clang-format on */

const RecordType tunnel_type = {sizeof(Tunnel), ELEMENTSOF(fields), fields};

void tunnel_free(Tunnel *tunnel)
{
    if (tunnel)
        g_free(tunnel->path);
    record_free(&tunnel_type, tunnel);
}

const Tunnel *tunnels_find(const GPtrArray *tunnels, const char *interface)
{
    for (guint i = 0; i < tunnels->len; i++) {
        const Tunnel *tunnel = g_ptr_array_index(tunnels, i);
        if (strcmp(tunnel->interface, interface) == 0)
            return tunnel;
    }
    return NULL;
}

bool tunnel_is_clamped(const Tunnel *tunnel)
{
    return strcmp(tunnel->clamp, "route") == 0 || strcmp(tunnel->clamp, "fixed") == 0;
}

/* What comes after "Its packets are smaller than usual (…), ". */
static char *reduced_clause(const Tunnel *tunnel)
{
    if (tunnel_is_clamped(tunnel))
        return g_strdup("and airpods adjusts (clamps) the connections that go out through it.");
    if (strcmp(tunnel->clamp, "requested") == 0)
        return g_strdup("and airpods is asking for permission to adjust the connections that go out through it.");
    if (strcmp(tunnel->clamp, "denied") == 0)
        return g_strdup_printf("but airpods was not allowed to adjust the connections that go out through it: "
                               "\"airpods mss enable %s\" asks for a password.",
            tunnel->interface);
    if (strcmp(tunnel->clamp, "unavailable") == 0)
        return g_strdup(
            "but airpods cannot adjust the connections that go out through it: airpods-helper does not answer "
            "or the kernel refuses.");
    return g_strdup_printf("and airpods does not adjust the connections that go out through it: "
                           "\"airpods mss enable %s\" changes that.",
        tunnel->interface);
}

char *tunnel_sentence(const Tunnel *tunnel)
{
    if (!tunnel->reduced)
        return g_strdup_printf("%s: its packets are not smaller than usual (%u bytes), %s", tunnel->interface,
            tunnel->mtu,
            tunnel_is_clamped(tunnel)
                ? "but somebody asked airpods to adjust (clamp) the connections that go out through it."
                : "so airpods does not adjust anything.");

    g_autofree char *clause = reduced_clause(tunnel);
    return g_strdup_printf(
        "%s: its packets are smaller than usual (%u bytes), %s", tunnel->interface, tunnel->mtu, clause);
}

/* airpodsd drops its own claim for two reasons only: an administrator took it away, or the configuration is broken. */
static const char *auto_sentence(const Tunnel *tunnel)
{
    if (!tunnel->reduced)
        return "Policy auto: airpods adjusts by itself only while packets are smaller than usual.";
    if (strcmp(tunnel->clamp, "none") == 0)
        return "Policy auto: airpods would adjust by itself, but an administrator ended that until the VPN connects again, or "
               "the configuration has errors (\"airpods config validate\").";
    if (strcmp(tunnel->clamp, "denied") == 0 || strcmp(tunnel->clamp, "unavailable") == 0)
        return "Policy auto: otherwise airpods would adjust by itself.";
    return "Policy auto: airpods adjusts by itself while packets are smaller than usual.";
}

static const char *ask_sentence(const Tunnel *tunnel)
{
    if (strcmp(tunnel->clamp, "none") != 0)
        return "Policy ask: airpods adjusts only when somebody asks for it, and somebody has.";
    return tunnel->reduced ? "Policy ask: airpods offers to adjust, and waits for you."
                           : "Policy ask: airpods offers to adjust only while packets are smaller than usual.";
}

static const char *off_sentence(const Tunnel *tunnel)
{
    return tunnel_is_clamped(tunnel)
               ? "Policy off: airpodsd leaves this VPN alone, but another user or \"airpods mss enable\" asked for this."
               : "Policy off: airpods leaves this VPN alone.";
}

const char *tunnel_policy_sentence(const Tunnel *tunnel)
{
    if (strcmp(tunnel->policy, "auto") == 0)
        return auto_sentence(tunnel);
    if (strcmp(tunnel->policy, "ask") == 0)
        return ask_sentence(tunnel);
    if (strcmp(tunnel->policy, "off") == 0)
        return off_sentence(tunnel);
    return "";
}
