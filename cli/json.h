/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON on standard output: always one array of objects, with underscores in keys. libsmartcols could print JSON too,
 * but wraps the array in an object.
 */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

#include "cli/record.h"

/* Begins the array. */
JsonBuilder *json_begin(void);

/* Adds the members of a record to the object that is open. */
void json_add_fields(JsonBuilder *json, const RecordType *type, const void *record);

/* Ends the array; the text, with a line feed, is freed with g_free(), and the builder is gone. */
char *json_end(JsonBuilder *json);

/* All records as text; free with g_free(). */
char *json_from_records(const RecordType *type, const GPtrArray *records);
