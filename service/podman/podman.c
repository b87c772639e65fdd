/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a call:
 *
 *   1. Podman is known to answer → SENT. Else the call waits, and the first one that waits starts Podman (podman-start.c).
 *   2. Podman answers → all that wait are SENT. It cannot be started → they all fail with that sentence.
 *   3. SENT, and nobody listens (the service left since: under socket activation it does so when idle, and ours after a
 *      minute). Nothing was sent then, so the call waits once more as in 1. A second time it fails.
 *   4. The reply, or what broke it, becomes the one callback.
 *
 * A call that was sent is never repeated: Podman may have done what it says.
 */
#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <curl/curl.h>

#include "service/podman/http.h"
#include "service/podman/json-read.h"
#include "service/podman/podman-start.h"
#include "service/podman/podman.h"
#include "shared/error.h"

/* Both generations serve these versions of the two APIs. */
#define API_PREFIX "/v4.0.0/libpod"
#define COMPATIBLE_API_PREFIX "/v1.41"

#define MESSAGE_MAX 600U /* characters of Podman's own words in a sentence */

static const PodmanGeneration generation_unknown = {.rootless_network = ""};

/* Newest first; a version newer than all belongs to the first. */
static const PodmanGeneration generations[] = {
    {.major = 5, .rootless_network = "pasta", .network_dns_servers = true},
    {.major = 4, .rootless_network = "slirp4netns", .network_dns_servers = false},
};

struct Podman {
    sd_event *event;
    sd_bus *user_bus;
    char *socket_path;
    HttpClient *client;
    PodmanStart *start;
    sd_event_source *flush; /* the outcome of a start is told from here, not from within podman_call_new() */
    bool answers;
    sd_bus_error failure;
    char *version;
    const PodmanGeneration *generation;
    GQueue calls; /* that wait */
};

struct PodmanCall {
    Podman *podman;
    GList *link; /* in calls, NULL: does not wait */
    HttpRequest *http;
    bool again; /* has been sent before and found nobody */
    char *method, *target, *body, *doing;
    int accept;
    uint64_t total_usec;
    PodmanData data;
    int (*explain)(int status, const char *message, void *userdata, sd_bus_error *reterr);
    PodmanDone done;
    void *userdata;
};

static void call_wait(PodmanCall *call);

const PodmanGeneration *podman_generation_of(const char *version)
{
    char *end;
    guint64 major = version ? g_ascii_strtoull(version, &end, 10) : 0;

    if (major == 0 || *end != '.')
        return NULL;
    for (size_t i = 0; i < ELEMENTSOF(generations); i++)
        if (major >= (guint64) generations[i].major)
            return &generations[i];
    return NULL;
}

static void version_seen(Podman *podman, const char *version)
{
    if (!version || strcmp(version, podman->version) == 0 || !podman_generation_of(version))
        return;
    g_free(podman->version);
    podman->version = g_strdup(version);
    podman->generation = podman_generation_of(version);
}

/* Ends a call without a reply. The callback may free it. */
static void call_failed(PodmanCall *call, sd_bus_error *error)
{
    call->done(NULL, error, call->userdata);
    sd_bus_error_free(error);
}

/* Podman's own words: {"cause": "…", "message": "…", "response": 404}, or whatever it is in one line. */
static char *message_of(const HttpReply *reply)
{
    g_autoptr(JsonNode) node = NULL;
    const char *message = member_string(json_read_object(reply->body, reply->size, &node), "message");
    g_autofree char *text = g_utf8_make_valid(message ? message : reply->body, message ? -1 : (gssize) reply->size);

    g_strstrip(text);
    for (char *c = text; *c; c++)
        if ((unsigned char) *c < ' ' || *c == 0x7f)
            *c = ' ';
    if (g_utf8_strlen(text, -1) <= (glong) MESSAGE_MAX)
        return g_steal_pointer(&text);
    g_autofree char *begin = g_utf8_substring(text, 0, MESSAGE_MAX);
    return g_strconcat(begin, "…", NULL);
}

static void explain_status(const PodmanCall *call, const HttpReply *reply, sd_bus_error *reterr)
{
    g_autofree char *message = message_of(reply);

    if (call->explain && call->explain((int) reply->status, message, call->userdata, reterr) < 0)
        return;
    (void) error_set(reterr, ERROR_PODMAN_FAILED, "Podman could not %s (status %ld): %s", call->doing, reply->status,
        message[0] ? message : "it gave no reason.");
}

