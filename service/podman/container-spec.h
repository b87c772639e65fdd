/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container is to be, and the JSON that asks Podman for it (SpecGenerator in Podman's pkg/specgen, the same for
 * generations 4 and 5 in what is used here). Pure. The plan fills the struct; podman-container.c sends the JSON.
 *
 * All strings and arrays belong to the caller. NULL and 0 mean "not given".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define PIDS_LIMIT_MAX 1000000U

typedef enum NetworkMode { NETWORK_MODE_POD, NETWORK_MODE_HOST } NetworkMode;

typedef struct PortMapping {
    const char *address;  /* NULL: 127.0.0.1 */
    const char *protocol; /* NULL: tcp */
    uint16_t host, container;
} PortMapping;

typedef struct VolumeMount {
    const char *source; /* a volume's name, or an absolute path */
    const char *target;
    bool read_only;
} VolumeMount;

typedef struct SecretMount {
    const char *secret; /* its name in Podman's store */
    const char *env;    /* as this variable; NULL: as a file below /run/secrets */
} SecretMount;

typedef struct ContainerSpec {
    const char *name, *image;
    const char *service; /* label */
    const char *config;  /* label: versioned JSON of what this was made from */
    NetworkMode network_mode;
    const char *network;      /* pod mode: the network's name */
    char *const *aliases;     /* pod mode: names in the network's DNS, NULL-terminated like all lists here */
    const PortMapping *ports; /* pod mode: published */
    size_t n_ports;
    const VolumeMount *volumes;
    size_t n_volumes;
    const SecretMount *secrets;
    size_t n_secrets;
    char *const *env; /* NAME=VALUE */
    char *const *dns_servers;
    char *const *command;
    char *const *entrypoint;
    char *const *devices;     /* paths, or CDI names such as nvidia.com/gpu=all */
    char *const *extra_hosts; /* NAME:ADDRESS */
    char *const *cap_add;
    char *const *labels; /* KEY=VALUE; never our own two */
    const char *user;
    bool keep_id;        /* the user's own uid is the same inside */
    uint32_t pids_limit; /* 1…PIDS_LIMIT_MAX, never 0: what that means differs between runtimes */
    uint64_t memory;     /* bytes */
    double cpus;
    uint64_t shm_size;     /* bytes */
    uint64_t log_max_size; /* bytes */
    unsigned stop_timeout; /* seconds */
    const char *restart;   /* no, on-failure, always, unless-stopped */
} ContainerSpec;

/* JSON to free with g_free(); ConfigInvalid when a value is impossible. */
int container_spec_to_json(const ContainerSpec *spec, char **ret, sd_bus_error *reterr);
