/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks the tree that toml.h gives along the key table. Every problem is collected, not only the first: a person who
 * fixes a file wants to see all of them. The defaults and the services that come with airpods are texts that take the
 * same way.
 */
#include <stdio.h>
#include <string.h>

#include "service/config-builtin.h"
#include "service/config-parser.h"
#include "service/config-text.h"
#include "shared/suggest.h"

/* How toml++ begins, as in "Error while parsing table header: expected ']', saw '\\n'". */
#define PARSER_PREFIX "Error while parsing "

#define SERVICES_MAX 256U
/* "-0" is still to come. */
#define SERVICE_NAME_MAX 61U

static void parse_scope(const ConfigParser *parser, ConfigScope scope, const TomlNode *node);

/* --- unknown keys ------------------------------------------------------------------------------------------------- */

static void unknown_key(const ConfigParser *parser, ConfigScope scope, const TomlNode *node)
{
    const char *service = parser->service ? parser->service->name : NULL;
    g_autofree char *name = problem_quoted(node->key);
    g_autofree char *title = config_scope_title(scope, service);

    if (scope == CONFIG_SCOPE_SERVICE && strcmp(node->key, "build") == 0) {
        parser_error_at_key(parser, node,
            "\"build\" is not supported: airpods runs images, it does not build them. Build it with \"podman build -t %s .\" "
            "and write image = \"localhost/%s\".",
            service, service);
        return;
    }
    const char *foreign = scope >= CONFIG_SCOPE_SERVICE ? config_foreign_name(node->key) : NULL;
    if (foreign) {
        parser_error_at_key(parser, node, "Unknown key %s in [%s]; here it is \"%s\".", name, title, foreign);
        return;
    }
    const char *nearest = suggest_nearest(node->key, config_key_names(scope));
    ConfigScope other = config_scope_of_key(node->key, scope);
    if (!nearest && other != CONFIG_SCOPE_MAX) {
        g_autofree char *home = config_scope_title(other, service);
        parser_error_at_key(parser, node, "Unknown key %s in [%s]; it belongs to [%s].", name, title, home);
        return;
    }
    g_autofree char *mean = nearest ? g_strdup_printf(" Did you mean \"%s\"?", nearest) : g_strdup("");
    parser_error_at_key(parser, node, "Unknown key %s in [%s].%s", name, title, mean);
}

/* What stands at the top of the file but is no section. */
static void unknown_section(const ConfigParser *parser, const TomlNode *node)
{
    g_autofree char *name = problem_quoted(node->key);
    ConfigScope scope = config_scope_of_key(node->key, CONFIG_SCOPE_MAX);

    if (scope != CONFIG_SCOPE_MAX) {
        g_autofree char *title = config_scope_title(scope, NULL);
        parser_error_at_key(parser, node, "Key %s stands outside of a section; it belongs to [%s].", name, title);
        return;
    }
    const char *nearest = suggest_nearest(node->key, config_sections());
    g_autofree char *mean = nearest ? g_strdup_printf(" Did you mean [%s]?", nearest) : NULL;
    for (ConfigScope i = 0; !mean && node->type != TOML_TYPE_TABLE && i < CONFIG_SCOPE_MAX; i++) {
        const char *key = suggest_nearest(node->key, config_key_names(i));
        g_autofree char *title = config_scope_title(i, NULL);
        if (key)
            mean = g_strdup_printf(" Did you mean \"%s\" in [%s]?", key, title);
    }
    parser_error_at_key(parser, node, node->type == TOML_TYPE_TABLE ? "Unknown section %s.%s" : "Unknown key %s.%s",
        name, mean ? mean : "");
}

/* --- one table ---------------------------------------------------------------------------------------------------- */

/* A key of a later version that asks for nothing is honoured by doing nothing. */
static bool asks_for_something(const TomlNode *node)
{
    switch (node->type) {
    case TOML_TYPE_BOOLEAN:
        return node->boolean;
    case TOML_TYPE_ARRAY:
        return node->n_children > 0;
    case TOML_TYPE_STRING:
        return strcmp(node->string, "none") != 0;
    case TOML_TYPE_TABLE: {
        const TomlNode *enabled = toml_member(node, "enabled"), *force_cpu = toml_member(node, "force_cpu");
        return !((enabled && enabled->type == TOML_TYPE_BOOLEAN && !enabled->boolean) ||
                 (force_cpu && force_cpu->type == TOML_TYPE_BOOLEAN && force_cpu->boolean));
    }
    case TOML_TYPE_INTEGER:
    case TOML_TYPE_FLOAT:
    case TOML_TYPE_DATE:
    default:
        return true;
    }
}

