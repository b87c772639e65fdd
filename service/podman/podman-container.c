/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Podman answers most failures of create and start with status 500 and a chain of causes ("rootlessport listen tcp
 * 127.0.0.1:8188: bind: address already in use"): the ones that people meet are recognised by their last link.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/labels.h"
#include "service/podman/podman-container.h"
#include "service/podman/port-holder.h"
#include "shared/error.h"

/* Podman starts a container within seconds, but its storage may be slow; stopping takes as long as it is given. */
#define CHANGE_USEC (120ULL * 1000 * 1000)

int podman_container_list(PodmanCall **ret, Podman *podman, bool all, PodmanDone done, void *userdata)
{
    g_autofree char *filters = g_strdup_printf("{\"label\":[\"%s\"]}", LABEL_SERVICE);
    g_autofree char *path =
        all ? g_strdup("/containers/json?all=true") : podman_path("/containers/json?all=true&filters=%s", filters);
    const PodmanRequest request = {
        .method = "GET", .path = path, .doing = "list containers", .done = done, .userdata = userdata};

    return podman_call_new(ret, podman, &request);
}

int podman_container_inspect(PodmanCall **ret, Podman *podman, const char *name, PodmanDone done, void *userdata)
{
    g_autofree char *path = podman_path("/containers/%s/json", name);
    g_autofree char *doing = g_strconcat("inspect the container ", name, NULL);
    const PodmanRequest request = {
        .method = "GET", .path = path, .doing = doing, .accept = 404, .done = done, .userdata = userdata};

    return podman_call_new(ret, podman, &request);
}

static int explain_create(int status, const char *message, void *userdata, sd_bus_error *reterr)
{
    if (strstr(message, "is already in use"))
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The container's name is taken by one that airpods did not make; \"podman ps -a\" shows it, remove or rename it "
            "(Podman says: %s).",
            message);
    if (status == 404 || strstr(message, "image not known"))
        return error_set(reterr, ERROR_IMAGE_NOT_FOUND,
            "The image of the container is not on this computer (any more); \"airpods pull\" brings it (Podman says: %s).",
            message);
    if (strstr(message, "network not found"))
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The container's network is gone; \"airpods start\" makes it again (Podman says: %s).", message);
    if (strstr(message, "no space left on device") || strstr(message, "disk quota exceeded"))
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The disk with Podman's storage is full; \"podman system df\" shows what uses it (Podman says: %s).",
            message);
    return 0;
}

int podman_container_create(
    PodmanCall **ret, Podman *podman, const ContainerSpec *spec, PodmanDone done, void *userdata, sd_bus_error *reterr)
{
    g_autofree char *json = NULL;
    g_autofree char *doing = g_strconcat("create the container ", spec->name, NULL);
    int r = container_spec_to_json(spec, &json, reterr);
    if (r < 0)
        return r;
    const PodmanRequest request = {
        .method = "POST",
        .path = "/containers/create",
        .body = json,
        .doing = doing,
        .total_usec = CHANGE_USEC,
        .explain = explain_create,
        .done = done,
        .userdata = userdata,
    };
    return podman_call_new(ret, podman, &request);
}

/* The port number in front of `end` in the message, as in "listen tcp 127.0.0.1:8188: bind: …"; 0: none. */
static unsigned port_before(const char *message, const char *end)
{
    const char *c = end;

    while (c > message && (c[-1] == ':' || c[-1] == ' '))
        c--;
    unsigned port = 0, scale = 1;
    for (; c > message && g_ascii_isdigit(c[-1]) && scale <= 10000; c--, scale *= 10)
        port += (unsigned) (c[-1] - '0') * scale;
    return c > message && c[-1] == ':' && port <= UINT16_MAX ? port : 0;
}

static int explain_port(unsigned port, const char *message, sd_bus_error *reterr)
{
    _cleanup_(port_holder_freep) PortHolder *holder = NULL;

    if (port == 0)
        return error_set(reterr, ERROR_PORT_IN_USE,
            "A port of the container is in use by another program; \"ss -tulnp\" names it (Podman says: %s).", message);
    /* Who was there a moment ago may be gone by now, and another may speak UDP. */
    if (port_holder_find(NULL, "tcp", (uint16_t) port, &holder) <= 0)
        (void) port_holder_find(NULL, "udp", (uint16_t) port, &holder);
    g_autofree char *text = holder ? port_holder_describe(holder) : g_strdup("another program");
    return error_set(reterr, ERROR_PORT_IN_USE,
        "Port %u is in use by %s; stop that or give the service another host port.", port, text);
}

static int explain_start(int status, const char *message, void *userdata, sd_bus_error *reterr)
{
    const char *bind = strstr(message, "bind: address already in use");
    const char *privileged = strstr(message, "cannot expose privileged port ");

    if (bind || strstr(message, "address already in use"))
        return explain_port(bind ? port_before(message, bind) : 0, message, reterr);
    if (privileged)
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "Port %u is reserved for root on this computer; give the service a host port from 1024 on (Podman says: %s).",
            (unsigned) g_ascii_strtoull(privileged + strlen("cannot expose privileged port "), NULL, 10), message);
    if (strstr(message, "no space left on device") || strstr(message, "disk quota exceeded"))
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The disk with Podman's storage is full; \"podman system df\" shows what uses it (Podman says: %s).",
            message);
    if (strstr(message, "executable file") && strstr(message, "not found"))
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The container's command does not exist in its image; see command and entrypoint in the configuration (Podman "
            "says: %s).",
            message);
    return 0;
}

/* One change of a container that must be ours. */
static int change(PodmanCall **ret, Podman *podman, const ContainerInfo *container, PodmanRequest *request,
    const char *verb, sd_bus_error *reterr)
{
    g_autofree char *doing = g_strdup_printf("%s the container %s", verb, container->name);

    if (!container->service)
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The container %s was not made by airpods and is left alone; \"podman\" itself can %s it.", container->name,
            verb);
    request->doing = doing;
    if (!request->total_usec)
        request->total_usec = CHANGE_USEC;
    return podman_call_new(ret, podman, request);
}

int podman_container_start(PodmanCall **ret, Podman *podman, const ContainerInfo *container, PodmanDone done,
    void *userdata, sd_bus_error *reterr)
{
    g_autofree char *path = podman_path("/containers/%s/start", container->id);
    PodmanRequest request = {
        .method = "POST", .path = path, .explain = explain_start, .done = done, .userdata = userdata};

    return change(ret, podman, container, &request, "start", reterr);
}

int podman_container_stop(PodmanCall **ret, Podman *podman, const ContainerInfo *container, unsigned timeout,
    PodmanDone done, void *userdata, sd_bus_error *reterr)
{
    g_autofree char *path = podman_path("/containers/%s/stop?timeout=%u", container->id, timeout);
    PodmanRequest request = {
        .method = "POST",
        .path = path,
        .accept = 404,
        .total_usec = CHANGE_USEC + timeout * 1000000ULL,
        .done = done,
        .userdata = userdata,
    };
    return change(ret, podman, container, &request, "stop", reterr);
}

int podman_container_remove(PodmanCall **ret, Podman *podman, const ContainerInfo *container, PodmanDone done,
    void *userdata, sd_bus_error *reterr)
{
    g_autofree char *path = podman_path("/containers/%s?force=true&timeout=0", container->id);
    PodmanRequest request = {.method = "DELETE", .path = path, .accept = 404, .done = done, .userdata = userdata};

    return change(ret, podman, container, &request, "remove", reterr);
}
