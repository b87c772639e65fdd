/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the values that are lists or tables: each new list is complete and right before it takes the place of the old
 * one, and every element remembers where it was written.
 */
#include <string.h>

#include "service/config-parser.h"
#include "service/config-text.h"
#include "shared/suggest.h"

static bool is_list(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, const char *expected)
{
    if (node->type != TOML_TYPE_ARRAY) {
        parser_wrong_type(parser, node, key->name, expected);
        return false;
    }
    if (node->n_children > CONFIG_LIST_MAX) {
        parser_error(parser, node, "\"%s\" has more than %u entries.", key->name, CONFIG_LIST_MAX);
        return false;
    }
    return true;
}

/* The pointer array becomes the NULL-terminated list at *ret. */
static void set_strings(char ***ret, GPtrArray **strings)
{
    g_ptr_array_add(*strings, NULL);
    g_strfreev(*ret);
    *ret = (char **) g_ptr_array_free(g_steal_pointer(strings), FALSE);
}

static void set_elements(GPtrArray **ret, GPtrArray **elements)
{
    g_ptr_array_unref(*ret);
    *ret = g_steal_pointer(elements);
}

/* "interface names" of "interface names such as [\"tun0\"]" */
static char *noun(const ConfigKey *key)
{
    const char *such = strstr(key->expected, " such as ");
    return such ? g_strndup(key->expected, (gsize) (such - key->expected)) : g_strdup(key->expected);
}

static bool read_strings(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, char ***ret)
{
    g_autofree char *expected = g_strconcat("an array of ", key->expected, NULL);
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    bool good = true, single = strcmp(key->name, "env_file") == 0 && node->type == TOML_TYPE_STRING;

    if (!single && !is_list(parser, key, node, expected))
        return false;
    for (size_t i = 0; i < (single ? 1 : node->n_children); i++) {
        const TomlNode *child = single ? node : &node->children[i];
        if (child->type != TOML_TYPE_STRING) {
            g_autofree char *what = noun(key);
            parser_error(parser, child, "\"%s\" must hold %s as strings, not %s.", key->name, what,
                toml_type_words(child->type));
            good = false;
        } else if (!parser_checked_string(parser, child, key->name, key->check)) {
            good = false;
        } else {
            g_ptr_array_add(strings, g_strdup(child->string));
        }
    }
    if (good)
        set_strings(ret, &strings);
    return good;
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

/* A scalar as text; NULL for tables, arrays and dates. g_free() it. */
static char *scalar_to_text(const TomlNode *node)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];

    switch (node->type) {
    case TOML_TYPE_STRING:
        return g_strdup(node->string);
    case TOML_TYPE_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, node->integer);
    case TOML_TYPE_FLOAT:
        return g_strdup(g_ascii_dtostr(buffer, sizeof(buffer), node->number));
    case TOML_TYPE_BOOLEAN:
        return g_strdup(node->boolean ? "true" : "false");
    case TOML_TYPE_TABLE:
    case TOML_TYPE_ARRAY:
    case TOML_TYPE_DATE:
    default:
        return NULL;
    }
}

static bool add_flag(
    const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, const char *flag, GPtrArray *words)
{
    g_autofree char *text = scalar_to_text(node);

    if (!text || key->check(text)) {
        parser_error(parser, node,
            "The flag \"%s\" of \"%s\" must be a string, a number, a boolean or an array of them.", flag, key->name);
        return false;
    }
    if (node->type == TOML_TYPE_BOOLEAN) {
        if (node->boolean)
            g_ptr_array_add(words, g_strdup(flag));
        return true;
    }
    g_ptr_array_add(words, g_strdup(flag));
    g_ptr_array_add(words, g_steal_pointer(&text));
    return true;
}

