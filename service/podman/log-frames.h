/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The framing of a container's output, as Docker and Podman send it: eight bytes (stream, 0, 0, 0, length big-endian),
 * then that many bytes. Pure, holds no payload back, takes any piece size. Used by podman-logs.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_FRAME_HEADER 8U

typedef enum LogStream { LOG_STDIN, LOG_STDOUT, LOG_STDERR, LOG_STREAM_MAX } LogStream;

/* A piece of payload, never empty; a negative errno ends the feeding and is returned by it. */
typedef int (*LogPiece)(LogStream stream, const char *data, size_t size, void *userdata);

typedef struct LogFrames {
    uint8_t header[LOG_FRAME_HEADER];
    size_t n_header; /* bytes of the header that have come */
    uint32_t left;   /* bytes of payload to come */
    LogStream stream;
    LogPiece piece;
    void *userdata;
} LogFrames;

/* 0, -EBADMSG for a header that is none, or what the handler returned. */
int log_frames_feed(LogFrames *frames, const char *data, size_t size);

/* Whether the stream may end here: between two frames. */
bool log_frames_complete(const LogFrames *frames);
