/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only file that knows libsmartcols. Titles are bold where that is welcome; nothing is said by it.
 */
#include <glib.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/table.h"

struct Table {
    struct libscols_table *scols;
    size_t n_columns;
};

/* https://no-color.org: set and not empty. */
static bool wants_colors(void)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && (!no_color || *no_color == '\0') && terminal && *terminal != '\0' &&
           strcmp(terminal, "dumb") != 0;
}

Table *table_free(Table *table)
{
    if (!table)
        return NULL;
    scols_unref_table(table->scols);
    g_free(table);
    return NULL;
}

/* libsmartcols fails for want of memory only, and the rest of this program uses GLib, which ends it then. */
static void check(int r)
{
    if (r != 0)
        g_error("libsmartcols: %s", g_strerror(r < 0 ? -r : r));
}

Table *table_new(const Column *columns, size_t n)
{
    Table *table = g_new0(Table, 1);

    table->n_columns = n;
    table->scols = scols_new_table();
    if (!table->scols)
        check(-1);
    check(scols_table_enable_colors(table->scols, wants_colors()));
    /* Values stay whole: a cut interface name is another name. A narrow terminal wraps the line instead. */
    check(scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER));
    for (size_t i = 0; i < n; i++) {
        struct libscols_column *column =
            scols_table_new_column(table->scols, columns[i].title, 0, columns[i].right ? SCOLS_FL_RIGHT : 0);
        if (!column)
            check(-1);
        check(scols_cell_set_color(scols_column_get_header(column), "bold"));
    }
    return table;
}

void table_add(Table *table, const char *const *cells)
{
    struct libscols_line *line = scols_table_new_line(table->scols, NULL);

    if (!line)
        check(-1);
    for (size_t i = 0; i < table->n_columns; i++)
        check(scols_line_set_data(line, i, cells[i] && *cells[i] != '\0' ? cells[i] : "-"));
}

void table_print(const Table *table)
{
    fflush(stdout);
    check(scols_print_table(table->scols));
}

const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}
