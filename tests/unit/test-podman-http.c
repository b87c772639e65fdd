/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP on sd-event: whole and broken replies, limits, and requests that are freed at every moment.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/http.h"
#include "tests/unit/fake-podman.h"

typedef struct Fixture {
    sd_event *event;
    FakePodman *fake;
    HttpClient *client;
} Fixture;

/* One request and what came of it. */
typedef struct Try {
    Fixture *fixture;
    HttpRequest *request;
    GString *data, *body;
    long status;
    int result;
    unsigned dones, datas;
    bool done;
    struct Try *other; /* to do something with in a callback */
    HttpCall *start;   /* to start in a callback */
} Try;

static void setup(Fixture *fixture, gconstpointer unused)
{
    g_assert_cmpint(sd_event_new(&fixture->event), ==, 0);
    fixture->fake = fake_podman_new(fixture->event);
    g_assert_cmpint(http_client_new(&fixture->client, fixture->event, fixture->fake->path), ==, 0);
}

static void teardown(Fixture *fixture, gconstpointer unused)
{
    http_client_free(fixture->client);
    fake_podman_free(fixture->fake);
    sd_event_unref(fixture->event);
}

static void on_done(HttpRequest *request, int result, const HttpReply *reply, void *userdata)
{
    Try *try = userdata;

    try->dones++;
    try->done = true;
    try->result = result;
    g_assert_cmpint(reply == NULL, ==, result < 0);
    if (reply) {
        try->status = reply->status;
        g_string_append_len(try->body, reply->body, (gssize) reply->size);
        g_assert_cmpint(reply->body[reply->size], ==, '\0');
    }
}

static int on_data(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    Try *try = userdata;

    try->datas++;
    g_string_append_len(try->data, data, (gssize) size);
    return 0;
}

static void try_init(Try *try, Fixture *fixture)
{
    *try = (Try){.fixture = fixture, .data = g_string_new(NULL), .body = g_string_new(NULL)};
}

static void try_clear(Try *try)
{
    try->request = http_request_free(try->request);
    g_string_free(try->data, true);
    g_string_free(try->body, true);
}

static void try_start(Try *try, HttpCall call)
{
    call.method = call.method ? call.method : "GET";
    call.target = call.target ? call.target : "/x";
    call.on_done = call.on_done ? call.on_done : on_done;
    call.userdata = try;
    g_assert_cmpint(http_request_new(&try->request, try->fixture->client, &call), ==, 0);
    g_assert_false(try->done);
}

static int try_result(Fixture *fixture, HttpCall call)
{
    Try try;

    try_init(&try, fixture);
    try_start(&try, call);
    run_until(fixture->event, &try.done);
    g_assert_cmpuint(try.dones, ==, 1);
    int result = try.result;
    try_clear(&try);
    return result;
}

static void test_replies(Fixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *text, *body;
        long status;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nX-Y: z\r\nContent-Length: 5\r\n\r\nhello", "hello", 200},
        {"HTTP/1.1 200 OK\r\nX-Y: z\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello",
            200},
        {"HTTP/1.1 204 No Content\r\nX-Y: z\r\n\r\n", "", 204},
        {"HTTP/1.1 304 Not Modified\r\nX-Y: z\r\n\r\n", "", 304},
        {"HTTP/1.1 404 Not Found\r\nX-Y: z\r\nContent-Length: 2\r\n\r\n{}", "{}", 404},
        {"HTTP/1.1 500 Oh\r\nX-Y: z\r\n\r\nuntil the end", "until the end", 500},
        {"HTTP/1.1 302 Go\r\nX-Y: z\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", "", 302},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        Try try;
        try_init(&try, fixture);
        fake_podman_answer_text(fixture->fake, rows[i].text);
        try_start(&try, (HttpCall){0});
        run_until(fixture->event, &try.done);
        g_assert_cmpint(try.result, ==, 0);
        g_assert_cmpint(try.status, ==, rows[i].status);
        g_assert_cmpstr(try.body->str, ==, rows[i].body);
        g_assert_cmpstr(http_request_header(try.request, "x-y"), ==, "z");
        g_assert_null(http_request_header(try.request, "absent"));
        try_clear(&try);
    }
}

