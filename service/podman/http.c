/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcurl asks for sockets to be watched and for one timer (on_socket_wish, on_timer_wish); sd-event tells it what
 * happened (drive). Two things need care:
 *
 *   - libcurl may not be called from within its own callbacks. on_data runs there; what it starts or frees is therefore
 *     only noted (`waiting`, `dead`) and done when libcurl has returned (settle).
 *   - on_done runs after libcurl has returned, so there everything is allowed but freeing the client.
 */
#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <curl/curl.h>

#include "service/podman/http.h"

struct HttpClient {
    sd_event *event;
    CURLM *multi;
    char *socket_path;
    sd_event_source *timer;
    unsigned depth;     /* > 0: within libcurl */
    GPtrArray *waiting; /* requests to hand to libcurl, or dead ones, once it has returned */
    unsigned n_requests;
};

struct HttpRequest {
    HttpClient *client;
    CURL *easy;
    struct curl_slist *headers;
    sd_event_source *timer;
    uint64_t idle_usec, deadline_usec, last_usec;
    size_t reply_max, header_size;
    GByteArray *body;
    int result; /* why we ended it ourselves */
    bool added, dead, paused, headers_end;
    HttpData on_data;
    HttpDone on_done;
    void *userdata;
};

static uint64_t now_usec(const HttpClient *client)
{
    uint64_t usec = 0;
    (void) sd_event_now(client->event, CLOCK_MONOTONIC, &usec);
    return usec;
}

static void request_destroy(HttpRequest *request)
{
    if (request->added)
        curl_multi_remove_handle(request->client->multi, request->easy);
    curl_easy_cleanup(request->easy);
    curl_slist_free_all(request->headers);
    sd_event_source_disable_unref(request->timer);
    g_clear_pointer(&request->body, g_byte_array_unref);
    request->client->n_requests--;
    g_free(request);
}

/* What came up while libcurl was running: requests to start, requests to free. */
static void settle(HttpClient *client)
{
    while (client->depth == 0 && client->waiting->len > 0) {
        HttpRequest *request = g_ptr_array_steal_index(client->waiting, 0);
        if (request->dead) {
            request_destroy(request);
        } else if (!request->added) {
            request->added = curl_multi_add_handle(client->multi, request->easy) == CURLM_OK;
            assert(request->added);
        }
    }
}

/* A listener that closes at once also counts as "could not connect" with libcurl. */
static int result_of_connect(const HttpRequest *request)
{
    long error = 0;

    (void) curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &error);
    if (error == EACCES || error == EPERM)
        return -EACCES;
    return error == ENOENT || error == ECONNREFUSED ? -ECONNREFUSED : -ECONNRESET;
}

static int result_of(const HttpRequest *request, CURLcode code)
{
    if (request->result < 0)
        return request->result;
    switch (code) {
    case CURLE_OK:
        /* libcurl takes headers that break off for all of them. */
        return request->headers_end ? 0 : -ECONNRESET;
    case CURLE_COULDNT_CONNECT:
        return result_of_connect(request);
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return -ECONNRESET;
    default:
        return -EBADMSG;
    }
}

static void request_finish(HttpRequest *request, int result)
{
    HttpReply reply = {.body = "", .size = 0};

    curl_multi_remove_handle(request->client->multi, request->easy);
    request->added = false;
    request->timer = sd_event_source_disable_unref(request->timer);
    if (result < 0) {
        request->on_done(request, result, NULL, request->userdata);
        return;
    }
    (void) curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &reply.status);
    /* Out of the request first: the callback may free it and read the reply after that. */
    g_autoptr(GByteArray) body = TAKE_PTR(request->body);
    if (body) {
        reply.size = body->len;
        g_byte_array_append(body, (const guint8 *) "", 1);
        reply.body = (const char *) body->data;
    }
    request->on_done(request, 0, &reply, request->userdata);
}

static void finish_all(HttpClient *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left))) {
        HttpRequest *request = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void) curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &request);
        request_finish(request, result_of(request, message->data.result));
    }
}

