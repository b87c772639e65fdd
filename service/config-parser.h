/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files that make up the parser share: where it stands and how it complains. config.c walks the tables,
 * config-value.c reads single values, config-lists.c those that are lists or tables. Nobody else includes this.
 */
#pragma once

#include "service/config-keys.h"
#include "service/toml.h"

/* A list longer than this is a mistake. */
#define CONFIG_LIST_MAX 256U

typedef struct ConfigParser {
    Config *config;
    ServiceConfig *service; /* in scopes of a service */
    const char *file;       /* NULL: these are the defaults */
    Problems *problems;
} ConfigParser;

/* At a value, at a key. */
void parser_error(const ConfigParser *parser, const TomlNode *node, const char *format, ...) _printf_(3, 4);
void parser_error_at_key(const ConfigParser *parser, const TomlNode *node, const char *format, ...) _printf_(3, 4);
void parser_warning(const ConfigParser *parser, const TomlNode *node, const char *format, ...) _printf_(3, 4);
void parser_warning_at_key(const ConfigParser *parser, const TomlNode *node, const char *format, ...) _printf_(3, 4);

/* "a string" */
const char *toml_type_words(TomlType type);

/* "\"ports\" must be …, not a string." */
void parser_wrong_type(const ConfigParser *parser, const TomlNode *node, const char *what, const char *expected);

/* The member of a small table such as { name, env }; NULL when it is not there. Complains about others than `known`. */
const TomlNode *toml_member(const TomlNode *node, const char *name);
bool parser_check_members(const ConfigParser *parser, const TomlNode *node, const char *what, const char *const *known);

/* The string of a node if it passes the check, else NULL and a complaint. */
const char *parser_checked_string(
    const ConfigParser *parser, const TomlNode *node, const char *what, const char *(*check)(const char *text));

/* "Did you mean …?" with a space before it, or "". */
char *parser_did_you_mean(const char *word, const char *const *list);

ConfigOrigin parser_origin(const ConfigParser *parser, const TomlNode *node);

/*
 * Reads the value of one row into its place. False: it is wrong, the complaint is made and the place is as it was or
 * half filled.
 */
bool parser_read_value(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node);
bool parser_read_list(const ConfigParser *parser, const ConfigKey *key, const TomlNode *node, void *value);
