/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables for people, by libsmartcols: it measures, aligns and makes control characters harmless.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"

typedef struct Table Table;

typedef struct Column {
    const char *title;
    bool right; /* numbers */
} Column;

Table *table_free(Table *table);
DEFINE_FREEP(Table, table_free);

Table *table_new(const Column *columns, size_t n);

/* Adds a row; n cells follow as strings, which are copied. NULL is printed as "-". */
void table_add(Table *table, const char *const *cells);

/* Prints it to standard output. */
void table_print(const Table *table);

/* "yes" or "no". */
const char *yes_no(bool value);
