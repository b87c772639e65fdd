/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpodsd's command line.
 */
#pragma once

#include <stdint.h>

#define IDLE_SECONDS_DEFAULT 60U

typedef struct Options {
    uint64_t idle_usec; /* without work and without a client's call, before it leaves */
} Options;

/* 0: run. > 0: done (help or version was printed). < 0: an error was printed. */
int options_parse(int argc, char **argv, Options *ret);
