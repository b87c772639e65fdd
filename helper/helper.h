/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of the helper and what changes it: claims in step with the kernel, links that come and go, callers that
 * leave the bus, and the end of the process when nothing is left to do. Knows nothing of method calls and their
 * arguments (helper-bus.c) nor of who may do what (request.c, polkit).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "helper/clamp.h"
#include "helper/link-watch.h"
#include "helper/nft.h"
#include "helper/rate-limit.h"

typedef struct HelperOptions {
    bool session;  /* on the session bus, for tests */
    bool no_owner; /* a plain nftables table */
    uint64_t idle_usec;
} HelperOptions;

typedef struct Helper {
    HelperOptions options;
    sd_event *event;
    sd_bus *bus;
    sd_event_source *idle;
    Nft *nft;
    LinkWatch *watch; /* while there is a claim */
    ClampTable table;
    RateLimit rate;
    struct Request *requests; /* calls that wait for the bus driver or polkit */
    bool leaving;             /* the name is being given back: no new claim */
    bool released;            /* it has been; the process ends with the last request */
} Helper;

int helper_new(Helper **ret, const HelperOptions *options);
Helper *helper_free(Helper *helper);
DEFINE_FREEP(Helper, helper_free)

/* Something was done: starts the idle time anew, or ends the process when it is leaving and has answered all. */
void helper_touch(Helper *helper);

/*
 * Drops the claims on `interface` that match `without` and adds `with` (either may be NULL; `with` is consumed on
 * success only). The kernel is changed first, in one batch; when it refuses, nothing has changed. Sends the signals
 * that follow.
 */
int helper_change(Helper *helper, const char *interface, const ClaimFilter *without, Claim *with, sd_bus_error *reterr);
