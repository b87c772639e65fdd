/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs one operation of libpodman on a socket and prints what comes of it, one JSON object a line, so that pytest can put
 * a real Podman on the other end:  driver SOCKET VERB [ARGUMENT]...   Exit code 0 if it succeeded, 1 if it failed.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-glib/json-glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "service/podman/podman-container.h"
#include "service/podman/podman-events.h"
#include "service/podman/podman-image.h"
#include "service/podman/podman-logs.h"
#include "service/podman/podman-network.h"
#include "service/podman/subnet.h"

typedef struct Driver {
    sd_event *event;
    Podman *podman;
    PodmanCall *call;
    PodmanPull *pull;
    PodmanLogs *logs;
    PodmanEvents *events;
    EventSubscription *subscription;
    const char *verb, *name;
    char **arguments; /* after the name */
    unsigned left;
} Driver;

/* Prints {"what": what, name: value, …}; the list ends with NULL, a value may be NULL. */
static void say(const char *what, ...)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    const char *name;
    va_list ap;

    json_builder_begin_object(b);
    json_builder_set_member_name(b, "what");
    json_builder_add_string_value(b, what);
    va_start(ap, what);
    while ((name = va_arg(ap, const char *))) {
        json_builder_set_member_name(b, name);
        const char *value = va_arg(ap, const char *);
        if (value)
            json_builder_add_string_value(b, value);
        else
            json_builder_add_null_value(b);
    }
    va_end(ap);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autofree char *text = json_to_string(root, false);
    printf("%s\n", text);
    fflush(stdout);
}

static void finish(Driver *driver, const sd_bus_error *error)
{
    if (error)
        say("error", "name", error->name, "message", error->message, NULL);
    (void) sd_event_exit(driver->event, error ? 1 : 0);
}

static void give_up(Driver *driver, int r, sd_bus_error *error)
{
    if (r >= 0)
        return;
    if (!sd_bus_error_is_set(error))
        (void) sd_bus_error_set_errno(error, r);
    finish(driver, error);
    sd_bus_error_free(error);
}

static char *join(const GPtrArray *strings)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < strings->len; i++)
        g_string_append_printf(out, "%s%s", i ? " " : "", (const char *) g_ptr_array_index(strings, i));
    return g_string_free(out, false);
}

static char *join_ports(const GPtrArray *ports)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < ports->len; i++) {
        const ContainerPort *port = g_ptr_array_index(ports, i);
        g_string_append_printf(
            out, "%s%s:%u:%u/%s", i ? " " : "", port->address, port->host, port->container, port->protocol);
    }
    return g_string_free(out, false);
}

static void say_container(const ContainerInfo *info)
{
    g_autofree char *pids = g_strdup_printf("%lld", (long long) info->pids_limit);
    g_autofree char *memory = g_strdup_printf("%lld", (long long) info->memory_limit);
    g_autofree char *code = g_strdup_printf("%lld", (long long) info->exit_code);
    g_autofree char *running = g_strdup_printf("%d", info->pid > 0 && info->started_usec > 1000000000000000ULL);
    g_autofree char *networks = join(info->networks), *aliases = join(info->aliases), *ports = join_ports(info->ports);

    say("container", "id", info->id, "name", info->name, "image", info->image, "image_id", info->image_id, "service",
        info->service, "config", info->config, "state", container_state_string(info->state), "network_mode",
        info->network_mode, "networks", networks, "aliases", aliases, "ports", ports, "pids_limit", pids,
        "memory_limit", memory, "exit_code", code, "running", running, NULL);
}

static void say_network(const NetworkInfo *info)
{
    g_autofree char *subnets = join(info->subnets);
    g_autofree char *mtu = g_strdup_printf("%u", info->mtu);

    say("network", "name", info->name, "driver", info->driver, "config", info->config, "subnets", subnets, "mtu", mtu,
        "dns", info->dns ? "1" : "0", NULL);
}

static int print_container(const PodmanReply *reply)
{
    _cleanup_(container_info_freep) ContainerInfo *info = NULL;
    int r = container_info_parse(reply->body, reply->size, &info);

    if (r >= 0)
        say_container(info);
    return r;
}

static int print_containers(const PodmanReply *reply)
{
    g_autoptr(GPtrArray) list = NULL;
    int r = container_list_parse(reply->body, reply->size, &list);

    for (unsigned i = 0; r >= 0 && i < list->len; i++)
        say_container(g_ptr_array_index(list, i));
    return r;
}

static int print_network(const PodmanReply *reply)
{
    _cleanup_(network_info_freep) NetworkInfo *info = NULL;
    int r = network_info_parse(reply->body, reply->size, &info);

    if (r >= 0)
        say_network(info);
    return r;
}

