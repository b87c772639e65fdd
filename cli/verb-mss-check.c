/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods mss check: the Tunnel1 objects of airpodsd; without a session bus, ListClamps of the helper.
 */
#include "cli/clamp-print.h"
#include "cli/report.h"
#include "cli/tunnel-bus.h"
#include "cli/tunnel-print.h"
#include "cli/verbs.h"

int verb_mss_check(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    g_autoptr(GPtrArray) tunnels = NULL;
    int r;

    if (!cli_has_session(cli))
        return clamps_show(cli, args_has(args, OPTION_JSON), true, reterr);
    r = tunnels_get(cli, &tunnels, reterr);
    if (r < 0)
        return r;
    tunnels_print(tunnels, args_has(args, OPTION_JSON), false);
    return EXIT_DONE;
}