static void drive(HttpClient *client, curl_socket_t fd, int what)
{
    int running;

    client->depth++;
    (void) curl_multi_socket_action(client->multi, fd, what, &running);
    client->depth--;
    settle(client);
    finish_all(client);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    int what = 0;

    if (revents & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
        what |= CURL_CSELECT_IN;
    if (revents & EPOLLOUT)
        what |= CURL_CSELECT_OUT;
    if (revents & EPOLLERR)
        what |= CURL_CSELECT_ERR;
    drive(userdata, fd, what);
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    drive(userdata, CURL_SOCKET_TIMEOUT, 0);
    return 0;
}

static int on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data)
{
    HttpClient *client = userdata;
    sd_event_source *source = socket_data;
    uint32_t events =
        (what != CURL_POLL_OUT ? (uint32_t) EPOLLIN : 0U) | (what != CURL_POLL_IN ? (uint32_t) EPOLLOUT : 0U);

    if (what == CURL_POLL_REMOVE) {
        sd_event_source_disable_unref(source);
        return curl_multi_assign(client->multi, fd, NULL) == CURLM_OK ? 0 : -1;
    }
    if (source)
        return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
    if (sd_event_add_io(client->event, &source, fd, events, on_io, client) < 0)
        return -1;
    return curl_multi_assign(client->multi, fd, source) == CURLM_OK ? 0 : -1;
}

