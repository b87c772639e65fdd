/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Command line of airpods-helper. Everything else is in libhelper.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "helper/helper.h"

#define USAGE                                                                               \
    "airpods-helper: sets packet sizes of VPN interfaces for airpods; started by D-Bus\n\n" \
    "  --session         take the name on the session bus; for tests, not as root\n"        \
    "  --no-owner        with --session: an nftables table without the owner flag\n"        \
    "  --idle-seconds=N  leave after N seconds without work (30)\n"                         \
    "  --version\n  --help\n"

static int parse_seconds(const char *text, uint64_t *ret_usec)
{
    char *end;
    unsigned long seconds = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || seconds > 86400)
        return -EINVAL;
    *ret_usec = seconds * UINT64_C(1000000);
    return 0;
}

int main(int argc, char *argv[])
{
    static const struct option long_options[] = {{"session", no_argument, NULL, 's'},
        {"no-owner", no_argument, NULL, 'n'}, {"idle-seconds", required_argument, NULL, 'i'},
        {"version", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'}, {}};
    _cleanup_(helper_freep) Helper *helper = NULL;
    HelperOptions options = {.idle_usec = UINT64_C(30000000)};
    int c, r;

    while ((c = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
        options.session |= c == 's';
        options.no_owner |= c == 'n';
        if (c == 'v' || c == 'h')
            return fputs(c == 'h' ? USAGE : "airpods-helper " AIRPODS_VERSION "\n", stdout) < 0;
        if (c == '?' || (c == 'i' && parse_seconds(optarg, &options.idle_usec) < 0))
            return fputs("airpods-helper: see airpods-helper --help.\n", stderr), 2;
    }
    if (optind < argc || (options.no_owner && !options.session) || (options.session && geteuid() == 0)) {
        fputs(
            "airpods-helper: takes no arguments; --no-owner needs --session, and that does not run as root.\n", stderr);
        return 2;
    }
    r = helper_new(&helper, &options);
    if (r < 0)
        return fprintf(stderr, "airpods-helper: cannot start: %s\n", strerror(-r)), 1;
    return sd_event_loop(helper->event) != 0;
}
