/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Written with explicit ranges instead of isalnum(): the answer must not depend on the locale.
 */
#include "shared/ifname.h"

static bool is_alnum(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_mark(char c)
{
    return c == '.' || c == '_' || c == '@' || c == '+' || c == '-';
}

bool ifname_valid(const char *name)
{
    if (!name || !is_alnum(name[0]))
        return false;

    size_t n = 1;
    for (; name[n]; n++)
        if (n >= IFNAME_SIZE - 1 || (!is_alnum(name[n]) && !is_mark(name[n])))
            return false;
    return true;
}
