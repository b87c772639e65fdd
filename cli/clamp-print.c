/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Printing clamps.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "shared/names.h"

#include "cli/clamp-bus.h"
#include "cli/clamp-print.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/table.h"

char *clamp_holders(const Clamp *clamp)
{
    if (!clamp->owners)
        return g_strdup_printf("%u %s", clamp->holders, clamp->holders == 1 ? "user" : "users");

    GString *names = g_string_new(NULL);
    for (guint i = 0; i < clamp->owners->len; i++) {
        uint32_t uid = g_array_index(clamp->owners, uint32_t, i);
        const struct passwd *user = getpwuid(uid);

        if (names->len > 0)
            g_string_append(names, ", ");
        if (user)
            g_string_append(names, user->pw_name);
        else
            g_string_append_printf(names, "user %u", uid);
    }
    return g_string_free(names, FALSE);
}

static char *format_since(uint64_t usec)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64) (usec / G_USEC_PER_SEC));

    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : NULL;
}

static void add_row(Table *table, const Clamp *clamp)
{
    g_autofree char *link_mtu = clamp->link_mtu > 0 ? g_strdup_printf("%u", clamp->link_mtu) : NULL;
    g_autofree char *path_mtu = clamp->path_mtu > 0 ? g_strdup_printf("%u", clamp->path_mtu) : NULL;
    g_autofree char *mine = g_strjoinv(", ", clamp->mine);
    g_autofree char *holders = clamp_holders(clamp);
    g_autofree char *syn_packets = g_strdup_printf("%" G_GUINT64_FORMAT, clamp->syn_packets);
    g_autofree char *since = format_since(clamp->since_usec);

    table_add(table, (const char *[]){clamp->interface, clamp->kind, link_mtu, clamp->mode, path_mtu,
                         yes_no(clamp->active), mine, holders, syn_packets, since});
}

static void print_table(const GPtrArray *clamps)
{
    static const Column columns[] = {{"INTERFACE", false}, {"KIND", false}, {"LINK-MTU", true}, {"MODE", false},
        {"PATH-MTU", true}, {"ACTIVE", false}, {"MINE", false}, {"HELD-BY", false}, {"SYN-PACKETS", true},
        {"SINCE", false}};
    _cleanup_(table_freep) Table *table = table_new(columns, ELEMENTSOF(columns));

    for (guint i = 0; i < clamps->len; i++)
        add_row(table, g_ptr_array_index(clamps, i));
    table_print(table);
}

/* Whether a clamp is held by others than the person's own hand, and it is not known who: it may be their own airpodsd. */
static bool has_unnamed_holder(const GPtrArray *clamps)
{
    for (guint i = 0; i < clamps->len; i++) {
        const Clamp *clamp = g_ptr_array_index(clamps, i);
        if (!clamp->owners && g_strv_length(clamp->mine) == 0)
            return true;
    }
    return false;
}

int clamps_show(Cli *cli, bool json, bool alone, sd_bus_error *reterr)
{
    g_autoptr(GPtrArray) clamps = NULL;
    int r;

    r = clamps_get(cli, &clamps, reterr);
    if (r < 0)
        return r;
    if (alone)
        fprintf(json ? stderr : stdout, "%s: this is what airpods-helper adjusts (clamps), not a list of the VPNs.\n",
            cli_is_root(cli) ? "Running as root" : "There is no session bus");
    if (json) {
        g_autofree char *text = json_from_records(&clamp_type, clamps);
        fputs(text, stdout);
    } else if (clamps->len == 0) {
        puts("Nothing is adjusted (clamped) on this computer.");
    } else {
        print_table(clamps);
        if (has_unnamed_holder(clamps))
            puts(
                "\nMINE is what you asked for yourself (\"airpods mss enable\"). What airpodsd asks for by itself is not in it, but "
                "its user is counted in HELD-BY.");
        if (clamps_find(clamps, EVERY_TUNNEL))
            puts("\n\"*\" is every VPN, now and later.");
    }
    return EXIT_DONE;
}
