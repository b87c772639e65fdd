/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods mss disable: Tunnel1.Policy to "off", then org.airpods.Helper1.RemoveClamp of the person's own claims (as
 * root, without IFACE: of everybody's), then ListClamps to say who still holds what.
 *
 * The policy comes first. airpodsd drops its automatic claim because of it, a moment later; the list is asked again for
 * up to two seconds until that has happened, so that the person is not told that they themselves still hold it.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <net/if.h>

#include "shared/names.h"

#include "cli/clamp-bus.h"
#include "cli/clamp-print.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/tunnel-bus.h"
#include "cli/verbs.h"

#define RELEASE_TRIES 40
#define RELEASE_PAUSE_NSEC (50L * 1000 * 1000)

/* One interface and what became of it. */
typedef struct Outcome {
    char *interface;
    bool removed;     /* a claim was dropped */
    char *policy;     /* "off" when it was set, otherwise "" */
    bool changed;     /* … and it was another one before */
    uint32_t holders; /* users who hold it still */
    bool automatic;   /* airpodsd may hold it for us, until it has seen the policy */
} Outcome;

/* clang-format off */
static const Field outcome_fields[] = {
    { "interface", "interface", FIELD_STRING, false, offsetof(Outcome, interface) },
    { "removed",   "removed",   FIELD_BOOL,   false, offsetof(Outcome, removed) },
    { "policy",    "policy",    FIELD_STRING, false, offsetof(Outcome, policy) },
    { "holders",   "holders",   FIELD_U32,    false, offsetof(Outcome, holders) },
};
/* clang-format on */

static const RecordType outcome_type = {sizeof(Outcome), ELEMENTSOF(outcome_fields), outcome_fields};

static void outcome_free(void *outcome)
{
    record_free(&outcome_type, outcome);
}

static void add_outcome(GPtrArray *outcomes, const char *interface)
{
    for (guint i = 0; i < outcomes->len; i++) {
        const Outcome *outcome = g_ptr_array_index(outcomes, i);
        if (strcmp(outcome->interface, interface) == 0)
            return;
    }

    Outcome *outcome = g_new0(Outcome, 1);
    outcome->interface = g_strdup(interface);
    outcome->policy = g_strdup("");
    g_ptr_array_add(outcomes, outcome);
}

static bool is_for_everybody(const Cli *cli, const Args *args)
{
    return cli_is_root(cli) && !args->operand && !args_has(args, OPTION_TAKE_ALL_BACK);
}

/* The interfaces that are meant; may be none. */
static void choose(
    const Cli *cli, const Args *args, const GPtrArray *tunnels, const GPtrArray *clamps, GPtrArray *outcomes)
{
    if (args->operand) {
        add_outcome(outcomes, args->operand);
        return;
    }
    if (args_has(args, OPTION_TAKE_ALL_BACK)) {
        add_outcome(outcomes, EVERY_TUNNEL);
        return;
    }
    for (guint i = 0; tunnels && i < tunnels->len; i++) {
        const Tunnel *tunnel = g_ptr_array_index(tunnels, i);
        if (tunnel->reduced)
            add_outcome(outcomes, tunnel->interface);
    }
    for (guint i = 0; i < clamps->len; i++) {
        const Clamp *clamp = g_ptr_array_index(clamps, i);
        if (is_for_everybody(cli, args) || g_strv_length(clamp->mine) > 0)
            add_outcome(outcomes, clamp->interface);
    }
}

static int switch_off(Cli *cli, const GPtrArray *tunnels, Outcome *outcome, sd_bus_error *reterr)
{
    const Tunnel *tunnel = tunnels ? tunnels_find(tunnels, outcome->interface) : NULL;
    int r;

    if (!tunnel)
        return 0;
    outcome->automatic =
        strcmp(tunnel->policy, "off") != 0 && (tunnel_is_clamped(tunnel) || strcmp(tunnel->clamp, "requested") == 0);
    r = tunnel_set_policy(cli, tunnel, "off", reterr);
    if (r > 0) {
        g_free(outcome->policy);
        outcome->policy = g_strdup("off");
        outcome->changed = strcmp(tunnel->policy, "off") != 0;
    }
    return r;
}

static uint32_t count_holders(const GPtrArray *clamps, const char *interface)
{
    const Clamp *clamp = clamps_find(clamps, interface);

    return clamp ? clamp->holders : 0;
}

/* Whether airpodsd has let go of everything that it may have held for this user before. */
static bool is_released(const GPtrArray *outcomes, const GPtrArray *before, const GPtrArray *now)
{
    for (guint i = 0; i < outcomes->len; i++) {
        const Outcome *outcome = g_ptr_array_index(outcomes, i);
        uint32_t holders = count_holders(now, outcome->interface);

        if (outcome->automatic && holders > 0 && holders >= count_holders(before, outcome->interface))
            return false;
    }
    return true;
}

