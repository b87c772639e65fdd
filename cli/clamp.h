/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clamp as airpods-helper lists it. Pure: the calls are in clamp-bus.c.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/record.h"

typedef struct Clamp {
    char *interface;  /* "*": every tunnel */
    uint32_t ifindex; /* 0: no such interface now */
    char *kind;
    uint32_t link_mtu; /* bytes */
    char *mode;        /* "route" or "fixed" */
    uint32_t path_mtu; /* bytes, 0 in route mode */
    bool active;
    char **mine;          /* lifetimes of the caller's claims */
    uint32_t holders;     /* users */
    uint64_t syn_packets; /* seen since the interface was added */
    uint64_t since_usec;  /* CLOCK_REALTIME */
    GArray *owners;       /* uids; root only, otherwise NULL */
} Clamp;

extern const RecordType clamp_type;

void clamp_free(Clamp *clamp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Clamp, clamp_free)

/* The clamp of an interface in an array of clamps, or NULL. */
const Clamp *clamps_find(const GPtrArray *clamps, const char *interface);
