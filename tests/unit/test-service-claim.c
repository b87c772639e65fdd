/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine of one automatic claim: every way in which a wish can change while a call is under way ends with the
 * helper holding what is wanted.
 */
#include <glib.h>

#include "service/claim.h"

static ClaimCall next(Claim *claim)
{
    bool interactive;
    return claim_next(claim, &interactive);
}

static void test_connect_and_disconnect(void)
{
    Claim claim = {0};

    g_assert_true(claim_finished(&claim));
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    claim_want(&claim, true);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE); /* one at a time */
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_cmpint(claim.held, ==, CLAIM_HELD_YES);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    claim_want(&claim, false);
    g_assert_false(claim_finished(&claim));
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_true(claim_finished(&claim));
}

static void test_gone_while_installing(void)
{
    Claim claim = {0};

    claim_want(&claim, true);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_want(&claim, false);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    g_assert_false(claim_finished(&claim));
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_true(claim_finished(&claim));

    /* Refused instead: nothing to take back. */
    claim_want(&claim, true);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_want(&claim, false);
    claim_answered(&claim, CLAIM_RESULT_DENIED);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    g_assert_true(claim_finished(&claim));

    /* No answer: taken back to be sure. */
    claim_want(&claim, true);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_want(&claim, false);
    claim_answered(&claim, CLAIM_RESULT_UNKNOWN);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_true(claim_finished(&claim));
}

static void test_back_while_removing(void)
{
    Claim claim = {.wanted = false, .held = CLAIM_HELD_YES};

    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_want(&claim, true);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    claim_removed(&claim); /* the signal of our own removal is no withdrawal */
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_cmpint(claim.held, ==, CLAIM_HELD_YES);

    /* The removal failed and the tunnel is back: installing again settles it. */
    claim = (Claim){.held = CLAIM_HELD_YES};
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_want(&claim, true);
    claim_answered(&claim, CLAIM_RESULT_UNKNOWN);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
}

static void test_denied_and_retry(void)
{
    Claim claim = {0};
    bool interactive;

    claim_want(&claim, true);
    g_assert_cmpint(claim_next(&claim, &interactive), ==, CLAIM_CALL_INSTALL);
    g_assert_false(interactive);
    claim_answered(&claim, CLAIM_RESULT_DENIED);
    g_assert_cmpint(claim.refusal, ==, CLAIM_REFUSAL_DENIED);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);

    /* polkit's Changed: again, without a prompt. */
    claim_retry(&claim, false);
    g_assert_cmpint(claim_next(&claim, &interactive), ==, CLAIM_CALL_INSTALL);
    g_assert_false(interactive);
    /* Changed once more while that is being judged: the answer may be of before. */
    claim_retry(&claim, false);
    claim_answered(&claim, CLAIM_RESULT_DENIED);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_answered(&claim, CLAIM_RESULT_DENIED);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);

    /* Only the button may prompt, and only the call that it caused. */
    claim_retry(&claim, true);
    g_assert_cmpint(claim_next(&claim, &interactive), ==, CLAIM_CALL_INSTALL);
    g_assert_true(interactive);
    claim_answered(&claim, CLAIM_RESULT_DENIED);
    claim_retry(&claim, false);
    g_assert_cmpint(claim_next(&claim, &interactive), ==, CLAIM_CALL_INSTALL);
    g_assert_false(interactive);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_cmpint(claim.held, ==, CLAIM_HELD_YES);

    /* The button was pressed while our own call was under way, and that was granted: no later call may prompt. */
    claim = (Claim){.wanted = true};
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_retry(&claim, true);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    claim_helper_gone(&claim);
    g_assert_cmpint(claim_next(&claim, &interactive), ==, CLAIM_CALL_INSTALL);
    g_assert_false(interactive);

    /* A clamp of that name was removed: what was denied is tried again. */
    claim = (Claim){.wanted = true, .refusal = CLAIM_REFUSAL_DENIED};
    claim_removed(&claim);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
}

static void test_reconnect_forgets_refusal(void)
{
    Claim claim = {.wanted = true, .refusal = CLAIM_REFUSAL_DENIED, .interactive = true};
    bool interactive;

    claim_want(&claim, false);
    g_assert_true(claim_finished(&claim));
    claim_want(&claim, true);
    g_assert_cmpint(claim_next(&claim, &interactive), ==, CLAIM_CALL_INSTALL);
    g_assert_false(interactive);
}

static void test_withdrawn(void)
{
    Claim claim = {.wanted = true, .held = CLAIM_HELD_YES};

    /* An administrator took everybody's claims: no fight, but no trace left either. */
    claim_removed(&claim);
    g_assert_cmpint(claim.refusal, ==, CLAIM_REFUSAL_WITHDRAWN);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    claim_want(&claim, false);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_true(claim_finished(&claim));

    /* The decision outlives the helper, which leaves when nothing is left to do, and the bus. */
    claim = (Claim){.wanted = true, .held = CLAIM_HELD_YES};
    claim_removed(&claim);
    claim_helper_gone(&claim);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    claim_bus_gone(&claim);
    g_assert_cmpint(claim.refusal, ==, CLAIM_REFUSAL_WITHDRAWN);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    /* The next connect is a new case. */
    claim_want(&claim, false);
    g_assert_true(claim_finished(&claim));
    claim_want(&claim, true);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
}

