/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The JSON is libnetwork's types.Network. DNS is always on: it is what makes aliases resolve.
 */
#include <errno.h>
#include <json-glib/json-glib.h>

#include "service/podman/json-read.h"
#include "service/podman/labels.h"
#include "service/podman/network-info.h"

static void add_string(JsonBuilder *b, const char *name, const char *value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_string_value(b, value);
}

static void add_bool(JsonBuilder *b, const char *name, bool value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

char *network_spec_to_json(const NetworkSpec *spec, const PodmanGeneration *generation)
{
    g_autoptr(JsonBuilder) b = json_builder_new_immutable();

    json_builder_begin_object(b);
    add_string(b, "name", spec->name);
    add_string(b, "driver", "bridge");
    json_builder_set_member_name(b, "labels");
    json_builder_begin_object(b);
    add_string(b, LABEL_CONFIG, spec->config);
    json_builder_end_object(b);
    json_builder_set_member_name(b, "subnets");
    json_builder_begin_array(b);
    json_builder_begin_object(b);
    add_string(b, "subnet", spec->subnet);
    if (spec->gateway)
        add_string(b, "gateway", spec->gateway);
    json_builder_end_object(b);
    json_builder_end_array(b);
    add_bool(b, "ipv6_enabled", spec->ipv6);
    add_bool(b, "internal", spec->internal);
    add_bool(b, "dns_enabled", true);
    if (spec->mtu) {
        g_autofree char *mtu = g_strdup_printf("%u", spec->mtu);
        json_builder_set_member_name(b, "options");
        json_builder_begin_object(b);
        add_string(b, "mtu", mtu);
        json_builder_end_object(b);
    }
    if (generation->network_dns_servers && spec->dns_servers && spec->dns_servers[0]) {
        json_builder_set_member_name(b, "network_dns_servers");
        json_builder_begin_array(b);
        for (size_t i = 0; spec->dns_servers[i]; i++)
            json_builder_add_string_value(b, spec->dns_servers[i]);
        json_builder_end_array(b);
    }
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, false);
}

NetworkInfo *network_info_free(NetworkInfo *info)
{
    if (!info)
        return NULL;
    g_free(info->name);
    g_free(info->driver);
    g_free(info->config);
    g_ptr_array_unref(info->subnets);
    g_free(info);
    return NULL;
}

static NetworkInfo *info_read(JsonObject *object)
{
    const char *name = member_string(object, "name"), *driver = member_string(object, "driver"),
               *mtu = member_string(member_object(object, "options"), "mtu");
    JsonArray *subnets = member_array(object, "subnets");

    if (!name || !name[0])
        return NULL;
    NetworkInfo *info = g_new0(NetworkInfo, 1);
    info->name = g_strdup(name);
    info->driver = g_strdup(driver ? driver : "");
    info->config = g_strdup(member_string(member_object(object, "labels"), LABEL_CONFIG));
    info->subnets = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < member_array_size(subnets); i++) {
        const char *subnet = member_string(element_object(subnets, i), "subnet");
        if (subnet)
            g_ptr_array_add(info->subnets, g_strdup(subnet));
    }
    info->ipv6 = member_bool(object, "ipv6_enabled");
    info->internal = member_bool(object, "internal");
    info->dns = member_bool(object, "dns_enabled");
    info->mtu = mtu ? (unsigned) MIN(g_ascii_strtoull(mtu, NULL, 10), UINT16_MAX) : 0;
    return info;
}

int network_info_parse(const char *text, size_t size, NetworkInfo **ret)
{
    g_autoptr(JsonNode) node = NULL;
    NetworkInfo *info = info_read(json_read_object(text, size, &node));

    if (!info)
        return -EBADMSG;
    *ret = info;
    return 0;
}

static void info_destroy(gpointer p)
{
    network_info_free(p);
}

int network_list_parse(const char *text, size_t size, GPtrArray **ret)
{
    g_autoptr(JsonNode) node = NULL;
    JsonArray *array = json_read_array(text, size, &node);

    if (!array)
        return -EBADMSG;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(info_destroy);
    for (size_t i = 0; i < member_array_size(array); i++) {
        NetworkInfo *info = info_read(element_object(array, i));
        if (!info)
            return -EBADMSG;
        g_ptr_array_add(list, info);
    }
    *ret = g_steal_pointer(&list);
    return 0;
}