/* The earlier command_args = { ctx_size = 4096, log_disable = true }: --ctx-size 4096 --log-disable */
static bool read_flags(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray *words)
{
    bool good = true;

    for (size_t i = 0; i < node->n_children; i++) {
        const TomlNode *child = &node->children[i];
        g_autofree char *flag = g_strconcat("--", child->key, NULL);
        g_strdelimit(flag, "_", '-');
        if (check_label(child->key)) {
            g_autofree char *name = problem_quoted(child->key);
            parser_error_at_key(parser, child, "%s is not the name of a flag.", name);
            good = false;
        } else if (child->type != TOML_TYPE_ARRAY) {
            good = add_flag(parser, key, child, flag, words) && good;
        } else {
            for (size_t k = 0; k < child->n_children && k < CONFIG_LIST_MAX; k++)
                good = add_flag(parser, key, &child->children[k], flag, words) && good;
        }
    }
    return good;
}

static bool read_command(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, char ***ret)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    bool good = true;

    if (node->type == TOML_TYPE_STRING) {
        g_auto(GStrv) parts = NULL;
        if (!parser_checked_string(parser, node, key->name, key->check))
            return false;
        if (!g_shell_parse_argv(node->string, NULL, &parts, NULL)) {
            parser_error(
                parser, node, "\"%s\" cannot be split into words: a quote is not closed, or it is empty.", key->name);
            return false;
        }
        g_strfreev(*ret);
        *ret = g_steal_pointer(&parts);
        return true;
    }
    if (node->type == TOML_TYPE_TABLE && strcmp(key->name, "command") == 0) {
        good = read_flags(parser, key, node, words);
    } else {
        if (!is_list(parser, key, node, "an array of strings such as [\"sleep\", \"60\"], or one string"))
            return false;
        for (size_t i = 0; i < node->n_children; i++) {
            const char *word = parser_checked_string(parser, &node->children[i], key->name, key->check);
            good = good && word;
            if (word)
                g_ptr_array_add(words, g_strdup(word));
        }
    }
    if (good)
        set_strings(ret, &words);
    return good;
}

/* --- variables and labels ----------------------------------------------------------------------------------------- */

static ServiceVariable *variable_find(GPtrArray *variables, const char *name)
{
    for (guint i = 0; i < variables->len; i++) {
        ServiceVariable *variable = g_ptr_array_index(variables, i);
        if (strcmp(variable->name, name) == 0)
            return variable;
    }
    return NULL;
}

static bool read_variable(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray *variables)
{
    g_autofree char *name = problem_quoted(node->key);
    const char *reason = key->check(node->key);

    if (reason) {
        parser_error_at_key(parser, node, "%s %s.", name, reason);
        return false;
    }
    g_autofree char *text = scalar_to_text(node);
    if (!text) {
        parser_error(
            parser, node, "%s in \"%s\" must be a string, not %s.", name, key->name, toml_type_words(node->type));
        return false;
    }
    reason = check_text(text);
    if (reason) {
        parser_error(parser, node, "The value of %s %s.", name, reason);
        return false;
    }
    ServiceVariable *variable = variable_find(variables, node->key);
    if (!variable) {
        variable = g_new0(ServiceVariable, 1);
        variable->name = g_strdup(node->key);
        g_ptr_array_add(variables, variable);
    }
    g_free(variable->value);
    variable->value = g_steal_pointer(&text);
    variable->origin = parser_origin(parser, node);
    return true;
}

static bool read_variables(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray *variables)
{
    bool good = true;

    if (node->type != TOML_TYPE_TABLE) {
        g_autofree char *expected = g_strconcat("a table of ", key->expected, NULL);
        parser_wrong_type(parser, node, key->name, expected);
        return false;
    }
    if (node->n_children + variables->len > 2 * CONFIG_LIST_MAX) {
        parser_error(parser, node, "\"%s\" has more than %u entries.", key->name, 2 * CONFIG_LIST_MAX);
        return false;
    }
    for (size_t i = 0; i < node->n_children; i++)
        good = read_variable(parser, key, &node->children[i], variables) && good;
    return good;
}

/* --- ports -------------------------------------------------------------------------------------------------------- */

