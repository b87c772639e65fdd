/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network has no id that is asked by: Podman refuses to remove one that is in use, and a name is one network's.
 */
#include <glib.h>
#include <string.h>

#include "service/podman/podman-network.h"
#include "shared/error.h"

int podman_network_list(PodmanCall **ret, Podman *podman, PodmanDone done, void *userdata)
{
    const PodmanRequest request = {
        .method = "GET", .path = "/networks/json", .doing = "list networks", .done = done, .userdata = userdata};

    return podman_call_new(ret, podman, &request);
}

int podman_network_inspect(PodmanCall **ret, Podman *podman, const char *name, PodmanDone done, void *userdata)
{
    g_autofree char *path = podman_path("/networks/%s/json", name);
    g_autofree char *doing = g_strconcat("inspect the network ", name, NULL);
    const PodmanRequest request = {
        .method = "GET", .path = path, .doing = doing, .accept = 404, .done = done, .userdata = userdata};

    return podman_call_new(ret, podman, &request);
}

static int explain_create(int status, const char *message, void *userdata, sd_bus_error *reterr)
{
    if (strstr(message, "already used") || strstr(message, "already exists"))
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The network's name or subnet is taken by another Podman network; \"podman network ls\" shows them, change "
            "runtime.network_name or runtime.network.subnet (Podman says: %s).",
            message);
    return 0;
}

int podman_network_create(PodmanCall **ret, Podman *podman, const NetworkSpec *spec, PodmanDone done, void *userdata)
{
    g_autofree char *json = network_spec_to_json(spec, podman_generation(podman));
    g_autofree char *doing = g_strdup_printf("create the network %s with %s", spec->name, spec->subnet);
    const PodmanRequest request = {
        .method = "POST",
        .path = "/networks/create",
        .body = json,
        .doing = doing,
        .explain = explain_create,
        .done = done,
        .userdata = userdata,
    };
    return podman_call_new(ret, podman, &request);
}

int podman_network_remove(
    PodmanCall **ret, Podman *podman, const NetworkInfo *network, PodmanDone done, void *userdata, sd_bus_error *reterr)
{
    g_autofree char *path = podman_path("/networks/%s", network->name);
    g_autofree char *doing = g_strconcat("remove the network ", network->name, NULL);
    const PodmanRequest request = {
        .method = "DELETE", .path = path, .doing = doing, .accept = 404, .done = done, .userdata = userdata};

    if (!network->config)
        return error_set(reterr, ERROR_PODMAN_FAILED,
            "The network %s was not made by airpods and is left alone; \"podman network rm %s\" removes it.",
            network->name, network->name);
    return podman_call_new(ret, podman, &request);
}
