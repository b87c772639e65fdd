/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inspect and list name the same things differently (Podman's define.InspectContainerData and entities.ListContainer).
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service/podman/container-info.h"
#include "service/podman/json-read.h"
#include "service/podman/labels.h"

static const char *const state_names[] = {
    [CONTAINER_CREATED] = "created",
    [CONTAINER_RUNNING] = "running",
    [CONTAINER_PAUSED] = "paused",
    [CONTAINER_STOPPING] = "stopping",
    [CONTAINER_EXITED] = "exited",
    [CONTAINER_REMOVING] = "removing",
    [CONTAINER_OTHER] = "other",
};
static_assert(ELEMENTSOF(state_names) == CONTAINER_STATE_MAX, "a name for each state");

const char *container_state_string(ContainerState state)
{
    return state_names[state];
}

static ContainerState state_parse(const char *name)
{
    if (!name)
        return CONTAINER_OTHER;
    /* "configured" is older than "created", "stopped" is on its way to "exited". */
    if (strcmp(name, "configured") == 0 || strcmp(name, "initialized") == 0)
        return CONTAINER_CREATED;
    if (strcmp(name, "stopped") == 0)
        return CONTAINER_EXITED;
    for (ContainerState i = 0; i < CONTAINER_STATE_MAX; i++)
        if (strcmp(name, state_names[i]) == 0)
            return i;
    return CONTAINER_OTHER;
}

uint64_t podman_time_parse(const char *text)
{
    g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
    gint64 seconds = time ? g_date_time_to_unix(time) : 0;

    return seconds > 0 ? (uint64_t) seconds * 1000000 + (uint64_t) g_date_time_get_microsecond(time) : 0;
}

static void port_free(gpointer p)
{
    ContainerPort *port = p;

    g_free(port->address);
    g_free(port->protocol);
    g_free(port);
}

static gint port_compare(gconstpointer a, gconstpointer b)
{
    const ContainerPort *x = *(ContainerPort *const *) a, *y = *(ContainerPort *const *) b;

    if (x->container != y->container)
        return x->container < y->container ? -1 : 1;
    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    int c = strcmp(x->protocol, y->protocol);
    return c ? c : strcmp(x->address, y->address);
}

static void port_add(ContainerInfo *info, const char *address, const char *protocol, int64_t host, int64_t container)
{
    if (host < 1 || host > UINT16_MAX || container < 1 || container > UINT16_MAX || !protocol)
        return;
    ContainerPort *port = g_new0(ContainerPort, 1);
    *port = (ContainerPort){g_strdup(address && strcmp(address, "0.0.0.0") != 0 ? address : ""), g_strdup(protocol),
        (uint16_t) host, (uint16_t) container};
    g_ptr_array_add(info->ports, port);
}

static void labels_parse(ContainerInfo *info, JsonObject *labels)
{
    info->service = g_strdup(member_string(labels, LABEL_SERVICE));
    info->config = g_strdup(member_string(labels, LABEL_CONFIG));
}

ContainerInfo *container_info_free(ContainerInfo *info)
{
    if (!info)
        return NULL;
    g_free(info->id);
    g_free(info->name);
    g_free(info->image);
    g_free(info->image_id);
    g_free(info->service);
    g_free(info->config);
    g_free(info->error);
    g_free(info->network_mode);
    g_ptr_array_unref(info->networks);
    g_ptr_array_unref(info->aliases);
    g_ptr_array_unref(info->ports);
    g_free(info);
    return NULL;
}

static ContainerInfo *info_new(void)
{
    ContainerInfo *info = g_new0(ContainerInfo, 1);

    info->networks = g_ptr_array_new_with_free_func(g_free);
    info->aliases = g_ptr_array_new_with_free_func(g_free);
    info->ports = g_ptr_array_new_with_free_func(port_free);
    return info;
}

static char *string_or_empty(const char *string)
{
    return g_strdup(string ? string : "");
}

/* {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]} */
static void bindings_parse(ContainerInfo *info, JsonObject *ports)
{
    g_autoptr(GList) names = ports ? json_object_get_members(ports) : NULL;

    for (GList *l = names; l; l = l->next) {
        g_auto(GStrv) parts = g_strsplit(l->data, "/", 2);
        JsonArray *bindings = member_array(ports, l->data);
        for (size_t i = 0; i < member_array_size(bindings); i++) {
            JsonObject *binding = element_object(bindings, i);
            const char *host = member_string(binding, "HostPort");
            port_add(info, member_string(binding, "HostIp"), parts[0] ? parts[1] : NULL,
                host ? g_ascii_strtoll(host, NULL, 10) : 0, parts[0] ? g_ascii_strtoll(parts[0], NULL, 10) : 0);
        }
    }
    g_ptr_array_sort(info->ports, port_compare);
}

/* {"airpods_network": {"Aliases": ["ollama", "403d4dbf6a2c"]}} */
static void networks_parse(ContainerInfo *info, JsonObject *networks)
{
    g_autoptr(GList) names = networks ? json_object_get_members(networks) : NULL;

    for (GList *l = names; l; l = l->next) {
        g_ptr_array_add(info->networks, g_strdup(l->data));
        JsonArray *aliases = member_array(member_object(networks, l->data), "Aliases");
        for (size_t i = 0; i < member_array_size(aliases); i++) {
            const char *alias = element_string(aliases, i);
            if (alias && !g_str_has_prefix(info->id, alias))
                g_ptr_array_add(info->aliases, g_strdup(alias));
        }
    }
}

int container_info_parse(const char *text, size_t size, ContainerInfo **ret)
{
    g_autoptr(JsonNode) node = NULL;
    JsonObject *object = json_read_object(text, size, &node);
    const char *id = member_string(object, "Id");

    if (!id || !id[0])
        return -EBADMSG;
    JsonObject *state = member_object(object, "State"), *host = member_object(object, "HostConfig"),
               *settings = member_object(object, "NetworkSettings");
    ContainerInfo *info = info_new();
    info->id = g_strdup(id);
    info->name = string_or_empty(member_string(object, "Name"));
    info->image = string_or_empty(member_string(object, "ImageName"));
    info->image_id = string_or_empty(member_string(object, "Image"));
    labels_parse(info, member_object(member_object(object, "Config"), "Labels"));
    info->state = state_parse(member_string(state, "Status"));
    info->pid = member_int(state, "Pid", 0);
    info->exit_code = member_int(state, "ExitCode", 0);
    info->oom_killed = member_bool(state, "OOMKilled");
    info->error = string_or_empty(member_string(state, "Error"));
    info->started_usec = podman_time_parse(member_string(state, "StartedAt"));
    info->network_mode = string_or_empty(member_string(host, "NetworkMode"));
    info->pids_limit = member_int(host, "PidsLimit", 0);
    info->memory_limit = member_int(host, "Memory", 0);
    info->restart_count = member_int(object, "RestartCount", 0);
    networks_parse(info, member_object(settings, "Networks"));
    bindings_parse(info, member_object(settings, "Ports"));
    *ret = info;
    return 0;
}

static ContainerInfo *list_element_parse(JsonObject *object)
{
    const char *id = member_string(object, "Id");
    JsonArray *names = member_array(object, "Names"), *networks = member_array(object, "Networks"),
              *ports = member_array(object, "Ports");

    if (!id || !id[0])
        return NULL;
    ContainerInfo *info = info_new();
    info->id = g_strdup(id);
    info->name = string_or_empty(member_array_size(names) > 0 ? element_string(names, 0) : NULL);
    info->image = string_or_empty(member_string(object, "Image"));
    info->image_id = string_or_empty(member_string(object, "ImageID"));
    labels_parse(info, member_object(object, "Labels"));
    info->state = state_parse(member_string(object, "State"));
    info->pid = member_int(object, "Pid", 0);
    info->exit_code = member_int(object, "ExitCode", 0);
    info->error = g_strdup("");
    int64_t started = member_int(object, "StartedAt", 0);
    info->started_usec = started > 0 && started < INT64_MAX / 1000000 ? (uint64_t) started * 1000000 : 0;
    info->network_mode = g_strdup("");
    for (size_t i = 0; i < member_array_size(networks); i++)
        if (element_string(networks, i))
            g_ptr_array_add(info->networks, g_strdup(element_string(networks, i)));
    for (size_t i = 0; i < member_array_size(ports); i++) {
        JsonObject *port = element_object(ports, i);
        int64_t range = CLAMP(member_int(port, "range", 1), 1, UINT16_MAX);
        int64_t host = member_int(port, "host_port", 0), container = member_int(port, "container_port", 0);
        if (host < 1 || host > UINT16_MAX || container < 1 || container > UINT16_MAX)
            continue;
        for (int64_t k = 0; k < range; k++)
            port_add(info, member_string(port, "host_ip"), member_string(port, "protocol"), host + k, container + k);
    }
    g_ptr_array_sort(info->ports, port_compare);
    return info;
}

static void info_destroy(gpointer p)
{
    container_info_free(p);
}

int container_list_parse(const char *text, size_t size, GPtrArray **ret)
{
    g_autoptr(JsonNode) node = NULL;
    JsonArray *array = json_read_array(text, size, &node);

    if (!array)
        return -EBADMSG;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(info_destroy);
    for (size_t i = 0; i < member_array_size(array); i++) {
        ContainerInfo *info = list_element_parse(element_object(array, i));
        if (!info)
            return -EBADMSG;
        g_ptr_array_add(list, info);
    }
    *ret = g_steal_pointer(&list);
    return 0;
}

char *container_created_parse(const char *text, size_t size)
{
    g_autoptr(JsonNode) node = NULL;
    const char *id = member_string(json_read_object(text, size, &node), "Id");

    return id && id[0] ? g_strdup(id) : NULL;
}
