/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface names that airpods accepts: a strict subset of what the kernel allows (net/core/dev.c,
 * dev_valid_name()), so that a name is safe in a log line, a rule, a D-Bus string and on a terminal. Both daemons check
 * with this one function.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Room for a name and its NUL; the kernel's IFNAMSIZ. */
#define IFNAME_SIZE 16

/* [A-Za-z0-9][A-Za-z0-9._@+-]{0,14}; "*" is not one, the caller decides where that is allowed. NULL is invalid. */
bool ifname_valid(const char *name);
