/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a small regular file as a whole. A directory, a FIFO, a device or a file that is too large is an error and never
 * makes the daemon wait. Used for the configuration and the state file.
 */
#pragma once

#include <stddef.h>

/*
 * *ret gets the contents with a NUL behind them (g_free()), *ret_size their size without it. -EISDIR, -EBADFD (not a
 * regular file), -EFBIG (more than max bytes), or what open() and read() say.
 */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size);
