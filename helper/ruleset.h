/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nftables rules as netlink messages: the table with its chains and rules, and the set elements of one interface.
 * Pure: bytes out, no socket; nft.c sends them, helper.c decides what is wanted. The rules never change while the table
 * lives, only the elements of its sets do.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "helper/clamp.h"

#define RULESET_LINKS "links"
#define RULESET_KINDS "kinds"

/* Messages that the kernel takes or refuses as one. The room is enough for ruleset_start() and some changes. */
typedef struct Batch {
    char data[16384];
    size_t size;
    size_t last;       /* offset of the last message; it asks for the acknowledgement */
    unsigned n;        /* messages between begin and end */
    uint32_t ack_seq;  /* its number */
    uint32_t next_seq; /* for the next batch */
} Batch;

void batch_begin(Batch *batch, uint32_t seq);
void batch_end(Batch *batch);

/* Whether this NFT_MSG_NEWTABLE, the kernel's answer about a table of our name, carries our comment. */
bool ruleset_is_ours(const struct nlmsghdr *header);
/* Whatever table of our name is there is replaced by a fresh one; `owner`: only this socket may change it. */
void ruleset_start(Batch *batch, bool owner);
void ruleset_stop(Batch *batch);
/* From what the kernel has for the interface (or EVERY_TUNNEL) to what it shall have; adds nothing if that is the same.
 */
void ruleset_change(Batch *batch, const char *interface, const ClampRule *from, const ClampRule *to);

/* Maximum segment size for packets of path_mtu bytes; IPv6 promises every link at least 1280. */
uint16_t ruleset_mss4(uint32_t path_mtu);
uint16_t ruleset_mss6(uint32_t path_mtu);
