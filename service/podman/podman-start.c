/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps. Whatever answers a ping ends them; what does not start is explained and left alone.
 *
 *   ASK    ping the socket. Nobody listens → UNIT, or SPAWN without a bus.
 *   UNIT   StartUnit("podman.socket") of the user's systemd. No systemd or no such unit → SPAWN. Done → WAIT.
 *   SPAWN  run `podman system service --time 60 unix://SOCKET`, which leaves by itself when unused → WAIT.
 *   WAIT   ping again, 10 ms after the last try and then ever later, until an answer, the service's end, or the deadline:
 *          a socket that is bound but not listened on gives no event to wait for.
 *
 * The service is not ours to stop: it may have been started a moment ago by somebody else, and ours is used by whoever
 * finds the socket. It keeps its stderr in a memory file, so that the last line explains an early end.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "service/podman/podman-start.h"
#include "service/podman/podman.h"
#include "shared/error.h"

#define PING_USEC (10ULL * 1000 * 1000)
#define WAIT_USEC (20ULL * 1000 * 1000)
#define UNIT_USEC (20ULL * 1000 * 1000)
#define PAUSE_FIRST_USEC (10ULL * 1000)
#define PAUSE_MAX_USEC (250ULL * 1000)

typedef enum Step { STEP_ASK, STEP_UNIT, STEP_SPAWN, STEP_WAIT } Step;

/* The service that we started; outlives a PodmanStart, since somebody has to wait for its end. */
typedef struct Service {
    PodmanStart *owner; /* NULL: nobody cares any more */
    int log_fd;
} Service;

struct PodmanStart {
    sd_event *event;
    HttpClient *client;
    sd_bus *user_bus;
    char *socket_path;
    Step step;
    HttpRequest *ping;
    sd_bus_slot *unit;
    Service *service;
    sd_event_source *pause;
    uint64_t pause_usec, deadline_usec;
    PodmanStarted started;
    void *userdata;
};

static int start_advance(PodmanStart *start);

static uint64_t now_usec(const PodmanStart *start)
{
    uint64_t usec = 0;
    (void) sd_event_now(start->event, CLOCK_MONOTONIC, &usec);
    return usec;
}

/* Both may free `start`. */
static void start_failed(PodmanStart *start, sd_bus_error *error)
{
    start->started(NULL, error, start->userdata);
    sd_bus_error_free(error);
}

static void start_failed_with(PodmanStart *start, const char *format, ...) _printf_(2, 3);
static void start_failed_with(PodmanStart *start, const char *format, ...)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    va_list ap;

    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    (void) error_set(&error, ERROR_PODMAN_UNAVAILABLE, "%s", text);
    start_failed(start, &error);
}

static void start_step(PodmanStart *start, Step step)
{
    start->step = step;
    int r = start_advance(start);
    if (r < 0)
        start_failed_with(start, "Podman could not be started: %s.", g_strerror(-r));
}

/* What a line of Podman's says: 'Error: …' or 'time="…" level=error msg="…"'. */
static char *unwrap(char *line)
{
    char *message = strstr(line, " msg=\"");

    if (message && g_str_has_suffix(line, "\"")) {
        line[strlen(line) - 1] = '\0';
        return g_strcompress(message + strlen(" msg=\""));
    }
    return g_strdup(g_str_has_prefix(line, "Error: ") ? line + strlen("Error: ") : line);
}

/* The last line that the service wrote, "" when it wrote nothing. */
static char *last_words(int fd)
{
    char text[2048];
    off_t end = lseek(fd, 0, SEEK_END);
    off_t begin = end > (off_t) sizeof(text) ? end - (off_t) sizeof(text) : 0;
    ssize_t n = end > 0 ? pread(fd, text, sizeof(text), begin) : 0;

    while (n > 0 && g_ascii_isspace(text[n - 1]))
        n--;
    if (n <= 0)
        return g_strdup("");
    const char *newline = memrchr(text, '\n', (size_t) n);
    const char *line = newline ? newline + 1 : text;
    g_autofree char *copy = g_strndup(line, (size_t) (text + n - line));
    g_autofree char *message = unwrap(copy);
    return g_utf8_make_valid(message, -1);
}

