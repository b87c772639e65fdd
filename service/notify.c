/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.freedesktop.Notifications, specification 1.2. The steps:
 *
 *   1. A request waits in the note of its interface; a newer one takes its place.
 *   2. What the server can do is asked once for each server (GetCapabilities; D-Bus may start the server for it). If
 *      that fails, what waits goes on waiting until a server appears or the next request comes.
 *   3. Notify with replaces_id of the note's last one. While it is under way newer requests wait, so that each can
 *      replace the one before.
 *   4. Another server (NameOwnerChanged): its capabilities are unknown, our numbers mean nothing to it.
 *   5. ActionInvoked and NotificationClosed count only from the unique name that answered Notify, and only with a number
 *      that it gave us; NameOwnerChanged counts only from the bus driver. Anybody on the bus may send such signals, and
 *      a match rule on a well-known name lets them pass.
 */
#include <glib.h>
#include <string.h>

#include "service/log.h"
#include "service/notify.h"
#include "shared/names.h"

#define SERVER_NAME "org.freedesktop.Notifications"
#define SERVER_PATH "/org/freedesktop/Notifications"
#define SERVER_INTERFACE "org.freedesktop.Notifications"

#define TIMEOUT_USEC (30ULL * 1000 * 1000)

/* Interfaces whose last notification we can still replace. */
#define NOTES_MAX 64U

typedef enum ServerState { SERVER_UNKNOWN, SERVER_ASKED, SERVER_KNOWN } ServerState;

typedef struct Note {
    Notify *notify;
    char ifname[IFNAME_SIZE];
    char kind[LINK_KIND_SIZE];
    uint32_t id; /* 0: none that can be replaced */
    NotifyRequest *waiting;
    Outcome sent; /* what the call under way tells */
    sd_bus_slot *call;
} Note;

struct Notify {
    sd_bus *bus;
    NotifyHandler handler;
    ServerState state;
    bool actions, markup;
    char *server; /* unique name */
    sd_bus_slot *capabilities, *owner_match, *action_match, *closed_match;
    GHashTable *notes; /* ifname → Note */
};

static void note_advance(Note *note);

static NotifyRequest *request_free(NotifyRequest *request)
{
    if (request)
        g_free((char *) request->failure);
    g_free(request);
    return NULL;
}

static NotifyRequest *request_copy(const NotifyRequest *request)
{
    NotifyRequest *copy = g_new(NotifyRequest, 1);
    *copy = *request;
    copy->failure = g_strdup(request->failure);
    return copy;
}

static void note_free(gpointer p)
{
    Note *note = p;

    sd_bus_slot_unref(note->call);
    request_free(note->waiting);
    g_free(note);
}

static void advance_all(Notify *notify)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, notify->notes);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        note_advance(value);
}

static int on_capabilities(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Notify *notify = userdata;
    const char *capability;

    notify->capabilities = sd_bus_slot_unref(notify->capabilities);
    if (sd_bus_message_is_method_error(m, NULL)) {
        notify->state = SERVER_UNKNOWN;
        log_debug("There is no notification server: %s", sd_bus_message_get_error(m)->name);
        return 0;
    }
    notify->state = SERVER_KNOWN;
    notify->actions = notify->markup = false;
    /* A list that cannot be read is an empty one. */
    if (sd_bus_message_enter_container(m, 'a', "s") > 0)
        while (sd_bus_message_read(m, "s", &capability) > 0) {
            notify->actions = notify->actions || strcmp(capability, "actions") == 0;
            notify->markup = notify->markup || strcmp(capability, "body-markup") == 0;
        }
    advance_all(notify);
    return 0;
}

static void ask_capabilities(Notify *notify)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

    if (sd_bus_message_new_method_call(notify->bus, &m, SERVER_NAME, SERVER_PATH, SERVER_INTERFACE, "GetCapabilities") <
        0)
        return;
    if (sd_bus_call_async(notify->bus, &notify->capabilities, m, on_capabilities, notify, TIMEOUT_USEC) >= 0)
        notify->state = SERVER_ASKED;
}

