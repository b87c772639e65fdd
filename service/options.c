/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Three options, none of which a person needs day to day.
 */
#include <errno.h>
#include <getopt.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "service/options.h"

static void print_help(void)
{
    printf("airpodsd [OPTION…]\n\n"
           "The airpods service of one user. It takes org.airpods.Manager1 on the session bus\n"
           "and is normally started by D-Bus or by the user's systemd.\n\n"
           "  --idle-seconds=N  leave after N seconds without work and without a client (default %u);\n"
           "                    only when started by activation and not enabled as a unit\n"
           "  --help            show this\n"
           "  --version         show the version\n",
        IDLE_SECONDS_DEFAULT);
}

int options_parse(int argc, char **argv, Options *ret)
{
    enum { ARG_HELP = 0x100, ARG_VERSION, ARG_IDLE };
    static const struct option table[] = {
        {"help", no_argument, NULL, ARG_HELP},
        {"version", no_argument, NULL, ARG_VERSION},
        {"idle-seconds", required_argument, NULL, ARG_IDLE},
        {0},
    };
    uint64_t seconds = IDLE_SECONDS_DEFAULT;
    int c;

    while ((c = getopt_long(argc, argv, "", table, NULL)) >= 0)
        switch (c) {
        case ARG_HELP:
            print_help();
            return 1;
        case ARG_VERSION:
            printf("airpodsd %s\n", AIRPODS_VERSION);
            return 1;
        case ARG_IDLE:
            if (!g_ascii_string_to_unsigned(optarg, 10, 1, 86400, &seconds, NULL)) {
                fprintf(stderr, "airpodsd: --idle-seconds wants a number from 1 to 86400.\n");
                return -EINVAL;
            }
            break;
        default:
            return -EINVAL; /* getopt has said why */
        }
    if (optind < argc) {
        fprintf(stderr, "airpodsd: unexpected argument \"%s\".\n", argv[optind]);
        return -EINVAL;
    }
    ret->idle_usec = seconds * 1000 * 1000;
    return 0;
}
