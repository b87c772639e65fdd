/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls, pulls, logs and events against a scripted Podman: whatever it does, there is one callback with one sentence, and
 * none after the owner has freed what it owns.
 */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <string.h>

#include "service/podman/podman-container.h"
#include "service/podman/podman-events.h"
#include "service/podman/podman-image.h"
#include "service/podman/podman-logs.h"
#include "service/podman/podman-network.h"
#include "shared/error.h"
#include "tests/unit/fake-podman.h"

typedef struct Fixture {
    sd_event *event;
    FakePodman *fake;
    Podman *podman;
    PodmanCall *call;
    PodmanPull *pull;
    PodmanLogs *logs;
    PodmanEvents *events;
    EventSubscription *subscription;
    GString *seen;
    char *name, *message; /* of the error, NULL: none */
    int status;
    unsigned dones;
    bool done, free_in_callback;
} Fixture;

static void setup(Fixture *fixture, gconstpointer unused)
{
    g_assert_cmpint(sd_event_new(&fixture->event), ==, 0);
    fixture->fake = fake_podman_new(fixture->event);
    g_assert_cmpint(podman_new(&fixture->podman, fixture->event, NULL, fixture->fake->path), ==, 0);
    g_assert_cmpint(podman_events_new(&fixture->events, fixture->event, fixture->podman), ==, 0);
    fixture->seen = g_string_new(NULL);
}

static void forget(Fixture *fixture)
{
    fixture->call = podman_call_free(fixture->call);
    fixture->pull = podman_pull_free(fixture->pull);
    fixture->logs = podman_logs_free(fixture->logs);
    g_clear_pointer(&fixture->name, g_free);
    g_clear_pointer(&fixture->message, g_free);
    g_string_truncate(fixture->seen, 0);
    fixture->status = 0;
    fixture->dones = 0;
    fixture->done = false;
}

static void teardown(Fixture *fixture, gconstpointer unused)
{
    forget(fixture);
    fixture->subscription = event_subscription_free(fixture->subscription);
    podman_events_free(fixture->events);
    podman_free(fixture->podman);
    fake_podman_free(fixture->fake);
    sd_event_unref(fixture->event);
    g_string_free(fixture->seen, true);
}

static void note_error(Fixture *fixture, const sd_bus_error *error)
{
    fixture->dones++;
    fixture->done = true;
    if (!error)
        return;
    fixture->name = g_strdup(error->name);
    fixture->message = g_strdup(error->message);
    /* One sentence for a person. */
    g_assert_nonnull(error->message);
    g_assert_null(strpbrk(error->message, "\r\n"));
    g_assert_cmpuint(strlen(error->message), >, 20);
}

static void on_done(const PodmanReply *reply, const sd_bus_error *error, void *userdata)
{
    Fixture *fixture = userdata;

    if (fixture->free_in_callback)
        fixture->call = podman_call_free(fixture->call);
    g_assert_cmpint(reply == NULL, ==, error != NULL);
    if (reply) {
        fixture->status = reply->status;
        g_string_append_len(fixture->seen, reply->body, (gssize) reply->size);
    }
    note_error(fixture, error);
}

static void ping_first(Fixture *fixture)
{
    fake_podman_answer_ping(fixture->fake, "4.3.1");
}

static void list(Fixture *fixture)
{
    g_assert_cmpint(podman_container_list(&fixture->call, fixture->podman, false, on_done, fixture), ==, 0);
    g_assert_false(fixture->done);
}

static void finish(Fixture *fixture)
{
    run_until(fixture->event, &fixture->done);
    g_assert_cmpuint(fixture->dones, ==, 1);
}

