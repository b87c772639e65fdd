/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container as Podman describes it: one struct for the long answer (inspect) and the short one (list). The parsers
 * are pure: text in, struct out. What a short answer does not tell is empty or 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <glib.h>

#include "shared/macro.h"

typedef enum ContainerState {
    CONTAINER_CREATED,
    CONTAINER_RUNNING,
    CONTAINER_PAUSED,
    CONTAINER_STOPPING,
    CONTAINER_EXITED,
    CONTAINER_REMOVING,
    CONTAINER_OTHER,
    CONTAINER_STATE_MAX,
} ContainerState;

typedef struct ContainerPort {
    char *address; /* "" = every address */
    char *protocol;
    uint16_t host, container;
} ContainerPort;

typedef struct ContainerInfo {
    char *id, *name, *image, *image_id;
    char *service; /* label, NULL: not ours */
    char *config;  /* label, NULL: none */
    ContainerState state;
    int64_t pid; /* 0: does not run */
    int64_t exit_code;
    bool oom_killed;
    char *error;           /* why it did not start, "" */
    uint64_t started_usec; /* CLOCK_REALTIME, 0: never */
    char *network_mode;    /* long: "bridge", "host", … */
    GPtrArray *networks;   /* char *: names */
    GPtrArray *aliases;    /* char *: long, without the one that Podman makes of the id */
    GPtrArray *ports;      /* ContainerPort *, sorted */
    int64_t pids_limit;    /* long */
    int64_t memory_limit;  /* long: bytes */
    int64_t restart_count; /* long */
} ContainerInfo;

/* -EBADMSG when the text is not a container. Members that are missing or have another type are as if not told. */
int container_info_parse(const char *text, size_t size, ContainerInfo **ret);

/* The answer to a list: ContainerInfo *. */
int container_list_parse(const char *text, size_t size, GPtrArray **ret);

/* The id in the answer to create; NULL: it has none. g_free() it. */
char *container_created_parse(const char *text, size_t size);

ContainerInfo *container_info_free(ContainerInfo *info);
DEFINE_FREEP(ContainerInfo, container_info_free)

const char *container_state_string(ContainerState state);

/* RFC 3339 as Podman writes it, with or without fractions; 0 for its "never" (year 1) and for anything else. */
uint64_t podman_time_parse(const char *text);
