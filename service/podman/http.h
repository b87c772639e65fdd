/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP/1.1 over one Unix socket: libcurl's multi_socket interface on sd-event. Each request has a connection of its
 * own, so that none is ever repeated behind our back. Knows nothing of Podman and words no error. Used by podman.c.
 *
 * A request belongs to whoever made it. Freeing it cancels it, at any moment, also from within its own callbacks; no
 * callback comes after that. Nothing here blocks and no callback comes from within http_request_new().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "shared/macro.h"

typedef struct HttpClient HttpClient;
typedef struct HttpRequest HttpRequest;

/* A piece of the body of a reply with a 2xx status. A negative errno ends the request with that result. */
typedef int (*HttpData)(HttpRequest *request, const char *data, size_t size, void *userdata);

typedef struct HttpReply {
    long status;
    const char *body; /* terminated, never NULL; empty where `on_data` got it. Outlives the request in the callback */
    size_t size;
} HttpReply;

/*
 * The end, once. `result` 0: a whole reply, whatever its status. Else `reply` is NULL and `result` is
 *   -ECONNREFUSED nobody listens, nothing was sent    -ECONNRESET the connection broke before the end of the reply
 *   -ETIMEDOUT    silence or deadline                 -EMSGSIZE   larger than allowed
 *   -EACCES       we may not use the socket           -EBADMSG    not HTTP
 *   -ENOMEM, or what `on_data` returned
 */
typedef void (*HttpDone)(HttpRequest *request, int result, const HttpReply *reply, void *userdata);

typedef struct HttpCall {
    const char *method;
    const char *target;  /* path and query, escaped */
    const char *body;    /* JSON, NULL: none */
    size_t reply_max;    /* bytes of a body that is not streamed; 0: HTTP_REPLY_MAX */
    uint64_t idle_usec;  /* this long without a byte ends it; 0: no limit */
    uint64_t total_usec; /* this long in all ends it; 0: no limit */
    HttpData on_data;    /* NULL: the body is collected */
    HttpDone on_done;
    void *userdata;
} HttpCall;

#define HTTP_REPLY_MAX (16U * 1024 * 1024)
#define HTTP_HEADERS_MAX (64U * 1024)

/*
 * -ENAMETOOLONG for a path that no socket can have. The client outlives its requests, and is not freed by a callback.
 */
int http_client_new(HttpClient **ret, sd_event *event, const char *socket_path);
HttpClient *http_client_free(HttpClient *client);
DEFINE_FREEP(HttpClient, http_client_free)

/* What `call` points to is copied. */
int http_request_new(HttpRequest **ret, HttpClient *client, const HttpCall *call);
HttpRequest *http_request_free(HttpRequest *request);
DEFINE_FREEP(HttpRequest, http_request_free)

/* A header of the reply, NULL: none. For use in the callbacks; valid as long as the request. */
const char *http_request_header(HttpRequest *request, const char *name);

/* Stops and resumes reading, and with it the sender. Resuming may call `on_data` before it returns. */
void http_request_pause(HttpRequest *request, bool pause);
