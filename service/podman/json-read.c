/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json-glib 1.6 recurses once for each bracket without a limit, and takes more than JSON: comments, single quotes,
 * "var x =", several values. Each of these could hide brackets from a count, so whatever stands outside of strings is
 * looked at first.
 */
#include <errno.h>
#include <string.h>

#include "service/podman/json-read.h"

/* The text behind the string that begins at text[i], or `size`. */
static size_t skip_string(const char *text, size_t size, size_t i)
{
    for (i++; i < size && text[i] != '"'; i++)
        if (text[i] == '\\')
            i++;
    return MIN(i + 1, size);
}

static bool is_bare(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("+-.,: \t\r\n", c));
}

/* Brackets that match in number, nested no deeper than the limit, nothing after the last one, no foreign character. */
static bool is_sane(const char *text, size_t size)
{
    unsigned depth = 0;
    bool closed = false;

    for (size_t i = 0; i < size;) {
        char c = text[i];
        if (closed && !g_ascii_isspace(c))
            return false;
        if (c == '"') {
            i = skip_string(text, size, i);
            continue;
        }
        if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return false;
        } else if (c == ']' || c == '}') {
            if (depth == 0)
                return false;
            closed = --depth == 0;
        } else if (!is_bare(c)) {
            return false;
        }
        i++;
    }
    return depth == 0;
}

int json_read(const char *text, size_t size, JsonNode **ret)
{
    if (size == 0 || size > G_MAXSSIZE || !is_sane(text, size))
        return -EBADMSG;

    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    if (!json_parser_load_from_data(parser, text, (gssize) size, NULL))
        return -EBADMSG;
    JsonNode *root = json_parser_steal_root(parser);
    if (!root)
        return -EBADMSG;
    *ret = root;
    return 0;
}

JsonObject *json_read_object(const char *text, size_t size, JsonNode **ret_node)
{
    g_autoptr(JsonNode) node = NULL;

    if (json_read(text, size, &node) < 0 || !JSON_NODE_HOLDS_OBJECT(node))
        return NULL;
    *ret_node = g_steal_pointer(&node);
    return json_node_get_object(*ret_node);
}

JsonArray *json_read_array(const char *text, size_t size, JsonNode **ret_node)
{
    g_autoptr(JsonNode) node = NULL;

    if (json_read(text, size, &node) < 0 || !JSON_NODE_HOLDS_ARRAY(node))
        return NULL;
    *ret_node = g_steal_pointer(&node);
    return json_node_get_array(*ret_node);
}

static JsonNode *member(JsonObject *object, const char *name)
{
    return object ? json_object_get_member(object, name) : NULL;
}

static const char *node_string(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

const char *member_string(JsonObject *object, const char *name)
{
    return node_string(member(object, name));
}

int64_t member_int(JsonObject *object, const char *name, int64_t fallback)
{
    JsonNode *node = member(object, name);

    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64
               ? json_node_get_int(node)
               : fallback;
}

bool member_bool(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);

    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
           json_node_get_boolean(node);
}

JsonObject *member_object(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *member_array(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name);

    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

size_t member_array_size(JsonArray *array)
{
    return array ? json_array_get_length(array) : 0;
}

JsonObject *element_object(JsonArray *array, size_t i)
{
    JsonNode *node = json_array_get_element(array, (guint) i);

    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

const char *element_string(JsonArray *array, size_t i)
{
    return node_string(json_array_get_element(array, (guint) i));
}
