/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cuts a stream of bytes into lines, whatever pieces it comes in. Pure: knows nothing of what the lines mean. Used for
 * Podman's JSON streams (one object a line) and for the lines of logs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <glib.h>

/* A line without its newline, not terminated. Negative errno ends the feeding and is returned by it. */
typedef int (*LineHandler)(const char *line, size_t size, void *userdata);

typedef struct Lines {
    GByteArray *held; /* the beginning of a line whose end has not come, NULL: nothing */
    size_t max;       /* bytes in a line */
    bool cut;         /* a longer line comes in pieces of `max` bytes; else it is -EMSGSIZE */
    LineHandler handler;
    void *userdata;
} Lines;

/* 0, -EMSGSIZE, or what the handler returned. The handler may free `lines` if it then returns a negative errno. */
int lines_feed(Lines *lines, const char *data, size_t size);

/* The stream is over: hands out what has no newline, unless that is nothing. */
int lines_end(Lines *lines);

void lines_clear(Lines *lines);
