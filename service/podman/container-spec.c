/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Member names are those of Podman's SpecGenerator, whose JSON mixes three styles ("netns", "Networks",
 * "resource_limits"). Why pids.limit is always sent and always above 0: Podman before February 2025 turned -1 into 0,
 * crun passes over 0, and runc 1.4 makes pids.max = 1 of it (podman#25408).
 */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <json-glib/json-glib.h>

#include "service/podman/container-spec.h"
#include "service/podman/labels.h"
#include "shared/error.h"

#define CPU_PERIOD_USEC 100000

static void add_string(JsonBuilder *b, const char *name, const char *value)
{
    if (!value)
        return;
    json_builder_set_member_name(b, name);
    json_builder_add_string_value(b, value);
}

static void add_int(JsonBuilder *b, const char *name, int64_t value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

static void add_list(JsonBuilder *b, const char *name, char *const *list)
{
    if (!list || !list[0])
        return;
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (size_t i = 0; list[i]; i++)
        json_builder_add_string_value(b, list[i]);
    json_builder_end_array(b);
}

/* NAME=VALUE as members; a name alone gets "". */
static void add_pairs(JsonBuilder *b, char *const *list)
{
    for (size_t i = 0; list && list[i]; i++) {
        const char *equals = strchr(list[i], '=');
        g_autofree char *name = equals ? g_strndup(list[i], (gsize) (equals - list[i])) : g_strdup(list[i]);
        add_string(b, name, equals ? equals + 1 : "");
    }
}

static void add_labels(JsonBuilder *b, const ContainerSpec *spec)
{
    json_builder_set_member_name(b, "labels");
    json_builder_begin_object(b);
    add_pairs(b, spec->labels);
    /* Last, so that nobody's label takes their place. */
    add_string(b, LABEL_SERVICE, spec->service);
    add_string(b, LABEL_CONFIG, spec->config);
    json_builder_end_object(b);
}

static void add_namespace(JsonBuilder *b, const char *name, const char *mode)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
    add_string(b, "nsmode", mode);
    json_builder_end_object(b);
}

static void add_network(JsonBuilder *b, const ContainerSpec *spec)
{
    add_list(b, "dns_server", spec->dns_servers);
    add_list(b, "hostadd", spec->extra_hosts);
    if (spec->network_mode == NETWORK_MODE_HOST) {
        add_namespace(b, "netns", "host");
        return;
    }
    add_namespace(b, "netns", "bridge");
    json_builder_set_member_name(b, "Networks");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, spec->network);
    json_builder_begin_object(b);
    add_list(b, "aliases", spec->aliases);
    json_builder_end_object(b);
    json_builder_end_object(b);

    if (spec->n_ports == 0)
        return;
    json_builder_set_member_name(b, "portmappings");
    json_builder_begin_array(b);
    for (size_t i = 0; i < spec->n_ports; i++) {
        const PortMapping *port = &spec->ports[i];
        json_builder_begin_object(b);
        add_string(b, "host_ip", port->address ? port->address : "127.0.0.1");
        add_int(b, "host_port", port->host);
        add_int(b, "container_port", port->container);
        add_string(b, "protocol", port->protocol ? port->protocol : "tcp");
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void add_options(JsonBuilder *b, const char *name, const char *access, const char *more)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    json_builder_add_string_value(b, access);
    if (more)
        json_builder_add_string_value(b, more);
    json_builder_end_array(b);
}

static void add_volumes(JsonBuilder *b, const ContainerSpec *spec)
{
    json_builder_set_member_name(b, "mounts");
    json_builder_begin_array(b);
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const VolumeMount *volume = &spec->volumes[i];
        if (volume->source[0] != '/')
            continue;
        json_builder_begin_object(b);
        add_string(b, "type", "bind");
        add_string(b, "source", volume->source);
        add_string(b, "destination", volume->target);
        add_options(b, "options", volume->read_only ? "ro" : "rw", "rbind");
        json_builder_end_object(b);
    }
    json_builder_end_array(b);

    json_builder_set_member_name(b, "volumes");
    json_builder_begin_array(b);
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const VolumeMount *volume = &spec->volumes[i];
        if (volume->source[0] == '/')
            continue;
        json_builder_begin_object(b);
        add_string(b, "Name", volume->source);
        add_string(b, "Dest", volume->target);
        add_options(b, "Options", volume->read_only ? "ro" : "rw", NULL);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void add_secrets(JsonBuilder *b, const ContainerSpec *spec)
{
    json_builder_set_member_name(b, "secrets");
    json_builder_begin_array(b);
    for (size_t i = 0; i < spec->n_secrets; i++) {
        if (spec->secrets[i].env)
            continue;
        json_builder_begin_object(b);
        add_string(b, "Source", spec->secrets[i].secret);
        add_string(b, "Target", spec->secrets[i].secret);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);

    json_builder_set_member_name(b, "secret_env");
    json_builder_begin_object(b);
    for (size_t i = 0; i < spec->n_secrets; i++)
        if (spec->secrets[i].env)
            add_string(b, spec->secrets[i].env, spec->secrets[i].secret);
    json_builder_end_object(b);
}

static void add_limits(JsonBuilder *b, const ContainerSpec *spec)
{
    json_builder_set_member_name(b, "resource_limits");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "pids");
    json_builder_begin_object(b);
    add_int(b, "limit", spec->pids_limit);
    json_builder_end_object(b);
    if (spec->memory) {
        json_builder_set_member_name(b, "memory");
        json_builder_begin_object(b);
        add_int(b, "limit", (int64_t) spec->memory);
        json_builder_end_object(b);
    }
    if (spec->cpus > 0) {
        json_builder_set_member_name(b, "cpu");
        json_builder_begin_object(b);
        add_int(b, "quota", (int64_t) (spec->cpus * CPU_PERIOD_USEC + 0.5));
        add_int(b, "period", CPU_PERIOD_USEC);
        json_builder_end_object(b);
    }
    json_builder_end_object(b);
    if (spec->shm_size)
        add_int(b, "shm_size", (int64_t) spec->shm_size);
}

