/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be asked of Podman about containers. Each function makes one call (podman.h); its reply's body goes to the
 * parser that is named. What changes a container takes its ContainerInfo and asks by id: one without our label is
 * refused (PodmanFailed) before anything is sent, and one that took over the name meanwhile is not touched.
 */
#pragma once

#include "service/podman/container-info.h"
#include "service/podman/container-spec.h"
#include "service/podman/podman.h"

/* The containers of airpods, running or not; container_list_parse(). `all`: also those that are not ours. */
int podman_container_list(PodmanCall **ret, Podman *podman, bool all, PodmanDone done, void *userdata);

/* container_info_parse(); a status of 404 if there is none. */
int podman_container_inspect(PodmanCall **ret, Podman *podman, const char *name, PodmanDone done, void *userdata);

/* container_created_parse(). ConfigInvalid comes at once, in reterr. */
int podman_container_create(
    PodmanCall **ret, Podman *podman, const ContainerSpec *spec, PodmanDone done, void *userdata, sd_bus_error *reterr);

/* Status 304: it runs already. PortInUse when a port is taken. */
int podman_container_start(PodmanCall **ret, Podman *podman, const ContainerInfo *container, PodmanDone done,
    void *userdata, sd_bus_error *reterr);

/* SIGTERM, and SIGKILL after `timeout` seconds. Status 304: it does not run; 404: it is gone. */
int podman_container_stop(PodmanCall **ret, Podman *podman, const ContainerInfo *container, unsigned timeout,
    PodmanDone done, void *userdata, sd_bus_error *reterr);

/* Also a running one, which is killed at once. Volumes with a name stay. Status 404: it is gone. */
int podman_container_remove(PodmanCall **ret, Podman *podman, const ContainerInfo *container, PodmanDone done,
    void *userdata, sd_bus_error *reterr);
