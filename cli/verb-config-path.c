/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods config path: the property ConfigPath of org.airpods.Manager1.
 */
#include <glib.h>
#include <stdio.h>

#include "cli/config-path.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/verbs.h"

int verb_config_path(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    _cleanup_(freep) char *path = NULL;
    int r;

    r = config_path_get(cli, &path, reterr);
    if (r < 0)
        return r;
    if (args_has(args, OPTION_JSON)) {
        JsonBuilder *json = json_begin();
        json_builder_begin_object(json);
        json_builder_set_member_name(json, "path");
        json_builder_add_string_value(json, path);
        json_builder_end_object(json);
        g_autofree char *text = json_end(json);
        fputs(text, stdout);
    } else {
        g_autofree char *line = escape_line(path);
        puts(line);
    }
    return EXIT_DONE;
}