static int on_notified(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Note *note = userdata;
    Notify *notify = note->notify;
    uint32_t id;

    note->call = sd_bus_slot_unref(note->call);
    if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "u", &id) > 0 && id > 0) {
        const char *sender = sd_bus_message_get_sender(m);
        if (g_strcmp0(notify->server, sender) != 0) {
            g_free(notify->server);
            notify->server = g_strdup(sender);
        }
        note->id = id;
        if (note->sent >= 0)
            notify->handler.shown(note->ifname, note->kind, note->sent, notify->handler.userdata);
    }
    note_advance(note);
    return 0;
}

static int append_actions(sd_bus_message *m, const Notification *notification, bool wanted)
{
    int r = sd_bus_message_open_container(m, 'a', "s");

    for (size_t i = 0; r >= 0 && wanted && i < notification->n_buttons; i++)
        r = sd_bus_message_append(m, "ss", notification->buttons[i].key, notification->buttons[i].label);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

static int note_send(Note *note, const Notification *notification)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
    Notify *notify = note->notify;
    int r;

    r = sd_bus_message_new_method_call(notify->bus, &m, SERVER_NAME, SERVER_PATH, SERVER_INTERFACE, "Notify");
    if (r < 0)
        return r;
    r = sd_bus_message_append(m, "susss", "airpods", note->id, "network-vpn", notification->title, notification->body);
    if (r < 0)
        return r;
    r = append_actions(m, notification, notify->actions);
    if (r < 0)
        return r;
    r = sd_bus_message_append(m, "a{sv}i", 2, "urgency", "y", 1, "category", "s", "network.connected", -1);
    if (r < 0)
        return r;
    return sd_bus_call_async(notify->bus, &note->call, m, on_notified, note, TIMEOUT_USEC);
}

static void note_advance(Note *note)
{
    Notify *notify = note->notify;

    if (!note->waiting || note->call)
        return;
    if (notify->state != SERVER_KNOWN) {
        if (notify->state == SERVER_UNKNOWN)
            ask_capabilities(notify);
        return;
    }
    const NotifyRequest *request = note->waiting;
    g_autofree char *failure = request->failure ? g_utf8_make_valid(request->failure, -1) : NULL;
    _cleanup_(notification_freep) Notification *notification =
        request->outcome >= 0
            ? notification_new(&request->facts, request->outcome, failure, notify->markup)
            : notification_new_details(&request->facts, request->clamp, request->policy, failure, notify->markup);
    note->sent = request->outcome;
    if (note_send(note, notification) < 0)
        log_debug("%s: a notification could not be sent.", note->ifname);
    note->waiting = request_free(note->waiting);
}

/* Makes room: notes that nobody can press any more go first, else any that has nothing under way. */
static void forget_one(Notify *notify)
{
    GHashTableIter iter;
    gpointer value;
    const Note *victim = NULL;

    g_hash_table_iter_init(&iter, notify->notes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Note *note = value;
        if (!note->waiting && !note->call && (!victim || note->id == 0))
            victim = note;
    }
    if (victim)
        g_hash_table_remove(notify->notes, victim->ifname);
}

static Note *note_get(Notify *notify, const TunnelFacts *facts)
{
    Note *note = g_hash_table_lookup(notify->notes, facts->name);

    if (!note) {
        if (g_hash_table_size(notify->notes) >= NOTES_MAX)
            forget_one(notify);
        if (g_hash_table_size(notify->notes) >= NOTES_MAX)
            return NULL;
        note = g_new0(Note, 1);
        note->notify = notify;
        memcpy(note->ifname, facts->name, sizeof(note->ifname));
        g_hash_table_insert(notify->notes, note->ifname, note);
    }
    memcpy(note->kind, facts->kind, sizeof(note->kind));
    return note;
}

