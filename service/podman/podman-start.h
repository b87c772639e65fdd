/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes Podman's API answer: asks, and if nobody listens starts podman.socket through the user's systemd, or the API
 * service itself where there is no systemd. Used by podman.c alone.
 */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "service/podman/http.h"

typedef struct PodmanStart PodmanStart;

/* Once; error NULL: Podman answers, and says that it is this version. The object may be freed in it. */
typedef void (*PodmanStarted)(const char *version, const sd_bus_error *error, void *userdata);

/* `user_bus` may be NULL. */
int podman_start_new(PodmanStart **ret, sd_event *event, HttpClient *client, sd_bus *user_bus, const char *socket_path,
    PodmanStarted started, void *userdata);

/* Gives it up. A service that was started stays: it leaves by itself when nobody uses it. */
PodmanStart *podman_start_free(PodmanStart *start);
DEFINE_FREEP(PodmanStart, podman_start_free)
