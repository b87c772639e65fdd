/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TOML text as a plain tree, with lines and columns. The parser behind it is toml++, kept in one C++ file; nobody
 * else knows that. It judges the form only; which keys exist is config.c's question.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum TomlType {
    TOML_TYPE_TABLE,
    TOML_TYPE_ARRAY,
    TOML_TYPE_STRING,
    TOML_TYPE_INTEGER,
    TOML_TYPE_FLOAT,
    TOML_TYPE_BOOLEAN,
    TOML_TYPE_DATE, /* a date, a time or both */
} TomlType;

typedef struct TomlNode TomlNode;
struct TomlNode {
    char *key;                     /* in a table; NULL in an array and for the root */
    unsigned key_line, key_column; /* from 1; a key that a header implies stands where the header does */
    unsigned line, column;         /* of the value */
    TomlType type;
    char *string; /* TOML_TYPE_STRING; may contain no NUL that matters to C: \u0000 ends it */
    int64_t integer;
    double number; /* TOML_TYPE_FLOAT; may be infinite or not a number */
    bool boolean;
    TomlNode *children; /* in the order of the file */
    size_t n_children;
};

typedef struct TomlError {
    char *message; /* valid only after a failure; free() */
    unsigned line, column;
} TomlError;

/* Nodes below this depth are left out: no key of ours is that deep. */
#define TOML_DEPTH_MAX 8U

/*
 * 0 and *ret filled, or -EBADMSG and *reterr filled. The text need not be terminated. A line with more dots than
 * TOML_LINE_DOTS_MAX is refused: the parser builds one nested table a dot, and takes them down by recursion.
 */
#define TOML_LINE_DOTS_MAX 256U
int toml_read(const char *text, size_t size, TomlNode **ret, TomlError *reterr);
TomlNode *toml_node_free(TomlNode *node);

#ifdef __cplusplus
}
#endif
