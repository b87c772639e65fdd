/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods config show: org.airpods.Manager1.ShowConfig. The text is TOML already, so there is no JSON form.
 */
#include <glib.h>
#include <stdio.h>

#include "shared/names.h"

#include "cli/escape.h"
#include "cli/report.h"
#include "cli/verbs.h"

int verb_config_show(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    const char *config;
    int r;

    r = cli_new_call(cli, PEER_SERVICE, MANAGER_PATH, MANAGER_INTERFACE, "ShowConfig", &call, reterr);
    if (r < 0)
        return r;
    r = sd_bus_message_append(call, "a{sv}", 0);
    if (r >= 0)
        r = cli_call(cli, PEER_SERVICE, call, 0, &reply, reterr);
    if (r < 0)
        return r;
    if (sd_bus_message_read(reply, "s", &config) <= 0)
        return cli_bad_answer(PEER_SERVICE, reterr);

    g_autofree char *text = escape_text(config);
    fputs(text, stdout);
    return EXIT_DONE;
}
