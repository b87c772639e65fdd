/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows.
 */
#include <assert.h>
#include <string.h>

#include "service/config-keys.h"
#include "service/config-text.h"

#define SECOND 1000000ULL
#define MIB (1024ULL * 1024)
#define TIB (1024ULL * 1024 * MIB)

static const char *const policy_words[] = {"auto", "ask", "off", NULL};
static const char *const notify_words[] = {"changes", "always", "never", NULL};
static const char *const prefer_words[] = {"auto", "podman", NULL};
static const char *const restart_words[] = {"no", "on-failure", "always", "unless-stopped", NULL};
static const char *const driver_words[] = {"bridge", NULL};
static const char *const pull_words[] = {"missing", "always", "never", NULL};
static const char *const network_words[] = {"pod", "host", "bridge", NULL};

/* clang-format off */
#define GLOBAL(field) offsetof(Config, field)
#define SERVICE(field) offsetof(ServiceConfig, field)
static const ConfigKey key_table[] = {
    /* [meta] */
    {CONFIG_SCOPE_META, "version", NULL, CONFIG_TYPE_VERSION, CONFIG_USE_NOW, GLOBAL(version),
        .default_value = "\"1.0\"",
        .sentence = "The version of this file's format.", .since = "0.2"},

    /* [runtime] */
    {CONFIG_SCOPE_RUNTIME, "prefer", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, GLOBAL(runtime.prefer),
        .words = prefer_words, .default_value = "\"auto\"",
        .sentence = "What runs the containers: \"auto\" and \"podman\" both mean rootless Podman, the only one.", .since = "0.2"},
    {CONFIG_SCOPE_RUNTIME, "network_name", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, GLOBAL(runtime.network_name),
        .check = check_container_name, .expected = "the name of a network", .default_value = "\"airpods_network\"",
        .sentence = "The network that services in pod mode share.", .since = "0.2"},
    {CONFIG_SCOPE_RUNTIME, "host_gateway", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, GLOBAL(runtime.host_gateway),
        .check = check_alias, .expected = "a host's name or address", .default_value = "\"auto\"",
        .sentence = "What {{runtime.host_gateway}} stands for in env: \"auto\" is host.containers.internal.", .since = "0.2"},
    {CONFIG_SCOPE_RUNTIME, "restart_policy", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, GLOBAL(runtime.restart_policy),
        .words = restart_words, .default_value = "\"unless-stopped\"",
        .sentence = "What \"restart\" is for services that do not say it.", .since = "0.2"},
    {CONFIG_SCOPE_RUNTIME, "gpu_device_flag", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "give devices = [\"nvidia.com/gpu=all\"] to the service that needs it."},
    {CONFIG_SCOPE_RUNTIME, "cuda_version", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "choose the image of the service, such as \"docker.io/yanwk/comfyui-boot:cu128-slim\"."},
    {CONFIG_SCOPE_RUNTIME, "network", NULL, CONFIG_TYPE_TABLE, CONFIG_USE_NOW, CONFIG_SCOPE_NETWORK,
        .sentence = "How the shared network is made.", .since = "0.2"},

    /* [runtime.network] */
    {CONFIG_SCOPE_NETWORK, "driver", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, GLOBAL(runtime.network.driver),
        .words = driver_words, .default_value = "\"bridge\"",
        .sentence = "The network's driver.", .since = "0.2"},
    {CONFIG_SCOPE_NETWORK, "subnet", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, GLOBAL(runtime.network.subnet),
        .check = check_subnet, .expected = "a subnet such as \"10.90.0.0/24\"",
        .sentence = "The network's addresses; without it a free range is chosen.", .since = "0.2"},
    {CONFIG_SCOPE_NETWORK, "gateway", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, GLOBAL(runtime.network.gateway),
        .check = check_address, .expected = "an IP address",
        .sentence = "The host's address in that subnet; without it the first one.", .since = "0.2"},
    {CONFIG_SCOPE_NETWORK, "ipv6", NULL, CONFIG_TYPE_BOOLEAN, CONFIG_USE_NOW, GLOBAL(runtime.network.ipv6),
        .default_value = "false",
        .sentence = "Gives the network IPv6 addresses as well.", .since = "0.2"},
    {CONFIG_SCOPE_NETWORK, "internal", NULL, CONFIG_TYPE_BOOLEAN, CONFIG_USE_NOW, GLOBAL(runtime.network.internal),
        .default_value = "false",
        .sentence = "Keeps the services from reaching anything outside.", .since = "0.2"},
    {CONFIG_SCOPE_NETWORK, "dns_servers", NULL, CONFIG_TYPE_STRINGS, CONFIG_USE_NOW, GLOBAL(runtime.network.dns_servers),
        .check = check_address, .expected = "IP addresses such as [\"9.9.9.9\"]", .default_value = "[]",
        .sentence = "Who answers the services' DNS questions; empty: whoever answers the host's, its VPN included.", .since = "0.2"},
    {CONFIG_SCOPE_NETWORK, "mtu", NULL, CONFIG_TYPE_MTU, CONFIG_USE_NOW, GLOBAL(runtime.network.mtu),
        .min = 576, .max = 65535, .default_value = "\"auto\"",
        .sentence = "The largest packet of the network in bytes.", .since = "0.2"},

    /* [cli] */
    {CONFIG_SCOPE_CLI, "stop_timeout", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW, GLOBAL(cli.stop_timeout_usec),
        .min = SECOND, .max = 300 * SECOND, .default_value = "10",
        .sentence = "How long a service may take to stop before it is killed, unless it says so itself.", .since = "0.2"},
    {CONFIG_SCOPE_CLI, "log_lines", NULL, CONFIG_TYPE_INTEGER, CONFIG_USE_NOW, GLOBAL(cli.log_lines),
        .min = 1, .max = 10000, .default_value = "200",
        .sentence = "How many lines \"airpods logs\" begins with.", .since = "0.2"},
    {CONFIG_SCOPE_CLI, "ping_timeout", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW, GLOBAL(cli.ping_timeout_usec),
        .min = SECOND / 10, .max = 60 * SECOND, .default_value = "2",
        .sentence = "How long a health probe may take, unless the service says so itself.", .since = "0.2"},
    {CONFIG_SCOPE_CLI, "startup_timeout", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW, GLOBAL(cli.startup_timeout_usec),
        .min = 10 * SECOND, .max = 3600 * SECOND, .default_value = "120",
        .sentence = "How long \"airpods start\" waits until a service is healthy.", .since = "0.2"},
    {CONFIG_SCOPE_CLI, "startup_check_interval", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW,
        GLOBAL(cli.startup_check_interval_usec), .min = SECOND / 20, .max = 10 * SECOND, .default_value = "2",
        .sentence = "The longest pause between two health probes while a service starts.", .since = "0.2"},
    {CONFIG_SCOPE_CLI, "max_concurrent_pulls", NULL, CONFIG_TYPE_INTEGER, CONFIG_USE_NOW, GLOBAL(cli.max_concurrent_pulls),
        .min = 1, .max = 10, .default_value = "3",
        .sentence = "How many images are downloaded at once.", .since = "0.2"},
    {CONFIG_SCOPE_CLI, "auto_confirm", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "give --yes to the command that asks."},
    {CONFIG_SCOPE_CLI, "plugin_owner", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "airpods does not import plugins into Open WebUI."},
    {CONFIG_SCOPE_CLI, "verbose", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "\"journalctl --user -u airpodsd\" has the details."},
    {CONFIG_SCOPE_CLI, "debug", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "\"journalctl --user -u airpodsd\" has the details."},

    /* [vpn] */
    {CONFIG_SCOPE_VPN, "mss_clamp", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, GLOBAL(mss_clamp),
        .words = policy_words, .default_value = "\"auto\"",
        .sentence = "What to do for a VPN whose packets are smaller than usual: \"auto\" adjusts connections while it is up, "
        "\"ask\" offers a button, \"off\" does nothing.", .since = "0.1"},
    {CONFIG_SCOPE_VPN, "notify", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, GLOBAL(notify),
        .words = notify_words, .default_value = "\"changes\"",
        .sentence = "When to show a notification on a VPN connect: \"changes\" when there is news, \"always\" or \"never\".",
        .since = "0.1"},
    {CONFIG_SCOPE_VPN, "ignore", NULL, CONFIG_TYPE_STRINGS, CONFIG_USE_NOW, GLOBAL(ignore),
        .check = check_interface, .expected = "interface names such as [\"tun0\"]", .default_value = "[]",
        .sentence = "Names of interfaces that airpods leaves out altogether.", .since = "0.1"},
    {CONFIG_SCOPE_VPN, "probe", NULL, CONFIG_TYPE_ANY, CONFIG_USE_LATER,
        .sentence = "Whether to measure that large transfers pass.", .since = "later"},
    {CONFIG_SCOPE_VPN, "probe_targets", NULL, CONFIG_TYPE_ANY, CONFIG_USE_LATER,
        .sentence = "Hosts to measure with.", .since = "later"},

    /* [services.NAME] */
    {CONFIG_SCOPE_SERVICE, "enabled", NULL, CONFIG_TYPE_BOOLEAN, CONFIG_USE_NOW, SERVICE(enabled),
        .default_value = "true",
        .sentence = "Part of what \"airpods start\" starts without names.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "image", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, SERVICE(image),
        .check = check_image, .expected = "the name of an image",
        .sentence = "What the container is made from.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "pull_policy", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, SERVICE(pull_policy),
        .words = pull_words, .default_value = "\"missing\"",
        .sentence = "When a start downloads the image: when it is \"missing\", \"always\" or \"never\".", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "container", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, SERVICE(container),
        .check = check_container_name, .expected = "the name of a container",
        .sentence = "The container's name; NAME-0 unless given.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "command", "command_args", CONFIG_TYPE_COMMAND, CONFIG_USE_NOW, SERVICE(command),
        .check = check_text, .expected = "a command",
        .sentence = "What runs instead of the image's command: an array, a string, or a table of flags.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "entrypoint", "entrypoint_override", CONFIG_TYPE_COMMAND, CONFIG_USE_NOW, SERVICE(entrypoint),
        .check = check_text, .expected = "a command",
        .sentence = "What runs instead of the image's entry point.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "network_mode", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, SERVICE(network_mode),
        .words = network_words, .default_value = "\"pod\"",
        .sentence = "\"pod\" (or \"bridge\"): the shared network with aliases; \"host\": the host's own network.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "network_aliases", NULL, CONFIG_TYPE_STRINGS, CONFIG_USE_NOW, SERVICE(network_aliases),
        .check = check_alias, .expected = "names such as [\"llm\"]",
        .sentence = "The names by which other services reach it in pod mode; [NAME] unless given.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "ports", NULL, CONFIG_TYPE_PORTS, CONFIG_USE_NOW, SERVICE(ports),
        .sentence = "Ports of the host that lead to the service: \"8188\", \"3000:8080\", \"0.0.0.0:3000:8080/tcp\" or "
        "{ host, container, address }; on 127.0.0.1 unless given.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "volumes", NULL, CONFIG_TYPE_VOLUMES, CONFIG_USE_NOW, SERVICE(volumes),
        .sentence = "What the service keeps: \"name:/path\", \"./folder:/path:ro\", or a table of { source, target }.",
        .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "env", NULL, CONFIG_TYPE_VARIABLES, CONFIG_USE_NOW, SERVICE(env),
        .check = check_variable, .expected = "variables such as env.LANG = \"C.UTF-8\"",
        .sentence = "Variables of its environment; {{services.ollama.ports.0.container}} and the like are replaced.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "env_file", NULL, CONFIG_TYPE_STRINGS, CONFIG_USE_NOW, SERVICE(env_file),
        .check = check_any, .expected = "files such as [\"./web.env\"]",
        .sentence = "Files of NAME=VALUE lines; \"env\" has precedence.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "secrets", NULL, CONFIG_TYPE_SECRETS, CONFIG_USE_NOW, SERVICE(secrets),
        .sentence = "Secrets of Podman's store: a name is a file below /run/secrets, { name, env } is a variable.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "user", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, SERVICE(user),
        .check = check_user, .expected = "a user",
        .sentence = "Whom it runs as inside the container.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "keep_id", NULL, CONFIG_TYPE_BOOLEAN, CONFIG_USE_NOW, SERVICE(keep_id),
        .default_value = "false",
        .sentence = "Gives you the same user number inside as outside, so that files in folders stay yours.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "devices", NULL, CONFIG_TYPE_STRINGS, CONFIG_USE_NOW, SERVICE(devices),
        .check = check_device, .expected = "devices such as [\"/dev/dri\"]",
        .sentence = "Devices of the host: paths, or CDI names such as \"nvidia.com/gpu=all\".", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "gpu", NULL, CONFIG_TYPE_GPU, CONFIG_USE_LATER, SERVICE(gpu),
        .sentence = "Whether the service wants a graphics card.", .since = "later"},
    {CONFIG_SCOPE_SERVICE, "pids_limit", NULL, CONFIG_TYPE_INTEGER, CONFIG_USE_NOW, SERVICE(pids_limit),
        .min = 1, .max = 1000000, .default_value = "2048",
        .sentence = "How many processes and threads it may have.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "shm_size", NULL, CONFIG_TYPE_SIZE, CONFIG_USE_NOW, SERVICE(shm_size),
        .min = MIB / 16, .max = TIB,
        .sentence = "The size of /dev/shm.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "stop_timeout", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW, SERVICE(stop_timeout_usec),
        .min = SECOND, .max = 3600 * SECOND,
        .sentence = "How long it may take to stop before it is killed.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "extra_hosts", NULL, CONFIG_TYPE_STRINGS, CONFIG_USE_NOW, SERVICE(extra_hosts),
        .check = check_extra_host, .expected = "hosts such as [\"nas:192.168.1.5\"]",
        .sentence = "Names for its /etc/hosts.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "cap_add", NULL, CONFIG_TYPE_STRINGS, CONFIG_USE_NOW, SERVICE(cap_add),
        .check = check_capability, .expected = "capabilities such as [\"SYS_NICE\"]",
        .sentence = "Capabilities beyond Podman's usual ones.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "labels", NULL, CONFIG_TYPE_VARIABLES, CONFIG_USE_NOW, SERVICE(labels),
        .check = check_label, .expected = "labels such as labels.team = \"web\"",
        .sentence = "Labels of the container.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "log_max_size", NULL, CONFIG_TYPE_SIZE, CONFIG_USE_NOW, SERVICE(log_max_size),
        .min = MIB / 16, .max = TIB, .default_value = "\"10m\"",
        .sentence = "How much of its output is kept.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "restart", NULL, CONFIG_TYPE_WORD, CONFIG_USE_NOW, SERVICE(restart),
        .words = restart_words,
        .sentence = "When it is started again after it ended.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "autostart", NULL, CONFIG_TYPE_BOOLEAN, CONFIG_USE_LATER, SERVICE(autostart),
        .default_value = "false",
        .sentence = "Starts at login even if it did not run before.", .since = "later"},
    {CONFIG_SCOPE_SERVICE, "depends_on", NULL, CONFIG_TYPE_DEPENDENCIES, CONFIG_USE_LATER, SERVICE(depends_on),
        .sentence = "Services that start before it: names, or { name, condition, restart }.", .since = "later"},
    {CONFIG_SCOPE_SERVICE, "health", NULL, CONFIG_TYPE_TABLE, CONFIG_USE_NOW, CONFIG_SCOPE_HEALTH,
        .sentence = "How to tell that it works; false: it is not asked.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "resources", NULL, CONFIG_TYPE_TABLE, CONFIG_USE_NOW, CONFIG_SCOPE_RESOURCES,
        .sentence = "What it may use of the computer.", .since = "0.2"},
    {CONFIG_SCOPE_SERVICE, "pod", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "every service is a container of its own on the shared network."},
    {CONFIG_SCOPE_SERVICE, "needs_webui_secret", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "make a secret with \"podman secret create\" and give secrets = [{ name = \"webui\", env = "
        "\"WEBUI_SECRET_KEY\" }]."},
    {CONFIG_SCOPE_SERVICE, "auto_pull_models", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "use \"airpods exec ollama ollama pull MODEL\"."},
    {CONFIG_SCOPE_SERVICE, "cuda_override", NULL, CONFIG_TYPE_ANY, CONFIG_USE_GONE,
        .sentence = "choose the image of the service, such as \"docker.io/yanwk/comfyui-boot:cu128-slim\"."},

    /* [services.NAME.health] */
    {CONFIG_SCOPE_HEALTH, "path", NULL, CONFIG_TYPE_STRING, CONFIG_USE_NOW, SERVICE(health.path),
        .check = check_health_path, .expected = "the path of a URL",
        .sentence = "Healthy when this answers over HTTP.", .since = "0.2"},
    {CONFIG_SCOPE_HEALTH, "port", NULL, CONFIG_TYPE_INTEGER, CONFIG_USE_NOW, SERVICE(health.port),
        .min = 1, .max = 65535,
        .sentence = "The container's port for \"path\"; the first of \"ports\" unless given.", .since = "0.2"},
    {CONFIG_SCOPE_HEALTH, "tcp", NULL, CONFIG_TYPE_INTEGER, CONFIG_USE_NOW, SERVICE(health.tcp),
        .min = 1, .max = 65535,
        .sentence = "Healthy when this port of the container accepts a connection.", .since = "0.2"},
    {CONFIG_SCOPE_HEALTH, "exec", NULL, CONFIG_TYPE_COMMAND, CONFIG_USE_LATER, SERVICE(health.exec),
        .check = check_text, .expected = "a command",
        .sentence = "Healthy when this command succeeds inside.", .since = "later"},
    {CONFIG_SCOPE_HEALTH, "expected_status", NULL, CONFIG_TYPE_STATUS, CONFIG_USE_NOW, SERVICE(health.status_min),
        .default_value = "[200, 299]",
        .sentence = "The HTTP status that \"path\" answers with: one, or the first and the last of a range.", .since = "0.2"},
    {CONFIG_SCOPE_HEALTH, "interval", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW, SERVICE(health.interval_usec),
        .min = SECOND, .max = 86400 * SECOND, .default_value = "\"30s\"",
        .sentence = "The pause between two probes of a running service.", .since = "0.2"},
    {CONFIG_SCOPE_HEALTH, "timeout", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW, SERVICE(health.timeout_usec),
        .min = SECOND / 10, .max = 300 * SECOND,
        .sentence = "How long a probe may take; cli.ping_timeout unless given.", .since = "0.2"},
    {CONFIG_SCOPE_HEALTH, "start_period", NULL, CONFIG_TYPE_DURATION, CONFIG_USE_NOW, SERVICE(health.start_period_usec),
        .min = 0, .max = 86400 * SECOND, .default_value = "\"0s\"",
        .sentence = "How long after its start a failed probe does not count.", .since = "0.2"},
    {CONFIG_SCOPE_HEALTH, "retries", NULL, CONFIG_TYPE_INTEGER, CONFIG_USE_NOW, SERVICE(health.retries),
        .min = 1, .max = 1000, .default_value = "3",
        .sentence = "How many probes must fail one after the other until it is unhealthy.", .since = "0.2"},

    /* [services.NAME.resources] */
    {CONFIG_SCOPE_RESOURCES, "memory", NULL, CONFIG_TYPE_SIZE, CONFIG_USE_NOW, SERVICE(resources.memory),
        .min = 4 * MIB, .max = 1024 * TIB,
        .sentence = "The most memory that it may use.", .since = "0.2"},
    {CONFIG_SCOPE_RESOURCES, "cpus", NULL, CONFIG_TYPE_NUMBER, CONFIG_USE_NOW, SERVICE(resources.cpus),
        .min = 0, .max = 4096,
        .sentence = "How many processors it may keep busy, such as 1.5.", .since = "0.2"},
};
/* clang-format on */
static_assert(ELEMENTSOF(key_table) < CONFIG_KEYS_MAX, "every key has a place for its origin");
static_assert(sizeof(Policy) == sizeof(int) && sizeof(GpuWish) == sizeof(int), "words are kept as int");

