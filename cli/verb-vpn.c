/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods vpn: the Tunnel1 objects of airpodsd, with what each property means for the person.
 */
#include "cli/report.h"
#include "cli/tunnel-bus.h"
#include "cli/tunnel-print.h"
#include "cli/verbs.h"

int verb_vpn(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    g_autoptr(GPtrArray) tunnels = NULL;
    int r;

    r = tunnels_get(cli, &tunnels, reterr);
    if (r < 0)
        return r;
    tunnels_print(tunnels, args_has(args, OPTION_JSON), true);
    return EXIT_DONE;
}
