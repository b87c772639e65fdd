/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reply → frames → lines, with one line under construction for stdout and one for stderr. A callback may free the
 * PodmanLogs: `freed` tells the functions on the stack.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/container-info.h"
#include "service/podman/lines.h"
#include "service/podman/podman-logs.h"
#include "shared/error.h"

#define TIME_SIZE_MAX 40U /* of "2026-11-22T15:02:55.123456789+01:00" */

/* One of a container's streams. */
typedef struct LogSide {
    PodmanLogs *logs;
    LogStream stream;
    Lines lines;
} LogSide;

struct PodmanLogs {
    PodmanCall *call;
    char *container;
    LogFrames frames;
    LogSide sides[LOG_STREAM_MAX];
    bool *freed;
    LogLineHandler line;
    LogsDone done;
    void *userdata;
};

uint64_t log_line_take_time(const char **text, size_t *size)
{
    const char *space = memchr(*text, ' ', MIN2(*size, (size_t) TIME_SIZE_MAX));

    if (!space)
        return 0;
    g_autofree char *copy = g_strndup(*text, (gsize) (space - *text));
    uint64_t usec = podman_time_parse(copy);
    if (usec == 0)
        return 0;
    *size -= (size_t) (space + 1 - *text);
    *text = space + 1;
    return usec;
}

static int on_line(const char *text, size_t size, void *userdata)
{
    const LogSide *side = userdata;
    PodmanLogs *logs = side->logs;
    bool freed = false;
    LogLine line = {.stream = side->stream};

    if (size > 0 && text[size - 1] == '\r')
        size--;
    line.usec = log_line_take_time(&text, &size);
    line.text = text;
    line.size = size;
    logs->freed = &freed;
    logs->line(&line, logs->userdata);
    if (freed)
        return -ECANCELED;
    logs->freed = NULL;
    return 0;
}

static int on_piece(LogStream stream, const char *data, size_t size, void *userdata)
{
    PodmanLogs *logs = userdata;

    return lines_feed(&logs->sides[stream].lines, data, size);
}

static int on_data(const char *data, size_t size, void *userdata)
{
    PodmanLogs *logs = userdata;

    return log_frames_feed(&logs->frames, data, size);
}

static void on_done(const PodmanReply *reply, const sd_bus_error *error, void *userdata)
{
    PodmanLogs *logs = userdata;
    sd_bus_error own = SD_BUS_ERROR_NULL;

    for (LogStream i = 0; i < LOG_STREAM_MAX; i++)
        if (lines_end(&logs->sides[i].lines) == -ECANCELED)
            return;
    if (!error && reply->status == 404) {
        (void) error_set(&own, ERROR_SERVICE_NOT_FOUND,
            "There is no container %s; \"airpods status\" lists what there is.", logs->container);
        error = &own;
    } else if (!error && !log_frames_complete(&logs->frames)) {
        (void) error_set(&own, ERROR_PODMAN_UNAVAILABLE,
            "Podman ended in the middle of the log of %s; run the command again.", logs->container);
        error = &own;
    }
    logs->done(error, logs->userdata);
    sd_bus_error_free(&own);
}

int podman_logs_new(PodmanLogs **ret, Podman *podman, const char *container, const LogsOptions *options,
    LogLineHandler line, LogsDone done, void *userdata)
{
    _cleanup_(podman_logs_freep) PodmanLogs *logs = g_new0(PodmanLogs, 1);
    g_autofree char *base = podman_path("/containers/%s/logs?stdout=true&stderr=true&timestamps=true", container);
    g_autofree char *tail = options->all ? g_strdup("") : g_strdup_printf("&tail=%u", options->lines);
    g_autofree char *since = options->since_usec
                                 ? g_strdup_printf("&since=%llu", (unsigned long long) (options->since_usec / 1000000))
                                 : g_strdup("");
    g_autofree char *path = g_strconcat(base, options->follow ? "&follow=true" : "", tail, since, NULL);
    g_autofree char *doing = g_strconcat("read the log of ", container, NULL);
    const PodmanRequest request = {
        .method = "GET",
        .path = path,
        .doing = doing,
        .accept = 404,
        .total_usec = UINT64_MAX,
        .data = on_data,
        .done = on_done,
        .userdata = logs,
    };

    logs->container = g_strdup(container);
    logs->line = line;
    logs->done = done;
    logs->userdata = userdata;
    logs->frames = (LogFrames){.piece = on_piece, .userdata = logs};
    for (LogStream i = 0; i < LOG_STREAM_MAX; i++) {
        logs->sides[i] = (LogSide){.logs = logs, .stream = i};
        logs->sides[i].lines =
            (Lines){.max = LOG_LINE_MAX, .cut = true, .handler = on_line, .userdata = &logs->sides[i]};
    }
    int r = podman_call_new(&logs->call, podman, &request);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(logs);
    return 0;
}

PodmanLogs *podman_logs_free(PodmanLogs *logs)
{
    if (!logs)
        return NULL;
    if (logs->freed)
        *logs->freed = true;
    podman_call_free(logs->call);
    for (LogStream i = 0; i < LOG_STREAM_MAX; i++)
        lines_clear(&logs->sides[i].lines);
    g_free(logs->container);
    g_free(logs);
    return NULL;
}

void podman_logs_pause(PodmanLogs *logs, bool pause)
{
    podman_call_pause(logs->call, pause);
}
