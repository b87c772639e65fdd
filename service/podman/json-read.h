/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading JSON that somebody else wrote: json-glib behind a check of depth (its parser recurses), and accessors that
 * take a missing member or one of another type for an absent one. Pure. Used by whatever reads Podman's replies.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-glib/json-glib.h>

#define JSON_DEPTH_MAX 64U

/* The one JSON value in the text; -EBADMSG when it is none, has something after it or is nested too deeply. */
int json_read(const char *text, size_t size, JsonNode **ret);

/* The same for a text that must be an object or an array; *ret_node owns what is returned, NULL on failure. */
JsonObject *json_read_object(const char *text, size_t size, JsonNode **ret_node);
JsonArray *json_read_array(const char *text, size_t size, JsonNode **ret_node);

/* Each accepts a NULL object. The strings and containers belong to the object. */
const char *member_string(JsonObject *object, const char *name); /* NULL: absent */
int64_t member_int(JsonObject *object, const char *name, int64_t fallback);
bool member_bool(JsonObject *object, const char *name);
JsonObject *member_object(JsonObject *object, const char *name);
JsonArray *member_array(JsonObject *object, const char *name);
size_t member_array_size(JsonArray *array);             /* 0 for NULL */
JsonObject *element_object(JsonArray *array, size_t i); /* NULL: something else */
const char *element_string(JsonArray *array, size_t i);
