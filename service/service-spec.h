/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a service's container is to be: its configuration with all defaults, templates and paths resolved, in the shape
 * that the Podman client takes. Pure: the same configuration, folders and files give the same spec, and nothing is
 * looked up. The plan compares it with what is there; a job sends it.
 */
#pragma once

#include "service/config.h"

/* Where relative things begin. All absolute. */
typedef struct ServicePaths {
    const char *home;     /* ~/ */
    const char *data_dir; /* $XDG_DATA_HOME/airpods: bind://x is volumes/x below it */
} ServicePaths;

typedef struct ServiceSpecPort {
    char *address;
    const char *protocol; /* tcp or udp */
    uint16_t host, container;
} ServiceSpecPort;

typedef struct ServiceSpecVolume {
    char *source; /* a volume's name, or an absolute path */
    char *target;
    bool read_only;
    bool create; /* the path is below data_dir: airpods makes it when it is not there */
} ServiceSpecVolume;

typedef struct ServiceSpecSecret {
    char *secret, *env; /* env NULL: a file below /run/secrets */
} ServiceSpecSecret;

/* Member by member what ContainerSpec wants; 0 and NULL mean "not given", lists are never NULL and NULL-terminated. */
typedef struct ServiceSpec {
    char *name, *image, *service;
    char *config; /* the content of the label: service-drift.h */
    ServiceNetwork network_mode;
    char *network; /* NULL on the host's network */
    char **aliases;
    ServiceSpecPort *ports; /* published: none on the host's network */
    size_t n_ports;
    ServiceSpecVolume *volumes;
    size_t n_volumes;
    ServiceSpecSecret *secrets;
    size_t n_secrets;
    char **env, **dns_servers, **command, **entrypoint, **devices, **extra_hosts, **cap_add, **labels;
    char *user;
    bool keep_id;
    uint32_t pids_limit;
    uint64_t memory;
    double cpus;
    uint64_t shm_size, log_max_size;
    unsigned stop_timeout; /* seconds */
    const char *restart;
} ServiceSpec;

/*
 * `config` has passed config_parse() and config_check() without errors, the service is one of its own. `file_env` is
 * what its env_file say (env-file.h), in their order, NULL for nothing; `env` has precedence over it.
 */
ServiceSpec *service_spec_new(
    const Config *config, const ServiceConfig *service, const ServicePaths *paths, char *const *file_env);
ServiceSpec *service_spec_free(ServiceSpec *spec);
DEFINE_FREEP(ServiceSpec, service_spec_free)

/* The files to read for `file_env`, absolute and NULL-terminated; g_strfreev() it. */
char **service_env_files(const ServiceConfig *service, const ServicePaths *paths);
