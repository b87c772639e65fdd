/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line of Podman's answer to a pull, and the words for its failure. Pure. It is the Docker-compatible pull that is
 * asked for, since Podman's own tells bytes only from version 6 on (podman#24887): the compatible one has told them by
 * part, with the part's size, since 4.3 at least. A part is a layer or the image's configuration; how many there are is
 * known when all have begun.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <glib.h>
#include <systemd/sd-bus.h>

/* More parts than this, or than an image can have, are counted together. */
#define PULL_PARTS_MAX 512U

typedef struct PullProgress {
    unsigned parts, parts_done; /* that have begun; of these, are here */
    uint64_t bytes, bytes_done; /* of the parts whose size is known */
    double fraction;            /* 0…1, never falls, 1 only when all that has begun is here */
    char *error;                /* Podman's words, NULL: no failure so far */
    GHashTable *table;          /* private */
} PullProgress;

/* 1: the line told something new, 0: it did not, -EBADMSG: it is not a line of a pull. Begin with a zeroed struct. */
int pull_progress_feed(PullProgress *progress, const char *line, size_t size);
void pull_progress_clear(PullProgress *progress);

/* Fills reterr with one sentence for Podman's words, and returns its negative errno. ImageNotFound or PodmanFailed. */
int pull_error_explain(const char *image, const char *words, sd_bus_error *reterr);