static bool read_port_number(const ConfigParser *parser, const TomlNode *node, uint16_t *ret)
{
    uint16_t port = 0;

    if (node->type == TOML_TYPE_INTEGER && node->integer >= 1 && node->integer <= UINT16_MAX)
        port = (uint16_t) node->integer;
    else if (node->type == TOML_TYPE_STRING)
        port = text_to_port(node->string);
    if (port == 0)
        parser_error(parser, node, "A port is a number from 1 to 65535.");
    *ret = port;
    return port != 0;
}

static ServicePort *read_port_table(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    static const char *const members[] = {"host", "container", "address", "protocol", NULL};
    const TomlNode *host = toml_member(node, "host"), *container = toml_member(node, "container"),
                   *address = toml_member(node, "address"), *protocol = toml_member(node, "protocol");
    uint16_t host_port, container_port;

    if (!parser_check_members(parser, node, key->name, members))
        return NULL;
    if (!host && !container) {
        parser_error(parser, node, "A port needs \"host\" and \"container\".");
        return NULL;
    }
    if (!read_port_number(parser, host ? host : container, &host_port) ||
        !read_port_number(parser, container ? container : host, &container_port))
        return NULL;
    if (address && !parser_checked_string(parser, address, "address", check_address))
        return NULL;
    if (protocol && (protocol->type != TOML_TYPE_STRING ||
                        (strcmp(protocol->string, "tcp") != 0 && strcmp(protocol->string, "udp") != 0))) {
        parser_error(parser, protocol, "\"protocol\" must be \"tcp\" or \"udp\".");
        return NULL;
    }
    ServicePort *port = g_new0(ServicePort, 1);
    *port = (ServicePort){
        .address = g_strdup(address ? address->string : "127.0.0.1"),
        .udp = protocol && protocol->string[0] == 'u',
        .host = host_port,
        .container = container_port,
    };
    return port;
}

static ServicePort *read_port(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    ServicePort *port = NULL;

    if (node->type == TOML_TYPE_TABLE) {
        port = read_port_table(parser, key, node);
    } else if (node->type == TOML_TYPE_INTEGER) {
        uint16_t number;
        if (!read_port_number(parser, node, &number))
            return NULL;
        port = g_new0(ServicePort, 1);
        *port = (ServicePort){.address = g_strdup("127.0.0.1"), .host = number, .container = number};
    } else if (node->type == TOML_TYPE_STRING) {
        const char *reason = text_to_service_port(node->string, &port);
        if (reason) {
            g_autofree char *value = problem_quoted(node->string);
            parser_error(parser, node, "%s %s.", value, reason);
        }
    } else {
        parser_error(
            parser, node, "\"ports\" must hold ports such as \"3000:8080\", not %s.", toml_type_words(node->type));
    }
    if (port)
        port->origin = parser_origin(parser, node);
    return port;
}

static bool read_ports(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray **ret)
{
    g_autoptr(GPtrArray) ports = g_ptr_array_new_with_free_func(service_port_free);
    bool good = true, single = node->type == TOML_TYPE_TABLE || node->type == TOML_TYPE_STRING;

    if (!single && !is_list(parser, key, node, "an array of ports such as [\"3000:8080\"]"))
        return false;
    for (size_t i = 0; i < (single ? 1 : node->n_children); i++) {
        ServicePort *port = read_port(parser, key, single ? node : &node->children[i]);
        good = good && port;
        if (port)
            g_ptr_array_add(ports, port);
    }
    if (good)
        set_elements(ret, &ports);
    return good;
}

/* --- volumes ------------------------------------------------------------------------------------------------------ */

