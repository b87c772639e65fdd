/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list is bounded and every text in it is one printable line, whatever was read.
 */
#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>

#include "service/problem.h"

/* Problems beyond this say nothing new, and a list that travels over D-Bus is bounded. */
#define PROBLEMS_MAX 100U
#define QUOTED_MAX 80U

char *problem_printable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *s = g_string_new(NULL);

    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar unichar = g_utf8_get_char(c);
        g_string_append_unichar(s, g_unichar_iscntrl(unichar) ? '?' : unichar);
    }
    return g_string_free(s, FALSE);
}

char *problem_quoted(const char *text)
{
    g_autofree char *plain = problem_printable(text);

    if (g_utf8_strlen(plain, -1) <= QUOTED_MAX)
        return g_strdup_printf("\"%s\"", plain);
    g_autofree char *cut = g_utf8_substring(plain, 0, QUOTED_MAX);
    return g_strdup_printf("\"%s…\"", cut);
}

void problems_add(
    Problems *problems, const char *file, unsigned line, unsigned column, Severity severity, const char *format, ...)
{
    va_list ap;

    if (problems->n >= PROBLEMS_MAX)
        return;
    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    problems->items = g_renew(Problem, problems->items, problems->n + 1);
    problems->items[problems->n++] = (Problem){
        .file = g_strdup(file),
        .line = line,
        .column = column,
        .severity = severity,
        .message = problem_printable(text),
    };
}

void problems_clear(Problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        g_free(problems->items[i].file);
        g_free(problems->items[i].message);
    }
    g_free(problems->items);
    *problems = (Problems){0};
}

static bool comes_before(const Problem *x, const Problem *y)
{
    return x->line != y->line ? x->line < y->line : x->column < y->column;
}

void problems_sort(Problems *problems, size_t first)
{
    /* By insertion: the list is short and nearly sorted, and qsort() would not keep the order of equals. */
    for (size_t i = first + 1; i < problems->n; i++) {
        Problem item = problems->items[i];
        size_t k = i;
        for (; k > first && comes_before(&item, &problems->items[k - 1]); k--)
            problems->items[k] = problems->items[k - 1];
        problems->items[k] = item;
    }
}

const Problem *problems_first_error(const Problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        if (problems->items[i].severity == SEVERITY_ERROR)
            return &problems->items[i];
    return NULL;
}

char *problem_to_string(const Problem *problem)
{
    g_autofree char *file = problem_printable(problem->file);

    if (problem->line == 0)
        return g_strdup_printf("%s: %s", file, problem->message);
    return g_strdup_printf("%s:%u:%u: %s", file, problem->line, problem->column, problem->message);
}