static void explain_transport(const PodmanCall *call, int result, sd_bus_error *reterr)
{
    const char *path = call->podman->socket_path;

    switch (result) {
    case -ECONNREFUSED:
        (void) error_set(reterr, ERROR_PODMAN_UNAVAILABLE,
            "Nobody listens on Podman's API socket %s, asked to %s; try \"systemctl --user restart podman.socket\".",
            path, call->doing);
        break;
    case -ECONNRESET:
        (void) error_set(reterr, ERROR_PODMAN_UNAVAILABLE,
            "Podman broke off in the middle of its answer, asked on %s to %s; look what has become of it with \"airpods "
            "status\", then try again.",
            path, call->doing);
        break;
    case -ETIMEDOUT:
        (void) error_set(reterr, ERROR_PODMAN_UNAVAILABLE,
            "Podman did not answer in time on %s, asked to %s; if it hangs, try \"systemctl --user restart "
            "podman.service\".",
            path, call->doing);
        break;
    case -EMSGSIZE:
        (void) error_set(reterr, ERROR_PODMAN_FAILED,
            "Podman's answer on %s is larger than airpods accepts, asked to %s; see whether \"podman ps -a\" looks sane.",
            path, call->doing);
        break;
    case -EBADMSG:
        (void) error_set(reterr, ERROR_PODMAN_FAILED,
            "What answers on %s makes no sense for Podman, asked to %s; see \"ss -xlp\" for its process.", path,
            call->doing);
        break;
    default:
        (void) error_set(reterr, ERROR_PODMAN_FAILED, "Podman was asked on %s to %s, which failed: %s.", path,
            call->doing, g_strerror(-result));
    }
}

static void on_http_done(HttpRequest *request, int result, const HttpReply *reply, void *userdata)
{
    PodmanCall *call = userdata;
    sd_bus_error error = SD_BUS_ERROR_NULL;

    if (result == -ECONNREFUSED && !call->again) {
        call->again = true;
        call->podman->answers = false;
        call->http = http_request_free(call->http);
        call_wait(call);
        return;
    }
    if (result < 0) {
        explain_transport(call, result, &error);
        call_failed(call, &error);
        return;
    }
    version_seen(call->podman, http_request_header(request, "Libpod-Api-Version"));
    if ((reply->status >= 200 && reply->status < 300) || reply->status == 304 || reply->status == call->accept) {
        call->done(&(PodmanReply){(int) reply->status, reply->body, reply->size}, NULL, call->userdata);
    } else {
        explain_status(call, reply, &error);
        call_failed(call, &error);
    }
}

static int on_http_data(HttpRequest *request, const char *data, size_t size, void *userdata)
{
    PodmanCall *call = userdata;

    return call->data(data, size, call->userdata);
}

static int call_send(PodmanCall *call)
{
    HttpCall http = {
        .method = call->method,
        .target = call->target,
        .body = call->body,
        .total_usec = call->total_usec == UINT64_MAX ? 0
                      : call->total_usec             ? call->total_usec
                                                     : PODMAN_CALL_USEC,
        .on_data = call->data ? on_http_data : NULL,
        .on_done = on_http_done,
        .userdata = call,
    };
    return http_request_new(&call->http, call->podman->client, &http);
}

static void call_unlink(PodmanCall *call)
{
    if (call->link)
        g_queue_delete_link(&call->podman->calls, call->link);
    call->link = NULL;
}

/* Tells the calls that wait how the start went. Each callback may make and free calls: those have another round. */
static int on_flush(sd_event_source *source, void *userdata)
{
    Podman *podman = userdata;
    PodmanCall *call;

    podman->flush = sd_event_source_disable_unref(podman->flush);
    sd_bus_error failure = podman->failure;
    podman->failure = SD_BUS_ERROR_NULL;
    unsigned n = podman->calls.length;
    while (n-- > 0 && !podman->start && (call = g_queue_peek_head(&podman->calls))) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        call_unlink(call);
        if (sd_bus_error_is_set(&failure)) {
            (void) sd_bus_error_copy(&error, &failure);
            call_failed(call, &error);
            continue;
        }
        int r = call_send(call);
        if (r < 0) {
            explain_transport(call, r, &error);
            call_failed(call, &error);
        }
    }
    sd_bus_error_free(&failure);
    return 0;
}

static int flush_later(Podman *podman)
{
    if (podman->flush)
        return 0;
    return sd_event_add_defer(podman->event, &podman->flush, on_flush, podman);
}

static void on_started(const char *version, const sd_bus_error *error, void *userdata)
{
    Podman *podman = userdata;

    podman->start = podman_start_free(podman->start);
    podman->answers = !error;
    sd_bus_error_free(&podman->failure);
    if (error)
        (void) sd_bus_error_copy(&podman->failure, error);
    else
        version_seen(podman, version);
    (void) flush_later(podman);
}

