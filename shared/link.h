/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One network link as rtnetlink describes it, and the question whether it is a tunnel. The parser is pure: bytes in,
 * struct out. It does not open sockets and does not look at routes. airpods-helper uses it to decide which polkit
 * action applies, airpodsd to find tunnels; both must give the same answer, so there is one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

#include "shared/ifname.h"

#define LINK_KIND_SIZE 32

typedef struct Link {
    int ifindex;               /* > 0 */
    char name[IFNAME_SIZE];    /* as the kernel has it: not necessarily ifname_valid() */
    char kind[LINK_KIND_SIZE]; /* IFLA_INFO_KIND, "" for a link without one */
    uint16_t type;             /* ARPHRD_… */
    uint32_t flags;            /* IFF_… */
    uint32_t mtu;              /* bytes */
    int master;                /* ifindex of the bridge, bond or vrf it belongs to, 0: none */
} Link;

/*
 * Reads one RTM_NEWLINK or RTM_DELLINK message; `size` is how many bytes may be read from `header` on. 0 and *ret
 * filled, or -EBADMSG (too short, an attribute that overruns, a name that is not terminated, no name, an ifindex below
 * 1), *ret untouched. Unknown attributes are passed over.
 */
int link_parse(const struct nlmsghdr *header, size_t size, Link *ret);

/*
 * Whether the link is of a kind that carries IP packets to somewhere else in packets of its own. Decided by kind and
 * hardware type, never by name; bridge ports and other enslaved links are not tunnels, nor is a tap (a tun of type
 * ether). Whether it is up and carries routes is another question.
 */
bool link_is_tunnel(const Link *link);

/* The kind for people and for D-Bus: "none" for a link without one. Points into the link. */
const char *link_kind_string(const Link *link);

typedef struct TunnelKind {
    const char *kind;
    uint16_t type; /* the only ARPHRD_… that counts for this kind */
} TunnelKind;

/* The kinds that link_is_tunnel() knows, for rules that match by kind in the kernel; *ret_n gets their number. */
const TunnelKind *tunnel_kinds(size_t *ret_n);
