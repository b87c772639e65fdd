/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Talking to airpods-helper. It checks every argument; nothing is checked here first, so that there is one rule.
 */
#include <errno.h>
#include <string.h>

#include "shared/error.h"
#include "shared/names.h"

#include "cli/clamp-bus.h"
#include "cli/record-bus.h"

static gint compare_clamps(gconstpointer a, gconstpointer b)
{
    const Clamp *x = *(const Clamp *const *) a, *y = *(const Clamp *const *) b;

    return strcmp(x->interface, y->interface);
}

static int read_clamps(sd_bus_message *message, GPtrArray **ret)
{
    g_autoptr(GPtrArray) clamps = g_ptr_array_new_with_free_func((GDestroyNotify) clamp_free);
    const char *key;
    int r;

    r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");
    if (r <= 0)
        return -EBADMSG;
    while ((r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
        void *clamp = NULL;

        if (sd_bus_message_read_basic(message, 's', &key) <= 0 || record_read(message, &clamp_type, &clamp) < 0)
            return -EBADMSG;
        g_ptr_array_add(clamps, clamp);
        if (sd_bus_message_exit_container(message) < 0)
            return -EBADMSG;
    }
    if (r < 0)
        return -EBADMSG;
    g_ptr_array_sort(clamps, compare_clamps);
    *ret = g_steal_pointer(&clamps);
    return 0;
}

int clamps_get(Cli *cli, GPtrArray **ret, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    int r;

    r = cli_new_call(cli, PEER_HELPER, HELPER_PATH, HELPER_INTERFACE, "ListClamps", &call, reterr);
    if (r >= 0)
        r = cli_call(cli, PEER_HELPER, call, 0, &reply, reterr);
    if (r < 0)
        return r;
    return read_clamps(reply, ret) < 0 ? cli_bad_answer(PEER_HELPER, reterr) : 0;
}

static int append_install_arguments(sd_bus_message *call, const char *interface, uint32_t path_mtu)
{
    int r;

    r = sd_bus_message_append(call, "s", interface);
    if (r >= 0)
        r = sd_bus_message_open_container(call, 'a', "{sv}");
    if (r >= 0)
        r = sd_bus_message_append(call, "{sv}", "lifetime", "s", "boot");
    if (r >= 0 && path_mtu > 0)
        r = sd_bus_message_append(call, "{sv}", "path-mtu", "u", path_mtu);
    return r >= 0 ? sd_bus_message_close_container(call) : r;
}

int clamp_install(
    Cli *cli, const char *interface, uint32_t path_mtu, bool interactive, Clamp **ret, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    void *clamp = NULL;
    int r;

    r = cli_new_call(cli, PEER_HELPER, HELPER_PATH, HELPER_INTERFACE, "InstallClamp", &call, reterr);
    if (r < 0)
        return r;
    if (append_install_arguments(call, interface, path_mtu) < 0)
        return error_set(reterr, ERROR_INVALID_INTERFACE, NULL); /* not UTF-8, so it cannot even be sent */
    r = cli_call(cli, PEER_HELPER, call, interactive ? CALL_INTERACTIVE : 0, &reply, reterr);
    if (r < 0)
        return r;
    if (record_read(reply, &clamp_type, &clamp) < 0)
        return cli_bad_answer(PEER_HELPER, reterr);
    *ret = clamp;
    return 0;
}

int clamp_remove(Cli *cli, const char *interface, bool all_users, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r;

    r = cli_new_call(cli, PEER_HELPER, HELPER_PATH, HELPER_INTERFACE, "RemoveClamp", &call, reterr);
    if (r < 0)
        return r;
    if (all_users)
        r = sd_bus_message_append(call, "sa{sv}", interface, 1, "all-users", "b", 1);
    else
        r = sd_bus_message_append(call, "sa{sv}", interface, 0);
    if (r < 0)
        return error_set(reterr, ERROR_INVALID_INTERFACE, NULL);
    r = cli_call(cli, PEER_HELPER, call, 0, NULL, reterr);
    if (sd_bus_error_has_name(reterr, ERROR_NOT_CLAMPED)) {
        sd_bus_error_free(reterr);
        return 0;
    }
    return r < 0 ? r : 1;
}