static void test_call(Fixture *fixture, gconstpointer unused)
{
    g_assert_cmpstr(podman_version(fixture->podman), ==, "");
    g_assert_cmpint(podman_generation(fixture->podman)->major, ==, 0);
    ping_first(fixture);
    fake_podman_answer_json(fixture->fake, 200, "[]");
    list(fixture);
    finish(fixture);
    g_assert_cmpint(fixture->status, ==, 200);
    g_assert_cmpstr(fixture->seen->str, ==, "[]");
    g_assert_cmpstr(podman_version(fixture->podman), ==, "4.3.1");
    g_assert_cmpint(podman_generation(fixture->podman)->major, ==, 4);
    g_assert_cmpuint(fixture->fake->asked->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(fixture->fake->asked, 0), ==, "GET /libpod/_ping HTTP/1.1");
    g_assert_cmpstr(g_ptr_array_index(fixture->fake->asked, 1), ==,
        "GET /v4.0.0/libpod/containers/json?all=true&filters=%7B%22label%22%3A%5B%22org.airpods.service%22%5D%7D HTTP/1.1");
}

/* An upgrade of Podman under our feet: the next reply tells. */
static void test_version_changes(Fixture *fixture, gconstpointer unused)
{
    ping_first(fixture);
    fake_podman_answer_text(
        fixture->fake, "HTTP/1.1 200 OK\r\nLibpod-Api-Version: 5.4.2\r\nContent-Length: 2\r\n\r\n[]");
    list(fixture);
    finish(fixture);
    g_assert_cmpstr(podman_version(fixture->podman), ==, "5.4.2");
    g_assert_cmpint(podman_generation(fixture->podman)->major, ==, 5);
}

static void test_refusals(Fixture *fixture, gconstpointer unused)
{
    static const struct {
        int status;
        const char *body, *message;
    } rows[] = {
        {500, "{\"cause\":\"c\",\"message\":\"crun: no\",\"response\":500}",
            "Podman could not list containers (status 500): crun: no"},
        {500, "", "Podman could not list containers (status 500): it gave no reason."},
        {500, "  \r\n ", "Podman could not list containers (status 500): it gave no reason."},
        {500, "<html>\nOh\x01</html>", "Podman could not list containers (status 500): <html> Oh </html>"},
        {500, "{\"message\":7}", "Podman could not list containers (status 500): {\"message\":7}"},
        {404, "{\"message\":\"gone\"}", "Podman could not list containers (status 404): gone"},
        {302, "elsewhere", "Podman could not list containers (status 302): elsewhere"},
    };

    ping_first(fixture);
    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        fake_podman_answer_json(fixture->fake, rows[i].status, rows[i].body);
        list(fixture);
        finish(fixture);
        g_assert_cmpstr(fixture->name, ==, ERROR_PODMAN_FAILED);
        g_assert_cmpstr(fixture->message, ==, rows[i].message);
        forget(fixture);
    }
}

static void test_long_refusal(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *words = g_strnfill(5000, 'w');
    g_autofree char *body = g_strdup_printf("{\"message\":\"%s\"}", words);

    ping_first(fixture);
    fake_podman_answer_json(fixture->fake, 500, body);
    list(fixture);
    finish(fixture);
    g_assert_true(g_str_has_suffix(fixture->message, "www…"));
    g_assert_cmpint(g_utf8_strlen(fixture->message, -1), <, 700);
}

static void test_dropped_at_every_byte(Fixture *fixture, gconstpointer unused)
{
    static const char reply[] =
        "HTTP/1.1 200 OK\r\nLibpod-Api-Version: 4.3.1\r\nContent-Length: 10\r\n\r\n[{\"Id\":1}]";

    ping_first(fixture);
    fixture->free_in_callback = true;
    for (size_t n = 0; n < strlen(reply); n++) {
        fake_podman_answer(fixture->fake, reply, n, false);
        list(fixture);
        finish(fixture);
        g_assert_nonnull(fixture->name);
        g_assert_nonnull(strstr(fixture->message, "podman.sock"));
        g_assert_nonnull(strstr(fixture->message, "list containers"));
        forget(fixture);
    }
}

