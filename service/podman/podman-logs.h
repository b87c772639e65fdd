/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines that a container printed, with their times, as they come. Whoever merges several containers' lines sorts by
 * time; whoever cannot take more pauses the stream, and Podman waits.
 */
#pragma once

#include "service/podman/log-frames.h"
#include "service/podman/podman.h"

/* A longer line comes in pieces, each with its time. */
#define LOG_LINE_MAX (64U * 1024)

typedef struct PodmanLogs PodmanLogs;

typedef struct LogLine {
    LogStream stream;
    uint64_t usec;    /* CLOCK_REALTIME, 0: not told */
    const char *text; /* without newline, not terminated, any bytes */
    size_t size;
} LogLine;

typedef void (*LogLineHandler)(const LogLine *line, void *userdata);

/* The end, once; error NULL: all was told (without `follow`), or the container ended. */
typedef void (*LogsDone)(const sd_bus_error *error, void *userdata);

typedef struct LogsOptions {
    bool follow;
    bool all; /* every line; else the last `lines` */
    unsigned lines;
    uint64_t since_usec; /* CLOCK_REALTIME, 0: from the beginning */
} LogsOptions;

int podman_logs_new(PodmanLogs **ret, Podman *podman, const char *container, const LogsOptions *options,
    LogLineHandler line, LogsDone done, void *userdata);
PodmanLogs *podman_logs_free(PodmanLogs *logs);
DEFINE_FREEP(PodmanLogs, podman_logs_free)

void podman_logs_pause(PodmanLogs *logs, bool pause);

/* Takes the time off the front of a line, pure: "2026-11-22T15:02:55Z text". 0 and nothing taken when there is none. */
uint64_t log_line_take_time(const char **text, size_t *size);
