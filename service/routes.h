/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One route as rtnetlink describes it. The parser is pure: bytes in, struct out. It judges nothing; which routes make a
 * tunnel is tunnel.c's question. Called by netlink.c, and by the fuzzer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

/* Next hops beyond this are passed over: the question is only which links a route uses. */
#define ROUTE_HOPS_MAX 16

typedef struct Route {
    uint8_t family;  /* AF_INET or AF_INET6 */
    uint8_t dst_len; /* bits */
    uint8_t src_len; /* bits; IPv6 source routing */
    uint8_t tos;
    uint8_t protocol; /* RTPROT_… */
    uint8_t type;     /* RTN_… */
    uint8_t dst[16];  /* network order, the rest 0; bits beyond dst_len are 0 */
    uint32_t table;   /* RTA_TABLE, or rtm_table */
    uint32_t priority;
    uint32_t flags; /* RTM_F_… */
    uint32_t mtu;   /* RTAX_MTU, 0: none */
    uint8_t n_hops;
    int hops[ROUTE_HOPS_MAX]; /* ifindexes */
} Route;

/*
 * Reads one RTM_NEWROUTE or RTM_DELROUTE message; `size` is how many bytes may be read from `header` on. 0 and *ret
 * filled; -EBADMSG (too short, an attribute that overruns or has the wrong size, a prefix longer than the address) or
 * -EAFNOSUPPORT (neither IPv4 nor IPv6), *ret untouched. Unknown attributes are passed over.
 */
int route_parse(const struct nlmsghdr *header, size_t size, Route *ret);

bool route_is_default(const Route *route);

/* Whether every address of `inner` is also one of `outer`; false for different families. */
bool route_dst_within(const Route *inner, const Route *outer);
