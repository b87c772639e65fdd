/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Printing tunnels.
 */
#include <stdio.h>

#include "cli/escape.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/tunnel-print.h"

static char *full_sentence(const Tunnel *tunnel, bool meaning)
{
    g_autofree char *sentence = tunnel_sentence(tunnel);

    return g_strjoin(meaning ? " " : "", sentence, meaning ? tunnel_policy_sentence(tunnel) : "", NULL);
}

static void print_json(const GPtrArray *tunnels, bool meaning)
{
    JsonBuilder *json = json_begin();

    for (guint i = 0; i < tunnels->len; i++) {
        const Tunnel *tunnel = g_ptr_array_index(tunnels, i);

        json_builder_begin_object(json);
        json_add_fields(json, &tunnel_type, tunnel);
        if (meaning) {
            g_autofree char *sentence = full_sentence(tunnel, true);
            json_builder_set_member_name(json, "meaning");
            json_builder_add_string_value(json, sentence);
        }
        json_builder_end_object(json);
    }
    g_autofree char *text = json_end(json);
    fputs(text, stdout);
}

static void print_table(const GPtrArray *tunnels)
{
    static const Column columns[] = {{"INTERFACE", false}, {"KIND", false}, {"MTU", true}, {"LINK-MTU", true},
        {"REDUCED", false}, {"DEFAULT", false}, {"CLAMP", false}, {"POLICY", false}};
    _cleanup_(table_freep) Table *table = table_new(columns, ELEMENTSOF(columns));

    for (guint i = 0; i < tunnels->len; i++) {
        const Tunnel *tunnel = g_ptr_array_index(tunnels, i);
        g_autofree char *mtu = g_strdup_printf("%u", tunnel->mtu), *link_mtu = g_strdup_printf("%u", tunnel->link_mtu);

        table_add(table, (const char *[]){tunnel->interface, tunnel->kind, mtu, link_mtu, yes_no(tunnel->reduced),
                             yes_no(tunnel->carries_default), tunnel->clamp, tunnel->policy});
    }
    table_print(table);
}

void tunnels_print(const GPtrArray *tunnels, bool json, bool meaning)
{
    if (json) {
        print_json(tunnels, meaning);
        return;
    }
    if (tunnels->len == 0) {
        puts("No VPN is up, apart from any that \"ignore\" in [vpn] of the configuration names.");
        return;
    }
    print_table(tunnels);
    putchar('\n');
    for (guint i = 0; i < tunnels->len; i++) {
        g_autofree char *sentence = full_sentence(g_ptr_array_index(tunnels, i), meaning);
        g_autofree char *line = escape_line(sentence);
        puts(line);
    }
}