static void test_ping_dropped_at_every_byte(Fixture *fixture, gconstpointer unused)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nLibpod-Api-Version: 4.3.1\r\nContent-Length: 2\r\n\r\nOK";

    for (size_t n = 0; n < strlen(reply); n++) {
        fake_podman_answer(fixture->fake, reply, n, false);
        g_assert_cmpint(podman_ping(&fixture->call, fixture->podman, on_done, fixture), ==, 0);
        finish(fixture);
        g_assert_cmpstr(fixture->name, ==, ERROR_PODMAN_UNAVAILABLE);
        forget(fixture);
    }
    /* And it is asked anew each time. */
    fake_podman_answer_text(fixture->fake, reply);
    fake_podman_answer_text(fixture->fake, reply);
    g_assert_cmpint(podman_ping(&fixture->call, fixture->podman, on_done, fixture), ==, 0);
    finish(fixture);
    g_assert_null(fixture->name);
}

static void test_version_skew(Fixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *version, *part; /* NULL: fine */
    } rows[] = {{"3.4.4", "Podman 3.4.4 is too old"}, {"nonsense", "Podman nonsense is too old"}, {"0", "is too old"},
        {"6.0.0-dev", NULL}};

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        fake_podman_answer_ping(fixture->fake, rows[i].version);
        if (!rows[i].part)
            fake_podman_answer_json(fixture->fake, 200, "OK");
        g_assert_cmpint(podman_ping(&fixture->call, fixture->podman, on_done, fixture), ==, 0);
        finish(fixture);
        if (rows[i].part)
            g_assert_nonnull(strstr(fixture->message, rows[i].part));
        else
            g_assert_null(fixture->name);
        forget(fixture);
    }
}

static void test_many_wait_for_one_start(Fixture *fixture, gconstpointer unused)
{
    Fixture others[5];

    ping_first(fixture);
    for (size_t i = 0; i < ELEMENTSOF(others); i++) {
        others[i] = (Fixture){.podman = fixture->podman, .seen = g_string_new(NULL)};
        fake_podman_answer_json(fixture->fake, 200, "[]");
        list(&others[i]);
    }
    /* One gives up while it waits. */
    others[2].call = podman_call_free(others[2].call);
    for (size_t i = 0; i < ELEMENTSOF(others); i++) {
        if (i != 2)
            run_until(fixture->event, &others[i].done);
        g_assert_cmpint(others[i].status, ==, i == 2 ? 0 : 200);
        podman_call_free(others[i].call);
        g_string_free(others[i].seen, true);
    }
    g_assert_cmpuint(fixture->fake->asked->len, ==, 1 + 4);
}

static void test_all_fail_with_the_start(Fixture *fixture, gconstpointer unused)
{
    Fixture others[3];

    fake_podman_answer_ping(fixture->fake, "3.0.0");
    for (size_t i = 0; i < ELEMENTSOF(others); i++) {
        others[i] = (Fixture){.podman = fixture->podman, .seen = g_string_new(NULL), .free_in_callback = true};
        list(&others[i]);
    }
    for (size_t i = 0; i < ELEMENTSOF(others); i++) {
        run_until(fixture->event, &others[i].done);
        g_assert_cmpstr(others[i].name, ==, ERROR_PODMAN_UNAVAILABLE);
        g_free(others[i].name);
        g_free(others[i].message);
        g_string_free(others[i].seen, true);
    }
    g_assert_cmpuint(fixture->fake->asked->len, ==, 1);
}

static void test_gone_and_not_installed(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = g_strdup(g_getenv("PATH"));

    ping_first(fixture);
    fake_podman_answer_json(fixture->fake, 200, "[]");
    list(fixture);
    finish(fixture);
    forget(fixture);

    fake_podman_stop(fixture->fake);
    g_setenv("PATH", "/nonexistent", true);
    list(fixture);
    finish(fixture);
    g_setenv("PATH", path, true);
    g_assert_cmpstr(fixture->name, ==, ERROR_PODMAN_UNAVAILABLE);
    g_assert_true(g_str_has_prefix(fixture->message, "Podman is not installed, or not in $PATH;"));
}