static int list_until_released(
    Cli *cli, const GPtrArray *outcomes, const GPtrArray *before, GPtrArray **ret, sd_bus_error *reterr)
{
    for (int i = 0;; i++) {
        g_autoptr(GPtrArray) now = NULL;
        int r = clamps_get(cli, &now, reterr);
        if (r < 0)
            return r;
        if (i == RELEASE_TRIES || is_released(outcomes, before, now)) {
            *ret = g_steal_pointer(&now);
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = RELEASE_PAUSE_NSEC}, NULL);
    }
}

/* What became of the claims; `everybody` had those that are gone, or NULL: the person alone. */
static char *claims_sentence(const Outcome *outcome, const Clamp *everybody)
{
    g_autofree char *holders = everybody ? clamp_holders(everybody) : NULL;

    if (outcome->removed && holders)
        return g_strdup_printf("what everybody asked for (%s) is undone", holders);
    if (outcome->removed)
        return g_strdup("what you asked for is undone");
    if (strcmp(outcome->interface, EVERY_TUNNEL) != 0 && if_nametoindex(outcome->interface) == 0)
        return g_strdup("there is no such interface now, and you had asked for nothing here");
    return g_strdup("you had asked for nothing here");
}

static void print_outcome(const Cli *cli, const Outcome *outcome, const Clamp *everybody, const Clamp *clamp)
{
    bool every = strcmp(outcome->interface, EVERY_TUNNEL) == 0;
    g_autofree char *name = every ? g_strdup("Every VPN, now and later") : escape_line(outcome->interface);
    g_autofree char *claims = claims_sentence(outcome, everybody);
    g_autofree char *claims_line = escape_line(claims);

    printf("%s: %s", name, claims_line);
    if (strcmp(outcome->policy, "off") == 0)
        fputs(", and airpods leaves this VPN alone from now on (policy off)", stdout);
    fputs(".\n", stdout);
    if (clamp) {
        g_autofree char *holders = clamp_holders(clamp);
        g_autofree char *line = escape_line(holders);
        printf(
            "%s: still adjusted (clamped), because it is held by %s; \"sudo airpods mss disable\" ends every adjustment of "
            "every user.\n",
            name, line);
    }
    if (outcome->removed || outcome->changed)
        printf("Undo: %s mss enable %s\n", cli_command(cli), every ? "--all" : name);
}

static void print_outcomes(
    const Cli *cli, const Args *args, const GPtrArray *outcomes, const GPtrArray *before, const GPtrArray *after)
{
    bool json = args_has(args, OPTION_JSON);

    for (guint i = 0; i < outcomes->len; i++) {
        Outcome *outcome = g_ptr_array_index(outcomes, i);

        outcome->holders = count_holders(after, outcome->interface);
        if (!json)
            print_outcome(cli, outcome, is_for_everybody(cli, args) ? clamps_find(before, outcome->interface) : NULL,
                clamps_find(after, outcome->interface));
    }
    if (json) {
        g_autofree char *text = json_from_records(&outcome_type, outcomes);
        fputs(text, stdout);
    } else if (outcomes->len == 0) {
        puts("Nothing is adjusted (clamped) here, so there is nothing to undo.");
    }
}

int verb_mss_disable(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    g_autoptr(GPtrArray) outcomes = g_ptr_array_new_with_free_func(outcome_free);
    g_autoptr(GPtrArray) tunnels = NULL, before = NULL, after = NULL;
    int r;

    if (args_has(args, OPTION_TAKE_ALL_BACK) && args->operand)
        return cli_error_set(reterr, CLI_ERROR_USAGE, "Either --all or an interface, not both.");
    /* Without airpodsd there is no policy to change, but what the person made by hand is still theirs to drop. */
    r = cli_has_session(cli) ? tunnels_get_if_there(cli, &tunnels, reterr) : 0;
    if (r >= 0)
        r = clamps_get(cli, &before, reterr);
    /* Without a helper nothing is in force, and the policy is all that there is to change. */
    bool no_helper = r < 0 && tunnels && args->operand && tunnels_find(tunnels, args->operand) &&
                     cli_is_unavailable(PEER_HELPER, reterr);
    if (no_helper) {
        report_error(reterr, r);
        sd_bus_error_free(reterr);
        before = g_ptr_array_new();
        r = 0;
    }
    if (r < 0)
        return r;

    choose(cli, args, tunnels, before, outcomes);
    for (guint i = 0; i < outcomes->len; i++) {
        Outcome *outcome = g_ptr_array_index(outcomes, i);

        r = switch_off(cli, tunnels, outcome, reterr);
        if (r >= 0 && !no_helper)
            r = clamp_remove(cli, outcome->interface, is_for_everybody(cli, args), reterr);
        if (r < 0)
            return r;
        outcome->removed = !no_helper && r > 0;
    }
    if (no_helper)
        after = g_steal_pointer(&before);
    else
        r = list_until_released(cli, outcomes, before, &after, reterr);
    if (r < 0)
        return r;
    print_outcomes(cli, args, outcomes, before, after);
    return EXIT_DONE;
}
