/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records: plain structs whose members are described by a table of fields. One table reads the struct from a D-Bus
 * dictionary (record-bus.c), writes it as JSON (json.c) and frees it. Knows no bus.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a member is, by its D-Bus type. */
typedef enum FieldType {
    FIELD_STRING,  /* s: char * */
    FIELD_BOOL,    /* b: bool */
    FIELD_U32,     /* u: uint32_t */
    FIELD_U64,     /* t: uint64_t */
    FIELD_STRINGS, /* as: char ** with a NULL at the end */
    FIELD_UIDS,    /* au: GArray * of uint32_t, NULL when it was not sent */
    FIELD_TYPE_MAX,
} FieldType;

typedef struct Field {
    const char *key;  /* in the D-Bus dictionary */
    const char *json; /* in JSON */
    FieldType type;
    bool optional; /* may be missing from the dictionary, and then is from JSON; only for FIELD_UIDS */
    size_t offset;
} Field;

typedef struct RecordType {
    size_t size;
    size_t n_fields; /* at most 32 */
    const Field *fields;
} RecordType;

/* The member that a field describes, as a pointer to its type. */
#define FIELD_PTR(record, field, type) ((type *) (void *) ((char *) (record) + (field)->offset))

/* Frees what the members point to, and the record. */
void record_free(const RecordType *type, void *record);
