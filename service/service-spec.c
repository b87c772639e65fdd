/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One function a member that needs more than copying. A relative path begins at the folder of the file that it was
 * written in, so that an administrator's file and a user's may both say "./data".
 */
#include <string.h>

#include "service/config-keys.h"
#include "service/service-drift.h"
#include "service/service-spec.h"

static char **strings_copy(char *const *strings)
{
    return strings ? g_strdupv((char **) strings) : g_new0(char *, 1);
}

static char *resolve_path(const char *path, const char *file, const ServicePaths *paths)
{
    if (g_str_has_prefix(path, "bind://"))
        return g_build_filename(paths->data_dir, "volumes", path + strlen("bind://"), NULL);
    if (strcmp(path, "~") == 0)
        return g_strdup(paths->home);
    if (g_str_has_prefix(path, "~/"))
        return g_build_filename(paths->home, path + 2, NULL);
    if (path[0] == '/')
        return g_canonicalize_filename(path, "/");
    g_autofree char *folder = file && file[0] == '/' ? g_path_get_dirname(file) : g_strdup(paths->home);
    return g_canonicalize_filename(path, folder);
}

static char *resolve_source(const ServiceVolume *volume, const ServicePaths *paths)
{
    if (!strchr(volume->source, '/') && volume->source[0] != '.' && volume->source[0] != '~')
        return g_strdup(volume->source); /* a volume's name */
    return resolve_path(volume->source, volume->origin.file, paths);
}

static const ConfigOrigin *origin_of(const ServiceConfig *service, const char *name)
{
    return &service->origins[config_key_index(config_key_find(CONFIG_SCOPE_SERVICE, name))];
}

char **service_env_files(const ServiceConfig *service, const ServicePaths *paths)
{
    GPtrArray *files = g_ptr_array_new();

    for (size_t i = 0; service->env_file && service->env_file[i]; i++)
        g_ptr_array_add(files, resolve_path(service->env_file[i], origin_of(service, "env_file")->file, paths));
    g_ptr_array_add(files, NULL);
    return (char **) g_ptr_array_free(files, FALSE);
}

static char *expand(const Config *config, const char *text)
{
    char *value = NULL;
    int r = config_expand(config, text, &value);

    g_assert(r == 0); /* config_check() saw to it */
    return value;
}

static char **expand_all(const Config *config, char *const *strings)
{
    char **list = strings_copy(strings);

    for (size_t i = 0; list[i]; i++) {
        char *text = list[i];
        list[i] = expand(config, text);
        g_free(text);
    }
    return list;
}

/* NAME=VALUE replaces an element of the same name, or is added. */
static void set_variable(GPtrArray *env, const char *name, size_t name_size, char *pair)
{
    for (guint i = 0; i < env->len; i++) {
        char *other = g_ptr_array_index(env, i);
        if (strncmp(other, name, name_size) == 0 && other[name_size] == '=') {
            g_free(other);
            g_ptr_array_index(env, i) = pair;
            return;
        }
    }
    g_ptr_array_add(env, pair);
}

static char **make_env(const Config *config, const ServiceConfig *service, char *const *file_env)
{
    GPtrArray *env = g_ptr_array_new();

    for (size_t i = 0; file_env && file_env[i]; i++)
        set_variable(env, file_env[i], strcspn(file_env[i], "="), g_strdup(file_env[i]));
    for (guint i = 0; i < service->env->len; i++) {
        const ServiceVariable *variable = g_ptr_array_index(service->env, i);
        g_autofree char *value = expand(config, variable->value);
        set_variable(env, variable->name, strlen(variable->name), g_strdup_printf("%s=%s", variable->name, value));
    }
    g_ptr_array_add(env, NULL);
    return (char **) g_ptr_array_free(env, FALSE);
}

static char **make_labels(const ServiceConfig *service)
{
    GPtrArray *labels = g_ptr_array_new();

    for (guint i = 0; i < service->labels->len; i++) {
        const ServiceVariable *label = g_ptr_array_index(service->labels, i);
        g_ptr_array_add(labels, g_strdup_printf("%s=%s", label->name, label->value));
    }
    g_ptr_array_add(labels, NULL);
    return (char **) g_ptr_array_free(labels, FALSE);
}

static void make_ports(ServiceSpec *spec, const ServiceConfig *service)
{
    if (service->network_mode == SERVICE_NETWORK_HOST)
        return;
    spec->n_ports = service->ports->len;
    spec->ports = g_new0(ServiceSpecPort, spec->n_ports);
    for (size_t i = 0; i < spec->n_ports; i++) {
        const ServicePort *port = g_ptr_array_index(service->ports, i);
        spec->ports[i] = (ServiceSpecPort){
            .address = g_strdup(port->address),
            .protocol = port->udp ? "udp" : "tcp",
            .host = port->host,
            .container = port->container,
        };
    }
}