static void test_freed_while_it_waits(Fixture *fixture, gconstpointer unused)
{
    ping_first(fixture);
    list(fixture);
    fixture->call = podman_call_free(fixture->call);
    ping_first(fixture);
    fake_podman_answer_json(fixture->fake, 200, "[]");
    list(fixture);
    finish(fixture);
    g_assert_cmpint(fixture->status, ==, 200);
}

static void test_too_large(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GString) text = g_string_new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    size_t chunk = 1024 * 1024;

    for (unsigned i = 0; i < 17; i++) {
        g_string_append_printf(text, "%zx\r\n", chunk);
        size_t at = text->len;
        g_string_set_size(text, at + chunk);
        memset(text->str + at, 'x', chunk);
        g_string_append(text, "\r\n");
    }
    ping_first(fixture);
    fake_podman_answer(fixture->fake, text->str, text->len, true);
    list(fixture);
    finish(fixture);
    g_assert_cmpstr(fixture->name, ==, ERROR_PODMAN_FAILED);
    g_assert_nonnull(strstr(fixture->message, "is larger than airpods accepts"));
}

static void on_progress(const PullProgress *progress, void *userdata)
{
    Fixture *fixture = userdata;

    g_string_append_printf(fixture->seen, "%u/%u ", progress->parts_done, progress->parts);
    if (fixture->free_in_callback) {
        fixture->pull = podman_pull_free(fixture->pull);
        fixture->done = true;
    }
}

static void on_pull_done(const sd_bus_error *error, void *userdata)
{
    Fixture *fixture = userdata;

    fixture->pull = podman_pull_free(fixture->pull);
    note_error(fixture, error);
}

static void pull(Fixture *fixture)
{
    g_assert_cmpint(
        podman_pull_new(&fixture->pull, fixture->podman, "r.example/a:b", on_progress, on_pull_done, fixture), ==, 0);
    g_assert_false(fixture->done);
}

#define PART_BEGINS "{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"a\"}\n"
#define PART_ENDS "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"a\"}\n"

static void test_pull(Fixture *fixture, gconstpointer unused)
{
    static const char *const pieces[] = {PART_BEGINS, "{\"status\":\"Down", "load complete\",\"id\":\"a\"}", NULL};
    g_autoptr(GString) reply = fake_podman_chunks(pieces, true);

    ping_first(fixture);
    fake_podman_answer(fixture->fake, reply->str, reply->len, false);
    pull(fixture);
    finish(fixture);
    g_assert_null(fixture->name);
    g_assert_cmpstr(g_ptr_array_index(fixture->fake->asked, 1), ==,
        "POST /v1.41/images/create?fromImage=r.example%2Fa%3Ab HTTP/1.1");
}

static void test_pull_dropped_at_every_byte(Fixture *fixture, gconstpointer unused)
{
    static const char *const pieces[] = {PART_BEGINS, PART_ENDS, NULL};
    g_autoptr(GString) reply = fake_podman_chunks(pieces, true);

    ping_first(fixture);
    for (size_t n = 0; n < reply->len - 1; n++) {
        fake_podman_answer(fixture->fake, reply->str, n, false);
        pull(fixture);
        finish(fixture);
        g_assert_nonnull(fixture->name);
        forget(fixture);
    }
}

