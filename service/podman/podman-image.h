/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images: is it here, and bring it here. A pull tells how far it is, and ends with one sentence when it fails. It runs
 * as long as it takes: a registry's pauses are Podman's to judge.
 */
#pragma once

#include "service/podman/podman.h"
#include "service/podman/pull-line.h"

typedef struct ImageInfo {
    char *id;
    int64_t size; /* bytes */
} ImageInfo;

/* image_info_parse(); a status of 404 if it is not here. */
int podman_image_inspect(PodmanCall **ret, Podman *podman, const char *image, PodmanDone done, void *userdata);

int image_info_parse(const char *text, size_t size, ImageInfo **ret);
ImageInfo *image_info_free(ImageInfo *info);
DEFINE_FREEP(ImageInfo, image_info_free)

typedef struct PodmanPull PodmanPull;

/* After each line that tells something new. */
typedef void (*PullChanged)(const PullProgress *progress, void *userdata);

/* The end, once. After a success podman_image_inspect() tells what came. */
typedef void (*PullDone)(const sd_bus_error *error, void *userdata);

/* Also if an image of that name is here: it may be newer. Freeing it cancels the pull, in Podman too. */
int podman_pull_new(
    PodmanPull **ret, Podman *podman, const char *image, PullChanged changed, PullDone done, void *userdata);
PodmanPull *podman_pull_free(PodmanPull *pull);
DEFINE_FREEP(PodmanPull, podman_pull_free)

const PullProgress *podman_pull_progress(const PodmanPull *pull);
