/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The netlink socket to nftables. With the owner flag the table belongs to this very socket: nobody else can change it,
 * and the kernel removes it when the socket is closed, however the process ends. Sends what ruleset.c built and reads
 * counters; knows nothing of claims. Called by helper.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "helper/ruleset.h"

typedef struct Nft Nft;

/* `owner` false: the table is a plain one, as on kernels before 5.12; for tests. */
int nft_new(Nft **ret, bool owner);
Nft *nft_free(Nft *nft);
DEFINE_FREEP(Nft, nft_free)

/*
 * Brings one interface (or EVERY_TUNNEL) from one rule to another, in one batch: all of it is in force afterwards or
 * nothing of it. The first change installs the table. KernelUnsupported, with the kernel's own words, on refusal.
 */
int nft_change(Nft *nft, const char *interface, const ClampRule *from, const ClampRule *to, sd_bus_error *reterr);
/* Removes the table; 0 also when there is none. */
int nft_remove(Nft *nft, sd_bus_error *reterr);

/* Reads the SYN counters into the clamps' syn_packets, for EVERY_TUNNEL that of all kinds together. */
int nft_read_counters(Nft *nft, ClampTable *table);
