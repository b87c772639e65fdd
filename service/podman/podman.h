/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The user's Podman as one object: where its socket is, whether it answers, which generation it is, and calls to it. A
 * call starts Podman when it does not run, and fails with one sentence for a person. Knows nothing of services, jobs
 * and D-Bus objects; the podman-*.c files say what to call, airpodsd's jobs own the calls.
 *
 * Freeing a call cancels it, also from within its own callbacks; no callback comes after that, and none from within the
 * function that made the call. What Podman itself was asked to do may go on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "shared/macro.h"

typedef struct Podman Podman;
typedef struct PodmanCall PodmanCall;

/* What differs between Podman's generations, in one place; by version, "" while Podman has not answered yet. */
typedef struct PodmanGeneration {
    int major;                    /* the smallest version of this generation, 0: unknown */
    const char *rootless_network; /* what carries a rootless container's packets out */
    bool network_dns_servers;     /* whether a network takes DNS servers; else each container gets them */
} PodmanGeneration;

typedef struct PodmanReply {
    int status;
    const char *body; /* terminated; empty where it was streamed */
    size_t size;
} PodmanReply;

/*
 * The callback may free the call and still read what it was given. Either error is NULL and the reply is what was
 * asked for (2xx, 304, or a status in `accept`), or reply is NULL.
 */
typedef void (*PodmanDone)(const PodmanReply *reply, const sd_bus_error *error, void *userdata);

/* A piece of a streamed reply; a negative errno gives the stream up and `done` gets an error. */
typedef int (*PodmanData)(const char *data, size_t size, void *userdata);

typedef struct PodmanRequest {
    const char *method;
    const char *path;    /* after the version prefix, escaped: "/containers/json?all=true" */
    bool compatible;     /* of the Docker-compatible API instead of Podman's own */
    const char *body;    /* JSON, NULL: none */
    const char *doing;   /* for the sentence: "start the container ollama-0" */
    int accept;          /* a status besides 2xx and 304 that is no error, 0: none */
    uint64_t total_usec; /* deadline, 0: PODMAN_CALL_USEC; UINT64_MAX: none */
    PodmanData data;     /* NULL: the body is collected */
    /* Words for a failure in Podman's own; NULL or a return of 0: the usual ones. Else it has filled reterr. */
    int (*explain)(int status, const char *message, void *userdata, sd_bus_error *reterr);
    PodmanDone done;
    void *userdata;
} PodmanRequest;

#define PODMAN_CALL_USEC (60ULL * 1000 * 1000)

/*
 * `socket_path` NULL: podman/podman.sock in $XDG_RUNTIME_DIR. `user_bus` NULL: there is no systemd to ask. Podman is
 * not contacted yet. SIGCHLD must be blocked before a call (sd_event_add_child(3)). Calls must be freed before it.
 */
int podman_new(Podman **ret, sd_event *event, sd_bus *user_bus, const char *socket_path);
Podman *podman_free(Podman *podman);
DEFINE_FREEP(Podman, podman_free)

const char *podman_socket_path(const Podman *podman);
const char *podman_version(const Podman *podman); /* "" until it has answered once */
const PodmanGeneration *podman_generation(const Podman *podman);

/* What `request` points to is copied, `userdata` aside. */
int podman_call_new(PodmanCall **ret, Podman *podman, const PodmanRequest *request);
PodmanCall *podman_call_free(PodmanCall *call);
DEFINE_FREEP(PodmanCall, podman_call_free)

/* Stops and resumes a streamed reply. Resuming may call `data` before it returns. */
void podman_call_pause(PodmanCall *call, bool pause);

/* The generation of a version, pure; NULL: too old to work with, or no version. */
const PodmanGeneration *podman_generation_of(const char *version);

/* Whether Podman answers, starting it if need be; done's reply is empty. */
int podman_ping(PodmanCall **ret, Podman *podman, PodmanDone done, void *userdata);

/* g_free() it: `format` with every %s escaped for a path or query. */
char *podman_path(const char *format, ...) _printf_(1, 2);
