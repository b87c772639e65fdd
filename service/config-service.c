/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and taking down a ServiceConfig, and the few answers that follow from it alone.
 */
#include <string.h>

#include "service/config-service.h"

const char CONFIG_BUILT_IN[] = "built in";

bool config_origin_written(const ConfigOrigin *origin)
{
    return origin->file && origin->file != CONFIG_BUILT_IN;
}

void service_port_free(void *data)
{
    ServicePort *port = data;
    g_free(port->address);
    g_free(port);
}

void service_volume_free(void *data)
{
    ServiceVolume *volume = data;
    g_free(volume->key);
    g_free(volume->source);
    g_free(volume->target);
    g_free(volume);
}

void service_variable_free(void *data)
{
    ServiceVariable *variable = data;
    g_free(variable->name);
    g_free(variable->value);
    g_free(variable);
}

void service_secret_free(void *data)
{
    ServiceSecret *secret = data;
    g_free(secret->name);
    g_free(secret->env);
    g_free(secret);
}

void service_dependency_free(void *data)
{
    ServiceDependency *dependency = data;
    g_free(dependency->name);
    g_free(dependency);
}

ServiceConfig *service_config_new(const char *name)
{
    ServiceConfig *service = g_new0(ServiceConfig, 1);

    service->name = g_strdup(name);
    service->env = g_ptr_array_new_with_free_func(service_variable_free);
    service->volumes = g_ptr_array_new_with_free_func(service_volume_free);
    service->ports = g_ptr_array_new_with_free_func(service_port_free);
    service->secrets = g_ptr_array_new_with_free_func(service_secret_free);
    service->labels = g_ptr_array_new_with_free_func(service_variable_free);
    service->depends_on = g_ptr_array_new_with_free_func(service_dependency_free);
    service->restart = RESTART_INVALID;
    return service;
}

ServiceConfig *service_config_free(ServiceConfig *service)
{
    if (!service)
        return NULL;
    g_free(service->name);
    g_free(service->image);
    g_free(service->container);
    g_free(service->user);
    g_free(service->health.path);
    g_strfreev(service->command);
    g_strfreev(service->entrypoint);
    g_strfreev(service->env_file);
    g_strfreev(service->devices);
    g_strfreev(service->extra_hosts);
    g_strfreev(service->cap_add);
    g_strfreev(service->network_aliases);
    g_strfreev(service->health.exec);
    g_ptr_array_unref(service->env);
    g_ptr_array_unref(service->volumes);
    g_ptr_array_unref(service->ports);
    g_ptr_array_unref(service->secrets);
    g_ptr_array_unref(service->labels);
    g_ptr_array_unref(service->depends_on);
    g_free(service);
    return NULL;
}

bool service_config_is_active(const ServiceConfig *service)
{
    return service->mentioned && service->enabled;
}

uint16_t service_config_host_port(const ServiceConfig *service, const ServicePort *port)
{
    return service->network_mode == SERVICE_NETWORK_HOST ? port->container : port->host;
}

char *service_config_container(const ServiceConfig *service)
{
    return service->container ? g_strdup(service->container) : g_strdup_printf("%s-0", service->name);
}

char **service_config_aliases(const ServiceConfig *service)
{
    if (service->network_mode == SERVICE_NETWORK_HOST)
        return g_new0(char *, 1);
    if (service->network_aliases)
        return g_strdupv(service->network_aliases);
    char **aliases = g_new0(char *, 2);
    aliases[0] = g_strdup(service->name);
    return aliases;
}

uint32_t service_config_health_port(const ServiceConfig *service)
{
    if (service->health.tcp)
        return service->health.tcp;
    if (!service->health.path)
        return 0;
    if (service->health.port)
        return service->health.port;
    for (guint i = 0; i < service->ports->len; i++) {
        const ServicePort *port = g_ptr_array_index(service->ports, i);
        if (!port->udp)
            return port->container;
    }
    return 0;
}
