/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The buses and the one way to call. A call runs in an event loop rather than in sd_bus_call(), which begins to wait
 * again after a signal: so Ctrl-C while polkit asks would kill this program before it could end the text agent.
 */
#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <systemd/sd-event.h>

#include "shared/names.h"

#include "cli/cli.h"
#include "cli/report.h"

#define NO_START_TIMEOUT_USEC (2ULL * 1000 * 1000)

struct Cli {
    bool root;
    bool session_tried;
    sd_bus *buses[PEER_MAX];
};

typedef struct PeerInfo {
    const char *program;
    const char *name;
    const char *unavailable; /* error name */
} PeerInfo;

static const PeerInfo peers[] = {
    [PEER_HELPER] = {"airpods-helper", HELPER_NAME, ERROR_HELPER_UNAVAILABLE},
    [PEER_SERVICE] = {"airpodsd", MANAGER_NAME, CLI_ERROR_SERVICE_UNAVAILABLE},
};
static_assert(ELEMENTSOF(peers) == PEER_MAX, "one row a peer");

Cli *cli_free(Cli *cli)
{
    if (!cli)
        return NULL;
    for (Peer peer = 0; peer < PEER_MAX; peer++)
        sd_bus_close_unref(cli->buses[peer]);
    free(cli);
    return NULL;
}

int cli_new(Cli **ret)
{
    Cli *cli = calloc(1, sizeof(Cli));
    if (!cli)
        return -ENOMEM;
    cli->root = geteuid() == 0;
    *ret = cli;
    return 0;
}

bool cli_is_root(const Cli *cli)
{
    return cli->root;
}

const char *cli_command(const Cli *cli)
{
    return cli->root ? "sudo airpods" : "airpods";
}

bool cli_has_session(Cli *cli)
{
    /* As root the bus that the environment names is some user's (sudo keeps the variable on request): not ours to use.
     */
    if (!cli->root && !cli->session_tried) {
        cli->session_tried = true;
        if (sd_bus_open_user(&cli->buses[PEER_SERVICE]) < 0)
            cli->buses[PEER_SERVICE] = NULL;
    }
    return cli->buses[PEER_SERVICE] != NULL;
}

bool cli_session_used(const Cli *cli)
{
    return cli->buses[PEER_SERVICE] != NULL;
}

static int peer_bus(Cli *cli, Peer peer, sd_bus **ret)
{
    if (peer == PEER_SERVICE) {
        if (!cli_has_session(cli))
            return -ENOMEDIUM;
    } else if (!cli->buses[peer]) {
        int r = sd_bus_open_system(&cli->buses[peer]);
        if (r < 0)
            return r;
    }
    *ret = cli->buses[peer];
    return 0;
}

int cli_new_call(Cli *cli, Peer peer, const char *path, const char *interface, const char *member, sd_bus_message **ret,
    sd_bus_error *reterr)
{
    sd_bus *bus;

    if (peer_bus(cli, peer, &bus) < 0 ||
        sd_bus_message_new_method_call(bus, ret, peers[peer].name, path, interface, member) < 0)
        return cli_error_set(reterr, peers[peer].unavailable, NULL);
    return 0;
}

/* The ways in which a bus, or the systemd behind it, says that there is no such daemon or that it does not start. */
static bool means_unavailable(const char *name)
{
    return strcmp(name, SD_BUS_ERROR_SERVICE_UNKNOWN) == 0 || strcmp(name, SD_BUS_ERROR_NAME_HAS_NO_OWNER) == 0 ||
           g_str_has_prefix(name, "org.freedesktop.DBus.Error.Spawn.") ||
           g_str_has_prefix(name, "org.freedesktop.systemd1.");
}

static int copy_error(Peer peer, const sd_bus_error *error, sd_bus_error *reterr)
{
    if (means_unavailable(error->name))
        return cli_error_set(reterr, peers[peer].unavailable, NULL);
    /* dbus-daemon's word for a service that did not come up in time; sd-bus knows only the other one. */
    if (strcmp(error->name, "org.freedesktop.DBus.Error.TimedOut") == 0)
        return cli_error_set(reterr, SD_BUS_ERROR_TIMEOUT, NULL);
    sd_bus_error_copy(reterr, error);
    const ErrorInfo *info = cli_error_info(error->name);
    return info ? -info->number : -EIO;
}

