/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine drawn in claim.h.
 */
#include <assert.h>

#include "service/claim.h"

void claim_want(Claim *claim, bool wanted)
{
    if (claim->wanted == wanted)
        return;
    claim->wanted = wanted;
    /* A new wish is a new case; an old refusal belongs to the connect that it was given to. */
    claim->refusal = CLAIM_REFUSAL_NONE;
    claim->failures = 0;
    claim->interactive = false;
    claim->again = wanted && claim->call == CLAIM_CALL_INSTALL;
}

void claim_retry(Claim *claim, bool interactive)
{
    if (claim->call == CLAIM_CALL_INSTALL)
        claim->again = true;
    claim->refusal = CLAIM_REFUSAL_NONE;
    claim->interactive = claim->interactive || interactive;
}

ClaimCall claim_next(Claim *claim, bool *ret_interactive)
{
    *ret_interactive = false;
    if (claim->call != CLAIM_CALL_NONE)
        return CLAIM_CALL_NONE;

    if (claim->wanted && claim->held != CLAIM_HELD_YES && claim->refusal == CLAIM_REFUSAL_NONE) {
        *ret_interactive = claim->interactive;
        claim->interactive = false;
        claim->call = CLAIM_CALL_INSTALL;
    } else if (!claim->wanted && claim->held != CLAIM_HELD_NO && claim->refusal == CLAIM_REFUSAL_NONE) {
        claim->call = CLAIM_CALL_REMOVE;
    }
    return claim->call;
}

static void install_answered(Claim *claim, ClaimResult result)
{
    switch (result) {
    case CLAIM_RESULT_DONE:
        claim->held = CLAIM_HELD_YES;
        claim->failures = 0;
        claim->interactive = false; /* the button's wish is fulfilled; later calls are our own again */
        break;
    case CLAIM_RESULT_DENIED:
        claim->refusal = CLAIM_REFUSAL_DENIED;
        claim->failures = 0;
        break;
    case CLAIM_RESULT_UNKNOWN:
        claim->held = CLAIM_HELD_MAYBE;
        claim->refusal = CLAIM_REFUSAL_UNAVAILABLE;
        claim->failures++;
        break;
    case CLAIM_RESULT_UNAVAILABLE:
        claim->refusal = CLAIM_REFUSAL_UNAVAILABLE;
        claim->failures++;
        break;
    }
    if (claim->again || !claim->wanted)
        claim->refusal = CLAIM_REFUSAL_NONE;
    claim->again = false;
}

static void remove_answered(Claim *claim, ClaimResult result)
{
    switch (result) {
    case CLAIM_RESULT_DONE:
        claim->held = CLAIM_HELD_NO;
        claim->failures = 0;
        break;
    case CLAIM_RESULT_DENIED:
    case CLAIM_RESULT_UNKNOWN:
        /* It may live on in a helper that comes back: try again after a pause, unless the tunnel is back. */
        claim->held = CLAIM_HELD_MAYBE;
        if (!claim->wanted)
            claim->refusal = CLAIM_REFUSAL_UNAVAILABLE;
        claim->failures++;
        break;
    case CLAIM_RESULT_UNAVAILABLE:
        /* No helper at all: the kernel dropped its rules with its socket. */
        claim->held = CLAIM_HELD_NO;
        break;
    }
}

void claim_answered(Claim *claim, ClaimResult result)
{
    ClaimCall call = claim->call;

    assert(call != CLAIM_CALL_NONE);
    claim->call = CLAIM_CALL_NONE;
    if (call == CLAIM_CALL_INSTALL)
        install_answered(claim, result);
    else
        remove_answered(claim, result);
}

void claim_removed(Claim *claim)
{
    if (claim->call != CLAIM_CALL_NONE)
        return; /* its answer will tell */
    if (claim->held == CLAIM_HELD_YES && claim->wanted) {
        claim->held = CLAIM_HELD_MAYBE;
        claim->refusal = CLAIM_REFUSAL_WITHDRAWN;
    } else if (claim->refusal == CLAIM_REFUSAL_DENIED) {
        claim_retry(claim, false);
    }
}

void claim_helper_gone(Claim *claim)
{
    if (claim->held == CLAIM_HELD_YES)
        claim->held = CLAIM_HELD_MAYBE;
}

void claim_bus_gone(Claim *claim)
{
    claim->call = CLAIM_CALL_NONE;
    claim->held = CLAIM_HELD_NO;
    if (!claim->wanted)
        claim->refusal = CLAIM_REFUSAL_NONE;
    else if (claim->refusal != CLAIM_REFUSAL_WITHDRAWN)
        claim->refusal = CLAIM_REFUSAL_UNAVAILABLE;
    claim->again = false;
    claim->interactive = false;
}

bool claim_finished(const Claim *claim)
{
    return !claim->wanted && claim->held == CLAIM_HELD_NO && claim->call == CLAIM_CALL_NONE;
}
