/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What only the whole configuration can tell. Each check names the place where the later of two contradicting values
 * was written. Only active services can stand in each other's way: two that are never started together may share a port.
 */
#include <string.h>

#include "service/config-keys.h"
#include "service/config-text.h"
#include "shared/suggest.h"

typedef struct Check {
    const Config *config;
    Problems *problems;
} Check;

static void complain(const Check *check, const ConfigOrigin *origin, Severity severity, const char *format, ...)
    _printf_(4, 5);

static void complain(const Check *check, const ConfigOrigin *origin, Severity severity, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    problems_add(check->problems, origin->file ? origin->file : CONFIG_BUILT_IN, origin->line, origin->column, severity,
        "%s", text);
}

static const ConfigOrigin *origin_of(const ServiceConfig *service, ConfigScope scope, const char *name)
{
    return &service->origins[config_key_index(config_key_find(scope, name))];
}

static ServiceConfig *service_at(const Check *check, guint i)
{
    return g_ptr_array_index(check->config->services, i);
}

/* --- each service by itself --------------------------------------------------------------------------------------- */

/* NULL-terminated; the array belongs to the caller, the names do not. */
static const char **service_names(const Config *config, const char *but)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < config->services->len; i++) {
        const ServiceConfig *service = g_ptr_array_index(config->services, i);
        if (strcmp(service->name, but) != 0)
            g_ptr_array_add(names, service->name);
    }
    g_ptr_array_add(names, NULL);
    return (const char **) g_ptr_array_free(names, FALSE);
}

static char *suggest_service(const Check *check, const char *name)
{
    g_autofree const char **names = service_names(check->config, name);
    const char *nearest = suggest_nearest(name, names);
    return nearest ? g_strdup_printf(" Did you mean \"%s\"?", nearest) : g_strdup("");
}

static void check_image_of(const Check *check, const ServiceConfig *service)
{
    const ConfigOrigin *origin = origin_of(service, CONFIG_SCOPE_SERVICE, "image");

    if (!service->image) {
        g_autofree char *mean = suggest_service(check, service->name);
        complain(check, &service->origin, SEVERITY_ERROR, "Service \"%s\" has no image.%s", service->name, mean);
    } else if (!image_has_registry(service->image)) {
        complain(check, origin, SEVERITY_WARNING,
            "\"%s\" names no registry, so Podman's settings decide which one is asked: write \"docker.io/%s%s\" or "
            "\"localhost/%s\".",
            service->image, strchr(service->image, '/') ? "" : "library/", service->image, service->image);
    }
}

static void check_dependencies(const Check *check, const ServiceConfig *service)
{
    for (guint i = 0; i < service->depends_on->len; i++) {
        const ServiceDependency *dependency = g_ptr_array_index(service->depends_on, i);
        if (strcmp(dependency->name, service->name) == 0) {
            complain(check, &dependency->origin, SEVERITY_ERROR, "Service \"%s\" depends on itself.", service->name);
        } else if (!config_service(check->config, dependency->name)) {
            g_autofree char *mean = suggest_service(check, dependency->name);
            complain(
                check, &dependency->origin, SEVERITY_ERROR, "There is no service \"%s\".%s", dependency->name, mean);
        }
    }
}

static void check_templates(const Check *check, const ServiceConfig *service)
{
    for (guint i = 0; i < service->env->len; i++) {
        const ServiceVariable *variable = g_ptr_array_index(service->env, i);
        g_autofree char *text = NULL;
        if (config_expand(check->config, variable->value, &text) == 0)
            continue;
        g_autofree char *name = problem_quoted(text);
        complain(check, &variable->origin, SEVERITY_ERROR,
            "%s means nothing: use {{services.NAME.ports.0.container}}, {{services.NAME.ports.0.host}}, "
            "{{services.NAME.image}}, {{runtime.host_gateway}} or {{runtime.network_name}}.",
            name);
    }
    for (size_t i = 0; service->command && service->command[i]; i++) {
        g_autofree char *text = NULL;
        if (config_expand(check->config, service->command[i], &text) == 0)
            continue;
        g_autofree char *name = problem_quoted(text);
        complain(check, origin_of(service, CONFIG_SCOPE_SERVICE, "command"), SEVERITY_ERROR, "%s means nothing.", name);
    }
}