static void test_what_is_asked(Fixture *fixture, gconstpointer unused)
{
    static const HttpCall calls[] = {{.method = "GET", .target = "/a?b=c"},
        {.method = "POST", .target = "/d", .body = "{}"}, {.method = "POST", .target = "/e"},
        {.method = "DELETE", .target = "/f%2F"}};
    static const char *const asked[] = {
        "GET /a?b=c HTTP/1.1", "POST /d HTTP/1.1", "POST /e HTTP/1.1", "DELETE /f%2F HTTP/1.1"};

    g_setenv("http_proxy", "http://127.0.0.1:1", true);
    for (size_t i = 0; i < ELEMENTSOF(calls); i++) {
        fake_podman_answer_text(fixture->fake, "HTTP/1.1 204 No Content\r\n\r\n");
        g_assert_cmpint(try_result(fixture, calls[i]), ==, 0);
        g_assert_cmpstr(g_ptr_array_index(fixture->fake->asked, i), ==, asked[i]);
    }
    g_unsetenv("http_proxy");
}

/* A connection that drops at any byte of a reply is a failure, and only one that does not drop is none. */
static void test_dropped_at_every_byte(Fixture *fixture, gconstpointer unused)
{
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"Id\":\"abcde\"}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"Id\":\"\r\n7\r\nabcde\"}\r\n0\r\n\r\n",
    };

    for (size_t i = 0; i < ELEMENTSOF(replies); i++)
        for (size_t n = 0; n <= strlen(replies[i]); n++)
            for (unsigned streamed = 0; streamed < 2; streamed++) {
                fake_podman_answer(fixture->fake, replies[i], n, false);
                int result = try_result(fixture, (HttpCall){.on_data = streamed ? on_data : NULL});
                /* Of the empty chunk's last line end, libcurl needs only the first half. */
                if (n == strlen(replies[i]) || (i == 1 && n == strlen(replies[i]) - 1))
                    g_assert_cmpint(result, ==, 0);
                else
                    g_assert_true(result == -ECONNRESET || result == -EBADMSG);
            }
}

static void test_not_http(Fixture *fixture, gconstpointer unused)
{
    static const char *const rubbish[] = {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "\0\0\0\0\0\0\0\0", "HTTP/1.1 abc OK\r\n\r\n",
        "{\"Id\":\"x\"}\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};

    for (size_t i = 0; i < ELEMENTSOF(rubbish); i++) {
        fake_podman_answer(fixture->fake, rubbish[i], MAX(strlen(rubbish[i]), 8), false);
        int result = try_result(fixture, (HttpCall){0});
        g_assert_true(result == -EBADMSG || result == -ECONNRESET);
    }
}

static void test_nobody_listens(Fixture *fixture, gconstpointer unused)
{
    fake_podman_stop(fixture->fake);
    g_assert_cmpint(try_result(fixture, (HttpCall){0}), ==, -ECONNREFUSED);
}

static void test_no_socket(Fixture *fixture, gconstpointer unused)
{
    Fixture other = *fixture;

    g_assert_cmpint(http_client_new(&other.client, fixture->event, "/nonexistent/podman.sock"), ==, 0);
    g_assert_cmpint(try_result(&other, (HttpCall){0}), ==, -ECONNREFUSED);
    http_client_free(other.client);

    HttpClient *none = NULL;
    g_autofree char *path = g_strnfill(108, 'x');
    g_assert_cmpint(http_client_new(&none, fixture->event, path), ==, -ENAMETOOLONG);
}

static void test_limits(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GString) text = g_string_new("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");

    for (unsigned i = 0; i < 1000; i++)
        g_string_append_c(text, 'x');
    fake_podman_answer(fixture->fake, text->str, text->len, true);
    g_assert_cmpint(try_result(fixture, (HttpCall){.reply_max = 999}), ==, -EMSGSIZE);
    fake_podman_answer(fixture->fake, text->str, text->len, true);
    g_assert_cmpint(try_result(fixture, (HttpCall){.reply_max = 1000}), ==, 0);
    /* An error's body is collected although the reply is to be streamed; it has a limit too. */
    g_string_overwrite(text, 0, "HTTP/1.1 500");
    fake_podman_answer(fixture->fake, text->str, text->len, true);
    g_assert_cmpint(try_result(fixture, (HttpCall){.reply_max = 999, .on_data = on_data}), ==, -EMSGSIZE);

    g_string_assign(text, "HTTP/1.1 200 OK\r\n");
    for (unsigned i = 0; text->len <= HTTP_HEADERS_MAX; i++)
        g_string_append_printf(text, "X-%u: something that goes on and on and on\r\n", i);
    fake_podman_answer(fixture->fake, text->str, text->len, true);
    g_assert_cmpint(try_result(fixture, (HttpCall){0}), ==, -EMSGSIZE);
}

