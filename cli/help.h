/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Help, made from the verb table.
 */
#pragma once

#include "cli/verb.h"

/* Three lines on how to begin, for "airpods" alone. */
void help_print_beginning(void);

void help_print_all(void);
void help_print_group(const char *group);
void help_print_verb(const Verb *verb);
