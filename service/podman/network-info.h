/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a network is to be, and what Podman says that it is: JSON made and read. Pure. Used by podman-network.c and by
 * whoever reads its replies.
 */
#pragma once

#include <stdbool.h>
#include <glib.h>

#include "service/podman/podman.h"

typedef struct NetworkSpec {
    const char *name;
    const char *config;  /* label: versioned JSON of what this was made from */
    const char *subnet;  /* "10.90.0.0/24" */
    const char *gateway; /* NULL: Podman takes the first address */
    bool ipv6, internal;
    unsigned mtu;             /* 0: the driver's own */
    char *const *dns_servers; /* only where the generation can (PodmanGeneration); NULL: none */
} NetworkSpec;

typedef struct NetworkInfo {
    char *name, *driver;
    char *config;       /* label, NULL: not ours */
    GPtrArray *subnets; /* char *: "10.90.0.0/24" */
    bool ipv6, internal, dns;
    unsigned mtu; /* 0: not set */
} NetworkInfo;

/* g_free() it. */
char *network_spec_to_json(const NetworkSpec *spec, const PodmanGeneration *generation);

/* -EBADMSG when the text is not a network, or a list of them (NetworkInfo *). */
int network_info_parse(const char *text, size_t size, NetworkInfo **ret);
int network_list_parse(const char *text, size_t size, GPtrArray **ret);
NetworkInfo *network_info_free(NetworkInfo *info);
DEFINE_FREEP(NetworkInfo, network_info_free)