static void test_silence(Fixture *fixture, gconstpointer unused)
{
    static const char *const beginnings[] = {
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"};

    for (size_t i = 0; i < ELEMENTSOF(beginnings); i++) {
        fake_podman_answer(fixture->fake, beginnings[i], strlen(beginnings[i]), true);
        g_assert_cmpint(try_result(fixture, (HttpCall){.idle_usec = 20000}), ==, -ETIMEDOUT);
        fake_podman_answer(fixture->fake, beginnings[i], strlen(beginnings[i]), true);
        g_assert_cmpint(try_result(fixture, (HttpCall){.total_usec = 20000}), ==, -ETIMEDOUT);
    }
}

static int refuse_data(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    return -ENOTUNIQ;
}

static void test_data_refused(Fixture *fixture, gconstpointer unused)
{
    fake_podman_answer_text(fixture->fake, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    g_assert_cmpint(try_result(fixture, (HttpCall){.on_data = refuse_data}), ==, -ENOTUNIQ);
}

/* Ends a test that must see no callback: another request comes after the one that was freed. */
static void run_another(Fixture *fixture)
{
    fake_podman_answer_text(fixture->fake, "HTTP/1.1 204 No Content\r\n\r\n");
    g_assert_cmpint(try_result(fixture, (HttpCall){0}), ==, 0);
}

static void test_freed_at_once(Fixture *fixture, gconstpointer unused)
{
    Try try;

    try_init(&try, fixture);
    try_start(&try, (HttpCall){0});
    try.request = http_request_free(try.request);
    run_another(fixture);
    g_assert_false(try.done);
    try_clear(&try);
}

static void test_freed_while_waiting(Fixture *fixture, gconstpointer unused)
{
    Try try;
    bool left = false;

    try_init(&try, fixture);
    fake_podman_answer(fixture->fake, "HTTP/1.1 200 OK\r\n", 17, true);
    try_start(&try, (HttpCall){.idle_usec = 10000000});
    while (fixture->fake->asked->len == 0)
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
    try.request = http_request_free(try.request);
    while (!left) {
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
        left = fixture->fake->left == 1;
    }
    g_assert_false(try.done);
    try_clear(&try);
}

static int free_self(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    Try *try = userdata;

    try->datas++;
    try->request = http_request_free(try->request);
    return 0;
}

static void test_freed_in_data(Fixture *fixture, gconstpointer unused)
{
    Try try;

    try_init(&try, fixture);
    fake_podman_answer(fixture->fake, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 43, true);
    try_start(&try, (HttpCall){.on_data = free_self});
    while (try.datas == 0)
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
    run_another(fixture);
    g_assert_cmpuint(try.datas, ==, 1);
    g_assert_false(try.done);
    try_clear(&try);
}

static int free_other(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    Try *try = userdata;

    try->other->request = http_request_free(try->other->request);
    return 0;
}

static void test_other_freed_in_data(Fixture *fixture, gconstpointer unused)
{
    Try one, two;

    try_init(&one, fixture);
    try_init(&two, fixture);
    one.other = &two;
    fake_podman_answer(fixture->fake, "HTTP/1.1 200 OK\r\n", 17, true);
    try_start(&two, (HttpCall){.idle_usec = 10000000});
    while (fixture->fake->asked->len == 0)
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
    fake_podman_answer_text(fixture->fake, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    try_start(&one, (HttpCall){.on_data = free_other});
    run_until(fixture->event, &one.done);
    g_assert_cmpint(one.result, ==, 0);
    g_assert_null(two.request);
    g_assert_false(two.done);
    try_clear(&one);
    try_clear(&two);
}

static int start_other(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    Try *try = userdata;

    if (!try->other->request)
        try_start(try->other, *try->start);
    return 0;
}

static void test_started_in_data(Fixture *fixture, gconstpointer unused)
{
    Try one, two;
    HttpCall call = {0};

    try_init(&one, fixture);
    try_init(&two, fixture);
    one.other = &two;
    one.start = &call;
    fake_podman_answer_text(fixture->fake, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    fake_podman_answer_text(fixture->fake, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    try_start(&one, (HttpCall){.on_data = start_other});
    run_until(fixture->event, &two.done);
    g_assert_cmpint(two.status, ==, 404);
    g_assert_true(one.done);
    try_clear(&one);
    try_clear(&two);
}

static int start_and_free_other(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    Try *try = userdata;

    start_other(request, data, size, userdata);
    try->other->request = http_request_free(try->other->request);
    return 0;
}

static void test_started_and_freed_in_data(Fixture *fixture, gconstpointer unused)
{
    Try one, two;
    HttpCall call = {0};

    try_init(&one, fixture);
    try_init(&two, fixture);
    one.other = &two;
    one.start = &call;
    fake_podman_answer_text(fixture->fake, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    try_start(&one, (HttpCall){.on_data = start_and_free_other});
    run_until(fixture->event, &one.done);
    run_another(fixture);
    g_assert_cmpuint(fixture->fake->asked->len, ==, 2);
    g_assert_false(two.done);
    try_clear(&one);
    try_clear(&two);
}

static void free_in_done(HttpRequest *request, int result, const HttpReply *reply, void *userdata)
{
    Try *try = userdata;

    /* What was given can still be read after that. */
    try->request = http_request_free(try->request);
    on_done(NULL, result, reply, userdata);
}

static void test_freed_in_done(Fixture *fixture, gconstpointer unused)
{
    Try try;

    try_init(&try, fixture);
    fake_podman_answer_text(fixture->fake, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    try_start(&try, (HttpCall){.on_done = free_in_done});
    run_until(fixture->event, &try.done);
    g_assert_cmpstr(try.body->str, ==, "hello");
    try_clear(&try);

    try_init(&try, fixture);
    fake_podman_answer(fixture->fake, "", 0, true);
    try_start(&try, (HttpCall){.on_done = free_in_done, .total_usec = 10000});
    run_until(fixture->event, &try.done);
    g_assert_cmpint(try.result, ==, -ETIMEDOUT);
    try_clear(&try);
}

static int pause_self(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    on_data(request, data, size, userdata);
    http_request_pause(request, true);
    return 0;
}

static int set_true(sd_event_source *source, uint64_t usec, void *userdata)
{
    *(bool *) userdata = true;
    return 0;
}

static void run_for(sd_event *event, uint64_t usec)
{
    sd_event_source *timer = NULL;
    bool over = false;

    g_assert_cmpint(sd_event_add_time_relative(event, &timer, CLOCK_MONOTONIC, usec, 1, set_true, &over), >=, 0);
    run_until(event, &over);
    sd_event_source_unref(timer);
}

#define LARGE (8U * 1024 * 1024)

static void test_paused(Fixture *fixture, gconstpointer unused)
{
    Try try;
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", LARGE);
    size_t headers = text->len;
    g_string_set_size(text, headers + LARGE);
    memset(text->str + headers, 'x', LARGE);
    fake_podman_answer(fixture->fake, text->str, text->len, true);

    try_init(&try, fixture);
    try_start(&try, (HttpCall){.on_data = pause_self, .idle_usec = 50000});
    while (try.datas == 0)
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
    /* Paused: no data, the sender waits, and silence is not held against it. */
    unsigned datas = try.datas;
    run_for(fixture->event, 200000);
    g_assert_cmpuint(try.datas, ==, datas);
    g_assert_cmpuint(fixture->fake->clients->len, ==, 1);
    g_assert_false(try.done);

    while (!try.done) {
        http_request_pause(try.request, false);
        g_assert_cmpint(sd_event_run(fixture->event, 1000000), >=, 0);
    }
    g_assert_cmpint(try.result, ==, 0);
    g_assert_cmpuint(try.data->len, ==, LARGE);
    try_clear(&try);
}

static void test_many_at_once(Fixture *fixture, gconstpointer unused)
{
    Try tries[50];

    for (size_t i = 0; i < ELEMENTSOF(tries); i++) {
        fake_podman_answer_text(fixture->fake, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        try_init(&tries[i], fixture);
        try_start(&tries[i], (HttpCall){0});
    }
    for (size_t i = 0; i < ELEMENTSOF(tries); i++) {
        run_until(fixture->event, &tries[i].done);
        g_assert_cmpstr(tries[i].body->str, ==, "hello");
        try_clear(&tries[i]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/podman/http/" name, Fixture, NULL, setup, function, teardown)
    ADD("replies", test_replies);
    ADD("what-is-asked", test_what_is_asked);
    ADD("dropped-at-every-byte", test_dropped_at_every_byte);
    ADD("not-http", test_not_http);
    ADD("nobody-listens", test_nobody_listens);
    ADD("no-socket", test_no_socket);
    ADD("limits", test_limits);
    ADD("silence", test_silence);
    ADD("data-refused", test_data_refused);
    ADD("freed-at-once", test_freed_at_once);
    ADD("freed-while-waiting", test_freed_while_waiting);
    ADD("freed-in-data", test_freed_in_data);
    ADD("other-freed-in-data", test_other_freed_in_data);
    ADD("started-in-data", test_started_in_data);
    ADD("started-and-freed-in-data", test_started_and_freed_in_data);
    ADD("freed-in-done", test_freed_in_done);
    ADD("paused", test_paused);
    ADD("many-at-once", test_many_at_once);
    return g_test_run();
}
