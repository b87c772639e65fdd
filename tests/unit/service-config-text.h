/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration text and what is wrong with it, for the tests of the configuration.
 */
#pragma once

#include <glib.h>
#include <string.h>

#include "service/config.h"

static inline char *problems_to_text(Problems *problems)
{
    GString *s = g_string_new(NULL);

    for (size_t i = 0; i < problems->n; i++) {
        g_autofree char *line = problem_to_string(&problems->items[i]);
        g_string_append_printf(
            s, "%s%s%s", i > 0 ? "\n" : "", problems->items[i].severity == SEVERITY_WARNING ? "warning " : "", line);
    }
    problems_clear(problems);
    return g_string_free(s, FALSE);
}

/* All problems as text, one a line, warnings marked. What only the whole tells comes when the parts are right. */
static inline char *problems_of(const char *text)
{
    _cleanup_(config_freep) Config *config = config_new();
    Problems problems = {0};

    config_parse(config, "c.toml", text, strlen(text), &problems);
    if (!problems_first_error(&problems))
        config_check(config, &problems);
    return problems_to_text(&problems);
}

/* Goes on, so that one run shows every row that differs. */
static inline void assert_text(const char *found, const char *expected)
{
    if (strcmp(found, expected) == 0)
        return;
    g_printerr("# found    %s\n# expected %s\n", found, expected);
    g_test_fail();
}

static inline Config *parse(const char *text)
{
    Config *config = config_new();
    Problems problems = {0};

    config_parse(config, "/home/u/c.toml", text, strlen(text), &problems);
    config_check(config, &problems);
    g_autofree char *found = problems_to_text(&problems);
    g_assert_cmpstr(found, ==, "");
    return config;
}
