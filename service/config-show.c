/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration in force as TOML that means the same when it is read again, each value with where it comes from.
 * Values that nobody gave and that have no default are left out.
 */
#include <string.h>

#include "service/config-keys.h"
#include "service/config-text.h"

/* A basic string of TOML. */
static char *quote(const char *text)
{
    GString *s = g_string_new("\"");

    for (; *text; text++) {
        unsigned char c = (unsigned char) *text;
        if (c == '"' || c == '\\')
            g_string_append_printf(s, "\\%c", c);
        else if (c == '\n')
            g_string_append(s, "\\n");
        else if (c == '\t')
            g_string_append(s, "\\t");
        else if (c < ' ' || c == 127)
            g_string_append_printf(s, "\\u%04X", c);
        else
            g_string_append_c(s, (char) c);
    }
    g_string_append_c(s, '"');
    return g_string_free(s, FALSE);
}

/* Bare where TOML allows it. */
static char *quote_key(const char *key)
{
    for (const char *c = key; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-')
            return quote(key);
    return *key ? g_strdup(key) : quote(key);
}

static char *show_strings(char *const *strings)
{
    GString *s = g_string_new("[");

    for (size_t i = 0; strings && strings[i]; i++) {
        g_autofree char *quoted = quote(strings[i]);
        g_string_append_printf(s, "%s%s", i > 0 ? ", " : "", quoted);
    }
    g_string_append_c(s, ']');
    return g_string_free(s, FALSE);
}

static char *show_ports(const GPtrArray *ports)
{
    GString *s = g_string_new("[");

    for (guint i = 0; i < ports->len; i++) {
        const ServicePort *port = g_ptr_array_index(ports, i);
        bool ipv6 = strchr(port->address, ':');
        g_string_append_printf(s, "%s\"%s%s%s:%u:%u%s\"", i > 0 ? ", " : "", ipv6 ? "[" : "", port->address,
            ipv6 ? "]" : "", port->host, port->container, port->udp ? "/udp" : "");
    }
    g_string_append_c(s, ']');
    return g_string_free(s, FALSE);
}

static char *show_volume(const ServiceVolume *volume)
{
    g_autofree char *source = quote(volume->source), *target = quote(volume->target);
    return g_strdup_printf(
        "{ source = %s, target = %s%s }", source, target, volume->read_only ? ", read_only = true" : "");
}

static char *show_volumes(const GPtrArray *volumes)
{
    GString *s = g_string_new("[");

    for (guint i = 0; i < volumes->len; i++) {
        g_autofree char *volume = show_volume(g_ptr_array_index(volumes, i));
        g_string_append_printf(s, "%s%s", i > 0 ? ", " : "", volume);
    }
    g_string_append_c(s, ']');
    return g_string_free(s, FALSE);
}

static char *show_secrets(const GPtrArray *secrets)
{
    GString *s = g_string_new("[");

    for (guint i = 0; i < secrets->len; i++) {
        const ServiceSecret *secret = g_ptr_array_index(secrets, i);
        g_autofree char *name = quote(secret->name), *env = quote(secret->env ? secret->env : "");
        g_string_append(s, i > 0 ? ", " : "");
        if (secret->env)
            g_string_append_printf(s, "{ name = %s, env = %s }", name, env);
        else
            g_string_append(s, name);
    }
    g_string_append_c(s, ']');
    return g_string_free(s, FALSE);
}

static char *show_dependencies(const GPtrArray *dependencies)
{
    GString *s = g_string_new("[");

    for (guint i = 0; i < dependencies->len; i++) {
        const ServiceDependency *dependency = g_ptr_array_index(dependencies, i);
        g_string_append(s, i > 0 ? ", " : "");
        if (dependency->condition == DEPENDENCY_STARTED && !dependency->restart)
            g_string_append_printf(s, "\"%s\"", dependency->name);
        else
            g_string_append_printf(s, "{ name = \"%s\", condition = \"%s\", restart = %s }", dependency->name,
                dependency_condition_to_string(dependency->condition), dependency->restart ? "true" : "false");
    }
    g_string_append_c(s, ']');
    return g_string_free(s, FALSE);
}

/* Takes the text; NULL when the value was not given. */
static char *show_optional(char *text, bool given)
{
    if (given)
        return text;
    g_free(text);
    return NULL;
}

/* NULL when there is nothing to show. */
static char *show_value(const ConfigKey *key, const void *value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char *text = NULL;

    switch (key->type) {
    case CONFIG_TYPE_BOOLEAN:
        return g_strdup(*(const bool *) value ? "true" : "false");
    case CONFIG_TYPE_INTEGER:
        return show_optional(g_strdup_printf("%u", *(const uint32_t *) value), *(const uint32_t *) value != 0);
    case CONFIG_TYPE_NUMBER:
        return show_optional(
            g_strdup(g_ascii_dtostr(number, sizeof(number), *(const double *) value)), *(const double *) value > 0);
    case CONFIG_TYPE_SIZE:
        text = size_to_text(*(const uint64_t *) value);
        return show_optional(quote(text), *(const uint64_t *) value != 0);
    case CONFIG_TYPE_DURATION:
        text = usec_to_text(*(const uint64_t *) value);
        return show_optional(quote(text), *(const uint64_t *) value != 0 || key->default_value);
    case CONFIG_TYPE_WORD:
        return *(const int *) value < 0 ? NULL : quote(key->words[*(const int *) value]);
    case CONFIG_TYPE_STRING:
    case CONFIG_TYPE_VERSION:
        return *(char *const *) value ? quote(*(char *const *) value) : NULL;
    case CONFIG_TYPE_STRINGS:
    case CONFIG_TYPE_COMMAND:
        return *(char **const *) value ? show_strings(*(char **const *) value) : NULL;
    case CONFIG_TYPE_PORTS:
        return show_ports(*(GPtrArray *const *) value);
    case CONFIG_TYPE_SECRETS:
        return show_secrets(*(GPtrArray *const *) value);
    case CONFIG_TYPE_DEPENDENCIES:
        return show_dependencies(*(GPtrArray *const *) value);
    case CONFIG_TYPE_GPU:
        return g_strdup(*(const GpuWish *) value == GPU_AUTO ? "true" : "false");
    case CONFIG_TYPE_STATUS:
        return g_strdup_printf("[%u, %u]", ((const uint32_t *) value)[0], ((const uint32_t *) value)[1]);
    case CONFIG_TYPE_MTU:
        return *(const uint32_t *) value ? g_strdup_printf("%u", *(const uint32_t *) value) : g_strdup("\"auto\"");
    case CONFIG_TYPE_VARIABLES:
    case CONFIG_TYPE_VOLUMES:
    case CONFIG_TYPE_TABLE:
    case CONFIG_TYPE_ANY:
    default:
        return NULL;
    }
}

static void append_line(GString *s, const char *name, const char *value, const ConfigOrigin *origin)
{
    if (!origin->file) {
        g_string_append_printf(s, "%s = %s # default\n", name, value);
    } else if (origin->file == CONFIG_BUILT_IN) {
        g_string_append_printf(s, "%s = %s # built in\n", name, value);
    } else {
        g_autofree char *path = problem_printable(origin->file);
        g_string_append_printf(s, "%s = %s # %s:%u\n", name, value, path, origin->line);
    }
}

static void append_variables(GString *s, const ConfigKey *key, const GPtrArray *variables)
{
    for (guint i = 0; i < variables->len; i++) {
        const ServiceVariable *variable = g_ptr_array_index(variables, i);
        g_autofree char *last = quote_key(variable->name), *value = quote(variable->value);
        g_autofree char *name = g_strdup_printf("%s.%s", key->name, last);
        append_line(s, name, value, &variable->origin);
    }
}

/* Those that a list gave stay a list: a table would be merged with what is built in. */
static void append_volumes(GString *s, const ConfigKey *key, const GPtrArray *volumes, const ConfigOrigin *origin)
{
    bool keyed = false;

    for (guint i = 0; i < volumes->len; i++) {
        const ServiceVolume *volume = g_ptr_array_index(volumes, i);
        keyed = keyed || strcmp(volume->key, volume->target) != 0;
    }
    if (!keyed && (origin->file || volumes->len > 0)) {
        g_autofree char *value = show_volumes(volumes);
        append_line(s, key->name, value, origin);
        return;
    }
    for (guint i = 0; i < volumes->len; i++) {
        const ServiceVolume *volume = g_ptr_array_index(volumes, i);
        g_autofree char *last = quote_key(volume->key), *value = show_volume(volume);
        g_autofree char *name = g_strdup_printf("%s.%s", key->name, last);
        append_line(s, name, value, &volume->origin);
    }
}

/* Empty lists that nobody wrote say nothing. */
static bool is_worth_showing(const ConfigKey *key, const void *value, const ConfigOrigin *origin)
{
    switch (key->type) {
    case CONFIG_TYPE_PORTS:
    case CONFIG_TYPE_SECRETS:
    case CONFIG_TYPE_DEPENDENCIES:
        return origin->file || (*(GPtrArray *const *) value)->len > 0;
    case CONFIG_TYPE_GPU:
        return origin->file;
    default:
        return true;
    }
}

static void append_scope(GString *s, const Config *config, const ServiceConfig *service, ConfigScope scope)
{
    size_t n;
    const ConfigKey *keys = config_keys(&n);

    for (size_t i = 0; i < n; i++) {
        const ConfigKey *key = &keys[i];
        if (key->scope != scope || key->type == CONFIG_TYPE_TABLE || key->type == CONFIG_TYPE_ANY)
            continue;
        const void *value = config_key_value(key, (Config *) config, (ServiceConfig *) service);
        const ConfigOrigin *origin = config_key_origin(key, (Config *) config, (ServiceConfig *) service);
        if (key->type == CONFIG_TYPE_VARIABLES) {
            append_variables(s, key, *(GPtrArray *const *) value);
            continue;
        }
        if (key->type == CONFIG_TYPE_VOLUMES) {
            append_volumes(s, key, *(GPtrArray *const *) value, origin);
            continue;
        }
        g_autofree char *text = is_worth_showing(key, value, origin) ? show_value(key, value) : NULL;
        if (!text)
            continue;
        if (config->broken && !service && strcmp(key->name, "mss_clamp") == 0)
            g_string_append_printf(s, "%s = %s # until the file is right\n", key->name, text);
        else
            append_line(s, key->name, text, origin);
    }
}

static void append_service(GString *s, const Config *config, const ServiceConfig *service)
{
    const ConfigOrigin *origin = &service->origins[config_key_index(config_key_find(CONFIG_SCOPE_SERVICE, "health"))];
    g_autofree char *name = quote_key(service->name);

    g_string_append_printf(s, "\n[services.%s]\n", name);
    append_scope(s, config, service, CONFIG_SCOPE_SERVICE);
    if (service->health.off)
        append_line(s, "health", "false", origin);
    if (service->health.path || service->health.tcp || service->health.exec) {
        g_string_append_printf(s, "[services.%s.health]\n", name);
        append_scope(s, config, service, CONFIG_SCOPE_HEALTH);
    }
    if (service->resources.memory || service->resources.cpus > 0) {
        g_string_append_printf(s, "[services.%s.resources]\n", name);
        append_scope(s, config, service, CONFIG_SCOPE_RESOURCES);
    }
}

char *config_show(const Config *config)
{
    static const char *const sections[] = {"meta", "runtime", "runtime.network", "cli", "vpn"};
    GString *s = g_string_new(NULL);
    GString *others = g_string_new(NULL);

    g_autofree char *faulty = config->faulty ? problem_printable(config->faulty) : NULL;
    if (!config->broken && faulty)
        g_string_append_printf(
            s, "# %s has errors: this is the last good configuration.\n# See \"airpods config validate\".\n", faulty);
    if (config->broken)
        g_string_append(s,
            "# The configuration has errors: these are the defaults, and airpods does nothing by itself until the file is "
            "right.\n# See \"airpods config validate\".\n");
    for (ConfigScope scope = CONFIG_SCOPE_META; scope <= CONFIG_SCOPE_VPN; scope++) {
        g_string_append_printf(s, "%s[%s]\n", scope > CONFIG_SCOPE_META ? "\n" : "", sections[scope]);
        append_scope(s, config, NULL, scope);
    }
    for (guint i = 0; i < config->services->len; i++) {
        const ServiceConfig *service = g_ptr_array_index(config->services, i);
        if (service->mentioned)
            append_service(s, config, service);
        else
            g_string_append_printf(others, "%s%s", others->len > 0 ? ", " : "", service->name);
    }
    if (others->len > 0)
        g_string_append_printf(
            s, "\n# Known and not part of \"airpods start\" until you mention them: %s\n", others->str);
    g_string_free(others, TRUE);
    return g_string_free(s, FALSE);
}
