/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A new tunnel settles first: wireguard-go appears at 1500 and becomes 1420 half a millisecond later, routes follow some
 * tens of milliseconds after that. Once settled, every change is followed at once (Mullvad lowers the MTU up to twelve
 * seconds after the connect): the wish for a clamp goes to the helper first, what people see comes second.
 */
#include <glib.h>
#include <string.h>

#include "service/log.h"
#include "service/manager.h"
#include "service/notify-text.h"
#include "service/tunnel-bus.h"
#include "service/vpn.h"
#include "shared/names.h"

static uint64_t now_usec(const Vpn *vpn)
{
    uint64_t usec = 0;
    (void) sd_event_now(vpn->manager->event, CLOCK_MONOTONIC, &usec);
    return usec;
}

static bool vpn_wants_clamp(const Vpn *vpn, Policy policy)
{
    if (!vpn->facts.reduced || policy == POLICY_OFF)
        return false;
    if (vpn->accepted)
        return true;
    return policy == POLICY_AUTO && !config_store_get(vpn->manager->store)->broken;
}

/* What came out of this connect, as far as it is known; OUTCOME_INVALID while it is not. */
static Outcome vpn_outcome(const Vpn *vpn)
{
    const Claim *claim = helper_client_claim(vpn->manager->helper, vpn->facts.name);

    if (!vpn->facts.reduced)
        return OUTCOME_USUAL;
    /* Somebody else's is no work of ours, does not end with the VPN, and whoever asked for it knows. */
    if (vpn->clamp == CLAMP_ROUTE || vpn->clamp == CLAMP_FIXED)
        return claim && claim->held == CLAIM_HELD_YES ? OUTCOME_ADJUSTED : OUTCOME_INVALID;
    if (vpn->policy == POLICY_ASK && !vpn->accepted)
        return OUTCOME_ASK;
    if (!vpn_wants_clamp(vpn, vpn->policy))
        return OUTCOME_OFF;
    if (vpn->clamp == CLAMP_DENIED)
        return OUTCOME_DENIED;
    /* A helper that restarts is no news: only the second failure in a row is. */
    if (vpn->clamp == CLAMP_UNAVAILABLE && (!claim || claim->failures > 1))
        return OUTCOME_UNAVAILABLE;
    return OUTCOME_INVALID;
}

static void vpn_show(const Vpn *vpn, Outcome outcome)
{
    const NotifyRequest request = {
        .facts = vpn->facts,
        .outcome = outcome,
        .clamp = vpn->clamp,
        .policy = vpn->policy,
        .failure = helper_client_failure(vpn->manager->helper, vpn->facts.name),
    };
    notify_show(vpn->manager->notify, &request);
}

static void vpn_tell(Vpn *vpn)
{
    Outcome outcome = vpn_outcome(vpn);

    if (outcome == OUTCOME_INVALID || vpn->told == (int) outcome)
        return;
    Manager *manager = vpn->manager;
    bool first = vpn->told < 0;
    g_autofree char *told = state_get_told(manager->state, vpn->facts.name, vpn->facts.kind);
    vpn->told = (int) outcome;
    if (notification_due(config_store_get(manager->store)->notify, told, outcome, first))
        vpn_show(vpn, outcome);
}

void vpn_evaluate(Vpn *vpn)
{
    Manager *manager = vpn->manager;

    if (!vpn->settled)
        return;
    Policy policy = manager_policy(manager, &vpn->facts);
    if (policy == POLICY_OFF)
        vpn->accepted = false;
    helper_client_want(manager->helper, vpn->facts.name, vpn_wants_clamp(vpn, policy));

    ClampState clamp = helper_client_state(manager->helper, vpn->facts.name, strcmp(vpn->facts.kind, "none") != 0);
    unsigned changes = 0;
    if (clamp != vpn->clamp)
        changes |= TUNNEL_CHANGED_CLAMP;
    if (policy != vpn->policy)
        changes |= TUNNEL_CHANGED_POLICY;
    vpn->clamp = clamp;
    vpn->policy = policy;
    tunnel_bus_changed(vpn, changes);
    vpn_tell(vpn);
}

