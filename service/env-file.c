/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Podman's own reader takes quotes literally and "NAME" alone from the caller's environment, which the daemon does not
 * share with the person: quotes are taken off here, and a name alone is a mistake.
 */
#include <glib.h>
#include <string.h>

#include "service/config-text.h"
#include "service/env-file.h"

static char *unquote(const char *value)
{
    size_t n = strlen(value);

    if (n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n - 1] == value[0])
        return g_strndup(value + 1, n - 2);
    return g_strdup(value);
}

void env_file_parse(const char *file, const char *text, size_t size, char ***list, Problems *problems)
{
    g_autofree char *copy = g_strndup(text, size);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    GPtrArray *pairs = g_ptr_array_new();

    if (strlen(copy) != size || !g_utf8_validate(copy, -1, NULL)) {
        problems_add(problems, file, 0, 0, SEVERITY_ERROR, "The file is not text in UTF-8.");
        g_ptr_array_free(pairs, TRUE);
        return;
    }
    for (size_t i = 0; *list && (*list)[i]; i++)
        g_ptr_array_add(pairs, (*list)[i]);
    for (unsigned i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (!*line || *line == '#')
            continue;
        if (g_str_has_prefix(line, "export "))
            line = g_strchug(line + strlen("export "));
        char *equals = strchr(line, '=');
        if (!equals) {
            problems_add(problems, file, i + 1, 1, SEVERITY_ERROR, "This line is not NAME=VALUE.");
            continue;
        }
        *equals = '\0';
        g_autofree char *name = problem_quoted(line);
        g_autofree char *value = unquote(equals + 1);
        const char *reason = check_variable(line);
        if (reason)
            problems_add(problems, file, i + 1, 1, SEVERITY_ERROR, "%s %s.", name, reason);
        else if (check_text(value))
            problems_add(problems, file, i + 1, 1, SEVERITY_ERROR, "The value of %s has control characters.", name);
        else
            g_ptr_array_add(pairs, g_strdup_printf("%s=%s", line, value));
    }
    g_ptr_array_add(pairs, NULL);
    g_free(*list);
    *list = (char **) g_ptr_array_free(pairs, FALSE);
}
