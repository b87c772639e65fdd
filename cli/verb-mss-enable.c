/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods mss enable: org.airpods.Helper1.InstallClamp, a claim made by hand, and Tunnel1.Policy back to "auto" where
 * it was "off": otherwise airpodsd would leave alone what the person has just asked for, at the next connect.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "shared/names.h"

#include "cli/agent.h"
#include "cli/clamp-bus.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/tunnel-bus.h"
#include "cli/verbs.h"

#define HOLDS_UNTIL "holds until you undo it, airpods-helper is restarted or the computer restarts"

static int check_args(const Args *args, sd_bus_error *reterr)
{
    if (args_has(args, OPTION_PERSISTENT))
        return cli_error_set(reterr, ERROR_INVALID_OPTION,
            "--persistent is not in this version: what \"mss enable\" does " HOLDS_UNTIL ".");
    if (args_has(args, OPTION_ALL) && args->operand)
        return cli_error_set(reterr, CLI_ERROR_USAGE, "Either --all or an interface, not both.");
    return 0;
}

/* The names to adjust, at least one. */
static int choose(const Args *args, const GPtrArray *tunnels, GPtrArray **ret, sd_bus_error *reterr)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    if (args->operand) {
        g_ptr_array_add(names, g_strdup(args->operand));
    } else if (args_has(args, OPTION_ALL) || !tunnels) {
        g_ptr_array_add(names, g_strdup(EVERY_TUNNEL));
    } else {
        for (guint i = 0; i < tunnels->len; i++) {
            const Tunnel *tunnel = g_ptr_array_index(tunnels, i);
            if (tunnel->reduced)
                g_ptr_array_add(names, g_strdup(tunnel->interface));
        }
        if (names->len == 0)
            return cli_error_set(reterr, CLI_ERROR_NO_TUNNEL, NULL);
    }
    *ret = g_steal_pointer(&names);
    return 0;
}

static void print_done(const Cli *cli, const Clamp *clamp, bool json)
{
    FILE *out = json ? stderr : stdout;
    uint32_t size = clamp->path_mtu > 0 ? clamp->path_mtu : clamp->link_mtu;
    g_autofree char *name = escape_line(clamp->interface);

    if (strcmp(clamp->interface, EVERY_TUNNEL) == 0)
        fputs("Every VPN, now and later: airpods adjusts (clamps) the connections that go out through it", out);
    else if (!clamp->active)
        fprintf(
            out, "%s: airpods adjusts (clamps) the connections that go out through it when it is there again", name);
    else
        fprintf(out, "%s: airpods adjusts (clamps) the connections that go out through it to %u bytes", name, size);
    fprintf(out, ", for all users. This " HOLDS_UNTIL ".\nUndo: %s mss disable %s\n", cli_command(cli),
        strcmp(clamp->interface, EVERY_TUNNEL) == 0 ? "--all" : name);
}

/* Policy "off" → "auto", said aloud. */
static int restore_policy(Cli *cli, const GPtrArray *tunnels, const char *name, bool json, sd_bus_error *reterr)
{
    const Tunnel *tunnel = tunnels ? tunnels_find(tunnels, name) : NULL;
    int r;

    if (!tunnel || strcmp(tunnel->policy, "off") != 0)
        return 0;
    r = tunnel_set_policy(cli, tunnel, "auto", reterr);
    if (r > 0) {
        g_autofree char *line = escape_line(name);
        fprintf(json ? stderr : stdout, "%s: its policy was off and is auto again.\n", line);
    }
    return r;
}

static int enable_all(Cli *cli, const Args *args, const GPtrArray *names, const GPtrArray *tunnels, bool interactive,
    sd_bus_error *reterr)
{
    g_autoptr(GPtrArray) done = g_ptr_array_new_with_free_func((GDestroyNotify) clamp_free);
    bool json = args_has(args, OPTION_JSON);
    int r = 0;

    /* The first failure ends it: a second password prompt after a refusal would only annoy. What was done stays. */
    for (guint i = 0; i < names->len && r >= 0; i++) {
        const char *name = g_ptr_array_index(names, i);
        Clamp *clamp = NULL;

        r = clamp_install(cli, name, args->path_mtu, interactive, &clamp, reterr);
        if (r < 0)
            break;
        g_ptr_array_add(done, clamp);
        print_done(cli, clamp, json);
        r = restore_policy(cli, tunnels, name, json, reterr);
    }
    if (json && r >= 0) {
        g_autofree char *text = json_from_records(&clamp_type, done);
        fputs(text, stdout);
    }
    return r < 0 ? r : EXIT_DONE;
}

int verb_mss_enable(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    g_autoptr(GPtrArray) tunnels = NULL, names = NULL;
    _cleanup_(agent_freep) Agent *agent = NULL;
    int r;

    r = check_args(args, reterr);
    if (r >= 0 && cli_has_session(cli))
        /* The helper does not need airpodsd when the person has named what to adjust. */
        r = args->operand || args_has(args, OPTION_ALL) ? tunnels_get_if_there(cli, &tunnels, reterr)
                                                        : tunnels_get(cli, &tunnels, reterr);
    if (r >= 0)
        r = choose(args, tunnels, &names, reterr);
    if (r < 0)
        return r;
    assert(names);
    bool interactive = agent_start(&agent) > 0;
    return enable_all(cli, args, names, tunnels, interactive, reterr);
}
