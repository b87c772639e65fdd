/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpodsd: options, the event loop, the manager. Everything else is in the library, so that tests can link it.
 */
#include <stdlib.h>
#include <systemd/sd-event.h>

#include "service/manager.h"

int main(int argc, char **argv)
{
    Options options;
    int r;

    r = options_parse(argc, argv, &options);
    if (r != 0)
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

    _cleanup_(sd_event_unrefp) sd_event *event = NULL;
    r = sd_event_default(&event);
    if (r < 0)
        return EXIT_FAILURE;
    _cleanup_(manager_freep) Manager *manager = NULL;
    r = manager_new(&manager, event, &options);
    if (r < 0)
        return EXIT_FAILURE;
    r = sd_event_loop(event);
    return r < 0 ? EXIT_FAILURE : r;
}
