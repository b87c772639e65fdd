/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ConfigPath and $AIRPODS_CONFIG.
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/names.h"

#include "cli/config-path.h"
#include "cli/report.h"

int config_path_get(Cli *cli, char **ret, sd_bus_error *reterr)
{
    return cli_get_string(cli, PEER_SERVICE, MANAGER_PATH, MANAGER_INTERFACE, "ConfigPath", 0, ret, reterr);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

void config_path_compare(Cli *cli)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    _cleanup_(freep) char *served = NULL;
    const char *variable = getenv("AIRPODS_CONFIG");

    if (!variable || *variable == '\0' || !cli_session_used(cli))
        return;
    if (cli_get_string(
            cli, PEER_SERVICE, MANAGER_PATH, MANAGER_INTERFACE, "ConfigPath", CALL_NO_START, &served, &error) < 0)
        return;
    g_autofree char *wanted = g_canonicalize_filename(variable, NULL);
    if (!same_file(wanted, served))
        report_note(
            "AIRPODS_CONFIG is \"%s\" here, but airpodsd reads \"%s\": it takes the variable from its own environment "
            "when it starts.",
            wanted, served);
}