static void test_pull_goes_wrong(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GString) long_line = g_string_new(PART_BEGINS);
    static const struct {
        const char *text, *name, *part;
    } rows[] = {
        {PART_BEGINS "{\"error\":\"reading manifest b: manifest unknown\"}\n", ERROR_IMAGE_NOT_FOUND,
            "There is no image \"r.example/a:b\""},
        {PART_BEGINS "{\"error\":\"unexpected EOF\"}\n" PART_ENDS, ERROR_PODMAN_FAILED, "broke off"},
        {PART_BEGINS "{\"error\":\"unexpected EOF\"}", ERROR_PODMAN_FAILED, "ended the connection half-way"},
        {PART_BEGINS "not JSON\n", ERROR_PODMAN_FAILED, "makes no sense"},
        {"[]\n", ERROR_PODMAN_FAILED, "makes no sense"},
        {NULL, ERROR_PODMAN_FAILED, "is larger than airpods accepts"},
    };

    size_t begin = long_line->len;
    g_string_set_size(long_line, begin + 10 * 1024 * 1024);
    memset(long_line->str + begin, ' ', 10 * 1024 * 1024);
    ping_first(fixture);
    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        const char *pieces[] = {rows[i].text ? rows[i].text : long_line->str, NULL};
        g_autoptr(GString) reply = fake_podman_chunks(pieces, true);
        fake_podman_answer(fixture->fake, reply->str, reply->len, false);
        pull(fixture);
        finish(fixture);
        g_assert_cmpstr(fixture->name, ==, rows[i].name);
        g_assert_nonnull(strstr(fixture->message, rows[i].part));
        forget(fixture);
    }
    fake_podman_answer_json(
        fixture->fake, 500, "{\"message\":\"normalizing image: repository name must be lowercase\"}");
    pull(fixture);
    finish(fixture);
    g_assert_cmpstr(fixture->name, ==, ERROR_IMAGE_NOT_FOUND);
}

static void test_pull_freed_in_callback(Fixture *fixture, gconstpointer unused)
{
    static const char *const pieces[] = {PART_BEGINS PART_ENDS, NULL};
    g_autoptr(GString) reply = fake_podman_chunks(pieces, false);

    ping_first(fixture);
    fake_podman_answer(fixture->fake, reply->str, reply->len, true);
    fixture->free_in_callback = true;
    pull(fixture);
    run_until(fixture->event, &fixture->done);
    while (fixture->fake->left == 0)
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
    g_assert_cmpuint(fixture->dones, ==, 0);
    g_assert_cmpstr(fixture->seen->str, ==, "0/1 ");
}

static void on_line(const LogLine *line, void *userdata)
{
    Fixture *fixture = userdata;

    g_string_append_printf(fixture->seen, "%d:%.*s|", line->stream, (int) line->size, line->text);
    if (fixture->free_in_callback) {
        fixture->logs = podman_logs_free(fixture->logs);
        fixture->done = true;
    }
}

static void on_logs_done(const sd_bus_error *error, void *userdata)
{
    Fixture *fixture = userdata;

    fixture->logs = podman_logs_free(fixture->logs);
    note_error(fixture, error);
}

static void read_logs(Fixture *fixture)
{
    const LogsOptions options = {.follow = true, .lines = 7, .since_usec = 5000000};

    g_assert_cmpint(
        podman_logs_new(&fixture->logs, fixture->podman, "c-0", &options, on_line, on_logs_done, fixture), ==, 0);
}

#define LOG_HEADERS "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
/* Two frames, the second in two chunks; the last line has no end. */
static const char log_reply[] = LOG_HEADERS "c\r\n\x01\0\0\0\0\0\0\x04one\n\r\n"
                                            "a\r\n\x02\0\0\0\0\0\0\x05tw\r\n"
                                            "3\r\no\nx\r\n"
                                            "0\r\n\r\n";

static void test_logs(Fixture *fixture, gconstpointer unused)
{
    ping_first(fixture);
    fake_podman_answer(fixture->fake, log_reply, sizeof(log_reply) - 1, false);
    read_logs(fixture);
    finish(fixture);
    g_assert_null(fixture->name);
    g_assert_cmpstr(fixture->seen->str, ==, "1:one|2:two|2:x|");
    g_assert_cmpstr(g_ptr_array_index(fixture->fake->asked, 1), ==,
        "GET /v4.0.0/libpod/containers/c-0/logs?stdout=true&stderr=true&timestamps=true&follow=true&tail=7&since=5 HTTP/1.1");
}

