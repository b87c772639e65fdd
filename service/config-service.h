/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One service as the configuration describes it: typed, owned, each value with the place where it was written. Nothing
 * here is resolved: paths, templates and defaults that depend on others are service-spec.c's task. Pure data, filled by
 * the parser along the key table.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "service/words.h"
#include "shared/macro.h"

/* More rows than the key table has; config-keys.c asserts it. */
#define CONFIG_KEYS_MAX 96U

/* Where a value was written; file NULL: nowhere, it is the default. CONFIG_BUILT_IN: it comes with airpods. */
typedef struct ConfigOrigin {
    const char *file; /* belongs to the Config */
    unsigned line, column;
} ConfigOrigin;

extern const char CONFIG_BUILT_IN[];

/* "file" is one that a person wrote. */
bool config_origin_written(const ConfigOrigin *origin);

typedef struct ServicePort {
    char *address; /* a valid address, 127.0.0.1 unless given */
    bool udp;
    uint16_t host, container; /* never 0 */
    ConfigOrigin origin;
} ServicePort;

typedef struct ServiceVolume {
    char *key;    /* by which a later file replaces it: the name in the table, or the target */
    char *source; /* as written: "name", "/path", "./path", "../path", "~/path" or "bind://path" */
    char *target; /* absolute */
    bool read_only;
    ConfigOrigin origin;
} ServiceVolume;

/* One variable of the environment, or one label. */
typedef struct ServiceVariable {
    char *name, *value;
    ConfigOrigin origin;
} ServiceVariable;

typedef struct ServiceSecret {
    char *name; /* in Podman's store */
    char *env;  /* NULL: as a file */
    ConfigOrigin origin;
} ServiceSecret;

typedef struct ServiceDependency {
    char *name;
    DependencyCondition condition;
    bool restart;
    ConfigOrigin origin;
} ServiceDependency;

typedef struct HealthConfig {
    bool off;      /* "health = false": not even the built-in one */
    char *path;    /* HTTP */
    uint32_t port; /* for path; of the container; 0: the first of ports */
    uint32_t tcp;  /* port of the container, 0: none */
    char **exec;
    uint32_t status_min, status_max;
    uint64_t interval_usec, timeout_usec, start_period_usec; /* timeout 0: cli.ping_timeout */
    uint32_t retries;
} HealthConfig;

typedef struct ResourcesConfig {
    uint64_t memory; /* bytes, 0: no limit */
    double cpus;     /* 0: no limit */
} ResourcesConfig;

typedef struct ServiceConfig {
    char *name;
    bool mentioned;      /* some file speaks of it; else it is known because it is built in */
    ConfigOrigin origin; /* of the section that spoke of it last */
    char *image;
    bool enabled;
    char *container; /* name; NULL: NAME-0 */
    char **command, **entrypoint;
    GPtrArray *env;        /* ServiceVariable */
    char **env_file;       /* as written */
    GPtrArray *volumes;    /* ServiceVolume */
    bool volumes_replaced; /* a list took the place of those built in */
    GPtrArray *ports;      /* ServicePort */
    char *user;
    char **devices;
    GpuWish gpu;
    ResourcesConfig resources;
    GPtrArray *secrets; /* ServiceSecret */
    PullPolicy pull_policy;
    bool keep_id;
    uint64_t shm_size;          /* bytes, 0: Podman's */
    uint64_t stop_timeout_usec; /* 0: cli.stop_timeout */
    char **extra_hosts, **cap_add;
    GPtrArray *labels;     /* ServiceVariable */
    uint64_t log_max_size; /* bytes */
    ServiceNetwork network_mode;
    char **network_aliases; /* NULL: [NAME] */
    uint32_t pids_limit;
    GPtrArray *depends_on; /* ServiceDependency */
    HealthConfig health;
    RestartPolicy restart; /* RESTART_INVALID: runtime.restart_policy */
    bool autostart;
    ConfigOrigin origins[CONFIG_KEYS_MAX]; /* by config_key_index() */
} ServiceConfig;

/* Empty lists, nothing else: the defaults are laid over it like a file. */
ServiceConfig *service_config_new(const char *name);
ServiceConfig *service_config_free(ServiceConfig *service);
DEFINE_FREEP(ServiceConfig, service_config_free)

/* Part of what "airpods start" starts: mentioned and enabled. */
bool service_config_is_active(const ServiceConfig *service);

/* Where it listens, seen from the host: nothing is mapped on the host's own network. */
uint16_t service_config_host_port(const ServiceConfig *service, const ServicePort *port);

/* "NAME-0" or what was chosen; g_free() it. */
char *service_config_container(const ServiceConfig *service);

/* The names by which other services find it: NULL-terminated, g_strfreev() it; empty on the host's network. */
char **service_config_aliases(const ServiceConfig *service);

/* The container's port that the health probe asks, 0 when there is none. */
uint32_t service_config_health_port(const ServiceConfig *service);

/* Elements of the lists, for those who fill them. */
void service_port_free(void *port);
void service_volume_free(void *volume);
void service_variable_free(void *variable);
void service_secret_free(void *secret);
void service_dependency_free(void *dependency);
