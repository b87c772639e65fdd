/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods mss status: org.airpods.Helper1.ListClamps.
 */
#include "cli/clamp-print.h"
#include "cli/verbs.h"

int verb_mss_status(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    return clamps_show(cli, args_has(args, OPTION_JSON), !cli_has_session(cli), reterr);
}