static void test_logs_dropped_at_every_byte(Fixture *fixture, gconstpointer unused)
{
    ping_first(fixture);
    for (size_t n = 0; n < sizeof(log_reply) - 2; n++) {
        fake_podman_answer(fixture->fake, log_reply, n, false);
        read_logs(fixture);
        finish(fixture);
        g_assert_nonnull(fixture->name);
        forget(fixture);
    }
}

static void test_logs_go_wrong(Fixture *fixture, gconstpointer unused)
{
    static const char torn[] = LOG_HEADERS "b\r\n\x01\0\0\0\0\0\0\x04one\r\n0\r\n\r\n",
                      bad[] = LOG_HEADERS "8\r\n\x09\0\0\0\0\0\0\x04\r\n0\r\n\r\n";

    ping_first(fixture);
    fake_podman_answer(fixture->fake, torn, sizeof(torn) - 1, false);
    read_logs(fixture);
    finish(fixture);
    g_assert_cmpstr(fixture->name, ==, ERROR_PODMAN_UNAVAILABLE);
    g_assert_cmpstr(fixture->seen->str, ==, "1:one|");
    forget(fixture);

    fake_podman_answer(fixture->fake, bad, sizeof(bad) - 1, false);
    read_logs(fixture);
    finish(fixture);
    g_assert_cmpstr(fixture->name, ==, ERROR_PODMAN_FAILED);
    forget(fixture);

    fake_podman_answer_json(fixture->fake, 404, "{\"message\":\"no such container\"}");
    read_logs(fixture);
    finish(fixture);
    g_assert_cmpstr(fixture->name, ==, ERROR_SERVICE_NOT_FOUND);
}

static void test_logs_freed_in_callback(Fixture *fixture, gconstpointer unused)
{
    ping_first(fixture);
    fixture->free_in_callback = true;
    fake_podman_answer(fixture->fake, log_reply, sizeof(log_reply) - 1, true);
    read_logs(fixture);
    run_until(fixture->event, &fixture->done);
    g_assert_cmpuint(fixture->dones, ==, 0);
    g_assert_cmpstr(fixture->seen->str, ==, "1:one|");
}

/* Also when the line is the one without an end, which is told when all is over. */
static void test_logs_freed_in_last_callback(Fixture *fixture, gconstpointer unused)
{
    static const char reply[] = LOG_HEADERS "b\r\n\x01\0\0\0\0\0\0\x03one\r\n0\r\n\r\n";

    ping_first(fixture);
    fixture->free_in_callback = true;
    fake_podman_answer(fixture->fake, reply, sizeof(reply) - 1, false);
    read_logs(fixture);
    run_until(fixture->event, &fixture->done);
    g_assert_cmpuint(fixture->dones, ==, 0);
}

static void on_event(const PodmanEvent *event, void *userdata)
{
    Fixture *fixture = userdata;

    g_string_append_printf(fixture->seen, "%s ", event ? event->action : "AGAIN");
    fixture->done = event && strcmp(event->action, "last") == 0;
    if (fixture->done && fixture->free_in_callback)
        fixture->subscription = event_subscription_free(fixture->subscription);
}

static char *event_line(const char *action, uint64_t nsec)
{
    return g_strdup_printf(
        "{\"Type\":\"container\",\"Action\":\"%s\",\"timeNano\":%llu}\n", action, (unsigned long long) nsec);
}

static void answer_events(Fixture *fixture, const char *const *lines, bool hold)
{
    g_autoptr(GString) reply = fake_podman_chunks(lines, false);

    fake_podman_answer(fixture->fake, reply->str, reply->len, hold);
}

