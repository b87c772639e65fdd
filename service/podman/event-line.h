/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line of Podman's event stream. Pure. Used by podman-events.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/macro.h"

typedef struct PodmanEvent {
    char *type;   /* container, image, network, volume, … */
    char *action; /* create, start, died, remove, pull, … */
    char *id;     /* "" for some images */
    char *name;
    char *service;     /* label, NULL: not a container of ours, or not told */
    uint64_t nsec;     /* CLOCK_REALTIME */
    int64_t exit_code; /* of "died" */
} PodmanEvent;

/* -EBADMSG when it is none. */
int podman_event_parse(const char *line, size_t size, PodmanEvent **ret);
PodmanEvent *podman_event_free(PodmanEvent *event);
DEFINE_FREEP(PodmanEvent, podman_event_free)