static int print_image(const PodmanReply *reply)
{
    _cleanup_(image_info_freep) ImageInfo *info = NULL;
    int r = image_info_parse(reply->body, reply->size, &info);

    if (r >= 0)
        say("image", "id", info->id, NULL);
    return r;
}

static int print_created(const PodmanReply *reply)
{
    g_autofree char *id = container_created_parse(reply->body, reply->size);

    if (id)
        say("created", "id", id, NULL);
    return id ? 0 : -EBADMSG;
}

static int print_nothing(const PodmanReply *reply)
{
    return 0;
}

static const struct {
    const char *verb;
    int (*print)(const PodmanReply *reply);
} printers[] = {
    {"inspect", print_container},
    {"list", print_containers},
    {"list-all", print_containers},
    {"network", print_network},
    {"image", print_image},
    {"create", print_created},
    {NULL, print_nothing},
};

static void on_done(const PodmanReply *reply, const sd_bus_error *error, void *userdata)
{
    Driver *driver = userdata;
    sd_bus_error own = SD_BUS_ERROR_NULL;
    size_t i = 0;

    driver->call = podman_call_free(driver->call);
    if (error) {
        finish(driver, error);
        return;
    }
    g_autofree char *status = g_strdup_printf("%d", reply->status);
    say("reply", "status", status, "version", podman_version(driver->podman), "rootless_network",
        podman_generation(driver->podman)->rootless_network, NULL);
    while (printers[i].verb && strcmp(printers[i].verb, driver->verb) != 0)
        i++;
    int r = reply->status == 404 ? 0 : printers[i].print(reply);
    if (r >= 0)
        finish(driver, NULL);
    give_up(driver, r, &own);
}

/* The second half of start, stop and remove: what was inspected is changed. */
static void on_inspected(const PodmanReply *reply, const sd_bus_error *error, void *userdata)
{
    Driver *driver = userdata;
    _cleanup_(container_info_freep) ContainerInfo *info = NULL;
    sd_bus_error own = SD_BUS_ERROR_NULL;
    int r;

    driver->call = podman_call_free(driver->call);
    if (error) {
        finish(driver, error);
        return;
    }
    r = container_info_parse(reply->body, reply->size, &info);
    if (r < 0)
        give_up(driver, r, &own);
    else if (strcmp(driver->verb, "start") == 0)
        r = podman_container_start(&driver->call, driver->podman, info, on_done, driver, &own);
    else if (strcmp(driver->verb, "stop") == 0)
        r = podman_container_stop(&driver->call, driver->podman, info, 1, on_done, driver, &own);
    else
        r = podman_container_remove(&driver->call, driver->podman, info, on_done, driver, &own);
    give_up(driver, r, &own);
}

static void on_network_inspected(const PodmanReply *reply, const sd_bus_error *error, void *userdata)
{
    Driver *driver = userdata;
    _cleanup_(network_info_freep) NetworkInfo *info = NULL;
    sd_bus_error own = SD_BUS_ERROR_NULL;

    driver->call = podman_call_free(driver->call);
    if (error) {
        finish(driver, error);
        return;
    }
    int r = network_info_parse(reply->body, reply->size, &info);
    if (r >= 0)
        r = podman_network_remove(&driver->call, driver->podman, info, on_done, driver, &own);
    give_up(driver, r, &own);
}

static void on_pull_changed(const PullProgress *progress, void *userdata)
{
    Driver *driver = userdata;
    g_autofree char *parts = g_strdup_printf("%u/%u", progress->parts_done, progress->parts);
    g_autofree char *done = g_strdup_printf("%llu", (unsigned long long) progress->bytes_done);
    g_autofree char *bytes = g_strdup_printf("%llu", (unsigned long long) progress->bytes);
    g_autofree char *fraction = g_strdup_printf("%.2f", progress->fraction);

    say("progress", "parts", parts, "done", done, "bytes", bytes, "fraction", fraction, NULL);
    if (strcmp(driver->verb, "pull-cancel") == 0) {
        driver->pull = podman_pull_free(driver->pull);
        say("cancelled", NULL);
        finish(driver, NULL);
    }
}

static void on_pull_done(const sd_bus_error *error, void *userdata)
{
    Driver *driver = userdata;

    driver->pull = podman_pull_free(driver->pull);
    if (!error)
        say("pulled", NULL);
    finish(driver, error);
}

