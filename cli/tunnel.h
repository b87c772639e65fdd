/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tunnel as airpodsd shows it, and what that means in a sentence. Pure: the calls are in tunnel-bus.c.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/record.h"

typedef struct Tunnel {
    char *interface;
    char *kind;
    uint32_t mtu, link_mtu; /* bytes */
    bool reduced, carries_default;
    char *clamp;  /* none, requested, route, fixed, denied, unavailable */
    char *policy; /* auto, ask, off */
    char *path;   /* the object; not in JSON */
} Tunnel;

extern const RecordType tunnel_type;

void tunnel_free(Tunnel *tunnel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tunnel, tunnel_free)

/* The tunnel on an interface in an array of tunnels, or NULL. */
const Tunnel *tunnels_find(const GPtrArray *tunnels, const char *interface);

/* Whether a clamp is in force on it, by whomever. */
bool tunnel_is_clamped(const Tunnel *tunnel);

/* One sentence: are its packets smaller than usual, and does airpods adjust connections. Free with g_free(). */
char *tunnel_sentence(const Tunnel *tunnel);

/* One sentence more, which fits the one above: what its policy makes airpods do. */
const char *tunnel_policy_sentence(const Tunnel *tunnel);