static void check_volumes(const Check *check, const ServiceConfig *service)
{
    for (guint i = 1; i < service->volumes->len; i++) {
        const ServiceVolume *volume = g_ptr_array_index(service->volumes, i);
        for (guint k = 0; k < i; k++) {
            const ServiceVolume *other = g_ptr_array_index(service->volumes, k);
            if (strcmp(volume->target, other->target) != 0)
                continue;
            g_autofree char *target = problem_quoted(volume->target);
            complain(check, &volume->origin, SEVERITY_ERROR, "Two volumes of service \"%s\" are at %s.", service->name,
                target);
            break;
        }
    }
}

static bool has_port(const ServiceConfig *service, uint32_t container)
{
    for (guint i = 0; i < service->ports->len; i++) {
        const ServicePort *port = g_ptr_array_index(service->ports, i);
        if (!port->udp && port->container == container)
            return true;
    }
    return false;
}

static void check_health(const Check *check, const ServiceConfig *service)
{
    const HealthConfig *health = &service->health;
    const char *kind = health->path ? "path" : "tcp";
    const ConfigOrigin *origin = origin_of(service, CONFIG_SCOPE_HEALTH, kind);
    uint32_t port = service_config_health_port(service);

    if (!health->path && !health->tcp)
        return;
    if (port == 0)
        complain(check, origin, SEVERITY_ERROR, "The health of service \"%s\" has no port: give \"port\" or \"ports\".",
            service->name);
    else if (service->network_mode == SERVICE_NETWORK_POD && !has_port(service, port))
        complain(check, origin, SEVERITY_ERROR,
            "The health of service \"%s\" is asked on port %u, which is not in its \"ports\".", service->name, port);
}

/* --- the host's network ------------------------------------------------------------------------------------------- */

static void check_host_mode(const Check *check, const ServiceConfig *service)
{
    if (service->network_mode != SERVICE_NETWORK_HOST)
        return;
    if (service->network_aliases && service->network_aliases[0]) {
        g_autofree char *names = g_strjoinv("\", \"", service->network_aliases);
        g_autofree char *text = problem_quoted(names);
        complain(check, origin_of(service, CONFIG_SCOPE_SERVICE, "network_mode"), SEVERITY_WARNING,
            "Service \"%s\" is on the host's network, where no alias leads: %s will not resolve.", service->name, text);
    }
    for (guint i = 0; i < service->ports->len; i++) {
        const ServicePort *port = g_ptr_array_index(service->ports, i);
        if (port->host != port->container && config_origin_written(&port->origin))
            complain(check, &port->origin, SEVERITY_WARNING,
                "On the host's network nothing is mapped: service \"%s\" listens on port %u itself, not on %u.",
                service->name, port->container, port->host);
    }
}

/* "http://ollama:11434" mentions ollama: "://", the name, then the end or one of ":/". */
static bool mentions_host(const char *value, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = strstr(value, "://"); p; p = strstr(p, "://")) {
        p += 3;
        if (strncmp(p, name, n) == 0 && (!p[n] || p[n] == ':' || p[n] == '/'))
            return true;
    }
    return false;
}

/* A variable that leads to another service's alias leads nowhere once that one is on the host's network. */
static void check_references(const Check *check, const ServiceConfig *service)
{
    for (guint i = 0; i < service->env->len; i++) {
        const ServiceVariable *variable = g_ptr_array_index(service->env, i);
        for (guint k = 0; k < check->config->services->len; k++) {
            const ServiceConfig *other = service_at(check, k);
            if (!service_config_is_active(other) || other == service || other->network_mode != SERVICE_NETWORK_HOST)
                continue;
            if (mentions_host(variable->value, other->name))
                complain(check, origin_of(other, CONFIG_SCOPE_SERVICE, "network_mode"), SEVERITY_WARNING,
                    "Service \"%s\" is on the host's network, so \"%s\" in %s of service \"%s\" will not resolve: use "
                    "{{runtime.host_gateway}} there.",
                    other->name, other->name, variable->name, service->name);
        }
    }
}

/* --- two services ------------------------------------------------------------------------------------------------- */