static void warn_of_later(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    g_autofree char *title = config_scope_title(key->scope, parser->service ? parser->service->name : NULL);

    if (!parser->file || parser->file == CONFIG_BUILT_IN)
        return;
    if (key->type == CONFIG_TYPE_ANY || asks_for_something(node))
        parser_warning_at_key(parser, node, "Key \"%s.%s\" is not used by this version of airpods.", title, key->name);
}

static void warn_of_earlier(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    g_autofree char *title = config_scope_title(key->scope, parser->service ? parser->service->name : NULL);
    parser_warning_at_key(parser, node, "Key \"%s.%s\" is now called \"%s\".", title, key->earlier, key->name);
}

static const char *const health_kinds[] = {"path", "tcp", "exec", NULL};

static void health_clear(ServiceConfig *service, const char *kind)
{
    HealthConfig *health = &service->health;

    if (strcmp(kind, "path") == 0) {
        g_clear_pointer(&health->path, g_free);
        health->port = 0;
        service->origins[config_key_index(config_key_find(CONFIG_SCOPE_HEALTH, "port"))] = (ConfigOrigin){0};
    } else if (strcmp(kind, "tcp") == 0) {
        health->tcp = 0;
    } else {
        g_clear_pointer(&health->exec, g_strfreev);
    }
    service->origins[config_key_index(config_key_find(CONFIG_SCOPE_HEALTH, kind))] = (ConfigOrigin){0};
}

/* A way to probe replaces another one of an earlier file; two in one file are a mistake. */
static bool choose_health_kind(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    if (!g_strv_contains(health_kinds, key->name))
        return true;
    for (size_t i = 0; health_kinds[i]; i++) {
        const ConfigKey *other = config_key_find(CONFIG_SCOPE_HEALTH, health_kinds[i]);
        const ConfigOrigin *origin = config_key_origin(other, parser->config, parser->service);
        if (other == key || !origin->file)
            continue;
        if (origin->file == parser->file) {
            parser_error_at_key(
                parser, node, "Health is probed in one way: give \"%s\" or \"%s\", not both.", other->name, key->name);
            return false;
        }
        health_clear(parser->service, other->name);
    }
    return true;
}

static void parse_table(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    bool is_health = key->offset == CONFIG_SCOPE_HEALTH;

    if (is_health)
        parser->service->health.off = node->type == TOML_TYPE_BOOLEAN && !node->boolean;
    if (is_health && parser->service->health.off) {
        for (size_t i = 0; health_kinds[i]; i++)
            health_clear(parser->service, health_kinds[i]);
    } else if (node->type != TOML_TYPE_TABLE) {
        parser_wrong_type(
            parser, node, key->name, is_health ? "a table such as { path = \"/\" }, or false" : "a table");
        return;
    }
    *config_key_origin(key, parser->config, parser->service) =
        (ConfigOrigin){parser->file, node->key_line, node->key_column};
    parse_scope(parser, (ConfigScope) key->offset, node);
}

static void parse_key(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    if (key->use == CONFIG_USE_GONE) {
        g_autofree char *title = config_scope_title(key->scope, parser->service ? parser->service->name : NULL);
        parser_warning_at_key(parser, node, "Key \"%s.%s\" no longer applies: %s", title, key->name, key->sentence);
        return;
    }
    if (key->type == CONFIG_TYPE_TABLE) {
        parse_table(parser, key, node);
        return;
    }
    if (key->scope == CONFIG_SCOPE_HEALTH && !choose_health_kind(parser, key, node))
        return;
    if (key->type != CONFIG_TYPE_ANY) {
        if (!parser_read_value(parser, key, node))
            return;
        *config_key_origin(key, parser->config, parser->service) =
            (ConfigOrigin){parser->file, node->key_line, node->key_column};
    }
    if (key->use == CONFIG_USE_LATER)
        warn_of_later(parser, key, node);
}

static void parse_scope(const ConfigParser *parser, ConfigScope scope, const TomlNode *node)
{
    bool seen[CONFIG_KEYS_MAX] = {0};

    for (size_t i = 0; i < node->n_children; i++) {
        const TomlNode *child = &node->children[i];
        const ConfigKey *key = config_key_find(scope, child->key);
        if (!key) {
            unknown_key(parser, scope, child);
            continue;
        }
        bool *twice = &seen[config_key_index(key)];
        if (*twice)
            parser_error_at_key(parser, child, "\"%s\" and \"%s\" are two names of one key: give one of them.",
                key->name, key->earlier);
        else
            parse_key(parser, key, child);
        if (!*twice && key->earlier && strcmp(child->key, key->earlier) == 0)
            warn_of_earlier(parser, key, child);
        *twice = true;
    }
}

