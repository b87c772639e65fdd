/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Either payload or a header is expected; a frame without payload leaves nothing behind.
 */
#include <errno.h>
#include <string.h>

#include "service/podman/log-frames.h"
#include "shared/macro.h"

static int header_done(LogFrames *frames)
{
    const uint8_t *h = frames->header;

    if (h[0] >= LOG_STREAM_MAX || h[1] || h[2] || h[3])
        return -EBADMSG;
    frames->stream = (LogStream) h[0];
    frames->left = (uint32_t) h[4] << 24 | (uint32_t) h[5] << 16 | (uint32_t) h[6] << 8 | h[7];
    frames->n_header = 0;
    return 0;
}

int log_frames_feed(LogFrames *frames, const char *data, size_t size)
{
    int r;

    while (size > 0) {
        size_t n;
        if (frames->left > 0) {
            n = MIN2(size, (size_t) frames->left);
            frames->left -= (uint32_t) n;
            r = frames->piece(frames->stream, data, n, frames->userdata);
        } else {
            n = MIN2(size, LOG_FRAME_HEADER - frames->n_header);
            memcpy(frames->header + frames->n_header, data, n);
            frames->n_header += n;
            r = frames->n_header == LOG_FRAME_HEADER ? header_done(frames) : 0;
        }
        if (r < 0)
            return r;
        data += n;
        size -= n;
    }
    return 0;
}

bool log_frames_complete(const LogFrames *frames)
{
    return frames->left == 0 && frames->n_header == 0;
}
