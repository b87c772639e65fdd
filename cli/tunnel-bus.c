/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Talking to airpodsd about tunnels.
 */
#include <errno.h>
#include <string.h>

#include "shared/names.h"

#include "cli/record-bus.h"
#include "cli/report.h"
#include "cli/tunnel-bus.h"

static gint compare_tunnels(gconstpointer a, gconstpointer b)
{
    const Tunnel *x = *(const Tunnel *const *) a, *y = *(const Tunnel *const *) b;

    return strcmp(x->interface, y->interface);
}

/* One interface of one object: sa{sv}. */
static int read_interface(sd_bus_message *message, const char *path, GPtrArray *tunnels)
{
    const char *interface;
    void *record = NULL;

    if (sd_bus_message_read_basic(message, 's', &interface) <= 0)
        return -EBADMSG;
    if (strcmp(interface, TUNNEL_INTERFACE) != 0)
        return sd_bus_message_skip(message, "a{sv}");
    int r = record_read(message, &tunnel_type, &record);
    if (r < 0)
        return r;
    Tunnel *tunnel = record;
    tunnel->path = g_strdup(path);
    g_ptr_array_add(tunnels, tunnel);
    return 0;
}

/* One object: oa{sa{sv}}. */
static int read_object(sd_bus_message *message, GPtrArray *tunnels)
{
    const char *path;
    int r;

    if (sd_bus_message_read_basic(message, 'o', &path) <= 0 ||
        sd_bus_message_enter_container(message, 'a', "{sa{sv}}") <= 0)
        return -EBADMSG;
    while ((r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
        r = read_interface(message, path, tunnels);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_objects(sd_bus_message *message, GPtrArray **ret)
{
    g_autoptr(GPtrArray) tunnels = g_ptr_array_new_with_free_func((GDestroyNotify) tunnel_free);
    int r;

    if (sd_bus_message_enter_container(message, 'a', "{oa{sa{sv}}}") <= 0)
        return -EBADMSG;
    while ((r = sd_bus_message_enter_container(message, 'e', "oa{sa{sv}}")) > 0) {
        r = read_object(message, tunnels);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    g_ptr_array_sort(tunnels, compare_tunnels);
    *ret = g_steal_pointer(&tunnels);
    return 0;
}

int tunnels_get(Cli *cli, GPtrArray **ret, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    int r;

    r = cli_new_call(
        cli, PEER_SERVICE, MANAGER_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", &call, reterr);
    if (r >= 0)
        r = cli_call(cli, PEER_SERVICE, call, 0, &reply, reterr);
    if (r < 0)
        return r;
    return read_objects(reply, ret) < 0 ? cli_bad_answer(PEER_SERVICE, reterr) : 0;
}

int tunnels_get_if_there(Cli *cli, GPtrArray **ret, sd_bus_error *reterr)
{
    int r = tunnels_get(cli, ret, reterr);

    if (r < 0 && cli_is_unavailable(PEER_SERVICE, reterr)) {
        report_error(reterr, r);
        sd_bus_error_free(reterr);
        *ret = NULL;
        return 0;
    }
    return r;
}

int tunnel_set_policy(Cli *cli, const Tunnel *tunnel, const char *policy, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r;

    r = cli_new_call(cli, PEER_SERVICE, tunnel->path, "org.freedesktop.DBus.Properties", "Set", &call, reterr);
    if (r < 0)
        return r;
    if (sd_bus_message_append(call, "ssv", TUNNEL_INTERFACE, "Policy", "s", policy) < 0)
        return -ENOMEM;
    r = cli_call(cli, PEER_SERVICE, call, 0, NULL, reterr);
    if (sd_bus_error_has_name(reterr, SD_BUS_ERROR_UNKNOWN_OBJECT)) {
        sd_bus_error_free(reterr);
        return 0;
    }
    return r < 0 ? r : 1;
}