static void make_volumes(ServiceSpec *spec, const ServiceConfig *service, const ServicePaths *paths)
{
    spec->n_volumes = service->volumes->len;
    spec->volumes = g_new0(ServiceSpecVolume, spec->n_volumes);
    for (size_t i = 0; i < spec->n_volumes; i++) {
        const ServiceVolume *volume = g_ptr_array_index(service->volumes, i);
        spec->volumes[i] = (ServiceSpecVolume){
            .source = resolve_source(volume, paths),
            .target = g_strdup(volume->target),
            .read_only = volume->read_only,
            .create = g_str_has_prefix(volume->source, "bind://"),
        };
    }
}

static void make_secrets(ServiceSpec *spec, const ServiceConfig *service)
{
    spec->n_secrets = service->secrets->len;
    spec->secrets = g_new0(ServiceSpecSecret, spec->n_secrets);
    for (size_t i = 0; i < spec->n_secrets; i++) {
        const ServiceSecret *secret = g_ptr_array_index(service->secrets, i);
        spec->secrets[i] = (ServiceSpecSecret){g_strdup(secret->name), g_strdup(secret->env)};
    }
}

/* "cap_sys_nice", "SYS_NICE": Podman wants CAP_SYS_NICE. */
static char **make_capabilities(char *const *names)
{
    char **list = strings_copy(names);

    for (size_t i = 0; list[i]; i++) {
        g_autofree char *name = list[i];
        g_autofree char *upper = g_ascii_strup(name, -1);
        list[i] = g_strcmp0(upper, "ALL") == 0 || g_str_has_prefix(upper, "CAP_") ? g_strdup(upper)
                                                                                  : g_strconcat("CAP_", upper, NULL);
    }
    return list;
}

static unsigned round_up_seconds(uint64_t usec)
{
    return (unsigned) ((usec + 999999) / 1000000);
}

ServiceSpec *service_spec_new(
    const Config *config, const ServiceConfig *service, const ServicePaths *paths, char *const *file_env)
{
    bool host = service->network_mode == SERVICE_NETWORK_HOST;
    RestartPolicy restart = service->restart >= 0 ? service->restart : config->runtime.restart_policy;
    uint64_t stop_usec = service->stop_timeout_usec ? service->stop_timeout_usec : config->cli.stop_timeout_usec;
    ServiceSpec *spec = g_new0(ServiceSpec, 1);

    *spec = (ServiceSpec){
        .name = service_config_container(service),
        .image = g_strdup(service->image),
        .service = g_strdup(service->name),
        .network_mode = service->network_mode,
        .network = host ? NULL : g_strdup(config->runtime.network_name),
        .aliases = service_config_aliases(service),
        .env = make_env(config, service, file_env),
        .dns_servers = strings_copy(host ? NULL : config->runtime.network.dns_servers),
        .command = expand_all(config, service->command),
        .entrypoint = strings_copy(service->entrypoint),
        .devices = strings_copy(service->devices),
        .extra_hosts = strings_copy(service->extra_hosts),
        .cap_add = make_capabilities(service->cap_add),
        .labels = make_labels(service),
        .user = g_strdup(service->user),
        .keep_id = service->keep_id,
        .pids_limit = service->pids_limit,
        .memory = service->resources.memory,
        .cpus = service->resources.cpus,
        .shm_size = service->shm_size,
        .log_max_size = service->log_max_size,
        .stop_timeout = round_up_seconds(stop_usec),
        .restart = restart_policy_to_string(restart),
    };
    make_ports(spec, service);
    make_volumes(spec, service, paths);
    make_secrets(spec, service);
    spec->config = service_label_new(config, service, spec);
    return spec;
}

ServiceSpec *service_spec_free(ServiceSpec *spec)
{
    if (!spec)
        return NULL;
    for (size_t i = 0; i < spec->n_ports; i++)
        g_free(spec->ports[i].address);
    for (size_t i = 0; i < spec->n_volumes; i++) {
        g_free(spec->volumes[i].source);
        g_free(spec->volumes[i].target);
    }
    for (size_t i = 0; i < spec->n_secrets; i++) {
        g_free(spec->secrets[i].secret);
        g_free(spec->secrets[i].env);
    }
    char **lists[] = {spec->aliases, spec->env, spec->dns_servers, spec->command, spec->entrypoint, spec->devices,
        spec->extra_hosts, spec->cap_add, spec->labels};
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        g_strfreev(lists[i]);
    g_free(spec->ports);
    g_free(spec->volumes);
    g_free(spec->secrets);
    g_free(spec->name);
    g_free(spec->image);
    g_free(spec->service);
    g_free(spec->config);
    g_free(spec->network);
    g_free(spec->user);
    g_free(spec);
    return NULL;
}