static const char *const section_table[] = {"vpn", "services", "runtime", "cli", "meta", NULL};
static const char *const title_table[] = {
    [CONFIG_SCOPE_META] = "meta",
    [CONFIG_SCOPE_RUNTIME] = "runtime",
    [CONFIG_SCOPE_NETWORK] = "runtime.network",
    [CONFIG_SCOPE_CLI] = "cli",
    [CONFIG_SCOPE_VPN] = "vpn",
    [CONFIG_SCOPE_SERVICE] = "",
    [CONFIG_SCOPE_HEALTH] = ".health",
    [CONFIG_SCOPE_RESOURCES] = ".resources",
};
static_assert(ELEMENTSOF(title_table) == CONFIG_SCOPE_MAX, "a title for every scope");

/* Words of compose files and of podman's options, for people who come from there. */
static const struct {
    const char *theirs, *ours;
} foreign_table[] = {
    {"environment", "env"},
    {"environment_file", "env_file"},
    {"container_name", "container"},
    {"healthcheck", "health"},
    {"mem_limit", "resources.memory"},
    {"deploy", "resources"},
    {"restart_policy", "restart"},
    {"stop_grace_period", "stop_timeout"},
    {"aliases", "network_aliases"},
    {"network", "network_mode"},
    {"networks", "network_mode"},
    {"publish", "ports"},
    {"mounts", "volumes"},
    {"dns", "runtime.network.dns_servers"},
    {"userns_mode", "keep_id"},
    {"add_host", "extra_hosts"},
};