void notify_show(Notify *notify, const NotifyRequest *request)
{
    Note *note = note_get(notify, &request->facts);

    if (!note)
        return;
    request_free(note->waiting);
    note->waiting = request_copy(request);
    note_advance(note);
}

void notify_drop_waiting(Notify *notify, const char *ifname)
{
    Note *note = g_hash_table_lookup(notify->notes, ifname);
    if (note)
        note->waiting = request_free(note->waiting);
}

static Note *note_by_id(const Notify *notify, sd_bus_message *m, uint32_t id)
{
    GHashTableIter iter;
    gpointer value;

    if (id == 0 || !notify->server || g_strcmp0(sd_bus_message_get_sender(m), notify->server) != 0)
        return NULL;
    g_hash_table_iter_init(&iter, notify->notes);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((const Note *) value)->id == id)
            return value;
    return NULL;
}

static int on_action(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Notify *notify = userdata;
    uint32_t id;
    const char *key;

    if (sd_bus_message_read(m, "us", &id, &key) < 0)
        return 0;
    const Note *note = note_by_id(notify, m, id);
    if (note)
        notify->handler.pressed(note->ifname, note->kind, key, notify->handler.userdata);
    return 0;
}

static int on_closed(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Notify *notify = userdata;
    uint32_t id, reason;

    if (sd_bus_message_read(m, "uu", &id, &reason) < 0)
        return 0;
    Note *note = note_by_id(notify, m, id);
    if (note)
        note->id = 0;
    return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Notify *notify = userdata;
    const char *name, *old, *new;
    GHashTableIter iter;
    gpointer value;

    if (g_strcmp0(sd_bus_message_get_sender(m), BUS_DRIVER) != 0 ||
        sd_bus_message_read(m, "sss", &name, &old, &new) < 0 || strcmp(name, SERVER_NAME) != 0)
        return 0;
    if (old[0]) {
        g_clear_pointer(&notify->server, g_free);
        g_hash_table_iter_init(&iter, notify->notes);
        while (g_hash_table_iter_next(&iter, NULL, &value))
            ((Note *) value)->id = 0;
    }
    /* A question to the old server ends with an error from the bus; one that started this server is still good. */
    if (notify->state == SERVER_KNOWN)
        notify->state = SERVER_UNKNOWN;
    if (new[0])
        advance_all(notify);
    return 0;
}

Notify *notify_free(Notify *notify)
{
    if (!notify)
        return NULL;
    g_hash_table_unref(notify->notes);
    sd_bus_slot_unref(notify->capabilities);
    sd_bus_slot_unref(notify->owner_match);
    sd_bus_slot_unref(notify->action_match);
    sd_bus_slot_unref(notify->closed_match);
    sd_bus_unref(notify->bus);
    g_free(notify->server);
    g_free(notify);
    return NULL;
}

int notify_new(Notify **ret, sd_bus *bus, const NotifyHandler *handler)
{
    _cleanup_(notify_freep) Notify *notify = g_new0(Notify, 1);
    int r;

    notify->bus = sd_bus_ref(bus);
    notify->handler = *handler;
    notify->notes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, note_free);

    r = sd_bus_add_match_async(bus, &notify->owner_match,
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
        "member='NameOwnerChanged',arg0='" SERVER_NAME "'",
        on_owner_changed, NULL, notify);
    if (r < 0)
        return r;
    r = sd_bus_match_signal_async(bus, &notify->action_match, SERVER_NAME, SERVER_PATH, SERVER_INTERFACE,
        "ActionInvoked", on_action, NULL, notify);
    if (r < 0)
        return r;
    r = sd_bus_match_signal_async(bus, &notify->closed_match, SERVER_NAME, SERVER_PATH, SERVER_INTERFACE,
        "NotificationClosed", on_closed, NULL, notify);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(notify);
    return 0;
}
