/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The label holds every field that a container is made from, in one fixed order; health, enabled and the like are
 * airpods' own business and need no new container. Variables and labels are one field each ("env.NAME").
 */
#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "service/config-keys.h"
#include "service/config-text.h"
#include "service/service-drift.h"

#define NOTHING "(none)"

typedef struct Label {
    JsonObject *set, *defaults;
    bool written; /* whether the key that the next field comes from was written by a person */
} Label;

/* --- writing ------------------------------------------------------------------------------------------------------ */

static bool key_written(const Config *config, const ServiceConfig *service, ConfigScope scope, const char *name)
{
    const ConfigKey *key = config_key_find(scope, name);
    return config_origin_written(config_key_origin(key, (Config *) config, (ServiceConfig *) service));
}

static void add(const Label *label, const char *field, const char *value)
{
    if (value)
        json_object_set_string_member(label->written ? label->set : label->defaults, field, value);
}

/* Words as one text that no two lists share. */
static void add_list(const Label *label, const char *field, char *const *list)
{
    GString *s = g_string_new(NULL);

    for (size_t i = 0; list[i]; i++) {
        g_autofree char *quoted = strpbrk(list[i], " '\"\\\t\n") || !list[i][0] ? g_shell_quote(list[i]) : NULL;
        g_string_append_printf(s, "%s%s", i > 0 ? " " : "", quoted ? quoted : list[i]);
    }
    /* That somebody emptied the list is worth knowing. */
    if (list[0] || label->written)
        add(label, field, s->str);
    g_string_free(s, TRUE);
}

static void add_ports(const Label *label, const ServiceSpec *spec)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < spec->n_ports; i++) {
        const ServiceSpecPort *port = &spec->ports[i];
        bool ipv6 = strchr(port->address, ':');
        g_ptr_array_add(words, g_strdup_printf("%s%s%s:%u:%u/%s", ipv6 ? "[" : "", port->address, ipv6 ? "]" : "",
                                   port->host, port->container, port->protocol));
    }
    g_ptr_array_add(words, NULL);
    add_list(label, "ports", (char *const *) words->pdata);
}

static void add_volumes(Label *label, const ServiceConfig *service, const ServiceSpec *spec)
{
    g_autofree char *number = g_strdup_printf("%zu", spec->n_volumes);

    /* Else nobody would see that one of those built in has gone. */
    label->written = true;
    if (service->volumes_replaced)
        add(label, "volumes", number);
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const ServiceVolume *written = g_ptr_array_index(service->volumes, i);
        const ServiceSpecVolume *volume = &spec->volumes[i];
        g_autofree char *field = g_strconcat("volumes.", volume->target, NULL);
        g_autofree char *value = g_strconcat(volume->source, volume->read_only ? ":ro" : "", NULL);
        label->written = config_origin_written(&written->origin);
        add(label, field, value);
    }
}

static void add_secrets(const Label *label, const ServiceSpec *spec)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < spec->n_secrets; i++) {
        const ServiceSpecSecret *secret = &spec->secrets[i];
        g_ptr_array_add(
            words, secret->env ? g_strdup_printf("%s=%s", secret->env, secret->secret) : g_strdup(secret->secret));
    }
    g_ptr_array_add(words, NULL);
    add_list(label, "secrets", (char *const *) words->pdata);
}

/* A built-in value with a template in it changes with what a person wrote elsewhere, so it counts as written. */
static bool variable_written(const ServiceConfig *service, const char *name, size_t size)
{
    for (guint i = 0; i < service->env->len; i++) {
        const ServiceVariable *variable = g_ptr_array_index(service->env, i);
        if (strlen(variable->name) == size && strncmp(variable->name, name, size) == 0)
            return config_origin_written(&variable->origin) || strstr(variable->value, "{{");
    }
    return true; /* from a file of variables */
}

static void add_env(Label *label, const ServiceConfig *service, const ServiceSpec *spec)
{
    for (size_t i = 0; spec->env[i]; i++) {
        size_t size = strcspn(spec->env[i], "=");
        g_autofree char *field = g_strdup_printf("env.%.*s", (int) size, spec->env[i]);
        label->written = variable_written(service, spec->env[i], size);
        add(label, field, spec->env[i][size] ? spec->env[i] + size + 1 : "");
    }
}

