/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container's log as it comes from Podman: log-frames.c and lines.c. The same bytes fed whole and in pieces, whose
 * size the first byte says, must give the same lines; no line is longer than its limit, and no byte is lost.
 */
#include <assert.h>
#include <glib.h>
#include <string.h>

#include "service/podman/lines.h"
#include "service/podman/log-frames.h"
#include "service/podman/podman-logs.h"
#include "shared/macro.h"
#include "tests/fuzz/fuzz.h"

#define LINE_MAX_SIZE 16U

typedef struct Reader {
    LogFrames frames;
    Lines lines[LOG_STREAM_MAX];
    GString *out;
    size_t payload; /* bytes that frames gave */
    size_t text;    /* bytes that lines gave, newlines aside */
} Reader;

static int on_line(const char *line, size_t size, void *userdata)
{
    Reader *reader = userdata;
    const char *text = line;
    size_t left = size;

    assert(size <= LINE_MAX_SIZE && !memchr(line ? line : "", '\n', size));
    reader->text += size;
    (void) log_line_take_time(&text, &left);
    assert(left <= size && text + left == line + size);
    g_string_append_len(reader->out, line, (gssize) size);
    g_string_append_c(reader->out, '\n');
    return 0;
}

static int on_piece(LogStream stream, const char *data, size_t size, void *userdata)
{
    Reader *reader = userdata;

    assert(size > 0 && stream < LOG_STREAM_MAX);
    for (size_t i = 0; i < size; i++)
        reader->payload += data[i] != '\n';
    return lines_feed(&reader->lines[stream], data, size);
}

static void reader_begin(Reader *reader)
{
    *reader = (Reader){.frames = {.piece = on_piece, .userdata = reader}, .out = g_string_new(NULL)};
    for (size_t i = 0; i < LOG_STREAM_MAX; i++)
        reader->lines[i] = (Lines){.max = LINE_MAX_SIZE, .cut = true, .handler = on_line, .userdata = reader};
}

static void reader_end(Reader *reader)
{
    for (size_t i = 0; i < LOG_STREAM_MAX; i++) {
        int r = lines_end(&reader->lines[i]);
        assert(r == 0);
        lines_clear(&reader->lines[i]);
    }
    assert(reader->text == reader->payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Reader whole, pieces;

    if (size == 0)
        return 0;
    size_t step = data[0] % 32U + 1;
    g_autofree char *text = g_memdup2(data + 1, size - 1);
    size--;

    reader_begin(&whole);
    int r = log_frames_feed(&whole.frames, text, size);
    bool complete = log_frames_complete(&whole.frames);
    reader_end(&whole);

    reader_begin(&pieces);
    int s = 0;
    for (size_t at = 0; at < size && s == 0; at += step)
        s = log_frames_feed(&pieces.frames, text + at, MIN2(step, size - at));
    assert(s == r);
    assert(r < 0 || log_frames_complete(&pieces.frames) == complete);
    reader_end(&pieces);
    assert(g_string_equal(whole.out, pieces.out));
    g_string_free(whole.out, true);
    g_string_free(pieces.out, true);
    return 0;
}
