/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The vtable is in the order of dbus/org.airpods.Tunnel1.xml.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/tunnel-bus.h"
#include "shared/error.h"
#include "shared/names.h"

static int property_get_interface(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "s", ((const Vpn *) userdata)->facts.name);
}

static int property_get_kind(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    const Vpn *vpn = userdata;
    g_autofree char *valid = g_utf8_make_valid(vpn->facts.kind, -1);
    return sd_bus_message_append(reply, "s", valid);
}

static int property_get_mtu(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "u", ((const Vpn *) userdata)->facts.mtu);
}

static int property_get_link_mtu(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "u", ((const Vpn *) userdata)->facts.link_mtu);
}

static int property_get_reduced(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "b", ((const Vpn *) userdata)->facts.reduced);
}

static int property_get_carries_default(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "b", ((const Vpn *) userdata)->facts.carries_default);
}

static int property_get_clamp(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "s", clamp_state_to_string(((const Vpn *) userdata)->clamp));
}

static int property_get_policy(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "s", policy_to_string(((const Vpn *) userdata)->policy));
}

static int property_set_policy(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *value, void *userdata, sd_bus_error *reterr)
{
    const char *word;
    int r;

    r = sd_bus_message_read(value, "s", &word);
    if (r < 0)
        return r;
    Policy policy = policy_from_string(word);
    if (policy < 0)
        return error_set(reterr, ERROR_INVALID_OPTION, "Policy is \"auto\", \"ask\" or \"off\".");
    vpn_set_policy(userdata, policy);
    return 0;
}

/* clang-format off */
static const sd_bus_vtable tunnel_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Interface", "s", property_get_interface, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Kind", "s", property_get_kind, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Mtu", "u", property_get_mtu, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("LinkMtu", "u", property_get_link_mtu, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Reduced", "b", property_get_reduced, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("CarriesDefault", "b", property_get_carries_default, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Clamp", "s", property_get_clamp, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_WRITABLE_PROPERTY("Policy", "s", property_get_policy, property_set_policy, 0,
                             SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};
/* clang-format on */

static char *vpn_path(const Vpn *vpn)
{
    char *path = NULL;
    return sd_bus_path_encode(TUNNEL_PATH_PREFIX, vpn->facts.name, &path) < 0 ? NULL : path;
}

static int find_tunnel(
    sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found, sd_bus_error *reterr)
{
    _cleanup_(freep) char *name = NULL;
    int r;

    r = sd_bus_path_decode(path, TUNNEL_PATH_PREFIX, &name);
    if (r <= 0)
        return r;
    *ret_found = manager_find_vpn(userdata, name);
    return *ret_found != NULL;
}

static int enumerate_tunnels(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *reterr)
{
    const Manager *manager = userdata;
    GHashTableIter iter;
    gpointer value;
    size_t n = 0;

    /* Freed by sd-bus, so it comes from malloc(). */
    char **nodes = calloc(g_hash_table_size(manager->vpns) + 1U, sizeof(*nodes));
    if (!nodes)
        return -ENOMEM;
    g_hash_table_iter_init(&iter, manager->vpns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Vpn *vpn = value;
        if (vpn->settled && (nodes[n] = vpn_path(vpn)))
            n++;
    }
    *ret_nodes = nodes;
    return 1;
}

int tunnel_bus_register(Manager *manager)
{
    int r;

    r = sd_bus_add_fallback_vtable(
        manager->bus, NULL, TUNNEL_PATH_PREFIX, TUNNEL_INTERFACE, tunnel_vtable, find_tunnel, manager);
    if (r < 0)
        return r;
    return sd_bus_add_node_enumerator(manager->bus, NULL, TUNNEL_PATH_PREFIX, enumerate_tunnels, manager);
}

void tunnel_bus_added(const Vpn *vpn)
{
    _cleanup_(freep) char *path = vpn_path(vpn);
    if (path && vpn->manager->complete)
        (void) sd_bus_emit_interfaces_added(vpn->manager->bus, path, TUNNEL_INTERFACE, NULL);
}

void tunnel_bus_removed(const Vpn *vpn)
{
    _cleanup_(freep) char *path = vpn_path(vpn);
    if (path && vpn->manager->complete)
        (void) sd_bus_emit_interfaces_removed(vpn->manager->bus, path, TUNNEL_INTERFACE, NULL);
}

void tunnel_bus_changed(const Vpn *vpn, unsigned changes)
{
    static const struct {
        TunnelChanges change;
        const char *property;
    } rows[] = {
        {TUNNEL_CHANGED_MTU, "Mtu"},
        {TUNNEL_CHANGED_LINK_MTU, "LinkMtu"},
        {TUNNEL_CHANGED_REDUCED, "Reduced"},
        {TUNNEL_CHANGED_CARRIES_DEFAULT, "CarriesDefault"},
        {TUNNEL_CHANGED_CLAMP, "Clamp"},
        {TUNNEL_CHANGED_POLICY, "Policy"},
    };
    const char *names[ELEMENTSOF(rows) + 1] = {0};
    size_t n = 0;

    for (size_t i = 0; i < ELEMENTSOF(rows); i++)
        if (changes & rows[i].change)
            names[n++] = rows[i].property;
    _cleanup_(freep) char *path = vpn_path(vpn);
    if (n > 0 && path && vpn->manager->complete)
        (void) sd_bus_emit_properties_changed_strv(vpn->manager->bus, path, TUNNEL_INTERFACE, (char **) names);
}