static void on_log_line(const LogLine *line, void *userdata)
{
    Driver *driver = userdata;
    g_autofree char *text = g_strndup(line->text, line->size);

    say("line", "stream", line->stream == LOG_STDERR ? "err" : "out", "text", text, "timed", line->usec ? "1" : "0",
        NULL);
    if (driver->left > 0 && --driver->left == 0) {
        driver->logs = podman_logs_free(driver->logs);
        finish(driver, NULL);
    }
}

static void on_logs_done(const sd_bus_error *error, void *userdata)
{
    Driver *driver = userdata;

    driver->logs = podman_logs_free(driver->logs);
    say("end", NULL);
    finish(driver, error);
}

static void on_event(const PodmanEvent *event, void *userdata)
{
    Driver *driver = userdata;

    if (event)
        say("event", "type", event->type, "action", event->action, "name", event->name, "service", event->service,
            NULL);
    else
        say("look-again", NULL);
    if (event && strcmp(event->action, driver->arguments[0] ? driver->arguments[0] : "remove") == 0 &&
        strcmp(event->name, driver->name) == 0) {
        driver->subscription = event_subscription_free(driver->subscription);
        finish(driver, NULL);
    }
}

/* name=VALUE words into a spec; lists are repeated words. */
typedef struct SpecWords {
    ContainerSpec spec;
    GPtrArray *lists[7];
    GArray *ports, *volumes;
} SpecWords;

static char *const *list_of(GPtrArray *array)
{
    g_ptr_array_add(array, NULL);
    return (char *const *) array->pdata;
}

static void spec_word(SpecWords *words, const char *key, char *value)
{
    static const char *const lists[] = {"alias", "env", "dns", "command", "entrypoint", "host", "label"};

    for (size_t i = 0; i < ELEMENTSOF(lists); i++)
        if (strcmp(key, lists[i]) == 0)
            g_ptr_array_add(words->lists[i], value);
    if (strcmp(key, "image") == 0)
        words->spec.image = value;
    else if (strcmp(key, "service") == 0)
        words->spec.service = value;
    else if (strcmp(key, "network") == 0)
        words->spec.network = value;
    else if (strcmp(key, "mode") == 0)
        words->spec.network_mode = strcmp(value, "host") == 0 ? NETWORK_MODE_HOST : NETWORK_MODE_POD;
    else if (strcmp(key, "pids") == 0)
        words->spec.pids_limit = (uint32_t) strtoul(value, NULL, 10);
    else if (strcmp(key, "memory") == 0)
        words->spec.memory = strtoull(value, NULL, 10);
    else if (strcmp(key, "restart") == 0)
        words->spec.restart = value;
    else if (strcmp(key, "shm") == 0)
        words->spec.shm_size = strtoull(value, NULL, 10);
    else if (strcmp(key, "keep_id") == 0)
        words->spec.keep_id = true;
    if (strcmp(key, "port") == 0) {
        PortMapping port = {
            .host = (uint16_t) strtoul(value, &value, 10), .container = (uint16_t) strtoul(value + 1, NULL, 10)};
        g_array_append_val(words->ports, port);
    }
    if (strcmp(key, "volume") == 0) {
        g_auto(GStrv) parts = g_strsplit(value, ":", 3);
        VolumeMount volume = {g_strdup(parts[0]), g_strdup(parts[1]), parts[2] != NULL};
        g_array_append_val(words->volumes, volume);
    }
}

static int create(Driver *driver, sd_bus_error *reterr)
{
    SpecWords words = {.spec = {.name = driver->name,
                           .service = driver->name,
                           .config = "{\"version\":1}",
                           .image = "localhost/lab:latest",
                           .pids_limit = 2048}};

    for (size_t i = 0; i < ELEMENTSOF(words.lists); i++)
        words.lists[i] = g_ptr_array_new();
    words.ports = g_array_new(false, true, sizeof(PortMapping));
    words.volumes = g_array_new(false, true, sizeof(VolumeMount));
    for (size_t i = 0; driver->arguments[i]; i++) {
        char *equals = strchr(driver->arguments[i], '=');
        g_autofree char *key = g_strndup(driver->arguments[i], (gsize) (equals - driver->arguments[i]));
        spec_word(&words, key, equals + 1);
    }
    words.spec.aliases = list_of(words.lists[0]);
    words.spec.env = list_of(words.lists[1]);
    words.spec.dns_servers = list_of(words.lists[2]);
    words.spec.command = list_of(words.lists[3]);
    words.spec.entrypoint = list_of(words.lists[4]);
    words.spec.extra_hosts = list_of(words.lists[5]);
    words.spec.labels = list_of(words.lists[6]);
    words.spec.ports = (const PortMapping *) (void *) words.ports->data;
    words.spec.n_ports = words.ports->len;
    words.spec.volumes = (const VolumeMount *) (void *) words.volumes->data;
    words.spec.n_volumes = words.volumes->len;
    int r = podman_container_create(&driver->call, driver->podman, &words.spec, on_done, driver, reterr);
    for (unsigned i = 0; i < words.volumes->len; i++) {
        g_free((char *) g_array_index(words.volumes, VolumeMount, i).source);
        g_free((char *) g_array_index(words.volumes, VolumeMount, i).target);
    }
    g_array_unref(words.ports);
    g_array_unref(words.volumes);
    for (size_t i = 0; i < ELEMENTSOF(words.lists); i++)
        g_ptr_array_unref(words.lists[i]);
    return r;
}

