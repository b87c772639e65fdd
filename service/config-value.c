/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads single values: one function a type of the key table, each with the sentence for what is wrong.
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "service/config-parser.h"
#include "service/config-text.h"
#include "shared/suggest.h"

static void complain(const ConfigParser *parser, unsigned line, unsigned column, Severity severity, const char *format,
    va_list ap) _printf_(5, 0);

static void complain(
    const ConfigParser *parser, unsigned line, unsigned column, Severity severity, const char *format, va_list ap)
{
    g_autofree char *text = g_strdup_vprintf(format, ap);
    problems_add(parser->problems, parser->file ? parser->file : CONFIG_BUILT_IN, line, column, severity, "%s", text);
}

void parser_error(const ConfigParser *parser, const TomlNode *node, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(parser, node->line, node->column, SEVERITY_ERROR, format, ap);
    va_end(ap);
}

void parser_error_at_key(const ConfigParser *parser, const TomlNode *node, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(parser, node->key_line, node->key_column, SEVERITY_ERROR, format, ap);
    va_end(ap);
}

void parser_warning(const ConfigParser *parser, const TomlNode *node, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(parser, node->line, node->column, SEVERITY_WARNING, format, ap);
    va_end(ap);
}

void parser_warning_at_key(const ConfigParser *parser, const TomlNode *node, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    complain(parser, node->key_line, node->key_column, SEVERITY_WARNING, format, ap);
    va_end(ap);
}

const char *toml_type_words(TomlType type)
{
    switch (type) {
    case TOML_TYPE_TABLE:
        return "a table";
    case TOML_TYPE_ARRAY:
        return "an array";
    case TOML_TYPE_STRING:
        return "a string";
    case TOML_TYPE_INTEGER:
        return "an integer";
    case TOML_TYPE_FLOAT:
        return "a number";
    case TOML_TYPE_BOOLEAN:
        return "a boolean";
    case TOML_TYPE_DATE:
    default:
        return "a date";
    }
}

char *parser_did_you_mean(const char *word, const char *const *list)
{
    const char *nearest = suggest_nearest(word, list);
    return nearest ? g_strdup_printf(" Did you mean \"%s\"?", nearest) : g_strdup("");
}

ConfigOrigin parser_origin(const ConfigParser *parser, const TomlNode *node)
{
    return (ConfigOrigin){parser->file, node->line, node->column};
}

void parser_wrong_type(const ConfigParser *parser, const TomlNode *node, const char *what, const char *expected)
{
    parser_error(parser, node, "\"%s\" must be %s, not %s.", what, expected, toml_type_words(node->type));
}

const TomlNode *toml_member(const TomlNode *node, const char *name)
{
    for (size_t i = 0; i < node->n_children; i++)
        if (strcmp(node->children[i].key, name) == 0)
            return &node->children[i];
    return NULL;
}

bool parser_check_members(const ConfigParser *parser, const TomlNode *node, const char *what, const char *const *known)
{
    bool good = true;

    for (size_t i = 0; i < node->n_children; i++) {
        const TomlNode *child = &node->children[i];
        if (g_strv_contains(known, child->key))
            continue;
        g_autofree char *name = problem_quoted(child->key);
        g_autofree char *mean = parser_did_you_mean(child->key, known);
        parser_error_at_key(parser, child, "Unknown key %s in an element of \"%s\".%s", name, what, mean);
        good = false;
    }
    return good;
}

const char *parser_checked_string(
    const ConfigParser *parser, const TomlNode *node, const char *what, const char *(*check)(const char *text))
{
    if (node->type != TOML_TYPE_STRING) {
        parser_wrong_type(parser, node, what, "a string");
        return NULL;
    }
    const char *reason = check(node->string);
    if (!reason)
        return node->string;
    g_autofree char *value = problem_quoted(node->string);
    parser_error(parser, node, "%s %s.", value, reason);
    return NULL;
}

