/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * {{…}} in values. What is put in is never looked at again, so nothing can go round in circles.
 */
#include <errno.h>
#include <string.h>

#include "service/config.h"

/* "ports.0.host" and the like, of one service; NULL when it means nothing. */
static char *service_value(const ServiceConfig *service, const char *name)
{
    if (strcmp(name, "image") == 0)
        return g_strdup(service->image);
    if (strcmp(name, "pod") == 0)
        return g_strdup(service->name);
    if (!g_str_has_prefix(name, "ports."))
        return NULL;
    name += strlen("ports.");
    char *end;
    guint64 index = g_ascii_strtoull(name, &end, 10);
    if (!g_ascii_isdigit(*name) || index >= service->ports->len)
        return NULL;
    const ServicePort *port = g_ptr_array_index(service->ports, index);
    if (strcmp(end, ".host") == 0)
        return g_strdup_printf("%u", service_config_host_port(service, port));
    if (strcmp(end, ".container") == 0)
        return g_strdup_printf("%u", port->container);
    return NULL;
}

static char *lookup(const Config *config, const char *name)
{
    if (strcmp(name, "runtime.network_name") == 0)
        return g_strdup(config->runtime.network_name);
    if (strcmp(name, "runtime.host_gateway") == 0)
        return g_strdup(strcmp(config->runtime.host_gateway, "auto") == 0 ? "host.containers.internal"
                                                                          : config->runtime.host_gateway);
    if (!g_str_has_prefix(name, "services."))
        return NULL;
    name += strlen("services.");
    /* Names of services may have dots: the longest that fits is meant. */
    const ServiceConfig *found = NULL;
    for (guint i = 0; i < config->services->len; i++) {
        const ServiceConfig *service = g_ptr_array_index(config->services, i);
        size_t n = strlen(service->name);
        if (g_str_has_prefix(name, service->name) && name[n] == '.' && (!found || n > strlen(found->name)))
            found = service;
    }
    return found ? service_value(found, name + strlen(found->name) + 1) : NULL;
}

int config_expand(const Config *config, const char *text, char **ret)
{
    g_autoptr(GString) s = g_string_new(NULL);
    const char *begin, *end;

    while ((begin = strstr(text, "{{")) && (end = strstr(begin + 2, "}}"))) {
        g_autofree char *name = g_strstrip(g_strndup(begin + 2, (gsize) (end - begin - 2)));
        g_autofree char *value = lookup(config, name);
        if (!value) {
            *ret = g_steal_pointer(&name);
            return -ENOENT;
        }
        g_string_append_len(s, text, begin - text);
        g_string_append(s, value);
        text = end + 2;
    }
    g_string_append(s, text);
    *ret = g_strdup(s->str);
    return 0;
}
