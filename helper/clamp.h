/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model: who claims which interface, and what follows from all claims together. Pure: no I/O, no bus, no netlink;
 * time and links are handed in. helper.c owns the one table and keeps the kernel in step with it.
 *
 * A claim follows the interface's *name*. It counts only while the link of that name is what was authorised: a claim
 * that was granted for a tunnel sleeps when the name is free, or belongs to something that is not a tunnel.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/link.h"
#include "shared/macro.h"

typedef enum Lifetime {
    LIFETIME_SESSION, /* until the caller leaves the bus */
    LIFETIME_BOOT,    /* until it is removed or the machine restarts */
    LIFETIME_MAX,
    LIFETIME_INVALID = -EINVAL,
} Lifetime;

const char *lifetime_to_string(Lifetime lifetime);
Lifetime lifetime_from_string(const char *s);

typedef struct Claim {
    struct Claim *next;
    uid_t uid;
    Lifetime lifetime;
    char *bus_name;    /* unique name of the caller; NULL unless the lifetime is session */
    uint32_t path_mtu; /* bytes; 0: the route decides */
    bool tunnel_only;  /* authorised as a tunnel: sleeps on any other link */
} Claim;

/* Which claims on an interface are meant. A session claim belongs to its bus name, every other one to its uid. */
typedef struct ClaimFilter {
    bool everybody;
    uid_t uid;
    const char *bus_name; /* NULL matches no session claim */
    int lifetime;         /* a Lifetime, or -1 for every one */
} ClaimFilter;

/* What the kernel has to do for one interface. */
typedef struct ClampRule {
    bool active;
    uint32_t path_mtu; /* bytes; 0: the route decides */
    unsigned n_claims; /* that there are, asleep or not */
} ClampRule;

typedef struct Clamp {
    struct Clamp *next;
    char interface[IFNAME_SIZE]; /* or EVERY_TUNNEL */
    Claim *claims;
    Link link;      /* as last seen; ifindex 0: absent, then only the kind is kept */
    ClampRule rule; /* as the kernel has it now */
    uint64_t since_usec;
    uint64_t syn_packets; /* as last read from the kernel */
} Clamp;

typedef struct ClampTable {
    Clamp *clamps;
} ClampTable;

Claim *claim_free(Claim *claim);
DEFINE_FREEP(Claim, claim_free)
int claim_new(Claim **ret, uid_t uid, Lifetime lifetime, const char *bus_name, uint32_t path_mtu, bool tunnel_only);

bool claim_matches(const Claim *claim, const ClaimFilter *filter);

void clamp_table_done(ClampTable *table);
Clamp *clamp_table_find(const ClampTable *table, const char *interface);
/* Finds or adds; NULL when memory is out. A clamp without a claim has to go again by clamp_table_drop(). */
Clamp *clamp_table_get(ClampTable *table, const char *interface);
void clamp_table_drop(ClampTable *table, Clamp *clamp);
/* Claims of all users on all interfaces; *ret_of_uid gets those of one user. */
unsigned clamp_table_count(const ClampTable *table, uid_t uid, unsigned *ret_of_uid);

bool clamp_is_every(const Clamp *clamp);
const Claim *clamp_find(const Clamp *clamp, const ClaimFilter *filter);
void clamp_add(Clamp *clamp, Claim *claim);
void clamp_remove(Clamp *clamp, const ClaimFilter *filter);

/*
 * The rule that follows from the clamp's link and its claims without those of `without` and with `with` (both may be
 * NULL): the smallest fixed value wins, without one the route decides. When every claim sleeps, it is the rule that
 * would follow if none did, but not active.
 */
ClampRule clamp_rule(const Clamp *clamp, const ClaimFilter *without, const Claim *with);
bool clamp_rule_equal(const ClampRule *a, const ClampRule *b);

/* The different uids that hold claims, ascending; *ret is the caller's to free. Returns their number or -ENOMEM. */
int clamp_owners(const Clamp *clamp, uint32_t **ret);