static void call_wait(PodmanCall *call)
{
    Podman *podman = call->podman;

    g_queue_push_tail(&podman->calls, call);
    call->link = podman->calls.tail;
    if (podman->start || podman->flush)
        return;
    int r = podman_start_new(
        &podman->start, podman->event, podman->client, podman->user_bus, podman->socket_path, on_started, podman);
    if (r < 0) {
        (void) error_set(&podman->failure, ERROR_PODMAN_UNAVAILABLE, "Podman cannot be asked: %s.", g_strerror(-r));
        (void) flush_later(podman);
    }
}

int podman_call_new(PodmanCall **ret, Podman *podman, const PodmanRequest *request)
{
    _cleanup_(podman_call_freep) PodmanCall *call = g_new0(PodmanCall, 1);

    assert(request->done && request->doing && request->path[0] == '/');
    *call = (PodmanCall){
        .podman = podman,
        .method = g_strdup(request->method),
        .target = g_strconcat(request->compatible ? COMPATIBLE_API_PREFIX : API_PREFIX, request->path, NULL),
        .body = g_strdup(request->body),
        .doing = g_strdup(request->doing),
        .accept = request->accept,
        .total_usec = request->total_usec,
        .data = request->data,
        .explain = request->explain,
        .done = request->done,
        .userdata = request->userdata,
    };
    if (podman->answers) {
        int r = call_send(call);
        if (r < 0)
            return r;
        *ret = TAKE_PTR(call);
        return 0;
    }
    *ret = call;
    call_wait(TAKE_PTR(call));
    return 0;
}

PodmanCall *podman_call_free(PodmanCall *call)
{
    if (!call)
        return NULL;
    call_unlink(call);
    http_request_free(call->http);
    g_free(call->method);
    g_free(call->target);
    g_free(call->body);
    g_free(call->doing);
    g_free(call);
    return NULL;
}

void podman_call_pause(PodmanCall *call, bool pause)
{
    if (call->http)
        http_request_pause(call->http, pause);
}

int podman_ping(PodmanCall **ret, Podman *podman, PodmanDone done, void *userdata)
{
    const PodmanRequest request = {
        .method = "GET", .path = "/_ping", .doing = "answer a ping", .done = done, .userdata = userdata};

    return podman_call_new(ret, podman, &request);
}

char *podman_path(const char *format, ...)
{
    GString *path = g_string_new(NULL);
    va_list ap;

    va_start(ap, format);
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            g_string_append_c(path, *c);
            continue;
        }
        if (*++c == 's') {
            g_autofree char *escaped = g_uri_escape_string(va_arg(ap, const char *), NULL, false);
            g_string_append(path, escaped);
        } else {
            assert(*c == 'u');
            g_string_append_printf(path, "%u", va_arg(ap, unsigned));
        }
    }
    va_end(ap);
    return g_string_free(path, false);
}

const char *podman_socket_path(const Podman *podman)
{
    return podman->socket_path;
}

const char *podman_version(const Podman *podman)
{
    return podman->version;
}

const PodmanGeneration *podman_generation(const Podman *podman)
{
    return podman->generation;
}

Podman *podman_free(Podman *podman)
{
    if (!podman)
        return NULL;
    assert(podman->calls.length == 0);
    podman_start_free(podman->start);
    sd_event_source_disable_unref(podman->flush);
    sd_bus_error_free(&podman->failure);
    http_client_free(podman->client);
    sd_bus_unref(podman->user_bus);
    sd_event_unref(podman->event);
    g_free(podman->socket_path);
    g_free(podman->version);
    g_free(podman);
    return NULL;
}

int podman_new(Podman **ret, sd_event *event, sd_bus *user_bus, const char *socket_path)
{
    _cleanup_(podman_freep) Podman *podman = g_new0(Podman, 1);
    const char *runtime_dir = g_getenv("XDG_RUNTIME_DIR");

    podman->event = sd_event_ref(event);
    podman->user_bus = sd_bus_ref(user_bus);
    podman->version = g_strdup("");
    podman->generation = &generation_unknown;
    if (socket_path)
        podman->socket_path = g_strdup(socket_path);
    else if (runtime_dir && runtime_dir[0] == '/')
        podman->socket_path = g_build_filename(runtime_dir, "podman/podman.sock", NULL);
    else
        podman->socket_path = g_strdup_printf("/run/user/%u/podman/podman.sock", (unsigned) getuid());
    int r = http_client_new(&podman->client, event, podman->socket_path);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(podman);
    return 0;
}
