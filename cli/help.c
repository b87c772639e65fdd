/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Printing help. Every word about a verb or an option comes from its row.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"

#define LINE_WIDTH 100
#define HELP_COLUMN 30

void help_print_beginning(void)
{
    fputs("\"airpods mss check\" shows the VPNs that are up and whether airpods adjusts them.\n"
          "\"airpods config validate\" checks your configuration, \"airpods config path\" says where it is.\n"
          "\"airpods help\" lists every command.\n",
        stdout);
}

static bool in_group(const Verb *verb, const char *group)
{
    size_t length = strlen(group);

    return strncmp(verb->name, group, length) == 0 && verb->name[length] == ' ';
}

/* "mss enable [IFACE] [--all]" … */
static char *synopsis(const Verb *verb)
{
    GString *text = g_string_new(verb->name);

    if (verb->operand)
        g_string_append_printf(text, " [%s]", verb->operand);
    for (OptionId id = 0; id < OPTION_MAX; id++) {
        const OptionInfo *info = option_info(id);

        if (info->help && (verb->options & OPTION_BIT(id)))
            g_string_append_printf(text, info->value ? " [%s %s]" : " [%s]", info->name, info->value);
    }
    return g_string_free(text, FALSE);
}

/* Two columns; what does not fit into the first gets a line of its own, and the second is wrapped between words. */
static void print_row(const char *left, const char *right)
{
    size_t column = 2 + strlen(left);

    printf("  %s", left);
    if (column >= HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", (int) (HELP_COLUMN - column), "");
    column = HELP_COLUMN;
    g_auto(GStrv) words = g_strsplit(right, " ", -1);
    for (char **word = words; *word; word++) {
        if (column > HELP_COLUMN && column + 1 + strlen(*word) > LINE_WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            putchar(' ');
            column++;
        }
        fputs(*word, stdout);
        column += strlen(*word);
    }
    putchar('\n');
}

static void print_verb_row(const Verb *verb)
{
    g_autofree char *left =
        verb->operand ? g_strdup_printf("%s [%s]", verb->name, verb->operand) : g_strdup(verb->name);
    print_row(left, verb->help);
}

void help_print_all(void)
{
    size_t n;
    const Verb *verbs = verb_table(&n);

    fputs("airpods manages local containers, and keeps their connections working behind a VPN.\n\n"
          "Usage: airpods COMMAND [ARGUMENT]...\n\n",
        stdout);
    for (size_t i = 0; i < n; i++)
        print_verb_row(&verbs[i]);
    print_row("help [COMMAND]", "explain a command and its options");
    fputs(
        "\nExit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 denied, 5 timed out, 130 cancelled. See airpods(1).\n",
        stdout);
}

void help_print_group(const char *group)
{
    size_t n;
    const Verb *verbs = verb_table(&n);

    printf("Usage: airpods %s COMMAND [ARGUMENT]...\n\n", group);
    for (size_t i = 0; i < n; i++)
        if (in_group(&verbs[i], group))
            print_verb_row(&verbs[i]);
}

void help_print_verb(const Verb *verb)
{
    g_autofree char *usage = synopsis(verb);

    printf("Usage: airpods %s\n\n%c%s.\n", usage, g_ascii_toupper(verb->help[0]), verb->help + 1);
    if (verb->more)
        printf("%s\n", verb->more);
    putchar('\n');
    for (OptionId id = 0; id < OPTION_MAX; id++) {
        const OptionInfo *info = option_info(id);

        if (!info->help || (id != OPTION_HELP && !(verb->options & OPTION_BIT(id))))
            continue;
        g_autofree char *left = g_strjoin(NULL, info->letter ? info->letter : "", info->letter ? ", " : "", info->name,
            info->value ? " " : "", info->value ? info->value : "", NULL);
        print_row(left, info->help);
    }
}