static int on_service_exit(sd_event_source *source, const siginfo_t *info, void *userdata)
{
    Service *service = userdata;
    PodmanStart *start = service->owner;

    if (start) {
        g_autofree char *words = last_words(service->log_fd);
        start->service = NULL;
        start->ping = http_request_free(start->ping);
        start->pause = sd_event_source_disable_unref(start->pause);
        start_failed_with(start, "\"podman system service\" ended at once with %s %d: %s",
            info->si_code == CLD_EXITED ? "code" : "signal", info->si_status,
            words[0] ? words : "it said nothing; try \"podman info\".");
    }
    /* The event loop's reference was the only one: the source is gone when this has returned. */
    (void) sd_event_source_set_floating(source, false);
    return 0;
}

static void service_destroy(void *userdata)
{
    Service *service = userdata;

    closep(&service->log_fd);
    g_free(service);
}

static void service_forget(PodmanStart *start)
{
    if (start->service)
        start->service->owner = NULL;
    start->service = NULL;
}

static int spawn_service(PodmanStart *start, int log_fd, pid_t *ret_pid)
{
    g_autofree char *url = g_strconcat("unix://", start->socket_path, NULL);
    char *const words[] = {
        (char *) "podman", (char *) "system", (char *) "service", (char *) "--time", (char *) "60", url, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;

    sigemptyset(&none);
    (void) posix_spawn_file_actions_init(&actions);
    (void) posix_spawnattr_init(&attributes);
    int r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    /* Podman enters our folder anew in its user namespace, and there it may not be allowed to. */
    if (r == 0)
        r = posix_spawn_file_actions_addchdir_np(&actions, "/");
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, log_fd, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, log_fd, STDERR_FILENO);
    if (r == 0)
        r = posix_spawnattr_setsigmask(&attributes, &none);
    if (r == 0)
        r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    if (r == 0)
        r = posix_spawnp(ret_pid, "podman", &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

static int service_start(PodmanStart *start)
{
    sd_event_source *source = NULL;
    g_autofree char *folder = g_path_get_dirname(start->socket_path);
    pid_t pid = -1;
    int r;

    if (g_mkdir_with_parents(folder, 0700) < 0) {
        start_failed_with(
            start, "The folder %s for Podman's API socket cannot be made: %s.", folder, g_strerror(errno));
        return 0;
    }
    Service *service = g_new0(Service, 1);
    service->log_fd = memfd_create("podman-service", MFD_CLOEXEC);
    r = service->log_fd < 0 ? -errno : spawn_service(start, service->log_fd, &pid);
    if (r < 0) {
        service_destroy(service);
        if (r != -ENOENT)
            return r;
        start_failed_with(start, "Podman is not installed, or not in $PATH; install it, for instance with "
                                 "\"sudo apt install podman\".");
        return 0;
    }
    r = sd_event_add_child(start->event, &source, pid, WEXITED, on_service_exit, service);
    if (r < 0) {
        service_destroy(service);
        return r;
    }
    (void) sd_event_source_set_destroy_callback(source, service_destroy);
    (void) sd_event_source_set_floating(source, true);
    sd_event_source_unref(source);
    service->owner = start;
    start->service = service;
    start_step(start, STEP_WAIT);
    return 0;
}

static int on_unit(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    PodmanStart *start = userdata;
    const sd_bus_error *error = sd_bus_message_get_error(m);

    start->unit = sd_bus_slot_unref(start->unit);
    if (!error) {
        start_step(start, STEP_WAIT);
    } else if (sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                   "org.freedesktop.systemd1.NoSuchUnit", "org.freedesktop.DBus.Error.Spawn.ServiceNotFound",
                   SD_BUS_ERROR_DISCONNECTED)) {
        start_step(start, STEP_SPAWN);
    } else if (sd_bus_error_has_name(error, "org.freedesktop.systemd1.UnitMasked")) {
        start_failed_with(start, "podman.socket is masked in your systemd; allow it with \"systemctl --user unmask "
                                 "podman.socket\".");
    } else {
        start_failed_with(start,
            "systemd did not start podman.socket (%s); see \"systemctl --user status "
            "podman.socket\".",
            error->message ? error->message : error->name);
    }
    return 0;
}

static int unit_start(PodmanStart *start)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
    int r;

    r = sd_bus_message_new_method_call(start->user_bus, &m, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager", "StartUnit");
    if (r < 0)
        return r;
    r = sd_bus_message_append(m, "ss", "podman.socket", "replace");
    if (r < 0)
        return r;
    return sd_bus_call_async(start->user_bus, &start->unit, m, on_unit, start, UNIT_USEC);
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    PodmanStart *start = userdata;

    start->pause = sd_event_source_disable_unref(start->pause);
    start_step(start, start->step);
    return 0;
}

/* Nobody listens on the socket: what next? */
static int not_listening(PodmanStart *start)
{
    uint64_t now = now_usec(start);

    if (start->step == STEP_ASK) {
        start_step(start, start->user_bus ? STEP_UNIT : STEP_SPAWN);
        return 0;
    }
    if (now >= start->deadline_usec) {
        start_failed_with(start,
            "Podman was started, but nobody listens on its API socket %s after %llu s; see "
            "\"systemctl --user status podman.socket\".",
            start->socket_path, (unsigned long long) (WAIT_USEC / 1000000));
        return 0;
    }
    start->pause_usec = MIN2(start->pause_usec * 2, PAUSE_MAX_USEC);
    return sd_event_add_time_relative(
        start->event, &start->pause, CLOCK_MONOTONIC, start->pause_usec, 1, on_pause_over, start);
}

static void on_ping(HttpRequest *request, int result, const HttpReply *reply, void *userdata)
{
    PodmanStart *start = userdata;
    const char *found = result < 0 ? NULL : http_request_header(request, "Libpod-Api-Version");
    g_autofree char *version = g_strdup(found);

    start->ping = http_request_free(start->ping);
    if (result == -ECONNREFUSED) {
        int r = not_listening(start);
        if (r < 0)
            start_failed_with(start, "Podman could not be started: %s.", g_strerror(-r));
    } else if (result == -EACCES) {
        start_failed_with(start,
            "You may not use Podman's API socket %s; it has to belong to you, see \"ls -l\" on it and its "
            "folder.",
            start->socket_path);
    } else if (result == -ETIMEDOUT) {
        start_failed_with(start,
            "Podman's API socket %s is listened on, but nothing answered for %llu s; try "
            "\"systemctl --user restart podman.socket podman.service\".",
            start->socket_path, (unsigned long long) (PING_USEC / 1000000));
    } else if (result < 0) {
        start_failed_with(start,
            "Podman's API socket %s is listened on, but broke off before an answer; see \"journalctl "
            "--user -u podman\".",
            start->socket_path);
    } else if (!version) {
        start_failed_with(
            start, "What listens on %s is not Podman; see \"ss -xlp\" for its process.", start->socket_path);
    } else if (!podman_generation_of(version)) {
        start_failed_with(start, "Podman %s is too old for airpods, which needs 4.0 or later; upgrade it.", version);
    } else if (reply->status != 200) {
        start_failed_with(
            start, "Podman %s answers a ping with status %ld; try \"podman info\".", version, reply->status);
    } else {
        service_forget(start);
        start->started(version, NULL, start->userdata);
    }
}

static int start_advance(PodmanStart *start)
{
    static const HttpCall ping = {
        .method = "GET", .target = "/libpod/_ping", .reply_max = 4096, .total_usec = PING_USEC, .on_done = on_ping};
    HttpCall call = ping;

    switch (start->step) {
    case STEP_ASK:
        call.userdata = start;
        return http_request_new(&start->ping, start->client, &call);
    case STEP_UNIT:
        return unit_start(start);
    case STEP_SPAWN:
        return service_start(start);
    case STEP_WAIT:
        if (start->deadline_usec == 0)
            start->deadline_usec = now_usec(start) + WAIT_USEC;
        call.userdata = start;
        return http_request_new(&start->ping, start->client, &call);
    }
    assert(false);
}

PodmanStart *podman_start_free(PodmanStart *start)
{
    if (!start)
        return NULL;
    service_forget(start);
    http_request_free(start->ping);
    sd_bus_slot_unref(start->unit);
    sd_event_source_disable_unref(start->pause);
    g_free(start->socket_path);
    g_free(start);
    return NULL;
}

int podman_start_new(PodmanStart **ret, sd_event *event, HttpClient *client, sd_bus *user_bus, const char *socket_path,
    PodmanStarted started, void *userdata)
{
    _cleanup_(podman_start_freep) PodmanStart *start = g_new0(PodmanStart, 1);

    start->event = event;
    start->client = client;
    start->user_bus = user_bus;
    start->socket_path = g_strdup(socket_path);
    start->pause_usec = PAUSE_FIRST_USEC / 2;
    start->started = started;
    start->userdata = userdata;
    int r = start_advance(start);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(start);
    return 0;
}