static bool is_any_address(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static bool ports_clash(const ServiceConfig *a, const ServicePort *x, const ServiceConfig *b, const ServicePort *y)
{
    if (x->udp != y->udp || service_config_host_port(a, x) != service_config_host_port(b, y))
        return false;
    /* What a program binds on the host's own network is its own affair: the address says little. */
    return a->network_mode == SERVICE_NETWORK_HOST || b->network_mode == SERVICE_NETWORK_HOST ||
           is_any_address(x->address) || is_any_address(y->address) || strcmp(x->address, y->address) == 0;
}

static void check_ports(const Check *check, const ServiceConfig *a, const ServiceConfig *b)
{
    for (guint i = 0; i < b->ports->len; i++) {
        const ServicePort *y = g_ptr_array_index(b->ports, i);
        for (guint k = 0; k < (a == b ? i : a->ports->len); k++) {
            const ServicePort *x = g_ptr_array_index(a->ports, k);
            if (!ports_clash(a, x, b, y))
                continue;
            unsigned port = service_config_host_port(b, y);
            if (a == b)
                complain(
                    check, &y->origin, SEVERITY_ERROR, "Service \"%s\" has port %u of the host twice.", b->name, port);
            else
                complain(check, &y->origin, SEVERITY_ERROR, "Port %u of the host is also a port of service \"%s\".",
                    port, a->name);
            break;
        }
    }
}

static void check_names(const Check *check, const ServiceConfig *a, const ServiceConfig *b)
{
    g_autofree char *container_a = service_config_container(a), *container_b = service_config_container(b);
    g_auto(GStrv) aliases_a = service_config_aliases(a), aliases_b = service_config_aliases(b);
    const ConfigOrigin *origin = origin_of(b, CONFIG_SCOPE_SERVICE, "network_aliases");

    if (strcmp(container_a, container_b) == 0) {
        const ConfigOrigin *chosen = origin_of(b, CONFIG_SCOPE_SERVICE, "container");
        complain(check, chosen->file ? chosen : &b->origin, SEVERITY_ERROR,
            "Container \"%s\" is also the container of service \"%s\".", container_b, a->name);
    }
    for (size_t i = 0; aliases_b[i]; i++)
        if (g_strv_contains((const char *const *) aliases_a, aliases_b[i]))
            complain(check, origin->file ? origin : &b->origin, SEVERITY_ERROR,
                "\"%s\" is also an alias of service \"%s\": a name leads to one service.", aliases_b[i], a->name);
}

/* --- the network -------------------------------------------------------------------------------------------------- */

static void check_network(const Check *check)
{
    const NetworkConfig *network = &check->config->runtime.network;
    const ConfigOrigin *origins = check->config->origins;
    const ConfigOrigin *subnet = &origins[config_key_index(config_key_find(CONFIG_SCOPE_NETWORK, "subnet"))];
    const ConfigOrigin *gateway = &origins[config_key_index(config_key_find(CONFIG_SCOPE_NETWORK, "gateway"))];
    const ConfigOrigin *mtu = &origins[config_key_index(config_key_find(CONFIG_SCOPE_NETWORK, "mtu"))];

    if (network->subnet) {
        g_autofree char *right = subnet_network(network->subnet);
        if (strcmp(right, network->subnet) != 0)
            complain(check, subnet, SEVERITY_WARNING, "\"%s\" is taken as \"%s\".", network->subnet, right);
    }
    if (network->gateway && !network->subnet)
        complain(check, gateway, SEVERITY_ERROR, "\"gateway\" needs \"subnet\" beside it.");
    else if (network->gateway && !subnet_contains(network->subnet, network->gateway))
        complain(check, gateway, SEVERITY_ERROR, "\"gateway\" %s is not an address of the subnet %s.", network->gateway,
            network->subnet);
    if (network->mtu && network->mtu < 1280 && network->ipv6)
        complain(check, mtu, SEVERITY_ERROR, "\"mtu\" is %u; with \"ipv6\" it must be at least 1280.", network->mtu);
}

void config_check(const Config *config, Problems *problems)
{
    const Check check = {config, problems};

    check_network(&check);
    for (guint i = 0; i < config->services->len; i++) {
        const ServiceConfig *service = service_at(&check, i);
        if (!service->mentioned)
            continue;
        check_image_of(&check, service);
        check_dependencies(&check, service);
        check_templates(&check, service);
        check_volumes(&check, service);
        check_health(&check, service);
        if (!service->enabled)
            continue;
        check_host_mode(&check, service);
        check_references(&check, service);
        check_ports(&check, service, service);
        for (guint k = 0; k < i; k++) {
            const ServiceConfig *other = service_at(&check, k);
            if (!service_config_is_active(other))
                continue;
            check_ports(&check, other, service);
            check_names(&check, other, service);
        }
    }
}