static int on_timer_wish(CURLM *multi, long milliseconds, void *userdata)
{
    HttpClient *client = userdata;

    if (milliseconds < 0)
        return sd_event_source_set_enabled(client->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
    if (sd_event_source_set_time(client->timer, now_usec(client) + (uint64_t) milliseconds * 1000) < 0)
        return -1;
    return sd_event_source_set_enabled(client->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

static size_t request_abort(HttpRequest *request, int result)
{
    request->result = result;
    return CURL_WRITEFUNC_ERROR;
}

static size_t on_body(char *data, size_t one, size_t size, void *userdata)
{
    HttpRequest *request = userdata;
    long status = 0;

    if (request->dead)
        return CURL_WRITEFUNC_ERROR;
    request->last_usec = now_usec(request->client);
    (void) curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (request->on_data && status >= 200 && status < 300) {
        int r = request->on_data(request, data, size, request->userdata);
        if (r < 0)
            return request_abort(request, r);
        return request->dead ? CURL_WRITEFUNC_ERROR : size;
    }
    if (!request->body)
        request->body = g_byte_array_new();
    if (size > request->reply_max - request->body->len)
        return request_abort(request, -EMSGSIZE);
    g_byte_array_append(request->body, (const guint8 *) data, (guint) size);
    return size;
}

static size_t on_header(char *data, size_t one, size_t size, void *userdata)
{
    HttpRequest *request = userdata;

    request->last_usec = now_usec(request->client);
    request->header_size += size;
    request->headers_end = size == 2 && memcmp(data, "\r\n", 2) == 0;
    return request->header_size > HTTP_HEADERS_MAX ? request_abort(request, -EMSGSIZE) : size;
}

/* When silence or the deadline would end the request; UINT64_MAX: never. */
static uint64_t limit_usec(const HttpRequest *request)
{
    uint64_t silence = request->idle_usec && !request->paused ? request->last_usec + request->idle_usec : UINT64_MAX;
    return MIN2(silence, request->deadline_usec);
}

static int on_limit(sd_event_source *source, uint64_t usec, void *userdata)
{
    HttpRequest *request = userdata;
    uint64_t limit = limit_usec(request), now = now_usec(request->client);

    if (limit <= now) {
        request_finish(request, -ETIMEDOUT);
        return 0;
    }
    /* While it is paused there is no silence to measure: look again later. */
    (void) sd_event_source_set_time(source, MIN2(limit, now + MAX2(request->idle_usec, (uint64_t) 1)));
    (void) sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

const char *http_request_header(HttpRequest *request, const char *name)
{
    struct curl_header *header;

    return curl_easy_header(request->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

void http_request_pause(HttpRequest *request, bool pause)
{
    HttpClient *client = request->client;

    if (request->paused == pause || !request->added)
        return;
    request->paused = pause;
    request->last_usec = now_usec(client);
    client->depth++;
    (void) curl_easy_pause(request->easy, pause ? CURLPAUSE_RECV : CURLPAUSE_CONT);
    client->depth--;
    settle(client);
}

HttpRequest *http_request_free(HttpRequest *request)
{
    if (!request)
        return NULL;
    HttpClient *client = request->client;
    if (client->depth == 0) {
        request_destroy(request);
        return NULL;
    }
    request->dead = true;
    request->timer = sd_event_source_disable_unref(request->timer);
    if (!g_ptr_array_find(client->waiting, request, NULL))
        g_ptr_array_add(client->waiting, request);
    return NULL;
}

static int request_setup(HttpRequest *request, const HttpCall *call)
{
    CURL *easy = request->easy;
    g_autofree char *url = g_strconcat("http://podman", call->target, NULL);
    bool post = strcmp(call->method, "POST") == 0;
    CURLcode code = CURLE_OK;

    request->headers = curl_slist_append(NULL, "Expect:");
    if (request->headers && call->body)
        request->headers = curl_slist_append(request->headers, "Content-Type: application/json");
    if (!request->headers)
        return -ENOMEM;

#define SET(option, value) \
    if (code == CURLE_OK)  \
    code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_PRIVATE, request);
    SET(CURLOPT_URL, url);
    SET(CURLOPT_UNIX_SOCKET_PATH, request->client->socket_path);
    SET(CURLOPT_PROTOCOLS_STR, "http");
    SET(CURLOPT_PROXY, ""); /* not even if http_proxy is set */
    SET(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTPHEADER, request->headers);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, request);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, request);
    if (post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE, call->body ? (long) strlen(call->body) : 0L);
        SET(CURLOPT_COPYPOSTFIELDS, call->body ? call->body : "");
    } else if (strcmp(call->method, "GET") != 0) {
        SET(CURLOPT_CUSTOMREQUEST, call->method);
    }
#undef SET
    return code == CURLE_OK ? 0 : -ENOMEM;
}

static int limits_setup(HttpRequest *request, const HttpCall *call)
{
    HttpClient *client = request->client;

    request->last_usec = now_usec(client);
    request->idle_usec = call->idle_usec;
    request->deadline_usec = call->total_usec ? request->last_usec + call->total_usec : UINT64_MAX;
    uint64_t limit = limit_usec(request);
    if (limit == UINT64_MAX)
        return 0;
    return sd_event_add_time(client->event, &request->timer, CLOCK_MONOTONIC, limit, 1, on_limit, request);
}

int http_request_new(HttpRequest **ret, HttpClient *client, const HttpCall *call)
{
    _cleanup_(http_request_freep) HttpRequest *request = g_new0(HttpRequest, 1);
    int r;

    assert(call->target[0] == '/');
    request->client = client;
    client->n_requests++;
    request->reply_max = call->reply_max ? call->reply_max : HTTP_REPLY_MAX;
    request->on_data = call->on_data;
    request->on_done = call->on_done;
    request->userdata = call->userdata;
    request->easy = curl_easy_init();
    if (!request->easy)
        return -ENOMEM;
    r = request_setup(request, call);
    if (r < 0)
        return r;
    r = limits_setup(request, call);
    if (r < 0)
        return r;
    g_ptr_array_add(client->waiting, request);
    *ret = TAKE_PTR(request);
    settle(client);
    return 0;
}

HttpClient *http_client_free(HttpClient *client)
{
    if (!client)
        return NULL;
    assert(client->depth == 0);
    if (client->waiting)
        settle(client);
    assert(client->n_requests == 0);
    if (client->multi)
        curl_multi_cleanup(client->multi);
    g_clear_pointer(&client->waiting, g_ptr_array_unref);
    sd_event_source_disable_unref(client->timer);
    g_free(client->socket_path);
    g_free(client);
    return NULL;
}

int http_client_new(HttpClient **ret, sd_event *event, const char *socket_path)
{
    _cleanup_(http_client_freep) HttpClient *client = g_new0(HttpClient, 1);
    int r;

    if (strlen(socket_path) >= sizeof(((struct sockaddr_un *) NULL)->sun_path))
        return -ENAMETOOLONG;
    client->event = event;
    client->socket_path = g_strdup(socket_path);
    client->waiting = g_ptr_array_new();
    /* Accuracy 1: 0 would mean a quarter of a second, and a request begins with a timer of 0. */
    r = sd_event_add_time(event, &client->timer, CLOCK_MONOTONIC, 0, 1, on_timer, client);
    if (r < 0)
        return r;
    r = sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
    if (r < 0)
        return r;
    client->multi = curl_multi_init();
    if (!client->multi)
        return -ENOMEM;
    if (curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish) != CURLM_OK ||
        curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client) != CURLM_OK ||
        curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish) != CURLM_OK ||
        curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client) != CURLM_OK)
        return -ENOMEM;
    *ret = TAKE_PTR(client);
    return 0;
}
