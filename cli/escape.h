/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making foreign text safe for a terminal: what somebody typed, and what came over a bus.
 */
#pragma once

/* A copy in which every byte that is not part of a printable UTF-8 character is \xNN; free with g_free(). */
char *escape_line(const char *text);

/* The same, but line feeds and tabs stay: for text of several lines. */
char *escape_text(const char *text);