static void add_labels(Label *label, const ServiceSpec *spec)
{
    label->written = true;
    for (size_t i = 0; spec->labels[i]; i++) {
        size_t size = strcspn(spec->labels[i], "=");
        g_autofree char *field = g_strdup_printf("labels.%.*s", (int) size, spec->labels[i]);
        add(label, field, spec->labels[i] + size + 1);
    }
}

static void add_size(const Label *label, const char *field, uint64_t size)
{
    g_autofree char *text = size_to_text(size);
    add(label, field, size ? text : NULL);
}

static void add_numbers(Label *label, const Config *config, const ServiceConfig *service, const ServiceSpec *spec)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char *pids_limit = g_strdup_printf("%u", spec->pids_limit);
    g_autofree char *stop_timeout = g_strdup_printf("%us", spec->stop_timeout);

    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "pids_limit");
    add(label, "pids_limit", pids_limit);
    label->written = key_written(config, service, CONFIG_SCOPE_RESOURCES, "memory");
    add_size(label, "resources.memory", spec->memory);
    label->written = key_written(config, service, CONFIG_SCOPE_RESOURCES, "cpus");
    add(label, "resources.cpus", spec->cpus > 0 ? g_ascii_dtostr(buffer, sizeof(buffer), spec->cpus) : NULL);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "shm_size");
    add_size(label, "shm_size", spec->shm_size);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "log_max_size");
    add_size(label, "log_max_size", spec->log_max_size);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "stop_timeout") ||
                     key_written(config, service, CONFIG_SCOPE_CLI, "stop_timeout");
    add(label, "stop_timeout", stop_timeout);
}

static void add_fields(Label *label, const Config *config, const ServiceConfig *service, const ServiceSpec *spec)
{
    const struct {
        const char *name;
        char *const *list;
    } lists[] = {
        {"command", spec->command},
        {"entrypoint", spec->entrypoint},
        {"devices", spec->devices},
        {"extra_hosts", spec->extra_hosts},
        {"cap_add", spec->cap_add},
    };

    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "image");
    add(label, "image", spec->image);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "container");
    add(label, "container", spec->name);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "network_mode");
    add(label, "network_mode", service_network_to_string(spec->network_mode));
    label->written = key_written(config, service, CONFIG_SCOPE_RUNTIME, "network_name");
    add(label, "network", spec->network);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "network_aliases");
    add_list(label, "network_aliases", spec->aliases);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "ports");
    add_ports(label, spec);
    label->written = key_written(config, service, CONFIG_SCOPE_NETWORK, "dns_servers");
    add_list(label, "dns_servers", spec->dns_servers);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, lists[i].name);
        add_list(label, lists[i].name, lists[i].list);
    }
    add_env(label, service, spec);
    add_volumes(label, service, spec);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "secrets");
    add_secrets(label, spec);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "user");
    add(label, "user", spec->user);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "keep_id");
    add(label, "keep_id", spec->keep_id ? "true" : "false");
    add_numbers(label, config, service, spec);
    label->written = key_written(config, service, CONFIG_SCOPE_SERVICE, "restart") ||
                     key_written(config, service, CONFIG_SCOPE_RUNTIME, "restart_policy");
    add(label, "restart", spec->restart);
    add_labels(label, spec);
}

/* Takes both parts. */
static char *label_to_text(Label *label)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "version", SERVICE_LABEL_VERSION);
    json_object_set_object_member(object, "set", label->set);
    json_object_set_object_member(object, "default", label->defaults);
    json_node_take_object(node, object);
    return json_to_string(node, FALSE);
}

