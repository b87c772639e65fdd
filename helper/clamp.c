/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Singly linked lists throughout: there are at most 1024 claims, and mostly one or two.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "helper/clamp.h"
#include "shared/names.h"

static const char *const lifetime_table[] = {
    [LIFETIME_SESSION] = "session",
    [LIFETIME_BOOT] = "boot",
};
static_assert(ELEMENTSOF(lifetime_table) == LIFETIME_MAX, "every lifetime has its word");

const char *lifetime_to_string(Lifetime lifetime)
{
    assert(lifetime >= 0 && lifetime < LIFETIME_MAX);
    return lifetime_table[lifetime];
}

Lifetime lifetime_from_string(const char *s)
{
    for (int i = 0; i < LIFETIME_MAX; i++)
        if (strcmp(lifetime_table[i], s) == 0)
            return i;
    return LIFETIME_INVALID;
}

Claim *claim_free(Claim *claim)
{
    if (claim)
        free(claim->bus_name);
    free(claim);
    return NULL;
}

int claim_new(Claim **ret, uid_t uid, Lifetime lifetime, const char *bus_name, uint32_t path_mtu, bool tunnel_only)
{
    _cleanup_(claim_freep) Claim *claim = calloc(1, sizeof(*claim));

    assert(lifetime != LIFETIME_SESSION || bus_name);
    if (!claim)
        return -ENOMEM;
    claim->uid = uid;
    claim->lifetime = lifetime;
    claim->path_mtu = path_mtu;
    claim->tunnel_only = tunnel_only;
    if (lifetime == LIFETIME_SESSION && !(claim->bus_name = strdup(bus_name)))
        return -ENOMEM;
    *ret = TAKE_PTR(claim);
    return 0;
}

bool claim_matches(const Claim *claim, const ClaimFilter *filter)
{
    if (filter->lifetime >= 0 && claim->lifetime != (Lifetime) filter->lifetime)
        return false;
    if (filter->everybody)
        return true;
    if (claim->lifetime == LIFETIME_SESSION)
        return filter->bus_name && strcmp(claim->bus_name, filter->bus_name) == 0;
    return claim->uid == filter->uid;
}

bool clamp_is_every(const Clamp *clamp)
{
    return strcmp(clamp->interface, EVERY_TUNNEL) == 0;
}

Clamp *clamp_table_find(const ClampTable *table, const char *interface)
{
    for (Clamp *clamp = table->clamps; clamp; clamp = clamp->next)
        if (strcmp(clamp->interface, interface) == 0)
            return clamp;
    return NULL;
}

Clamp *clamp_table_get(ClampTable *table, const char *interface)
{
    Clamp *clamp = clamp_table_find(table, interface);

    if (clamp)
        return clamp;
    assert(strlen(interface) < sizeof(clamp->interface));
    clamp = calloc(1, sizeof(*clamp));
    if (!clamp)
        return NULL;
    memcpy(clamp->interface, interface, strlen(interface) + 1);
    clamp->next = table->clamps;
    table->clamps = clamp;
    return clamp;
}

void clamp_table_drop(ClampTable *table, Clamp *clamp)
{
    Clamp **at = &table->clamps;

    while (*at != clamp)
        at = &(*at)->next;
    *at = clamp->next;
    clamp_remove(clamp, &(ClaimFilter){.everybody = true, .lifetime = -1});
    free(clamp);
}

void clamp_table_done(ClampTable *table)
{
    while (table->clamps)
        clamp_table_drop(table, table->clamps);
}

unsigned clamp_table_count(const ClampTable *table, uid_t uid, unsigned *ret_of_uid)
{
    unsigned n = 0, of_uid = 0;

    for (const Clamp *clamp = table->clamps; clamp; clamp = clamp->next)
        for (const Claim *claim = clamp->claims; claim; claim = claim->next) {
            n++;
            of_uid += claim->uid == uid;
        }
    *ret_of_uid = of_uid;
    return n;
}

const Claim *clamp_find(const Clamp *clamp, const ClaimFilter *filter)
{
    for (const Claim *claim = clamp->claims; claim; claim = claim->next)
        if (claim_matches(claim, filter))
            return claim;
    return NULL;
}

void clamp_add(Clamp *clamp, Claim *claim)
{
    claim->next = clamp->claims;
    clamp->claims = claim;
}

void clamp_remove(Clamp *clamp, const ClaimFilter *filter)
{
    Claim **at = &clamp->claims;

    while (*at) {
        Claim *claim = *at;
        if (!claim_matches(claim, filter)) {
            at = &claim->next;
            continue;
        }
        *at = claim->next;
        claim_free(claim);
    }
}

static void rule_merge(ClampRule *rule, const Claim *claim)
{
    rule->n_claims++;
    if (rule->path_mtu == 0 || (claim->path_mtu != 0 && claim->path_mtu < rule->path_mtu))
        rule->path_mtu = claim->path_mtu;
}

static bool claim_awake(const Clamp *clamp, const Claim *claim)
{
    if (clamp_is_every(clamp))
        return true;
    return clamp->link.ifindex > 0 && (!claim->tunnel_only || link_is_tunnel(&clamp->link));
}

ClampRule clamp_rule(const Clamp *clamp, const ClaimFilter *without, const Claim *with)
{
    ClampRule awake = {.active = true}, all = {0};

    for (const Claim *claim = with ? with : clamp->claims; claim; claim = claim == with ? clamp->claims : claim->next) {
        if (claim != with && without && claim_matches(claim, without))
            continue;
        rule_merge(&all, claim);
        if (claim_awake(clamp, claim))
            rule_merge(&awake, claim);
    }
    if (awake.n_claims == 0)
        return all;
    awake.n_claims = all.n_claims;
    return awake;
}

bool clamp_rule_equal(const ClampRule *a, const ClampRule *b)
{
    return a->active == b->active && a->path_mtu == b->path_mtu;
}

static int compare_uid(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return (x > y) - (x < y);
}

int clamp_owners(const Clamp *clamp, uint32_t **ret)
{
    size_t n = 0, unique = 0;

    for (const Claim *claim = clamp->claims; claim; claim = claim->next)
        n++;
    uint32_t *uids = calloc(n + 1, sizeof(*uids));
    if (!uids)
        return -ENOMEM;

    n = 0;
    for (const Claim *claim = clamp->claims; claim; claim = claim->next)
        uids[n++] = claim->uid;
    qsort(uids, n, sizeof(*uids), compare_uid);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || uids[i] != uids[unique - 1])
            uids[unique++] = uids[i];
    *ret = uids;
    return (int) unique;
}