static void test_events_come_back(Fixture *fixture, gconstpointer unused)
{
    uint64_t now = (uint64_t) g_get_real_time() * 1000 + 3600000000000ULL;
    g_autofree char *first = event_line("first", now + 1), *second = event_line("second", now + 2),
                    *last = event_line("last", now + 3), *old = event_line("old", 5);

    g_assert_cmpuint(fixture->fake->asked->len, ==, 0);
    ping_first(fixture);
    answer_events(fixture, (const char *const[]){old, first, second, NULL}, false);
    /* The stream breaks; Podman begins with what had been told already. */
    answer_events(fixture, (const char *const[]){second, last, NULL}, true);
    g_assert_cmpint(podman_events_subscribe(&fixture->subscription, fixture->events, on_event, fixture), ==, 0);
    run_until(fixture->event, &fixture->done);
    g_assert_cmpstr(fixture->seen->str, ==, "first second AGAIN last ");

    /* The stream is held only while somebody wants to know. */
    g_assert_cmpuint(fixture->fake->left, ==, 0);
    fixture->subscription = event_subscription_free(fixture->subscription);
    while (fixture->fake->left == 0)
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
}

static void test_events_rubbish(Fixture *fixture, gconstpointer unused)
{
    uint64_t now = (uint64_t) g_get_real_time() * 1000 + 3600000000000ULL;
    g_autofree char *last = event_line("last", now);

    ping_first(fixture);
    answer_events(fixture, (const char *const[]){"rubbish\n", NULL}, true);
    fake_podman_answer_json(fixture->fake, 500, "{}");
    answer_events(fixture, (const char *const[]){last, last, NULL}, true);
    fixture->free_in_callback = true;
    g_assert_cmpint(podman_events_subscribe(&fixture->subscription, fixture->events, on_event, fixture), ==, 0);
    run_until(fixture->event, &fixture->done);
    /* The second failure comes after the first "again", the freed subscription hears nothing more. */
    g_assert_cmpstr(fixture->seen->str, ==, "AGAIN AGAIN last ");
}

static void test_two_subscriptions_one_stream(Fixture *fixture, gconstpointer unused)
{
    uint64_t now = (uint64_t) g_get_real_time() * 1000 + 3600000000000ULL;
    g_autofree char *last = event_line("last", now);
    Fixture other = {.seen = g_string_new(NULL), .free_in_callback = true};

    ping_first(fixture);
    answer_events(fixture, (const char *const[]){last, NULL}, true);
    g_assert_cmpint(podman_events_subscribe(&other.subscription, fixture->events, on_event, &other), ==, 0);
    g_assert_cmpint(podman_events_subscribe(&fixture->subscription, fixture->events, on_event, fixture), ==, 0);
    run_until(fixture->event, &fixture->done);
    g_assert_true(other.done);
    g_assert_null(other.subscription);
    g_assert_cmpuint(fixture->fake->asked->len, ==, 2);
    g_string_free(other.seen, true);
}

static void test_unlabelled(Fixture *fixture, gconstpointer unused)
{
    ContainerInfo theirs = {.id = (char *) "abc", .name = (char *) "theirs"};
    NetworkInfo network = {.name = (char *) "theirs"};
    sd_bus_error errors[4] = {SD_BUS_ERROR_NULL, SD_BUS_ERROR_NULL, SD_BUS_ERROR_NULL, SD_BUS_ERROR_NULL};
    int r[] = {
        podman_container_start(&fixture->call, fixture->podman, &theirs, on_done, fixture, &errors[0]),
        podman_container_stop(&fixture->call, fixture->podman, &theirs, 1, on_done, fixture, &errors[1]),
        podman_container_remove(&fixture->call, fixture->podman, &theirs, on_done, fixture, &errors[2]),
        podman_network_remove(&fixture->call, fixture->podman, &network, on_done, fixture, &errors[3]),
    };

    for (size_t i = 0; i < ELEMENTSOF(r); i++) {
        g_assert_cmpint(r[i], <, 0);
        g_assert_cmpstr(errors[i].name, ==, ERROR_PODMAN_FAILED);
        g_assert_nonnull(strstr(errors[i].message, "was not made by airpods and is left alone"));
        sd_bus_error_free(&errors[i]);
    }
    g_assert_null(fixture->call);
}