/* --- services ----------------------------------------------------------------------------------------------------- */

/* Rows with a default, as the text of a file would be. */
static char *defaults_text(ConfigScope first, ConfigScope last)
{
    GString *s = g_string_new(NULL);
    size_t n;
    const ConfigKey *keys = config_keys(&n);

    for (ConfigScope scope = first; scope <= last; scope++) {
        if (scope != CONFIG_SCOPE_SERVICE) {
            g_autofree char *title = config_scope_title(scope, "");
            const char *header = scope > CONFIG_SCOPE_SERVICE ? strrchr(title, '.') + 1 : title;
            g_string_append_printf(s, "[%s]\n", header);
        }
        for (size_t i = 0; i < n; i++)
            if (keys[i].scope == scope && keys[i].default_value)
                g_string_append_printf(s, "%s = %s\n", keys[i].name, keys[i].default_value);
    }
    return g_string_free(s, FALSE);
}

typedef enum OwnText { OWN_DEFAULTS, OWN_SERVICE_DEFAULTS, OWN_SERVICES, OWN_TEXT_MAX } OwnText;

/* The texts of our own, read once and kept. That they are right is tested, not checked. */
static const TomlNode *own_text(OwnText which)
{
    static TomlNode *trees[OWN_TEXT_MAX];

    if (!trees[which]) {
        g_autofree char *defaults = which == OWN_DEFAULTS ? defaults_text(CONFIG_SCOPE_META, CONFIG_SCOPE_VPN)
                                                          : defaults_text(CONFIG_SCOPE_SERVICE, CONFIG_SCOPE_RESOURCES);
        const char *text = which == OWN_SERVICES ? config_builtin_services : defaults;
        TomlError error = {0};
        if (toml_read(text, strlen(text), &trees[which], &error) < 0)
            g_error("%u:%u: %s", error.line, error.column, error.message);
    }
    return trees[which];
}

static ServiceConfig *add_service(const ConfigParser *parser, const char *name)
{
    ServiceConfig *service = service_config_new(name);
    ConfigParser defaults = {parser->config, service, NULL, parser->problems};

    parse_scope(&defaults, CONFIG_SCOPE_SERVICE, own_text(OWN_SERVICE_DEFAULTS));
    memset(service->origins, 0, sizeof(service->origins));
    g_ptr_array_add(parser->config->services, service);
    return service;
}

static void parse_service(const ConfigParser *parser, const TomlNode *node)
{
    g_autofree char *quoted = problem_quoted(node->key);

    if (node->type != TOML_TYPE_TABLE) {
        if (config_key_find(CONFIG_SCOPE_SERVICE, node->key))
            parser_error_at_key(
                parser, node, "Key %s stands outside of a service; it belongs to [services.NAME].", quoted);
        else
            parser_error(parser, node, "%s must be a service, written as [services.NAME], not %s.", quoted,
                toml_type_words(node->type));
        return;
    }
    if (check_container_name(node->key) || strlen(node->key) > SERVICE_NAME_MAX) {
        parser_error_at_key(
            parser, node, "%s is not a name for a service: names are 1 to 61 letters, digits and . _ -.", quoted);
        return;
    }
    ConfigParser inner = *parser;
    inner.service = config_service(parser->config, node->key);
    if (!inner.service) {
        if (parser->config->services->len >= SERVICES_MAX) {
            parser_error_at_key(parser, node, "There are more than %u services.", SERVICES_MAX);
            return;
        }
        inner.service = add_service(parser, node->key);
    }
    inner.service->origin = (ConfigOrigin){parser->file, node->key_line, node->key_column};
    inner.service->mentioned = inner.service->mentioned || parser->file != CONFIG_BUILT_IN;
    parse_scope(&inner, CONFIG_SCOPE_SERVICE, node);
    if (inner.service->network_mode == SERVICE_NETWORK_BRIDGE)
        inner.service->network_mode = SERVICE_NETWORK_POD;
}

/* --- the whole file ----------------------------------------------------------------------------------------------- */

