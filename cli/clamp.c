/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields of a clamp.
 */
#include <string.h>

#include "shared/macro.h"

#include "cli/clamp.h"

/* clang-format off */
static const Field fields[] = {
    { "interface",   "interface",   FIELD_STRING,  false, offsetof(Clamp, interface) },
    { "ifindex",     "ifindex",     FIELD_U32,     false, offsetof(Clamp, ifindex) },
    { "kind",        "kind",        FIELD_STRING,  false, offsetof(Clamp, kind) },
    { "link-mtu",    "link_mtu",    FIELD_U32,     false, offsetof(Clamp, link_mtu) },
    { "mode",        "mode",        FIELD_STRING,  false, offsetof(Clamp, mode) },
    { "path-mtu",    "path_mtu",    FIELD_U32,     false, offsetof(Clamp, path_mtu) },
    { "active",      "active",      FIELD_BOOL,    false, offsetof(Clamp, active) },
    { "mine",        "mine",        FIELD_STRINGS, false, offsetof(Clamp, mine) },
    { "holders",     "holders",     FIELD_U32,     false, offsetof(Clamp, holders) },
    { "syn-packets", "syn_packets", FIELD_U64,     false, offsetof(Clamp, syn_packets) },
    { "since-usec",  "since_usec",  FIELD_U64,     false, offsetof(Clamp, since_usec) },
    { "owners",      "owners",      FIELD_UIDS,    true,  offsetof(Clamp, owners) },
};
/* clang-format on */

const RecordType clamp_type = {sizeof(Clamp), ELEMENTSOF(fields), fields};

void clamp_free(Clamp *clamp)
{
    record_free(&clamp_type, clamp);
}

const Clamp *clamps_find(const GPtrArray *clamps, const char *interface)
{
    for (guint i = 0; i < clamps->len; i++) {
        const Clamp *clamp = g_ptr_array_index(clamps, i);
        if (strcmp(clamp->interface, interface) == 0)
            return clamp;
    }
    return NULL;
}
