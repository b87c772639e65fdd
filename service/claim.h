/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One automatic claim: what airpodsd wants for an interface name, what it holds at the helper, and which call is under
 * way. Pure: it says which call is due and is told the outcome. helper-client.c makes the calls.
 *
 *                      wanted, not held                       not wanted, held or maybe held
 *   no call under way ──────────────────► INSTALL under way  ◄──┐
 *          ▲       └──────────────────────────────────────────► REMOVE under way
 *          └──────────────── each answer, then look again ───────────────┘
 *
 *   1. At most one call is under way for a name, so the helper sees them in order.
 *   2. Whatever changes meanwhile (the tunnel goes, comes back, the policy changes) only sets `wanted`; the answer makes
 *      the machine look again. An INSTALL that is granted after the tunnel went is thus followed by a REMOVE.
 *   3. A call without an answer leaves `held` at MAYBE, which counts as held for removing and as not held for
 *      installing: installing twice is harmless, forgetting one is not.
 *   4. A refusal stops installing until claim_retry(); a request to retry that comes while the call is under way is
 *      kept (`again`), since the call may have been judged before the reason to retry.
 *   5. When not wanted, not held and nothing is under way, the claim may be freed.
 */
#pragma once

#include <stdbool.h>

typedef enum ClaimCall { CLAIM_CALL_NONE, CLAIM_CALL_INSTALL, CLAIM_CALL_REMOVE } ClaimCall;

typedef enum ClaimHeld { CLAIM_HELD_NO, CLAIM_HELD_MAYBE, CLAIM_HELD_YES } ClaimHeld;

typedef enum ClaimRefusal {
    CLAIM_REFUSAL_NONE,
    CLAIM_REFUSAL_DENIED,      /* polkit said no, or would have to ask a person */
    CLAIM_REFUSAL_UNAVAILABLE, /* no helper, no answer, or a kernel that cannot do it */
    CLAIM_REFUSAL_WITHDRAWN,   /* an administrator took it away: not ours to fight over until it is wanted anew */
} ClaimRefusal;

typedef enum ClaimResult {
    CLAIM_RESULT_DONE,
    CLAIM_RESULT_DENIED,
    CLAIM_RESULT_UNAVAILABLE, /* certainly nothing was done */
    CLAIM_RESULT_UNKNOWN,     /* no answer: it may have been done */
} ClaimResult;

typedef struct Claim {
    bool wanted;
    ClaimHeld held;
    ClaimCall call;
    ClaimRefusal refusal;
    bool interactive; /* the next INSTALL may ask a person */
    bool again;
    unsigned failures; /* UNAVAILABLE or UNKNOWN in a row */
} Claim;

void claim_want(Claim *claim, bool wanted);

/* Forget a refusal; `interactive` when a person pressed a button. */
void claim_retry(Claim *claim, bool interactive);

/* The call that is due now, which from here on is under way. *ret_interactive: whether it may ask a person. */
ClaimCall claim_next(Claim *claim, bool *ret_interactive);

/* The call under way was answered. */
void claim_answered(Claim *claim, ClaimResult result);

/* The helper says that nobody holds a clamp on this name any more. */
void claim_removed(Claim *claim);

/* The helper left the bus; what it remembers of us is uncertain. A call under way is still answered by the bus. */
void claim_helper_gone(Claim *claim);

/* Our bus connection is gone, and with it every session claim and every call under way. */
void claim_bus_gone(Claim *claim);

bool claim_finished(const Claim *claim);