static void test_helper_dies(void)
{
    Claim claim = {.wanted = true, .held = CLAIM_HELD_YES};

    claim_helper_gone(&claim);
    g_assert_cmpint(claim.held, ==, CLAIM_HELD_MAYBE);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_helper_gone(&claim); /* again, in mid-call: the bus answers for it */
    claim_answered(&claim, CLAIM_RESULT_UNKNOWN);
    g_assert_cmpint(claim.refusal, ==, CLAIM_REFUSAL_UNAVAILABLE);
    g_assert_cmpuint(claim.failures, ==, 1);
    claim_retry(&claim, false);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_answered(&claim, CLAIM_RESULT_DONE);
    g_assert_cmpuint(claim.failures, ==, 0);

    /* A helper that dies while we take a claim back may remember it: tried until it is sure. */
    claim_want(&claim, false);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_answered(&claim, CLAIM_RESULT_UNKNOWN);
    g_assert_false(claim_finished(&claim));
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE); /* after a pause */
    claim_retry(&claim, false);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_REMOVE);
    claim_answered(&claim, CLAIM_RESULT_UNAVAILABLE); /* no helper at all, hence no rules */
    g_assert_true(claim_finished(&claim));
}

static void test_bus_dies(void)
{
    Claim claim = {0};

    claim_want(&claim, true);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_bus_gone(&claim);
    g_assert_cmpint(claim.held, ==, CLAIM_HELD_NO);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_NONE);
    claim_retry(&claim, false);
    g_assert_cmpint(next(&claim), ==, CLAIM_CALL_INSTALL);
    claim_want(&claim, false);
    claim_bus_gone(&claim);
    g_assert_true(claim_finished(&claim));
}

/*
 * A model of the helper and 200,000 random events: whenever nothing is under way and nothing is refused, the helper
 * holds exactly what is wanted; and after the last disconnect nothing is left.
 */
static void test_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261122);
    Claim claim = {0};
    bool helper_holds = false;
    ClaimCall under_way = CLAIM_CALL_NONE;

    for (unsigned i = 0; i < 200000; i++) {
        bool end = i >= 199900;
        switch (end ? 4 : g_rand_int_range(rand, 0, 6)) {
        case 0:
            claim_want(&claim, true);
            break;
        case 1:
            claim_want(&claim, false);
            break;
        case 2:
            claim_retry(&claim, g_rand_boolean(rand));
            break;
        case 3:
            if (g_rand_int_range(rand, 0, 20) == 0)
                claim_helper_gone(&claim);
            break;
        default: {
            if (end)
                claim_want(&claim, false);
            if (end && claim.refusal != CLAIM_REFUSAL_NONE)
                claim_retry(&claim, false);
            if (under_way == CLAIM_CALL_NONE)
                break;
            int outcome = end ? 0 : g_rand_int_range(rand, 0, 5);
            bool done = outcome <= 1 || (outcome == 4 && g_rand_boolean(rand));
            if (done)
                helper_holds = under_way == CLAIM_CALL_INSTALL;
            if (outcome == 3)
                claim_answered(&claim, CLAIM_RESULT_DENIED);
            else
                claim_answered(&claim, outcome == 4 ? CLAIM_RESULT_UNKNOWN
                                       : done       ? CLAIM_RESULT_DONE
                                                    : CLAIM_RESULT_UNKNOWN);
            under_way = CLAIM_CALL_NONE;
            break;
        }
        }
        if (under_way == CLAIM_CALL_NONE) {
            under_way = next(&claim);
            if (under_way == CLAIM_CALL_NONE && claim.refusal == CLAIM_REFUSAL_NONE)
                g_assert_cmpint(helper_holds, ==, claim.wanted);
        }
    }
    g_assert_true(claim_finished(&claim));
    g_assert_false(helper_holds);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/claim/connect-and-disconnect", test_connect_and_disconnect);
    g_test_add_func("/service/claim/gone-while-installing", test_gone_while_installing);
    g_test_add_func("/service/claim/back-while-removing", test_back_while_removing);
    g_test_add_func("/service/claim/denied-and-retry", test_denied_and_retry);
    g_test_add_func("/service/claim/reconnect-forgets-refusal", test_reconnect_forgets_refusal);
    g_test_add_func("/service/claim/withdrawn", test_withdrawn);
    g_test_add_func("/service/claim/helper-dies", test_helper_dies);
    g_test_add_func("/service/claim/bus-dies", test_bus_dies);
    g_test_add_func("/service/claim/random", test_random);
    return g_test_run();
}
