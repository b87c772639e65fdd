/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams that come in any pieces: lines, log frames, times. Each is fed whole, byte by byte, and cut at every place.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/container-info.h"
#include "service/podman/lines.h"
#include "service/podman/log-frames.h"
#include "service/podman/podman-logs.h"

static int collect_line(const char *line, size_t size, void *userdata)
{
    GString *out = userdata;

    g_string_append_len(out, line, (gssize) size);
    g_string_append_c(out, '|');
    return 0;
}

/* "a\nb" → "a|b|", fed in two pieces that meet at `cut`. */
static char *lines_of(const char *text, size_t max, bool cut_lines, size_t cut, int *ret_r)
{
    GString *out = g_string_new(NULL);
    Lines lines = {.max = max, .cut = cut_lines, .handler = collect_line, .userdata = out};

    int r = lines_feed(&lines, text, cut);
    if (r >= 0)
        r = lines_feed(&lines, text + cut, strlen(text) - cut);
    if (r >= 0)
        r = lines_end(&lines);
    lines_clear(&lines);
    *ret_r = r;
    return g_string_free(out, false);
}

static void test_lines(void)
{
    static const struct {
        const char *text, *expected;
        size_t max;
        bool cut;
        int r;
    } rows[] = {
        {"", "", 8, false, 0},
        {"one", "one|", 8, false, 0},
        {"one\n", "one|", 8, false, 0},
        {"one\ntwo\n\nfour", "one|two||four|", 8, false, 0},
        {"\n\n", "||", 8, false, 0},
        {"12345678\n", "12345678|", 8, false, 0},
        {"ok\n123456789\n", "ok|", 8, false, -EMSGSIZE},
        {"ok\n123456789", "ok|", 8, false, -EMSGSIZE},
        {"abcdefgh\nx\n", "abcd|efgh|x|", 4, true, 0},
        {"abcdef\n", "abcd|ef|", 4, true, 0},
        {"abcde", "abcd|e|", 4, true, 0},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++)
        for (size_t cut = 0; cut <= strlen(rows[i].text); cut++) {
            int r;
            g_autofree char *out = lines_of(rows[i].text, rows[i].max, rows[i].cut, cut, &r);
            g_assert_cmpint(r, ==, rows[i].r);
            g_assert_cmpstr(out, ==, rows[i].expected);
        }
}

static int refuse_line(const char *line, size_t size, void *userdata)
{
    unsigned *n = userdata;

    ++*n;
    return -ECANCELED;
}

static void test_lines_refused(void)
{
    unsigned n = 0;
    Lines lines = {.max = 8, .handler = refuse_line, .userdata = &n};

    g_assert_cmpint(lines_feed(&lines, "a\nb\n", 4), ==, -ECANCELED);
    g_assert_cmpuint(n, ==, 1);
    lines_clear(&lines);
}

static int collect_piece(LogStream stream, const char *data, size_t size, void *userdata)
{
    GString **out = userdata;

    g_assert_cmpuint(size, >, 0);
    g_string_append_len(out[stream], data, (gssize) size);
    return 0;
}

#define FRAMES             \
    "\x01\0\0\0\0\0\0\x04" \
    "out\n"                \
    "\x02\0\0\0\0\0\0\x04" \
    "err\n"                \
    "\x01\0\0\0\0\0\0\0"   \
    "\x01\0\0\0\0\0\0\x05" \
    "last\n"

static void test_frames(void)
{
    for (size_t cut = 0; cut < sizeof(FRAMES); cut++) {
        g_autoptr(GString) out = g_string_new(NULL), err = g_string_new(NULL);
        GString *streams[LOG_STREAM_MAX] = {NULL, out, err};
        LogFrames frames = {.piece = collect_piece, .userdata = streams};

        g_assert_cmpint(log_frames_feed(&frames, FRAMES, cut), ==, 0);
        g_assert_cmpint(log_frames_complete(&frames), ==, cut == 0 || cut == 12 || cut == 24 || cut == 32 || cut == 45);
        g_assert_cmpint(log_frames_feed(&frames, &FRAMES[cut], sizeof(FRAMES) - 1 - cut), ==, 0);
        g_assert_true(log_frames_complete(&frames));
        g_assert_cmpstr(out->str, ==, "out\nlast\n");
        g_assert_cmpstr(err->str, ==, "err\n");
    }
}

static void test_frames_large(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    GString *streams[LOG_STREAM_MAX] = {NULL, out, NULL};
    LogFrames frames = {.piece = collect_piece, .userdata = streams};

    g_assert_cmpint(log_frames_feed(&frames,
                        "\x01\0\0\0\xff\xff\xff\xff"
                        "beginning",
                        17),
        ==, 0);
    g_assert_cmpstr(out->str, ==, "beginning");
    g_assert_false(log_frames_complete(&frames));
}

static void test_frames_bad(void)
{
    static const char *const bad[] = {"\x03\0\0\0\0\0\0\x01", "\x01\x01\0\0\0\0\0\x01", "\x01\0\x01\0\0\0\0\x01",
        "\x01\0\0\x01\0\0\0\x01", "HTTP/1.1"};

    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        LogFrames frames = {.piece = collect_piece};
        g_assert_cmpint(log_frames_feed(&frames, bad[i], LOG_FRAME_HEADER), ==, -EBADMSG);
    }
}

static void test_line_time(void)
{
    static const struct {
        const char *line, *rest;
        uint64_t usec;
    } rows[] = {
        {"1970-01-01T00:00:01Z text here", "text here", 1000000},
        {"2026-11-22T15:02:55Z out", "out", 1795359775000000},
        {"2026-11-22T16:02:55.123456789+01:00 out", "out", 1795359775123456},
        {"2026-11-22T15:02:55Z ", "", 1795359775000000},
        {"2026-11-22T15:02:55Z", "2026-11-22T15:02:55Z", 0},
        {"no time", "no time", 0},
        {"", "", 0},
        {"0001-01-01T00:00:00Z never", "0001-01-01T00:00:00Z never", 0},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        const char *text = rows[i].line;
        size_t size = strlen(text);
        uint64_t usec = log_line_take_time(&text, &size);
        g_assert_cmpuint(usec, ==, rows[i].usec);
        g_autofree char *rest = g_strndup(text, size);
        g_assert_cmpstr(rest, ==, rows[i].rest);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/podman/lines", test_lines);
    g_test_add_func("/podman/lines/refused", test_lines_refused);
    g_test_add_func("/podman/frames", test_frames);
    g_test_add_func("/podman/frames/large", test_frames_large);
    g_test_add_func("/podman/frames/bad", test_frames_bad);
    g_test_add_func("/podman/line-time", test_line_time);
    return g_test_run();
}