const ConfigKey *config_keys(size_t *ret_n)
{
    *ret_n = ELEMENTSOF(key_table);
    return key_table;
}

size_t config_key_index(const ConfigKey *key)
{
    assert(key >= key_table && key < key_table + ELEMENTSOF(key_table));
    return (size_t) (key - key_table);
}

const ConfigKey *config_key_find(ConfigScope scope, const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(key_table); i++) {
        const ConfigKey *key = &key_table[i];
        if (key->scope == scope && (strcmp(key->name, name) == 0 || (key->earlier && strcmp(key->earlier, name) == 0)))
            return key;
    }
    return NULL;
}

char *config_scope_title(ConfigScope scope, const char *service)
{
    if (scope < CONFIG_SCOPE_SERVICE)
        return g_strdup(title_table[scope]);
    return g_strdup_printf("services.%s%s", service ? service : "NAME", title_table[scope]);
}

const char *const *config_sections(void)
{
    return section_table;
}

const char *const *config_key_names(ConfigScope scope)
{
    static const char *names[CONFIG_SCOPE_MAX][CONFIG_KEYS_MAX];
    size_t n = 0;

    assert(scope < CONFIG_SCOPE_MAX);
    if (!names[scope][0])
        for (size_t i = 0; i < ELEMENTSOF(key_table); i++)
            if (key_table[i].scope == scope && key_table[i].use != CONFIG_USE_GONE)
                names[scope][n++] = key_table[i].name;
    return names[scope];
}

ConfigScope config_scope_of_key(const char *name, ConfigScope but)
{
    for (size_t i = 0; i < ELEMENTSOF(key_table); i++)
        if (key_table[i].scope != but && strcmp(key_table[i].name, name) == 0)
            return key_table[i].scope;
    return CONFIG_SCOPE_MAX;
}

const char *config_foreign_name(const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(foreign_table); i++)
        if (strcmp(foreign_table[i].theirs, name) == 0)
            return foreign_table[i].ours;
    return NULL;
}

void *config_key_value(const ConfigKey *key, Config *config, ServiceConfig *service)
{
    return (key->scope < CONFIG_SCOPE_SERVICE ? (char *) config : (char *) service) + key->offset;
}

ConfigOrigin *config_key_origin(const ConfigKey *key, Config *config, ServiceConfig *service)
{
    ConfigOrigin *origins = key->scope < CONFIG_SCOPE_SERVICE ? config->origins : service->origins;
    return &origins[config_key_index(key)];
}