static void test_changes_go_by_id(Fixture *fixture, gconstpointer unused)
{
    ContainerInfo ours = {.id = (char *) "abc", .name = (char *) "ours-0", .service = (char *) "ours"};

    ping_first(fixture);
    fake_podman_answer_json(
        fixture->fake, 500, "{\"message\":\"rootlessport listen tcp 127.0.0.1:8188: bind: address already in use\"}");
    g_assert_cmpint(podman_container_start(&fixture->call, fixture->podman, &ours, on_done, fixture, NULL), ==, 0);
    finish(fixture);
    g_assert_cmpstr(fixture->name, ==, ERROR_PORT_IN_USE);
    g_assert_true(g_str_has_prefix(fixture->message, "Port 8188 is in use by "));
    forget(fixture);

    fake_podman_answer_json(fixture->fake, 404, "{\"message\":\"no such container\"}");
    g_assert_cmpint(podman_container_remove(&fixture->call, fixture->podman, &ours, on_done, fixture, NULL), ==, 0);
    finish(fixture);
    g_assert_cmpint(fixture->status, ==, 404);
    g_assert_cmpstr(
        g_ptr_array_index(fixture->fake->asked, 1), ==, "POST /v4.0.0/libpod/containers/abc/start HTTP/1.1");
    g_assert_cmpstr(g_ptr_array_index(fixture->fake->asked, 2), ==,
        "DELETE /v4.0.0/libpod/containers/abc?force=true&timeout=0 HTTP/1.1");
}

int main(int argc, char **argv)
{
    sigset_t mask;

    g_test_init(&argc, &argv, NULL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    (void) sigprocmask(SIG_BLOCK, &mask, NULL);
#define ADD(name, function) g_test_add("/podman/faults/" name, Fixture, NULL, setup, function, teardown)
    ADD("call", test_call);
    ADD("version-changes", test_version_changes);
    ADD("refusals", test_refusals);
    ADD("long-refusal", test_long_refusal);
    ADD("dropped-at-every-byte", test_dropped_at_every_byte);
    ADD("ping-dropped-at-every-byte", test_ping_dropped_at_every_byte);
    ADD("version-skew", test_version_skew);
    ADD("many-wait-for-one-start", test_many_wait_for_one_start);
    ADD("all-fail-with-the-start", test_all_fail_with_the_start);
    ADD("gone-and-not-installed", test_gone_and_not_installed);
    ADD("freed-while-it-waits", test_freed_while_it_waits);
    ADD("too-large", test_too_large);
    ADD("pull", test_pull);
    ADD("pull-dropped-at-every-byte", test_pull_dropped_at_every_byte);
    ADD("pull-goes-wrong", test_pull_goes_wrong);
    ADD("pull-freed-in-callback", test_pull_freed_in_callback);
    ADD("logs", test_logs);
    ADD("logs-dropped-at-every-byte", test_logs_dropped_at_every_byte);
    ADD("logs-go-wrong", test_logs_go_wrong);
    ADD("logs-freed-in-callback", test_logs_freed_in_callback);
    ADD("logs-freed-in-last-callback", test_logs_freed_in_last_callback);
    ADD("events-come-back", test_events_come_back);
    ADD("events-rubbish", test_events_rubbish);
    ADD("two-subscriptions-one-stream", test_two_subscriptions_one_stream);
    ADD("unlabelled", test_unlabelled);
    ADD("changes-go-by-id", test_changes_go_by_id);
    return g_test_run();
}