static bool read_integer(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, uint32_t *ret)
{
    if (node->type != TOML_TYPE_INTEGER) {
        g_autofree char *expected =
            g_strdup_printf("an integer from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, key->min, key->max);
        parser_wrong_type(parser, node, key->name, expected);
        return false;
    }
    if (node->integer < (int64_t) key->min || node->integer > (int64_t) key->max) {
        parser_error(parser, node,
            "\"%s\" is %" G_GINT64_FORMAT "; it must be from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ".",
            key->name, node->integer, key->min, key->max);
        return false;
    }
    *ret = (uint32_t) node->integer;
    return true;
}

static bool read_number(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, double *ret)
{
    double number = NAN;

    if (node->type == TOML_TYPE_INTEGER) {
        number = (double) node->integer;
    } else if (node->type == TOML_TYPE_FLOAT) {
        number = node->number;
    } else if (node->type == TOML_TYPE_STRING) { /* the earlier airpods wanted cpus = "1.5" */
        char *end;
        number = g_ascii_strtod(node->string, &end);
        if (end == node->string || *end)
            number = NAN;
    } else {
        parser_wrong_type(parser, node, key->name, "a number such as 1.5");
        return false;
    }
    if (!(number > (double) key->min && number <= (double) key->max)) {
        parser_error(parser, node,
            "\"%s\" must be a number above %" G_GUINT64_FORMAT " and up to %" G_GUINT64_FORMAT ".", key->name, key->min,
            key->max);
        return false;
    }
    *ret = number;
    return true;
}

static bool check_range(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, uint64_t value,
    char *(*to_text)(uint64_t value))
{
    if (value >= key->min && value <= key->max)
        return true;
    g_autofree char *min = to_text(key->min), *max = to_text(key->max), *text = to_text(value);
    parser_error(parser, node, "\"%s\" is %s; it must be from %s to %s.", key->name, text, min, max);
    return false;
}

static bool read_size(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, uint64_t *ret)
{
    static const char expected[] = "a size such as \"512m\" or \"4g\"";
    uint64_t size;

    if (node->type == TOML_TYPE_INTEGER && node->integer >= 0) {
        size = (uint64_t) node->integer;
    } else if (node->type != TOML_TYPE_STRING) {
        parser_wrong_type(parser, node, key->name, expected);
        return false;
    } else if (text_to_size(node->string, &size) < 0) {
        g_autofree char *value = problem_quoted(node->string);
        parser_error(parser, node, "%s is not %s.", value, expected);
        return false;
    }
    if (!check_range(parser, key, node, size, size_to_text))
        return false;
    *ret = size;
    return true;
}

static bool read_duration(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, uint64_t *ret)
{
    static const char expected[] = "a number of seconds or a time such as \"30s\" or \"2m\"";
    static const int64_t second = 1000000;
    uint64_t usec;

    if (node->type == TOML_TYPE_INTEGER && node->integer >= 0 && node->integer <= INT64_MAX / second) {
        usec = (uint64_t) (node->integer * second);
    } else if (node->type == TOML_TYPE_FLOAT && node->number >= 0 && node->number < 1e9) {
        usec = (uint64_t) llround(node->number * (double) second);
    } else if (node->type == TOML_TYPE_INTEGER || node->type == TOML_TYPE_FLOAT) {
        parser_error(parser, node, "\"%s\" is not a time.", key->name);
        return false;
    } else if (node->type != TOML_TYPE_STRING) {
        parser_wrong_type(parser, node, key->name, expected);
        return false;
    } else if (text_to_usec(node->string, &usec) < 0) {
        g_autofree char *value = problem_quoted(node->string);
        parser_error(parser, node, "%s is not %s.", value, expected);
        return false;
    }
    if (!check_range(parser, key, node, usec, usec_to_text))
        return false;
    *ret = usec;
    return true;
}

/* "auto", "ask" or "off" */
static char *list_words(const char *const *words)
{
    GString *s = g_string_new(NULL);

    for (size_t i = 0; words[i]; i++) {
        if (i > 0)
            g_string_append(s, words[i + 1] ? ", " : " or ");
        g_string_append_printf(s, "\"%s\"", words[i]);
    }
    return g_string_free(s, FALSE);
}

static bool read_word(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, int *ret)
{
    if (node->type != TOML_TYPE_STRING) {
        g_autofree char *words = list_words(key->words);
        g_autofree char *expected = g_strconcat(key->words[1] ? "one of the strings " : "the string ", words, NULL);
        parser_wrong_type(parser, node, key->name, expected);
        return false;
    }
    for (int i = 0; key->words[i]; i++) {
        if (strcmp(key->words[i], node->string) == 0) {
            *ret = i;
            return true;
        }
    }
    g_autofree char *words = list_words(key->words);
    g_autofree char *value = problem_quoted(node->string);
    g_autofree char *mean = parser_did_you_mean(node->string, key->words);
    parser_error(parser, node, "%s is not a value of \"%s\": use %s.%s", value, key->name, words, mean);
    return false;
}

static bool read_string(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, char **ret)
{
    if (node->type != TOML_TYPE_STRING) {
        parser_wrong_type(parser, node, key->name, key->expected);
        return false;
    }
    if (!parser_checked_string(parser, node, key->name, key->check))
        return false;
    g_free(*ret);
    *ret = g_strdup(node->string);
    return true;
}

static bool read_version(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, char **ret)
{
    if (node->type != TOML_TYPE_STRING) {
        parser_wrong_type(parser, node, key->name, "a string such as \"1.0\"");
        return false;
    }
    if (strcmp(node->string, "1") != 0 && !g_str_has_prefix(node->string, "1.")) {
        g_autofree char *value = problem_quoted(node->string);
        parser_error(parser, node, "%s is a format that this version of airpods does not know: it reads 1.x.", value);
        return false;
    }
    g_free(*ret);
    *ret = g_strdup(node->string);
    return true;
}

static bool read_mtu(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, uint32_t *ret)
{
    if (node->type == TOML_TYPE_STRING && strcmp(node->string, "auto") == 0) {
        *ret = 0;
        return true;
    }
    if (node->type != TOML_TYPE_INTEGER) {
        g_autofree char *expected = g_strdup_printf(
            "\"auto\" or an integer from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, key->min, key->max);
        parser_wrong_type(parser, node, key->name, expected);
        return false;
    }
    return read_integer(parser, key, node, ret);
}

static bool is_status(const TomlNode *node)
{
    return node->type == TOML_TYPE_INTEGER && node->integer >= 100 && node->integer <= 599;
}

static bool read_status(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, uint32_t ret[2])
{
    const TomlNode *min = node, *max = node;

    if (node->type == TOML_TYPE_ARRAY && node->n_children == 2) {
        min = &node->children[0];
        max = &node->children[1];
    }
    if (!is_status(min) || !is_status(max) || min->integer > max->integer) {
        parser_error(parser, node,
            "\"%s\" must be an HTTP status from 100 to 599, or the first and the last of a range such as [200, 299].",
            key->name);
        return false;
    }
    ret[0] = (uint32_t) min->integer;
    ret[1] = (uint32_t) max->integer;
    return true;
}

/* true, false, "auto", "none", or the earlier { enabled, force_cpu }. */
static bool read_gpu(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, GpuWish *ret)
{
    static const char *const members[] = {"enabled", "force_cpu", NULL};
    bool enabled = true, force_cpu = false;

    if (node->type == TOML_TYPE_BOOLEAN) {
        *ret = node->boolean ? GPU_AUTO : GPU_NONE;
        return true;
    }
    if (node->type == TOML_TYPE_STRING && (strcmp(node->string, "auto") == 0 || strcmp(node->string, "none") == 0)) {
        *ret = node->string[0] == 'a' ? GPU_AUTO : GPU_NONE;
        return true;
    }
    if (node->type != TOML_TYPE_TABLE) {
        parser_error(parser, node, "\"%s\" must be true, false, \"auto\" or \"none\".", key->name);
        return false;
    }
    if (!parser_check_members(parser, node, key->name, members))
        return false;
    for (size_t i = 0; i < node->n_children; i++) {
        const TomlNode *child = &node->children[i];
        if (child->type != TOML_TYPE_BOOLEAN) {
            parser_wrong_type(parser, child, child->key, "true or false");
            return false;
        }
        *(strcmp(child->key, "enabled") == 0 ? &enabled : &force_cpu) = child->boolean;
    }
    *ret = enabled && !force_cpu ? GPU_AUTO : GPU_NONE;
    return true;
}

bool parser_read_value(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node)
{
    void *value = config_key_value(key, parser->config, parser->service);

    switch (key->type) {
    case CONFIG_TYPE_BOOLEAN:
        if (node->type != TOML_TYPE_BOOLEAN) {
            parser_wrong_type(parser, node, key->name, "true or false");
            return false;
        }
        *(bool *) value = node->boolean;
        return true;
    case CONFIG_TYPE_INTEGER:
        return read_integer(parser, key, node, value);
    case CONFIG_TYPE_NUMBER:
        return read_number(parser, key, node, value);
    case CONFIG_TYPE_SIZE:
        return read_size(parser, key, node, value);
    case CONFIG_TYPE_DURATION:
        return read_duration(parser, key, node, value);
    case CONFIG_TYPE_WORD:
        return read_word(parser, key, node, value);
    case CONFIG_TYPE_STRING:
        return read_string(parser, key, node, value);
    case CONFIG_TYPE_VERSION:
        return read_version(parser, key, node, value);
    case CONFIG_TYPE_MTU:
        return read_mtu(parser, key, node, value);
    case CONFIG_TYPE_STATUS:
        return read_status(parser, key, node, value);
    case CONFIG_TYPE_GPU:
        return read_gpu(parser, key, node, value);
    case CONFIG_TYPE_STRINGS:
    case CONFIG_TYPE_COMMAND:
    case CONFIG_TYPE_VARIABLES:
    case CONFIG_TYPE_PORTS:
    case CONFIG_TYPE_VOLUMES:
    case CONFIG_TYPE_SECRETS:
    case CONFIG_TYPE_DEPENDENCIES:
        return parser_read_list(parser, key, node, value);
    case CONFIG_TYPE_TABLE:
    case CONFIG_TYPE_ANY:
    default:
        g_assert_not_reached();
    }
}