static ServiceVolume *read_volume_table(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    static const char *const members[] = {"source", "target", "read_only", "readonly", NULL};
    const TomlNode *source = toml_member(node, "source"), *target = toml_member(node, "target"),
                   *read_only = toml_member(node, "read_only");

    if (!parser_check_members(parser, node, key->name, members))
        return NULL;
    if (!source || !target) {
        parser_error(parser, node, "A volume needs \"source\" and \"target\".");
        return NULL;
    }
    if (!read_only)
        read_only = toml_member(node, "readonly");
    if (!parser_checked_string(parser, source, "source", check_volume_source) ||
        !parser_checked_string(parser, target, "target", check_volume_target))
        return NULL;
    if (read_only && read_only->type != TOML_TYPE_BOOLEAN) {
        parser_wrong_type(parser, read_only, read_only->key, "true or false");
        return NULL;
    }
    ServiceVolume *volume = g_new0(ServiceVolume, 1);
    *volume = (ServiceVolume){
        .key = g_strdup(target->string),
        .source = g_strdup(source->string),
        .target = g_strdup(target->string),
        .read_only = read_only && read_only->boolean,
    };
    return volume;
}

static ServiceVolume *read_volume(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    ServiceVolume *volume = NULL;

    if (node->type == TOML_TYPE_TABLE) {
        volume = read_volume_table(parser, key, node);
    } else if (node->type == TOML_TYPE_STRING) {
        const char *reason = text_to_service_volume(node->string, &volume);
        if (reason) {
            g_autofree char *value = problem_quoted(node->string);
            parser_error(parser, node, "%s %s.", value, reason);
        }
    } else {
        parser_error(
            parser, node, "\"volumes\" must hold volumes such as \"name:/path\", not %s.", toml_type_words(node->type));
    }
    if (volume)
        volume->origin = parser_origin(parser, node);
    return volume;
}

/* { data = { source, target } }: those of the same key are replaced, the others stay. */
static bool merge_volumes(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray *volumes)
{
    bool good = true;

    for (size_t i = 0; i < node->n_children; i++) {
        const TomlNode *child = &node->children[i];
        ServiceVolume *volume = read_volume(parser, key, child);
        good = good && volume;
        if (!volume)
            continue;
        g_free(volume->key);
        volume->key = g_strdup(child->key);
        guint k = 0;
        while (k < volumes->len && strcmp(((ServiceVolume *) g_ptr_array_index(volumes, k))->key, child->key) != 0)
            k++;
        if (k == volumes->len) {
            g_ptr_array_add(volumes, volume);
        } else {
            service_volume_free(g_ptr_array_index(volumes, k));
            g_ptr_array_index(volumes, k) = volume;
        }
    }
    return good;
}

static bool read_volumes(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray **ret)
{
    g_autoptr(GPtrArray) volumes = g_ptr_array_new_with_free_func(service_volume_free);
    bool good = true;

    if (node->type == TOML_TYPE_TABLE && node->n_children + (*ret)->len <= CONFIG_LIST_MAX)
        return merge_volumes(parser, key, node, *ret);
    if (!is_list(parser, key, node, "an array of volumes such as [\"name:/path\"], or a table of them"))
        return false;
    for (size_t i = 0; i < node->n_children; i++) {
        ServiceVolume *volume = read_volume(parser, key, &node->children[i]);
        good = good && volume;
        if (volume)
            g_ptr_array_add(volumes, volume);
    }
    for (guint i = 0; i < (*ret)->len; i++) {
        const ServiceVolume *volume = g_ptr_array_index(*ret, i);
        if (good && volume->origin.file == CONFIG_BUILT_IN)
            parser->service->volumes_replaced = true;
    }
    if (good)
        set_elements(ret, &volumes);
    return good;
}

/* --- secrets and dependencies ------------------------------------------------------------------------------------- */

