/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The key table: one row a key. Everything that knows keys (the parser, the defaults, the suggestions, ShowConfig, and
 * later the manual page, the schema and completion) reads it here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/config.h"

/* The tables that keys stand in. Scopes from CONFIG_SCOPE_SERVICE on are in a ServiceConfig, the others in the Config. */
typedef enum ConfigScope {
    CONFIG_SCOPE_META,
    CONFIG_SCOPE_RUNTIME,
    CONFIG_SCOPE_NETWORK,
    CONFIG_SCOPE_CLI,
    CONFIG_SCOPE_VPN,
    CONFIG_SCOPE_SERVICE,
    CONFIG_SCOPE_HEALTH,
    CONFIG_SCOPE_RESOURCES,
    CONFIG_SCOPE_MAX,
} ConfigScope;

typedef enum ConfigType {
    CONFIG_TYPE_BOOLEAN,      /* bool */
    CONFIG_TYPE_INTEGER,      /* uint32_t, from min to max */
    CONFIG_TYPE_NUMBER,       /* double, from min to max; also as a string */
    CONFIG_TYPE_SIZE,         /* uint64_t bytes, from min to max */
    CONFIG_TYPE_DURATION,     /* uint64_t µs, from min to max */
    CONFIG_TYPE_WORD,         /* an enum: the place in words */
    CONFIG_TYPE_STRING,       /* char *, that passes check */
    CONFIG_TYPE_STRINGS,      /* char **, each of them passes check */
    CONFIG_TYPE_COMMAND,      /* char **: an array, one string split like a shell would, or a table of flags */
    CONFIG_TYPE_VARIABLES,    /* GPtrArray of ServiceVariable; names pass check */
    CONFIG_TYPE_PORTS,        /* GPtrArray of ServicePort */
    CONFIG_TYPE_VOLUMES,      /* GPtrArray of ServiceVolume */
    CONFIG_TYPE_SECRETS,      /* GPtrArray of ServiceSecret */
    CONFIG_TYPE_DEPENDENCIES, /* GPtrArray of ServiceDependency */
    CONFIG_TYPE_GPU,          /* GpuWish */
    CONFIG_TYPE_STATUS,       /* two uint32_t: a status or a range */
    CONFIG_TYPE_MTU,          /* uint32_t, or "auto" for 0 */
    CONFIG_TYPE_VERSION,      /* char *: the format's, 1.x */
    CONFIG_TYPE_TABLE,        /* of another scope */
    CONFIG_TYPE_ANY,          /* not looked at */
} ConfigType;

typedef enum ConfigUse {
    CONFIG_USE_NOW,
    CONFIG_USE_LATER, /* belongs to a later version: read and checked, with a warning */
    CONFIG_USE_GONE,  /* the earlier airpods had it: accepted with a warning that says why */
} ConfigUse;

typedef struct ConfigKey {
    ConfigScope scope;
    const char *name;
    const char *earlier; /* another name that the earlier airpods had for it; NULL */
    ConfigType type;
    ConfigUse use;
    size_t offset;            /* in the Config or the ServiceConfig */
    uint64_t min, max;        /* numbers */
    const char *const *words; /* CONFIG_TYPE_WORD: allowed values, NULL-terminated */
    const char *(*check)(const char *text);
    const char *expected;      /* strings: what they are, for people: "a name"; lists: in the plural, with an example */
    const char *default_value; /* as TOML; NULL: none */
    const char *sentence;      /* for people; CONFIG_USE_GONE: why */
    const char *since;         /* version; "later" for CONFIG_USE_LATER */
} ConfigKey;

/* All rows, in the order in which they are shown. */
const ConfigKey *config_keys(size_t *ret_n);
size_t config_key_index(const ConfigKey *key);

/* The row of that name, the earlier one included; NULL when there is none. */
const ConfigKey *config_key_find(ConfigScope scope, const char *name);

/* A scope as a person writes it: "runtime.network", "services.NAME.health"; the name NULL stands for any service. */
char *config_scope_title(ConfigScope scope, const char *service);

/* NULL-terminated lists for suggestions. */
const char *const *config_sections(void);
const char *const *config_key_names(ConfigScope scope);

/* The scope that has a key of this name, CONFIG_SCOPE_MAX when there is none; `but` is left out. */
ConfigScope config_scope_of_key(const char *name, ConfigScope but);

/* What other tools call a key that has another name here ("environment"): "env", NULL when there is nothing to say. */
const char *config_foreign_name(const char *name);

/* The values of a row; `config` and `service` as the scope wants them. */
void *config_key_value(const ConfigKey *key, Config *config, ServiceConfig *service);
ConfigOrigin *config_key_origin(const ConfigKey *key, Config *config, ServiceConfig *service);
