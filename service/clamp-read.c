/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Only two of the keys matter here; the others, and those of later versions, are passed over.
 */
#include <stdbool.h>
#include <string.h>

#include "service/clamp-read.h"

int clamp_read(sd_bus_message *m, ClampState *ret)
{
    ClampState state = CLAMP_NONE;
    int active = false, r;

    r = sd_bus_message_enter_container(m, 'a', "{sv}");
    if (r < 0)
        return r;
    while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        const char *key, *contents, *mode;
        r = sd_bus_message_read(m, "s", &key);
        if (r < 0)
            return r;
        r = sd_bus_message_peek_type(m, NULL, &contents);
        if (r < 0)
            return r;
        if (strcmp(key, "mode") == 0 && strcmp(contents, "s") == 0) {
            r = sd_bus_message_read(m, "v", "s", &mode);
            if (r >= 0)
                state = strcmp(mode, "fixed") == 0 ? CLAMP_FIXED : CLAMP_ROUTE;
        } else if (strcmp(key, "active") == 0 && strcmp(contents, "b") == 0) {
            r = sd_bus_message_read(m, "v", "b", &active);
        } else {
            r = sd_bus_message_skip(m, "v");
        }
        if (r < 0)
            return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    r = sd_bus_message_exit_container(m);
    if (r < 0)
        return r;
    *ret = active ? state : CLAMP_NONE;
    return 0;
}
