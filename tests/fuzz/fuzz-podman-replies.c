/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Podman, or what poses as Podman, answers: container-info.c, network-info.c, podman-image.c, event-line.c and
 * pull-line.c on top of json-read.c. Whatever the text is, what is read from it is in range, and a pull's progress does
 * not fall.
 */
#include <assert.h>
#include <glib.h>
#include <string.h>

#include "service/podman/container-info.h"
#include "service/podman/event-line.h"
#include "service/podman/json-read.h"
#include "service/podman/network-info.h"
#include "service/podman/podman-image.h"
#include "service/podman/pull-line.h"
#include "tests/fuzz/fuzz.h"

static void check_container(const ContainerInfo *info)
{
    assert(info->id && info->id[0] && info->name && info->image && info->image_id && info->error && info->network_mode);
    assert(info->state >= 0 && info->state < CONTAINER_STATE_MAX && container_state_string(info->state));
    for (unsigned i = 0; i < info->ports->len; i++) {
        const ContainerPort *port = g_ptr_array_index(info->ports, i);
        assert(port->host > 0 && port->container > 0 && port->protocol && port->address);
    }
    for (unsigned i = 0; i < info->aliases->len; i++)
        assert(!g_str_has_prefix(info->id, g_ptr_array_index(info->aliases, i)));
}

static void read_containers(const char *text, size_t size)
{
    _cleanup_(container_info_freep) ContainerInfo *info = NULL;
    g_autoptr(GPtrArray) list = NULL;
    g_autofree char *id = container_created_parse(text, size);

    assert(!id || id[0]);
    if (container_info_parse(text, size, &info) >= 0)
        check_container(info);
    if (container_list_parse(text, size, &list) >= 0)
        for (unsigned i = 0; i < list->len; i++)
            check_container(g_ptr_array_index(list, i));
}

/* A network made like this one would be read back as the same. */
static void check_network(const NetworkInfo *info)
{
    _cleanup_(network_info_freep) NetworkInfo *again = NULL;
    char *const dns[] = {info->name, NULL};
    const char *subnet = info->subnets->len > 0 ? g_ptr_array_index(info->subnets, 0) : "10.90.0.0/24";

    assert(info->name && info->name[0] && info->driver && info->mtu <= UINT16_MAX);
    const NetworkSpec spec = {.name = info->name,
        .config = info->config ? info->config : "{}",
        .subnet = subnet,
        .gateway = subnet,
        .ipv6 = info->ipv6,
        .internal = info->internal,
        .mtu = info->mtu,
        .dns_servers = dns};
    g_autofree char *json = network_spec_to_json(&spec, podman_generation_of("5.4.2"));
    int r = network_info_parse(json, strlen(json), &again);
    assert(r == 0 && strcmp(again->name, spec.name) == 0 && strcmp(again->config, spec.config) == 0);
    assert(again->subnets->len == 1 && strcmp(g_ptr_array_index(again->subnets, 0), subnet) == 0);
    assert(again->ipv6 == spec.ipv6 && again->internal == spec.internal && again->dns && again->mtu == spec.mtu);
}

static void read_networks(const char *text, size_t size)
{
    _cleanup_(network_info_freep) NetworkInfo *info = NULL;
    g_autoptr(GPtrArray) list = NULL;

    if (network_info_parse(text, size, &info) >= 0)
        check_network(info);
    if (network_list_parse(text, size, &list) >= 0)
        for (unsigned i = 0; i < list->len; i++)
            check_network(g_ptr_array_index(list, i));
}

static void read_rest(const char *text, size_t size)
{
    _cleanup_(image_info_freep) ImageInfo *image = NULL;
    _cleanup_(podman_event_freep) PodmanEvent *event = NULL;

    if (image_info_parse(text, size, &image) >= 0)
        assert(image->id && image->id[0]);
    if (podman_event_parse(text, size, &event) >= 0)
        assert(event->type && event->action && event->id && event->name && event->nsec > 0);
}

/* Each line of the input as a line of a pull. */
static void read_pull(const char *text, size_t size)
{
    PullProgress progress = {0};

    while (size > 0) {
        const char *newline = memchr(text, '\n', size);
        size_t n = newline ? (size_t) (newline - text) : size;
        double before = progress.fraction;
        (void) pull_progress_feed(&progress, text, n);
        assert(progress.fraction >= before && progress.fraction <= 1);
        assert(progress.bytes_done <= progress.bytes && progress.parts_done <= progress.parts);
        assert(progress.parts <= PULL_PARTS_MAX);
        n = MIN(n + 1, size);
        text += n;
        size -= n;
    }
    if (progress.error) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = pull_error_explain("r.example/a:b", progress.error, &error);
        assert(r < 0 && error.message && !strchr(error.message, '\n'));
        sd_bus_error_free(&error);
    }
    pull_progress_clear(&progress);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* On the heap and to the byte, so that reading past the end is seen. */
    g_autofree char *text = g_memdup2(data, size);

    read_containers(text, size);
    read_networks(text, size);
    read_rest(text, size);
    read_pull(text, size);
    return 0;
}