static int begin(Driver *driver, sd_bus_error *reterr)
{
    const char *verb = driver->verb, *name = driver->name;
    char *first = driver->arguments[0];

    if (strcmp(verb, "ping") == 0)
        return podman_ping(&driver->call, driver->podman, on_done, driver);
    if (strcmp(verb, "list") == 0 || strcmp(verb, "list-all") == 0)
        return podman_container_list(&driver->call, driver->podman, strcmp(verb, "list-all") == 0, on_done, driver);
    if (strcmp(verb, "inspect") == 0)
        return podman_container_inspect(&driver->call, driver->podman, name, on_done, driver);
    if (strcmp(verb, "create") == 0)
        return create(driver, reterr);
    if (strcmp(verb, "start") == 0 || strcmp(verb, "stop") == 0 || strcmp(verb, "remove") == 0)
        return podman_container_inspect(&driver->call, driver->podman, name, on_inspected, driver);
    if (strcmp(verb, "image") == 0)
        return podman_image_inspect(&driver->call, driver->podman, name, on_done, driver);
    if (strcmp(verb, "pull") == 0 || strcmp(verb, "pull-cancel") == 0)
        return podman_pull_new(&driver->pull, driver->podman, name, on_pull_changed, on_pull_done, driver);
    if (strcmp(verb, "network") == 0)
        return podman_network_inspect(&driver->call, driver->podman, name, on_done, driver);
    if (strcmp(verb, "network-remove") == 0)
        return podman_network_inspect(&driver->call, driver->podman, name, on_network_inspected, driver);
    if (strcmp(verb, "network-create") == 0) {
        NetworkSpec spec = {.name = name, .config = "{\"version\":1}", .subnet = first, .mtu = 1380};
        return podman_network_create(&driver->call, driver->podman, &spec, on_done, driver);
    }
    if (strcmp(verb, "logs") == 0) {
        LogsOptions options = {.all = true, .follow = first != NULL};
        driver->left = first ? (unsigned) strtoul(first, NULL, 10) : 0;
        return podman_logs_new(&driver->logs, driver->podman, name, &options, on_log_line, on_logs_done, driver);
    }
    if (strcmp(verb, "events") == 0) {
        int r = podman_events_subscribe(&driver->subscription, driver->events, on_event, driver);
        say("subscribed", NULL);
        return r;
    }
    return -EINVAL;
}

static int run(Driver *driver, const char *socket)
{
    _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sigset_t mask;
    int r;

    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    (void) sigprocmask(SIG_BLOCK, &mask, NULL);
    r = sd_event_new(&driver->event);
    if (r < 0)
        return r;
    if (g_getenv("DBUS_SESSION_BUS_ADDRESS")) {
        r = sd_bus_open_user(&bus);
        if (r < 0)
            return r;
        r = sd_bus_attach_event(bus, driver->event, 0);
        if (r < 0)
            return r;
    }
    r = podman_new(&driver->podman, driver->event, bus, socket);
    if (r < 0)
        return r;
    r = podman_events_new(&driver->events, driver->event, driver->podman);
    if (r < 0)
        return r;
    r = begin(driver, &error);
    if (r < 0) {
        say("error", "name", error.name, "message", error.message, NULL);
        sd_bus_error_free(&error);
        return 1;
    }
    return sd_event_loop(driver->event);
}

int main(int argc, char **argv)
{
    Driver driver = {0};

    if (argc < 3)
        return 2;
    driver.verb = argv[2];
    driver.name = argc > 3 ? argv[3] : NULL;
    driver.arguments = argv + MIN(4, argc);
    int r = run(&driver, argv[1]);
    podman_pull_free(driver.pull);
    podman_logs_free(driver.logs);
    event_subscription_free(driver.subscription);
    podman_call_free(driver.call);
    podman_events_free(driver.events);
    podman_free(driver.podman);
    sd_event_unref(driver.event);
    return r < 0 ? 3 : r;
}
