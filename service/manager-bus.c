/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The vtable is in the order of dbus/org.airpods.Manager1.xml.
 */
#include <glib.h>
#include <string.h>

#include "service/manager-bus.h"
#include "shared/error.h"
#include "shared/names.h"

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    int r = manager_reload(userdata, reterr);
    return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int append_problem(sd_bus_message *reply, const Problem *problem)
{
    g_autofree char *file = g_utf8_make_valid(problem->file, -1);
    return sd_bus_message_append(reply, "a{sv}", 5, "file", "s", file, "line", "u", problem->line, "column", "u",
        problem->column, "severity", "s", problem->severity == SEVERITY_ERROR ? "error" : "warning", "message", "s",
        problem->message);
}

static int reply_problems(sd_bus_message *m, const Problems *problems)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int r;

    r = sd_bus_message_new_method_return(m, &reply);
    if (r < 0)
        return r;
    r = sd_bus_message_open_container(reply, 'a', "a{sv}");
    for (size_t i = 0; r >= 0 && i < problems->n; i++)
        r = append_problem(reply, &problems->items[i]);
    if (r >= 0)
        r = sd_bus_message_close_container(reply);
    return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_validate_config(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    const Manager *manager = userdata;
    Problems problems = {0};
    const char *path;
    int r;

    r = sd_bus_message_read(m, "s", &path);
    if (r < 0)
        return r;
    if (path[0] && path[0] != '/')
        return error_set(reterr, ERROR_CONFIG_INVALID, "The path of the configuration file is not absolute.");
    config_store_validate(manager->store, path, &problems);
    r = reply_problems(m, &problems);
    problems_clear(&problems);
    return r;
}

static int method_show_config(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    const Manager *manager = userdata;
    const char *key;
    int r;

    r = sd_bus_message_enter_container(m, 'a', "{sv}");
    if (r < 0)
        return r;
    r = sd_bus_message_enter_container(m, 'e', "sv");
    if (r < 0)
        return r;
    if (r > 0) {
        r = sd_bus_message_read(m, "s", &key);
        if (r < 0)
            return r;
        return error_set(reterr, ERROR_INVALID_OPTION, "ShowConfig has no option \"%s\".", key);
    }
    g_autofree char *text = config_store_show(manager->store);
    return sd_bus_reply_method_return(m, "s", text);
}

static int property_get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "s", AIRPODS_VERSION);
}

static int property_get_config_path(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    const Manager *manager = userdata;
    g_autofree char *valid = g_utf8_make_valid(config_store_path(manager->store), -1);
    return sd_bus_message_append(reply, "s", valid);
}

/* clang-format off */
static const sd_bus_vtable manager_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reload, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("ValidateConfig", SD_BUS_ARGS("s", path), SD_BUS_RESULT("aa{sv}", problems),
                            method_validate_config, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("ShowConfig", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("s", text),
                            method_show_config, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Version", "s", property_get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("ConfigPath", "s", property_get_config_path, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};
/* clang-format on */

int manager_bus_register(Manager *manager)
{
    int r;

    r = sd_bus_add_object_manager(manager->bus, NULL, MANAGER_PATH);
    if (r < 0)
        return r;
    return sd_bus_add_object_vtable(manager->bus, NULL, MANAGER_PATH, MANAGER_INTERFACE, manager_vtable, manager);
}
