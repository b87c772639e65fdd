/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Networks: make, look at, remove. What removes takes a NetworkInfo, and one without our label is refused.
 */
#pragma once

#include "service/podman/network-info.h"
#include "service/podman/podman.h"

/* network_list_parse(): all of them, since others' subnets count too. */
int podman_network_list(PodmanCall **ret, Podman *podman, PodmanDone done, void *userdata);

/* network_info_parse(); a status of 404 if there is none. */
int podman_network_inspect(PodmanCall **ret, Podman *podman, const char *name, PodmanDone done, void *userdata);
int podman_network_create(PodmanCall **ret, Podman *podman, const NetworkSpec *spec, PodmanDone done, void *userdata);

/* Status 404: it is gone. Fails while a container uses it. */
int podman_network_remove(PodmanCall **ret, Podman *podman, const NetworkInfo *network, PodmanDone done, void *userdata,
    sd_bus_error *reterr);
