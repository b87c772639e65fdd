/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration: texts in, values and problems out. Pure: reading files is config-store.c's task. One row of the
 * key table (config-keys.h) a key feeds the parser, the suggestions and ShowConfig.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/config-service.h"
#include "service/problem.h"
#include "service/words.h"
#include "shared/macro.h"

typedef struct NetworkConfig {
    int driver;             /* bridge is the only one */
    char *subnet, *gateway; /* NULL: chosen by airpods */
    char **dns_servers;     /* NULL or empty: the host's */
    bool ipv6, internal;
    uint32_t mtu; /* 0: auto */
} NetworkConfig;

typedef struct RuntimeConfig {
    int prefer;
    char *host_gateway; /* for templates */
    char *network_name;
    RestartPolicy restart_policy;
    NetworkConfig network;
} RuntimeConfig;

typedef struct CliConfig {
    uint64_t stop_timeout_usec, ping_timeout_usec, startup_timeout_usec, startup_check_interval_usec;
    uint32_t log_lines, max_concurrent_pulls;
} CliConfig;

typedef struct Config {
    char *version; /* of the format, as the file says */
    RuntimeConfig runtime;
    CliConfig cli;
    Policy mss_clamp;
    NotifyWhen notify;
    char **ignore;       /* NULL-terminated, never NULL */
    GPtrArray *services; /* ServiceConfig: those built in, then in the order in which files speak of them */
    GPtrArray *files;    /* what origins point to */
    ConfigOrigin origins[CONFIG_KEYS_MAX]; /* by config_key_index() */
    bool broken;                           /* stands in for a configuration with errors: no automatic action */
    char *faulty; /* the file whose errors keep it from being replaced; NULL when it is what the files say */
} Config;

/* The defaults, and the services that come with airpods: known, but mentioned by nobody. */
Config *config_new(void);
Config *config_free(Config *config);
DEFINE_FREEP(Config, config_free)

bool config_ignores(const Config *config, const char *ifname);

/* NULL when there is none of that name. */
ServiceConfig *config_service(const Config *config, const char *name);

/*
 * Lays the values of one file over the configuration and adds what is wrong with it. Scalars and lists replace, tables
 * (env, labels, volumes written as a table) are merged name by name. With errors the configuration may be half changed
 * and must not be used.
 */
void config_parse(Config *config, const char *file, const char *text, size_t size, Problems *problems);

/* What only all files together can tell: ports and names taken twice, unknown dependencies and templates, the network. */
void config_check(const Config *config, Problems *problems);

/*
 * Replaces {{services.NAME.ports.N.host}}, …container, {{services.NAME.image}}, {{services.NAME.pod}},
 * {{runtime.host_gateway}} and {{runtime.network_name}}. 0, or -ENOENT and *ret is the first name that means nothing.
 * g_free() it either way.
 */
int config_expand(const Config *config, const char *text, char **ret);

/* The configuration as TOML, each value with a comment that says where it comes from. */
char *config_show(const Config *config);
