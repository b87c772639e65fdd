/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is wrong with a configuration: a list of sentences with the place that an editor can jump to. Pure; used by all
 * that reads the configuration, printed by others.
 */
#pragma once

#include <stddef.h>

#include "shared/macro.h"

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING } Severity;

typedef struct Problem {
    char *file;
    unsigned line, column; /* from 1; 0: the file as a whole */
    Severity severity;
    char *message; /* one sentence, valid UTF-8 */
} Problem;

/* A growing list; zero-initialised it is empty. */
typedef struct Problems {
    Problem *items;
    size_t n;
} Problems;

void problems_add(Problems *problems, const char *file, unsigned line, unsigned column, Severity severity,
    const char *format, ...) _printf_(6, 7);
void problems_clear(Problems *problems);

/* By place, from the item `first` on; those of one place stay in their order. */
void problems_sort(Problems *problems, size_t first);

/* The first error, NULL when there are at most warnings. */
const Problem *problems_first_error(const Problems *problems);

/* "file:line:column: sentence", or "file: sentence" for the file as a whole. */
char *problem_to_string(const Problem *problem);

/* One line of valid UTF-8 with nothing in it that a terminal would obey. */
char *problem_printable(const char *text);

/* What a person wrote, printable, in quotes and short. */
char *problem_quoted(const char *text);