static int on_reply(sd_bus_message *message, void *userdata, sd_bus_error *reterr)
{
    sd_bus_message **reply = userdata;

    *reply = sd_bus_message_ref(message);
    return 0;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    bool *cancelled = userdata;

    *cancelled = true;
    return 0;
}

static int attach(sd_event *event, sd_bus *bus, bool *cancelled)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    int r = 0;

    for (size_t i = 0; i < ELEMENTSOF(signals) && r >= 0; i++)
        r = sd_event_add_signal(event, NULL, signals[i], on_signal, cancelled);
    return r < 0 ? r : sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
}

/* Runs the loop until the reply is there or a signal came. */
static int wait_for_reply(sd_bus *bus, sd_bus_message *call, uint64_t timeout_usec, sd_bus_message **ret)
{
    _cleanup_(sd_event_unrefp) sd_event *event = NULL;
    _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
    bool cancelled = false;
    int r;

    r = sd_event_new(&event);
    if (r >= 0)
        r = attach(event, bus, &cancelled);
    if (r >= 0)
        r = sd_bus_call_async(bus, &slot, call, on_reply, ret, timeout_usec);
    while (r >= 0 && !*ret && !cancelled)
        r = sd_event_run(event, UINT64_MAX);
    sd_bus_detach_event(bus);
    if (r >= 0 && cancelled)
        r = -ECANCELED;
    return r;
}

int cli_call(
    Cli *cli, Peer peer, sd_bus_message *call, unsigned flags, sd_bus_message **ret_reply, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    uint64_t timeout_usec = 0; /* the library's default */
    sigset_t blocked, before;
    int r;

    if (flags & CALL_INTERACTIVE)
        timeout_usec = UINT64_MAX;
    else if (flags & CALL_NO_START)
        timeout_usec = NO_START_TIMEOUT_USEC;
    sd_bus_message_set_allow_interactive_authorization(call, !!(flags & CALL_INTERACTIVE));
    sd_bus_message_set_auto_start(call, !(flags & CALL_NO_START));

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGHUP);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    r = wait_for_reply(cli->buses[peer], call, timeout_usec, &reply);
    sigprocmask(SIG_SETMASK, &before, NULL);

    /* The prompt and the ^C are still on the person's line. */
    if (r == -ECANCELED && (flags & CALL_INTERACTIVE) && isatty(STDERR_FILENO))
        fputc('\n', stderr);
    if (r == -ECANCELED)
        return cli_error_set(reterr, CLI_ERROR_CANCELLED, NULL);
    if (r < 0) /* the connection itself failed */
        return cli_error_set(reterr, peers[peer].unavailable, NULL);
    if (sd_bus_message_is_method_error(reply, NULL))
        return copy_error(peer, sd_bus_message_get_error(reply), reterr);
    if (ret_reply)
        *ret_reply = TAKE_PTR(reply);
    return 0;
}

int cli_get_string(Cli *cli, Peer peer, const char *path, const char *interface, const char *property, unsigned flags,
    char **ret, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    const char *value;
    int r;

    r = cli_new_call(cli, peer, path, "org.freedesktop.DBus.Properties", "Get", &call, reterr);
    if (r < 0)
        return r;
    r = sd_bus_message_append(call, "ss", interface, property);
    if (r >= 0)
        r = cli_call(cli, peer, call, flags, &reply, reterr);
    if (r < 0)
        return r;
    if (sd_bus_message_read(reply, "v", "s", &value) <= 0)
        return cli_bad_answer(peer, reterr);
    *ret = strdup(value);
    return *ret ? 0 : -ENOMEM;
}

int cli_bad_answer(Peer peer, sd_bus_error *reterr)
{
    return cli_error_set(
        reterr, CLI_ERROR_BAD_ANSWER, "%s sent an answer that cannot be understood.", peers[peer].program);
}

bool cli_is_unavailable(Peer peer, const sd_bus_error *error)
{
    return sd_bus_error_has_name(error, peers[peer].unavailable);
}