static void parse_section(const ConfigParser *parser, const TomlNode *node)
{
    static const ConfigScope scopes[] = {CONFIG_SCOPE_META, CONFIG_SCOPE_RUNTIME, CONFIG_SCOPE_CLI, CONFIG_SCOPE_VPN};
    bool services = strcmp(node->key, "services") == 0;

    if (strcmp(node->key, "dependencies") == 0) {
        parser_warning_at_key(
            parser, node, "Section [dependencies] no longer applies: airpods needs nothing but Podman.");
        return;
    }
    if (!g_strv_contains(config_sections(), node->key)) {
        unknown_section(parser, node);
        return;
    }
    if (node->type != TOML_TYPE_TABLE) {
        parser_error(parser, node, "\"%s\" must be a section, written as [%s], not %s.", node->key,
            services ? "services.NAME" : node->key, toml_type_words(node->type));
        return;
    }
    for (size_t i = 0; services && i < node->n_children; i++)
        parse_service(parser, &node->children[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++) {
        g_autofree char *title = config_scope_title(scopes[i], NULL);
        if (strcmp(title, node->key) == 0)
            parse_scope(parser, scopes[i], node);
    }
}

static void parse_root(const ConfigParser *parser, const TomlNode *root)
{
    for (size_t i = 0; i < root->n_children; i++)
        parse_section(parser, &root->children[i]);
}

/* Origins point to the name, so the configuration keeps it. */
static const char *keep_file(Config *config, const char *file)
{
    for (guint i = 0; i < config->files->len; i++)
        if (strcmp(g_ptr_array_index(config->files, i), file) == 0)
            return g_ptr_array_index(config->files, i);
    char *copy = g_strdup(file);
    g_ptr_array_add(config->files, copy);
    return copy;
}

/* toml++ finds such bytes as well, but does not say where they are. */
static bool is_text(const ConfigParser *parser, const char *text, size_t size)
{
    const char *end;
    unsigned line = 1, column = 1;

    if (g_utf8_validate_len(text, size, &end) || *end == '\0') /* toml++ knows what to say about NUL */
        return true;
    for (const char *c = text; c < end; c = g_utf8_next_char(c)) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    problems_add(parser->problems, parser->file, line, column, SEVERITY_ERROR,
        "The byte 0x%02x is not UTF-8 text here: save the file as UTF-8.", (unsigned char) *end);
    return false;
}

void config_parse(Config *config, const char *file, const char *text, size_t size, Problems *problems)
{
    ConfigParser parser = {config, NULL, keep_file(config, file), problems};
    TomlNode *root = NULL;
    TomlError error = {0};
    size_t before = problems->n;

    if (!is_text(&parser, text, size))
        return;
    if (toml_read(text, size, &root, &error) < 0) {
        const char *sentence = error.message;
        bool prefixed = g_str_has_prefix(sentence, PARSER_PREFIX);
        if (prefixed)
            sentence += strlen(PARSER_PREFIX);
        problems_add(problems, file, error.line, error.column, SEVERITY_ERROR, "%s%s%s",
            prefixed ? "Not valid TOML in the " : "", sentence, g_str_has_suffix(sentence, ".") ? "" : ".");
        free(error.message);
        return;
    }
    parse_root(&parser, root);
    toml_node_free(root);
    problems_sort(problems, before);
}

static void parse_own(Config *config, const char *file, OwnText which)
{
    Problems problems = {0};
    ConfigParser parser = {config, NULL, file, &problems};

    parse_root(&parser, own_text(which));
    if (problems.n > 0)
        g_error("%s", problems.items[0].message);
}

Config *config_new(void)
{
    Config *config = g_new0(Config, 1);

    config->services = g_ptr_array_new();
    config->files = g_ptr_array_new_with_free_func(g_free);
    parse_own(config, NULL, OWN_DEFAULTS);
    memset(config->origins, 0, sizeof(config->origins));
    parse_own(config, CONFIG_BUILT_IN, OWN_SERVICES);
    return config;
}

Config *config_free(Config *config)
{
    if (!config)
        return NULL;
    g_free(config->version);
    g_free(config->runtime.host_gateway);
    g_free(config->runtime.network_name);
    g_free(config->runtime.network.subnet);
    g_free(config->runtime.network.gateway);
    g_strfreev(config->runtime.network.dns_servers);
    g_strfreev(config->ignore);
    for (guint i = 0; i < config->services->len; i++)
        service_config_free(g_ptr_array_index(config->services, i));
    g_ptr_array_unref(config->services);
    g_ptr_array_unref(config->files);
    g_free(config->faulty);
    g_free(config);
    return NULL;
}

bool config_ignores(const Config *config, const char *ifname)
{
    return g_strv_contains((const char *const *) config->ignore, ifname);
}

ServiceConfig *config_service(const Config *config, const char *name)
{
    for (guint i = 0; i < config->services->len; i++) {
        ServiceConfig *service = g_ptr_array_index(config->services, i);
        if (strcmp(service->name, name) == 0)
            return service;
    }
    return NULL;
}
