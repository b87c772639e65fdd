/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods version: this program's, and the property Version of the daemons that run. Starts none, and never fails for
 * want of one: it is what people are asked for when something does not work.
 */
#include <stdio.h>

#include "shared/names.h"

#include "cli/escape.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/verbs.h"

/* NULL when it does not run or does not answer; free with free(). */
static char *daemon_version(Cli *cli, Peer peer, const char *path, const char *interface)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    char *version = NULL;

    if (cli_get_string(cli, peer, path, interface, "Version", CALL_NO_START, &version, &error) < 0)
        return NULL;
    return version;
}

static void add_version(JsonBuilder *json, const char *program, const char *version)
{
    if (!json) {
        g_autofree char *line = escape_line(version ? version : "does not run");
        printf("%s %s\n", program, line);
        return;
    }
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "program");
    json_builder_add_string_value(json, program);
    json_builder_set_member_name(json, "version");
    if (version)
        json_builder_add_string_value(json, version);
    else
        json_builder_add_null_value(json);
    json_builder_end_object(json);
}

int verb_version(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    _cleanup_(freep) char *service = NULL, *helper = NULL;
    JsonBuilder *json = args_has(args, OPTION_JSON) ? json_begin() : NULL;

    add_version(json, "airpods", AIRPODS_VERSION);
    if (cli_has_session(cli)) {
        service = daemon_version(cli, PEER_SERVICE, MANAGER_PATH, MANAGER_INTERFACE);
        add_version(json, "airpodsd", service);
    }
    helper = daemon_version(cli, PEER_HELPER, HELPER_PATH, HELPER_INTERFACE);
    add_version(json, "airpods-helper", helper);
    if (json) {
        g_autofree char *text = json_end(json);
        fputs(text, stdout);
    }
    return EXIT_DONE;
}
