/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scripted stand-in for Podman, for faults that a real one does not have on demand: each connection gets the next
 * answer, byte for byte, on the test's own event loop. It understands nothing of what it is asked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <glib.h>
#include <systemd/sd-event.h>

typedef struct FakePodman {
    sd_event *event;
    char *folder, *path;
    int fd;
    sd_event_source *io;
    GQueue answers;     /* FakeAnswer * */
    GPtrArray *clients; /* that are connected */
    GPtrArray *asked;   /* char *: the first line of each request */
    unsigned left;      /* clients that have closed their connection */
} FakePodman;

FakePodman *fake_podman_new(sd_event *event);
void fake_podman_free(FakePodman *fake);

/* Nobody listens from now on; the socket file stays. */
void fake_podman_stop(FakePodman *fake);

/* The next connection gets `size` bytes; then it is closed, unless `hold`. The bytes are copied. */
void fake_podman_answer(FakePodman *fake, const char *data, size_t size, bool hold);
void fake_podman_answer_text(FakePodman *fake, const char *text);

/* Whole replies with Podman's own header. */
void fake_podman_answer_json(FakePodman *fake, int status, const char *body);
void fake_podman_answer_ping(FakePodman *fake, const char *version);

/* {"a", "b"} as a reply in chunks; g_string_free() it. `end`: with the last, empty chunk. */
GString *fake_podman_chunks(const char *const *pieces, bool end);

/* Runs the event loop until *condition, at most for some seconds. */
void run_until(sd_event *event, const bool *condition);
