/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole lines are handed out where they lie; only a line that is torn between two pieces is copied.
 */
#include <errno.h>
#include <string.h>

#include "service/podman/lines.h"
#include "shared/macro.h"

static size_t held_size(const Lines *lines)
{
    return lines->held ? lines->held->len : 0;
}

static void hold(Lines *lines, const char *data, size_t size)
{
    if (size == 0)
        return;
    if (!lines->held)
        lines->held = g_byte_array_new();
    g_byte_array_append(lines->held, (const guint8 *) data, (guint) size);
}

/* Hands out what is held and `size` more bytes as one line. */
static int emit(Lines *lines, const char *data, size_t size)
{
    if (held_size(lines) == 0)
        return lines->handler(data, size, lines->userdata);

    hold(lines, data, size);
    /* Out of the struct first: the handler may free it. */
    g_autoptr(GByteArray) line = TAKE_PTR(lines->held);
    return lines->handler((const char *) line->data, line->len, lines->userdata);
}

int lines_feed(Lines *lines, const char *data, size_t size)
{
    while (size > 0) {
        const char *newline = memchr(data, '\n', size);
        size_t n = newline ? (size_t) (newline - data) : size;
        size_t room = lines->max - held_size(lines);
        int r = 0;

        if (n > room) {
            if (!lines->cut)
                return -EMSGSIZE;
            n = room;
            r = emit(lines, data, n);
        } else if (newline) {
            r = emit(lines, data, n);
            n++;
        } else {
            hold(lines, data, n);
        }
        if (r < 0)
            return r;
        data += n;
        size -= n;
    }
    return 0;
}

int lines_end(Lines *lines)
{
    return held_size(lines) > 0 ? emit(lines, NULL, 0) : 0;
}

void lines_clear(Lines *lines)
{
    g_clear_pointer(&lines->held, g_byte_array_unref);
}