/* One file of lines per container: it works without a journal, keeps its size, and can be read through the API. */
static void add_log(JsonBuilder *b, const ContainerSpec *spec)
{
    json_builder_set_member_name(b, "log_configuration");
    json_builder_begin_object(b);
    add_string(b, "driver", "k8s-file");
    if (spec->log_max_size)
        add_int(b, "size", (int64_t) spec->log_max_size);
    json_builder_end_object(b);
}

static void add_devices(JsonBuilder *b, const ContainerSpec *spec)
{
    if (!spec->devices || !spec->devices[0])
        return;
    json_builder_set_member_name(b, "devices");
    json_builder_begin_array(b);
    for (size_t i = 0; spec->devices[i]; i++) {
        json_builder_begin_object(b);
        add_string(b, "path", spec->devices[i]);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static int check(const ContainerSpec *spec, sd_bus_error *reterr)
{
    if (spec->pids_limit < 1 || spec->pids_limit > PIDS_LIMIT_MAX)
        return error_set(reterr, ERROR_CONFIG_INVALID, "services.%s.pids_limit is %u; give a number from 1 to %u.",
            spec->service, spec->pids_limit, PIDS_LIMIT_MAX);
    if (spec->memory > INT64_MAX || spec->shm_size > INT64_MAX || spec->log_max_size > INT64_MAX)
        return error_set(
            reterr, ERROR_CONFIG_INVALID, "services.%s has a size beyond what this computer can count.", spec->service);
    if (!(spec->cpus >= 0 && spec->cpus <= 65536))
        return error_set(reterr, ERROR_CONFIG_INVALID,
            "services.%s.resources.cpus is no sensible number of processors.", spec->service);
    return 0;
}

int container_spec_to_json(const ContainerSpec *spec, char **ret, sd_bus_error *reterr)
{
    int r = check(spec, reterr);
    if (r < 0)
        return r;

    g_autoptr(JsonBuilder) b = json_builder_new_immutable();
    json_builder_begin_object(b);
    add_string(b, "name", spec->name);
    add_string(b, "image", spec->image);
    add_labels(b, spec);
    add_network(b, spec);
    add_volumes(b, spec);
    add_secrets(b, spec);
    json_builder_set_member_name(b, "env");
    json_builder_begin_object(b);
    add_pairs(b, spec->env);
    json_builder_end_object(b);
    add_list(b, "command", spec->command);
    add_list(b, "entrypoint", spec->entrypoint);
    add_devices(b, spec);
    add_list(b, "cap_add", spec->cap_add);
    add_string(b, "user", spec->user);
    if (spec->keep_id)
        add_namespace(b, "userns", "keep-id");
    add_limits(b, spec);
    add_log(b, spec);
    if (spec->stop_timeout)
        add_int(b, "stop_timeout", spec->stop_timeout);
    add_string(b, "restart_policy", spec->restart);
    json_builder_end_object(b);

    g_autoptr(JsonNode) root = json_builder_get_root(b);
    *ret = json_to_string(root, false);
    return 0;
}
