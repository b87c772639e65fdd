/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A failed pull is a reply with status 200 in which a line has an "error". One that Podman did not finish is a reply
 * that breaks off, which HTTP's chunks tell from one that is complete.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/json-read.h"
#include "service/podman/lines.h"
#include "service/podman/podman-image.h"
#include "shared/error.h"

#define PULL_LINE_MAX (64U * 1024)

struct PodmanPull {
    PodmanCall *call;
    char *image;
    Lines lines;
    PullProgress progress;
    PullChanged changed;
    PullDone done;
    void *userdata;
    bool *freed; /* set while a callback runs that may free us */
};

int podman_image_inspect(PodmanCall **ret, Podman *podman, const char *image, PodmanDone done, void *userdata)
{
    g_autofree char *path = podman_path("/images/%s/json", image);
    g_autofree char *doing = g_strconcat("inspect the image ", image, NULL);
    const PodmanRequest request = {
        .method = "GET", .path = path, .doing = doing, .accept = 404, .done = done, .userdata = userdata};

    return podman_call_new(ret, podman, &request);
}

int image_info_parse(const char *text, size_t size, ImageInfo **ret)
{
    g_autoptr(JsonNode) node = NULL;
    JsonObject *object = json_read_object(text, size, &node);
    const char *id = member_string(object, "Id");

    if (!id || !id[0])
        return -EBADMSG;
    ImageInfo *info = g_new0(ImageInfo, 1);
    info->id = g_strdup(id);
    info->size = member_int(object, "Size", 0);
    *ret = info;
    return 0;
}

ImageInfo *image_info_free(ImageInfo *info)
{
    if (!info)
        return NULL;
    g_free(info->id);
    g_free(info);
    return NULL;
}

static int on_line(const char *line, size_t size, void *userdata)
{
    PodmanPull *pull = userdata;
    bool freed = false;

    if (size == 0)
        return 0;
    int r = pull_progress_feed(&pull->progress, line, size);
    if (r <= 0 || pull->progress.error || !pull->changed)
        return r;
    pull->freed = &freed;
    pull->changed(&pull->progress, pull->userdata);
    if (freed)
        return -ECANCELED;
    pull->freed = NULL;
    return 0;
}

static int on_data(const char *data, size_t size, void *userdata)
{
    PodmanPull *pull = userdata;

    return lines_feed(&pull->lines, data, size);
}

static int explain(int status, const char *message, void *userdata, sd_bus_error *reterr)
{
    const PodmanPull *pull = userdata;

    return pull_error_explain(pull->image, message, reterr);
}

static void on_done(const PodmanReply *reply, const sd_bus_error *error, void *userdata)
{
    PodmanPull *pull = userdata;
    sd_bus_error own = SD_BUS_ERROR_NULL;

    int r = lines_end(&pull->lines);
    if (r == -ECANCELED)
        return; /* freed by its owner */
    if (pull->progress.error) {
        (void) pull_error_explain(pull->image, pull->progress.error, &own);
        error = &own;
    } else if (!error && r < 0) {
        (void) error_set(&own, ERROR_PODMAN_UNAVAILABLE,
            "Podman ended in the middle of pulling \"%s\"; try again, layers that are complete are kept.", pull->image);
        error = &own;
    }
    pull->done(error, pull->userdata);
    sd_bus_error_free(&own);
}

int podman_pull_new(
    PodmanPull **ret, Podman *podman, const char *image, PullChanged changed, PullDone done, void *userdata)
{
    _cleanup_(podman_pull_freep) PodmanPull *pull = g_new0(PodmanPull, 1);
    g_autofree char *path = podman_path("/images/create?fromImage=%s", image);
    g_autofree char *doing = g_strconcat("pull the image ", image, NULL);
    const PodmanRequest request = {
        .method = "POST",
        .path = path,
        .compatible = true,
        .doing = doing,
        .total_usec = UINT64_MAX,
        .data = on_data,
        .explain = explain,
        .done = on_done,
        .userdata = pull,
    };

    pull->image = g_strdup(image);
    pull->lines = (Lines){.max = PULL_LINE_MAX, .handler = on_line, .userdata = pull};
    pull->changed = changed;
    pull->done = done;
    pull->userdata = userdata;
    int r = podman_call_new(&pull->call, podman, &request);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(pull);
    return 0;
}

PodmanPull *podman_pull_free(PodmanPull *pull)
{
    if (!pull)
        return NULL;
    if (pull->freed)
        *pull->freed = true;
    podman_call_free(pull->call);
    lines_clear(&pull->lines);
    pull_progress_clear(&pull->progress);
    g_free(pull->image);
    g_free(pull);
    return NULL;
}

const PullProgress *podman_pull_progress(const PodmanPull *pull)
{
    return &pull->progress;
}
