/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs: one table that dispatch and help read. A verb of two words ("mss check") is found by both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/args.h"
#include "cli/cli.h"

typedef enum VerbFlags {
    VERB_ROOT = 1U << 0, /* works as root too */
} VerbFlags;

#define VERB_ALIASES_MAX 2

typedef struct Verb {
    const char *name;
    const char *aliases[VERB_ALIASES_MAX + 1];
    const char *operand; /* "IFACE"; always optional; NULL: none */
    unsigned options;    /* OPTION_BIT() of those it takes */
    unsigned flags;
    const char *help; /* one sentence without a full stop */
    const char *more; /* what its own help adds, or NULL */
    /* The exit code, or a negative errno with reterr filled. */
    int (*run)(Cli *cli, const Args *args, sd_bus_error *reterr);
} Verb;

/* All rows; *ret_n gets their number. */
const Verb *verb_table(size_t *ret_n);

/* The verb that the words begin with, by name or alias; *ret_words gets how many words name it. NULL: none. */
const Verb *verb_find(int argc, char **argv, int *ret_words);

/* Whether a word is the first of several verbs ("mss", "config"). */
bool verb_is_group(const char *word);

/* The words that may follow a group ("check", …), or with NULL those that a command begins with; g_strfreev(). */
char **verb_words(const char *group);

/* Everything: finds the verb, runs it, prints its error. Returns the exit code of the program. */
int airpods_main(int argc, char **argv);
