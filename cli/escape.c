/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Escaping for terminals. Printable means g_unichar_isprint(): no control characters of either set, no unassigned
 * ones, none that reorder the line (bidirectional controls are of class Cf).
 */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "cli/escape.h"

static char *escape(const char *text, const char *kept)
{
    GString *out = g_string_new(NULL);
    const char *end = text + strlen(text);

    for (const char *p = text; p < end;) {
        gunichar c = g_utf8_get_char_validated(p, end - p);
        /* (gunichar) -1 and -2 say "not UTF-8" and "cut short". */
        bool valid = c < (gunichar) -2;
        const char *next = valid ? g_utf8_next_char(p) : p + 1;

        if (valid && (g_unichar_isprint(c) || (c < 0x80 && strchr(kept, (int) c))))
            g_string_append_len(out, p, next - p);
        else
            for (; p < next; p++)
                g_string_append_printf(out, "\\x%02x", (unsigned char) *p);
        p = next;
    }
    return g_string_free(out, FALSE);
}

char *escape_line(const char *text)
{
    return escape(text, "");
}

char *escape_text(const char *text)
{
    return escape(text, "\n\t");
}