char *network_label_new(const Config *config)
{
    static char *const nobody[] = {NULL};
    const NetworkConfig *network = &config->runtime.network;
    Label label = {json_object_new(), json_object_new(), false};
    g_autofree char *mtu = network->mtu ? g_strdup_printf("%u", network->mtu) : NULL;
    g_autofree char *subnet = network->subnet ? subnet_network(network->subnet) : NULL;
    const struct {
        const char *name, *value;
    } fields[] = {
        {"subnet", subnet},
        {"gateway", network->gateway},
        {"ipv6", network->ipv6 ? "true" : "false"},
        {"internal", network->internal ? "true" : "false"},
        {"mtu", mtu ? mtu : "auto"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        label.written = key_written(config, NULL, CONFIG_SCOPE_NETWORK, fields[i].name);
        add(&label, fields[i].name, fields[i].value);
    }
    label.written = key_written(config, NULL, CONFIG_SCOPE_NETWORK, "dns_servers");
    add_list(&label, "dns_servers", network->dns_servers ? network->dns_servers : nobody);
    return label_to_text(&label);
}

char *service_label_new(const Config *config, const ServiceConfig *service, const ServiceSpec *spec)
{
    Label label = {json_object_new(), json_object_new(), false};

    add_fields(&label, config, service, spec);
    return label_to_text(&label);
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

/* Members of "set" or "default", NULL when the label is not right. */
static JsonObject *label_part(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return NULL;
    JsonObject *part = json_node_get_object(node);
    g_autoptr(GList) values = json_object_get_values(part);
    for (GList *i = values; i; i = i->next)
        if (json_node_get_value_type(i->data) != G_TYPE_STRING)
            return NULL;
    return part;
}

static int label_read(const char *text, JsonNode **ret)
{
    g_autoptr(JsonNode) node = json_from_string(text, NULL);

    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return -EBADMSG;
    JsonObject *object = json_node_get_object(node);
    JsonNode *version = json_object_get_member(object, "version");
    if (!version || json_node_get_value_type(version) != G_TYPE_INT64)
        return -EBADMSG;
    if (json_node_get_int(version) != SERVICE_LABEL_VERSION)
        return -EPROTONOSUPPORT;
    if (!label_part(object, "set") || !label_part(object, "default"))
        return -EBADMSG;
    *ret = g_steal_pointer(&node);
    return 0;
}

static const char *part_value(JsonObject *part, const char *field)
{
    return json_object_has_member(part, field) ? json_object_get_string_member(part, field) : NULL;
}

static bool looks_secret(const char *field)
{
    static const char *const words[] = {"KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH"};

    if (!g_str_has_prefix(field, "env."))
        return false;
    g_autofree char *upper = g_ascii_strup(field + strlen("env."), -1);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(upper, words[i]))
            return true;
    return false;
}

static bool is_variable(const char *field)
{
    return g_str_has_prefix(field, "env.") || g_str_has_prefix(field, "labels.");
}

/* A list that was emptied is one that is not there; a variable may be empty. */
static const char *field_value(const char *field, JsonObject *set, JsonObject *defaults)
{
    const char *value = part_value(set, field);

    if (!value)
        value = part_value(defaults, field);
    return value && !*value && !is_variable(field) ? NULL : value;
}

static const char *shown(const char *value)
{
    return !value ? NOTHING : *value ? value : "\"\"";
}

static void compare(GPtrArray *drift, const char *field, JsonObject *was[2], JsonObject *now[2])
{
    enum { SET, DEFAULT };
    const char *old_value = field_value(field, was[SET], was[DEFAULT]);
    const char *new_value = field_value(field, now[SET], now[DEFAULT]);

    if (!part_value(was[SET], field) && !part_value(now[SET], field))
        return;
    if (g_strcmp0(old_value, new_value) == 0)
        return;
    if (looks_secret(field))
        g_ptr_array_add(drift, g_strdup_printf("%s: (hidden) → %s", field, new_value ? "(changed)" : NOTHING));
    else
        g_ptr_array_add(drift, g_strdup_printf("%s: %s → %s", field, shown(old_value), shown(new_value)));
}

int service_drift(const char *was, const char *now, char ***ret)
{
    g_autoptr(JsonNode) was_node = NULL, now_node = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    int r = label_read(was, &was_node);
    if (r < 0)
        return r;
    if (label_read(now, &now_node) < 0)
        return -EBADMSG;
    JsonObject *old_object = json_node_get_object(was_node), *new_object = json_node_get_object(now_node);
    JsonObject *old_parts[2] = {label_part(old_object, "set"), label_part(old_object, "default")};
    JsonObject *new_parts[2] = {label_part(new_object, "set"), label_part(new_object, "default")};
    GPtrArray *drift = g_ptr_array_new();

    JsonObject *order[] = {new_parts[0], new_parts[1], old_parts[0], old_parts[1]};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        g_autoptr(GList) fields = json_object_get_members(order[i]);
        for (GList *k = fields; k; k = k->next)
            if (g_hash_table_add(seen, k->data))
                compare(drift, k->data, old_parts, new_parts);
    }
    g_ptr_array_add(drift, NULL);
    *ret = (char **) g_ptr_array_free(drift, FALSE);
    return 0;
}