static void vpn_settled(Vpn *vpn)
{
    vpn->settle = sd_event_source_disable_unref(vpn->settle);
    vpn->settled = true;
    vpn->policy = manager_policy(vpn->manager, &vpn->facts);
    log_entry(LOG_INFO, MESSAGE_TUNNEL_UP_STR, vpn->facts.name,
        "%s: a tunnel of kind %s is up, with packets up to %u bytes where %u are usual.", vpn->facts.name,
        vpn->facts.kind, vpn->facts.mtu, vpn->facts.behind_mtu);
    /* The helper is asked before the object appears: whoever sees the object sees "requested" and not "none". */
    helper_client_want(vpn->manager->helper, vpn->facts.name, vpn_wants_clamp(vpn, vpn->policy));
    vpn->clamp = helper_client_state(vpn->manager->helper, vpn->facts.name, strcmp(vpn->facts.kind, "none") != 0);
    tunnel_bus_added(vpn);
    vpn_tell(vpn);
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
    vpn_settled(userdata);
    return 0;
}

static void vpn_settle_again(Vpn *vpn)
{
    uint64_t latest = vpn->first_seen_usec + VPN_SETTLE_MAX_USEC;
    uint64_t due = MIN2(now_usec(vpn) + VPN_SETTLE_USEC, latest);

    vpn->settle = sd_event_source_disable_unref(vpn->settle);
    if (sd_event_add_time(vpn->manager->event, &vpn->settle, CLOCK_MONOTONIC, due, 1000, on_settled, vpn) < 0)
        vpn_settled(vpn);
}

void vpn_update(Vpn *vpn, const TunnelFacts *facts)
{
    TunnelFacts old = vpn->facts;
    unsigned changes = 0;

    vpn->facts = *facts;
    if (!vpn->settled) {
        if (facts->events != old.events)
            vpn_settle_again(vpn);
        return;
    }
    if (facts->mtu != old.mtu)
        changes |= TUNNEL_CHANGED_MTU;
    if (facts->link_mtu != old.link_mtu)
        changes |= TUNNEL_CHANGED_LINK_MTU;
    if (facts->reduced != old.reduced)
        changes |= TUNNEL_CHANGED_REDUCED;
    if (facts->carries_default != old.carries_default)
        changes |= TUNNEL_CHANGED_CARRIES_DEFAULT;
    if (changes == 0 && facts->behind_mtu == old.behind_mtu)
        return;
    /* What was refused may be granted now: polkit rules may look at these numbers. */
    helper_client_retry(vpn->manager->helper, vpn->facts.name);
    vpn_evaluate(vpn);
    tunnel_bus_changed(vpn, changes);
}

void vpn_set_policy(Vpn *vpn, Policy policy)
{
    manager_remember_policy(vpn->manager, vpn->facts.name, vpn->facts.kind, policy);
}

void vpn_details(const Vpn *vpn)
{
    vpn_show(vpn, OUTCOME_INVALID);
}

void vpn_adjust(Vpn *vpn)
{
    if (vpn->policy == POLICY_OFF) /* chosen since the button was shown */
        return;
    vpn->accepted = true;
    vpn_allow(vpn);
}

void vpn_allow(Vpn *vpn)
{
    if (vpn_wants_clamp(vpn, vpn->policy))
        helper_client_want_interactively(vpn->manager->helper, vpn->facts.name);
    vpn_evaluate(vpn);
}

Vpn *vpn_free(Vpn *vpn)
{
    if (!vpn)
        return NULL;
    sd_event_source_disable_unref(vpn->settle);
    if (vpn->settled) {
        helper_client_want(vpn->manager->helper, vpn->facts.name, false);
        notify_drop_waiting(vpn->manager->notify, vpn->facts.name);
        tunnel_bus_removed(vpn);
        log_entry(LOG_INFO, MESSAGE_TUNNEL_DOWN_STR, vpn->facts.name, "%s: the tunnel is gone.", vpn->facts.name);
    }
    g_free(vpn);
    return NULL;
}

Vpn *vpn_new(Manager *manager, const TunnelFacts *facts)
{
    Vpn *vpn = g_new0(Vpn, 1);

    vpn->manager = manager;
    vpn->facts = *facts;
    vpn->told = -1;
    vpn->first_seen_usec = now_usec(vpn);
    return vpn;
}

void vpn_begin(Vpn *vpn, bool at_once)
{
    if (at_once)
        vpn_settled(vpn);
    else
        vpn_settle_again(vpn);
}