static ServiceSecret *read_secret(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    static const char *const members[] = {"name", "env", NULL};
    const TomlNode *name = node, *env = NULL;

    if (node->type == TOML_TYPE_TABLE) {
        if (!parser_check_members(parser, node, key->name, members))
            return NULL;
        name = toml_member(node, "name");
        env = toml_member(node, "env");
        if (!name) {
            parser_error(parser, node, "A secret needs \"name\".");
            return NULL;
        }
    }
    if (!parser_checked_string(parser, name, "secrets", check_container_name) ||
        (env && !parser_checked_string(parser, env, "env", check_variable)))
        return NULL;
    ServiceSecret *secret = g_new0(ServiceSecret, 1);
    *secret = (ServiceSecret){
        .name = g_strdup(name->string),
        .env = env ? g_strdup(env->string) : NULL,
        .origin = parser_origin(parser, node),
    };
    return secret;
}

static ServiceDependency *read_dependency(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    static const char *const members[] = {"name", "condition", "restart", NULL};
    const TomlNode *name = node, *condition = NULL, *restart = NULL;
    DependencyCondition wanted = DEPENDENCY_STARTED;

    if (node->type == TOML_TYPE_TABLE) {
        if (!parser_check_members(parser, node, key->name, members))
            return NULL;
        name = toml_member(node, "name");
        condition = toml_member(node, "condition");
        restart = toml_member(node, "restart");
        if (!name) {
            parser_error(parser, node, "A dependency needs \"name\".");
            return NULL;
        }
    }
    if (!parser_checked_string(parser, name, "depends_on", check_container_name))
        return NULL;
    if (condition) {
        wanted = dependency_condition_from_string(condition->type == TOML_TYPE_STRING ? condition->string : NULL);
        if (wanted < 0) {
            parser_error(parser, condition, "\"condition\" must be \"started\", \"healthy\" or \"completed\".");
            return NULL;
        }
    }
    if (restart && restart->type != TOML_TYPE_BOOLEAN) {
        parser_wrong_type(parser, restart, "restart", "true or false");
        return NULL;
    }
    ServiceDependency *dependency = g_new0(ServiceDependency, 1);
    *dependency = (ServiceDependency){
        .name = g_strdup(name->string),
        .condition = wanted,
        .restart = restart && restart->boolean,
        .origin = parser_origin(parser, node),
    };
    return dependency;
}

static bool read_secrets(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray **ret)
{
    g_autoptr(GPtrArray) secrets = g_ptr_array_new_with_free_func(service_secret_free);
    bool good = true;

    if (!is_list(parser, key, node, "an array of secrets such as [\"token\"]"))
        return false;
    for (size_t i = 0; i < node->n_children; i++) {
        ServiceSecret *secret = read_secret(parser, key, &node->children[i]);
        good = good && secret;
        if (secret)
            g_ptr_array_add(secrets, secret);
    }
    if (good)
        set_elements(ret, &secrets);
    return good;
}

static bool read_dependencies(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GPtrArray **ret)
{
    g_autoptr(GPtrArray) dependencies = g_ptr_array_new_with_free_func(service_dependency_free);
    bool good = true;

    if (!is_list(parser, key, node, "an array of services such as [\"ollama\"]"))
        return false;
    for (size_t i = 0; i < node->n_children; i++) {
        ServiceDependency *dependency = read_dependency(parser, key, &node->children[i]);
        good = good && dependency;
        if (dependency)
            g_ptr_array_add(dependencies, dependency);
    }
    if (good)
        set_elements(ret, &dependencies);
    return good;
}

bool parser_read_list(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, void *value)
{
    switch (key->type) {
    case CONFIG_TYPE_STRINGS:
        return read_strings(parser, key, node, value);
    case CONFIG_TYPE_COMMAND:
        return read_command(parser, key, node, value);
    case CONFIG_TYPE_VARIABLES:
        return read_variables(parser, key, node, *(GPtrArray **) value);
    case CONFIG_TYPE_PORTS:
        return read_ports(parser, key, node, value);
    case CONFIG_TYPE_VOLUMES:
        return read_volumes(parser, key, node, value);
    case CONFIG_TYPE_SECRETS:
        return read_secrets(parser, key, node, value);
    case CONFIG_TYPE_DEPENDENCIES:
        return read_dependencies(parser, key, node, value);
    default:
        g_assert_not_reached();
    }
}
