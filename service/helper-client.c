/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to the system bus, and what happens to it:
 *
 *   1. The connection is started with watch-bind: a bus that is not there yet is waited for with inotify. "Connected"
 *      makes the matches, asks who owns the helper's name and lists the clamps (without starting the helper for that).
 *   2. Each wanted name has a Claim (claim.h), which says which call is due. Calls may start the helper by activation.
 *   3. The helper leaves the bus: all that is held becomes "maybe", and wanted claims are made again at once. If it
 *      keeps dying, the pause doubles from 1 s to 60 s.
 *   4. No answer, no helper, or a kernel that cannot do it: again after 1 s, doubling to 60 s, and as soon as a helper
 *      appears on the bus.
 *   5. Denied: no more attempts by itself until polkit says that its mind may have changed (Changed), a clamp of that
 *      name is removed, or manager.c asks for it (the tunnel changed, a button).
 *   6. The connection breaks: session claims are gone with it (they belong to the bus name); start at 1.
 *
 * Anybody may send us a signal, and on dbus1 a match rule does not authenticate it: sd-bus lets a signal from any unique
 * name pass a match on a well-known name. So each handler looks at the sender: the bus driver's own name, which nobody
 * else can have, or the unique name that owns the helper's or polkit's name according to the driver.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "service/clamp-read.h"
#include "service/helper-client.h"
#include "service/log.h"
#include "shared/error.h"
#include "shared/ifname.h"
#include "shared/names.h"

#define CALL_TIMEOUT_USEC (30ULL * 1000 * 1000)
#define PAUSE_FIRST_USEC (1000ULL * 1000)
#define PAUSE_MAX_USEC (60ULL * 1000 * 1000)
#define RECONNECT_USEC (100ULL * 1000)
#define POLKIT_CHANGED_MIN_USEC (1000ULL * 1000)

/* Interfaces whose state we remember, whoever clamps them. */
#define MODES_MAX 4096U

typedef struct Entry {
    HelperClient *client;
    char ifname[IFNAME_SIZE];
    Claim claim;
    sd_bus_slot *call;
    sd_event_source *pause;
    char *failure;
} Entry;

struct HelperClient {
    sd_event *event;
    HelperClientChanged changed;
    void *userdata;
    sd_bus *bus;
    bool connected;
    char *helper;        /* unique name, NULL when nobody owns the name */
    char *authority;     /* likewise, polkit's */
    GHashTable *entries; /* ifname → Entry */
    GHashTable *modes;   /* ifname → ClampState: active clamps, whoever holds them */
    sd_event_source *reconnect, *revive, *recheck;
    uint64_t reconnect_usec;
    bool reviving; /* pausing before claims are made again */
    unsigned deaths;
    uint64_t last_death_usec;
    uint64_t last_polkit_usec;
};

static void entry_advance(Entry *entry);
static int bus_start(HelperClient *client);

static uint64_t now_usec(const HelperClient *client)
{
    uint64_t usec = 0;
    (void) sd_event_now(client->event, CLOCK_MONOTONIC, &usec);
    return usec;
}

static uint64_t pause_usec(unsigned failures)
{
    return failures > 6 ? PAUSE_MAX_USEC : MIN2(PAUSE_FIRST_USEC << (failures > 0 ? failures - 1 : 0), PAUSE_MAX_USEC);
}

static void entry_free(gpointer p)
{
    Entry *entry = p;

    sd_bus_slot_unref(entry->call);
    sd_event_source_disable_unref(entry->pause);
    g_free(entry->failure);
    g_free(entry);
}

static Entry *entry_find(const HelperClient *client, const char *ifname)
{
    return g_hash_table_lookup(client->entries, ifname);
}

static void client_changed(HelperClient *client, const char *ifname)
{
    client->changed(ifname, client->userdata);
}

static ClaimResult result_of_error(const Entry *entry, const sd_bus_error *error)
{
    if (sd_bus_error_has_names(
            error, SD_BUS_ERROR_ACCESS_DENIED, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, ERROR_HELPER_DENIED))
        return CLAIM_RESULT_DENIED;
    if (entry->claim.call == CLAIM_CALL_REMOVE && sd_bus_error_has_name(error, ERROR_NOT_CLAMPED))
        return CLAIM_RESULT_DONE;
    /* Only these say for certain that no helper took the call. */
    if (sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
            "org.freedesktop.DBus.Error.Spawn.ServiceNotFound", "org.freedesktop.DBus.Error.Spawn.ExecFailed",
            "org.freedesktop.systemd1.NoSuchUnit", "org.freedesktop.systemd1.UnitMasked"))
        return CLAIM_RESULT_UNAVAILABLE;
    if (entry->claim.call == CLAIM_CALL_INSTALL && error_info_find(error->name) &&
        !sd_bus_error_has_names(error, SD_BUS_ERROR_TIMEOUT, SD_BUS_ERROR_NO_REPLY))
        return CLAIM_RESULT_UNAVAILABLE;
    return CLAIM_RESULT_UNKNOWN;
}

static void mode_set(HelperClient *client, const char *ifname, ClampState state)
{
    if (state == CLAMP_NONE)
        g_hash_table_remove(client->modes, ifname);
    else if (g_hash_table_contains(client->modes, ifname) || g_hash_table_size(client->modes) < MODES_MAX)
        g_hash_table_replace(client->modes, g_strdup(ifname), GINT_TO_POINTER(state));
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    Entry *entry = userdata;

    entry->pause = sd_event_source_disable_unref(entry->pause);
    if (entry->claim.refusal == CLAIM_REFUSAL_UNAVAILABLE)
        claim_retry(&entry->claim, false);
    entry_advance(entry);
    return 0;
}

static void entry_pause(Entry *entry)
{
    HelperClient *client = entry->client;

    entry->pause = sd_event_source_disable_unref(entry->pause);
    if (entry->claim.refusal == CLAIM_REFUSAL_UNAVAILABLE && client->connected)
        (void) sd_event_add_time_relative(
            client->event, &entry->pause, CLOCK_MONOTONIC, pause_usec(entry->claim.failures), 0, on_pause_over, entry);
}

/* What people get to read: the helper's own sentences, but not those of the bus ("The name … was not provided by …"). */
static const char *failure_sentence(sd_bus_message *m)
{
    const sd_bus_error *error = sd_bus_message_get_error(m);
    const ErrorInfo *info = error_info_find(error->name);

    if (!info)
        return error_info_find(ERROR_HELPER_UNAVAILABLE)->sentence;
    bool by_helper = g_strcmp0(sd_bus_message_get_sender(m), BUS_DRIVER) != 0 &&
                     !sd_bus_error_has_names(error, SD_BUS_ERROR_TIMEOUT, SD_BUS_ERROR_NO_REPLY);
    return by_helper && error->message ? error->message : info->sentence;
}

static void entry_failed(Entry *entry, sd_bus_message *m, ClaimResult result)
{
    const sd_bus_error *error = sd_bus_message_get_error(m);
    const char *sentence = failure_sentence(m);

    if (g_strcmp0(entry->failure, sentence) == 0)
        return;
    g_free(entry->failure);
    entry->failure = g_strdup(sentence);
    log_entry(LOG_NOTICE, result == CLAIM_RESULT_DENIED ? MESSAGE_REQUEST_REFUSED_STR : NULL, entry->ifname,
        "%s: airpods-helper %s: %s (%s)", entry->ifname,
        entry->claim.call == CLAIM_CALL_REMOVE ? "did not confirm the removal"
        : result == CLAIM_RESULT_DENIED        ? "may not adjust this VPN"
                                               : "could not adjust this VPN",
        sentence, error->name);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Entry *entry = userdata;
    HelperClient *client = entry->client;
    char ifname[IFNAME_SIZE];
    ClaimResult result = CLAIM_RESULT_DONE;
    const sd_bus_error *error = sd_bus_message_get_error(m);

    memcpy(ifname, entry->ifname, sizeof(ifname));
    entry->call = sd_bus_slot_unref(entry->call);
    if (error) {
        result = result_of_error(entry, error);
        if (result != CLAIM_RESULT_DONE)
            entry_failed(entry, m, result);
    } else {
        ClampState state;
        g_clear_pointer(&entry->failure, g_free);
        if (entry->claim.call == CLAIM_CALL_INSTALL) {
            /* A reply that we cannot read does not undo the claim; it only tells us nothing about its form. */
            mode_set(client, ifname, clamp_read(m, &state) >= 0 ? state : CLAMP_ROUTE);
        }
    }
    claim_answered(&entry->claim, result);
    entry_pause(entry);
    entry_advance(entry); /* may free the entry */
    client_changed(client, ifname);
    return 0;
}

static int entry_call(Entry *entry, ClaimCall call, bool interactive)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
    HelperClient *client = entry->client;
    int r;

    r = sd_bus_message_new_method_call(client->bus, &m, HELPER_NAME, HELPER_PATH, HELPER_INTERFACE,
        call == CLAIM_CALL_INSTALL ? "InstallClamp" : "RemoveClamp");
    if (r < 0)
        return r;
    r = sd_bus_message_append(m, "sa{sv}", entry->ifname, 1, "lifetime", "s", "session");
    if (r < 0)
        return r;
    if (interactive) {
        r = sd_bus_message_set_allow_interactive_authorization(m, true);
        if (r < 0)
            return r;
    }
    return sd_bus_call_async(
        client->bus, &entry->call, m, on_answer, entry, interactive ? UINT64_MAX : CALL_TIMEOUT_USEC);
}

/* Makes the call that is due; frees the entry when nothing is left of it. */
static void entry_advance(Entry *entry)
{
    HelperClient *client = entry->client;
    bool interactive;

    if (claim_finished(&entry->claim)) {
        g_hash_table_remove(client->entries, entry->ifname);
        return;
    }
    if (!client->connected || client->reviving)
        return;
    ClaimCall call = claim_next(&entry->claim, &interactive);
    if (call == CLAIM_CALL_NONE)
        return;
    entry->pause = sd_event_source_disable_unref(entry->pause);
    if (entry_call(entry, call, interactive) < 0) {
        claim_answered(&entry->claim, CLAIM_RESULT_UNKNOWN);
        entry_pause(entry);
    }
}

/* Calls f for every entry; f may free the one it is given. */
static void entries_foreach(HelperClient *client, void (*f)(Entry *entry))
{
    g_autoptr(GList) all = g_hash_table_get_values(client->entries);
    for (const GList *at = all; at; at = at->next)
        f(at->data);
}

static void entry_retry_unavailable(Entry *entry)
{
    if (entry->claim.refusal == CLAIM_REFUSAL_UNAVAILABLE)
        claim_retry(&entry->claim, false);
    entry_advance(entry);
}

static void entry_retry_denied(Entry *entry)
{
    if (entry->claim.refusal == CLAIM_REFUSAL_DENIED || entry->claim.call == CLAIM_CALL_INSTALL)
        claim_retry(&entry->claim, false);
    entry_advance(entry);
}

static void entry_helper_gone(Entry *entry)
{
    claim_helper_gone(&entry->claim);
}

static void entry_bus_gone(Entry *entry)
{
    entry->call = sd_bus_slot_unref(entry->call);
    entry->pause = sd_event_source_disable_unref(entry->pause);
    claim_bus_gone(&entry->claim);
    entry_advance(entry);
}

static int on_list(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;
    int r;

    if (sd_bus_message_is_method_error(m, NULL))
        return 0; /* no helper is running: nothing is clamped */
    r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
    if (r < 0)
        return 0;
    g_hash_table_remove_all(client->modes);
    while (sd_bus_message_enter_container(m, 'e', "sa{sv}") > 0) {
        const char *ifname;
        ClampState state;
        if (sd_bus_message_read(m, "s", &ifname) < 0 || clamp_read(m, &state) < 0 ||
            sd_bus_message_exit_container(m) < 0)
            break;
        mode_set(client, ifname, state);
    }
    client_changed(client, NULL);
    return 0;
}

static void list_clamps(HelperClient *client)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

    if (sd_bus_message_new_method_call(client->bus, &m, HELPER_NAME, HELPER_PATH, HELPER_INTERFACE, "ListClamps") < 0 ||
        sd_bus_message_set_auto_start(m, false) < 0)
        return;
    (void) sd_bus_call_async(client->bus, NULL, m, on_list, client, CALL_TIMEOUT_USEC);
}

static int on_revive(sd_event_source *source, uint64_t usec, void *userdata)
{
    HelperClient *client = userdata;

    client->revive = sd_event_source_disable_unref(client->revive);
    client->reviving = false;
    entries_foreach(client, entry_advance);
    client_changed(client, NULL);
    return 0;
}

static void helper_vanished(HelperClient *client)
{
    g_clear_pointer(&client->helper, g_free);
    g_hash_table_remove_all(client->modes);
    entries_foreach(client, entry_helper_gone);

    if (g_hash_table_size(client->entries) > 0 && !client->reviving) {
        uint64_t now = now_usec(client);
        if (now - client->last_death_usec > PAUSE_MAX_USEC)
            client->deaths = 0;
        client->last_death_usec = now;
        if (client->deaths > 0)
            client->reviving = sd_event_add_time_relative(client->event, &client->revive, CLOCK_MONOTONIC,
                                   pause_usec(client->deaths), 0, on_revive, client) >= 0;
        client->deaths++;
    }
    entries_foreach(client, entry_advance);
    client_changed(client, NULL);
}

static void helper_appeared(HelperClient *client, const char *unique)
{
    g_free(client->helper);
    client->helper = g_strdup(unique);
    list_clamps(client);
    entries_foreach(client, entry_retry_unavailable);
}

/* `unique`: NULL when nobody is known under that name. */
static bool is_from(sd_bus_message *m, const char *unique)
{
    return unique && g_strcmp0(sd_bus_message_get_sender(m), unique) == 0;
}

static int on_name_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;
    const char *name, *old, *new;

    if (!is_from(m, BUS_DRIVER) || sd_bus_message_read(m, "sss", &name, &old, &new) < 0)
        return 0;
    if (strcmp(name, POLKIT_NAME) == 0) {
        g_free(client->authority);
        client->authority = new[0] ? g_strdup(new) : NULL;
        return 0;
    }
    if (strcmp(name, HELPER_NAME) != 0)
        return 0;
    if (client->helper)
        helper_vanished(client);
    if (new[0])
        helper_appeared(client, new);
    return 0;
}

static int on_name_owner(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;
    const char *unique;

    if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "s", &unique) < 0)
        return 0;
    if (g_strcmp0(client->helper, unique) != 0)
        helper_appeared(client, unique);
    return 0;
}

static int on_authority_owner(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;
    const char *unique;

    if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "s", &unique) < 0)
        return 0;
    g_free(client->authority);
    client->authority = g_strdup(unique);
    return 0;
}

static int on_clamp_installed(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;
    const char *ifname;
    ClampState state;

    if (!is_from(m, client->helper) || sd_bus_message_read(m, "s", &ifname) < 0 || clamp_read(m, &state) < 0)
        return 0;
    mode_set(client, ifname, state);
    client_changed(client, strcmp(ifname, EVERY_TUNNEL) == 0 ? NULL : ifname);
    return 0;
}

static int on_clamp_removed(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;
    const char *ifname;

    if (!is_from(m, client->helper) || sd_bus_message_read(m, "s", &ifname) < 0)
        return 0;
    mode_set(client, ifname, CLAMP_NONE);
    Entry *entry = entry_find(client, ifname);
    if (entry) {
        claim_removed(&entry->claim);
        entry_advance(entry);
    }
    client_changed(client, strcmp(ifname, EVERY_TUNNEL) == 0 ? NULL : ifname);
    return 0;
}

static void retry_denied(HelperClient *client)
{
    client->recheck = sd_event_source_disable_unref(client->recheck);
    client->last_polkit_usec = now_usec(client);
    entries_foreach(client, entry_retry_denied);
    client_changed(client, NULL);
}

static int on_recheck(sd_event_source *source, uint64_t usec, void *userdata)
{
    retry_denied(userdata);
    return 0;
}

/* At once, but not more often than once a second. */
static int on_polkit_changed(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;
    uint64_t since = now_usec(client) - client->last_polkit_usec;

    if (!is_from(m, client->authority) || client->recheck)
        return 0;
    if (since >= POLKIT_CHANGED_MIN_USEC || sd_event_add_time_relative(client->event, &client->recheck, CLOCK_MONOTONIC,
                                                POLKIT_CHANGED_MIN_USEC - since, 0, on_recheck, client) < 0)
        retry_denied(client);
    return 0;
}

static int on_connected(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;

    client->connected = true;
    client->reconnect_usec = RECONNECT_USEC;
    (void) sd_bus_call_method_async(client->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
        "org.freedesktop.DBus", "GetNameOwner", on_name_owner, client, "s", HELPER_NAME);
    (void) sd_bus_call_method_async(client->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
        "org.freedesktop.DBus", "GetNameOwner", on_authority_owner, client, "s", POLKIT_NAME);
    entries_foreach(client, entry_retry_unavailable);
    client_changed(client, NULL);
    return 0;
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata);

static void reconnect_later(HelperClient *client)
{
    client->reconnect = sd_event_source_disable_unref(client->reconnect);
    (void) sd_event_add_time_relative(
        client->event, &client->reconnect, CLOCK_MONOTONIC, client->reconnect_usec, 0, on_reconnect, client);
    client->reconnect_usec = MIN2(client->reconnect_usec * 2, PAUSE_MAX_USEC);
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
    HelperClient *client = userdata;

    client->reconnect = sd_event_source_disable_unref(client->reconnect);
    client->bus = sd_bus_close_unref(client->bus);
    if (bus_start(client) < 0)
        reconnect_later(client);
    return 0;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    HelperClient *client = userdata;

    if (client->connected)
        log_info("The system bus went away; waiting for it.");
    client->connected = false;
    g_clear_pointer(&client->helper, g_free);
    g_clear_pointer(&client->authority, g_free);
    g_hash_table_remove_all(client->modes);
    entries_foreach(client, entry_bus_gone);
    reconnect_later(client); /* the connection is not freed inside its own callback */
    client_changed(client, NULL);
    return 0;
}

static int bus_match(HelperClient *client)
{
    static const struct {
        const char *match;
        sd_bus_message_handler_t handler;
    } rows[] = {
        {"type='signal',path='/org/freedesktop/DBus/Local',interface='org.freedesktop.DBus.Local',member='Connected'",
            on_connected},
        {"type='signal',path='/org/freedesktop/DBus/Local',interface='org.freedesktop.DBus.Local',"
         "member='Disconnected'",
            on_disconnected},
        {"type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
         "member='NameOwnerChanged',arg0='" HELPER_NAME "'",
            on_name_owner_changed},
        {"type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
         "member='NameOwnerChanged',arg0='" POLKIT_NAME "'",
            on_name_owner_changed},
        {"type='signal',sender='" HELPER_NAME "',path='" HELPER_PATH "',interface='" HELPER_INTERFACE "',"
         "member='ClampInstalled'",
            on_clamp_installed},
        {"type='signal',sender='" HELPER_NAME "',path='" HELPER_PATH "',interface='" HELPER_INTERFACE "',"
         "member='ClampRemoved'",
            on_clamp_removed},
        {"type='signal',sender='" POLKIT_NAME "',path='" POLKIT_PATH "',interface='" POLKIT_INTERFACE "',"
         "member='Changed'",
            on_polkit_changed},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        int r = sd_bus_add_match_async(client->bus, NULL, rows[i].match, rows[i].handler, NULL, client);
        if (r < 0)
            return r;
    }
    return 0;
}

static int bus_start(HelperClient *client)
{
    const char *address = g_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    int r;

    r = sd_bus_new(&client->bus);
    if (r < 0)
        return r;
    (void) sd_bus_set_description(client->bus, "helper");
    r = sd_bus_set_address(client->bus, address && address[0] ? address : "unix:path=/run/dbus/system_bus_socket");
    if (r < 0)
        return r;
    r = sd_bus_set_bus_client(client->bus, true);
    if (r < 0)
        return r;
    r = sd_bus_set_watch_bind(client->bus, true);
    if (r < 0)
        return r;
    /* Never wait for this bus at the end of the event loop: our claims go with the connection anyway. */
    r = sd_bus_set_close_on_exit(client->bus, false);
    if (r < 0)
        return r;
    r = sd_bus_set_connected_signal(client->bus, true);
    if (r < 0)
        return r;
    r = sd_bus_start(client->bus);
    if (r < 0)
        return r;
    r = bus_match(client);
    if (r < 0)
        return r;
    return sd_bus_attach_event(client->bus, client->event, SD_EVENT_PRIORITY_NORMAL);
}

static Entry *entry_get(HelperClient *client, const char *ifname)
{
    Entry *entry = entry_find(client, ifname);

    if (!entry) {
        entry = g_new0(Entry, 1);
        entry->client = client;
        g_strlcpy(entry->ifname, ifname, sizeof(entry->ifname));
        g_hash_table_insert(client->entries, entry->ifname, entry);
    }
    return entry;
}

void helper_client_want(HelperClient *client, const char *ifname, bool wanted)
{
    Entry *entry = wanted ? entry_get(client, ifname) : entry_find(client, ifname);

    if (!entry)
        return;
    claim_want(&entry->claim, wanted);
    entry_advance(entry);
}

void helper_client_want_interactively(HelperClient *client, const char *ifname)
{
    Entry *entry = entry_get(client, ifname);

    claim_want(&entry->claim, true);
    if (entry->claim.held != CLAIM_HELD_YES)
        claim_retry(&entry->claim, true);
    entry_advance(entry);
}

void helper_client_retry(HelperClient *client, const char *ifname)
{
    Entry *entry = entry_find(client, ifname);

    if (!entry || !entry->claim.wanted || entry->claim.held == CLAIM_HELD_YES ||
        entry->claim.refusal == CLAIM_REFUSAL_WITHDRAWN)
        return;
    claim_retry(&entry->claim, false);
    entry_advance(entry);
}

static ClampState mode_get(const HelperClient *client, const char *ifname)
{
    return (ClampState) GPOINTER_TO_INT(g_hash_table_lookup(client->modes, ifname));
}

ClampState helper_client_state(const HelperClient *client, const char *ifname, bool has_kind)
{
    const Entry *entry = entry_find(client, ifname);
    ClampState state = mode_get(client, ifname);

    if (state == CLAMP_NONE && has_kind)
        state = mode_get(client, EVERY_TUNNEL);
    if (state != CLAMP_NONE || !entry || !entry->claim.wanted)
        return state;
    if (entry->claim.call == CLAIM_CALL_INSTALL)
        return CLAMP_REQUESTED;
    if (!client->connected)
        return CLAMP_UNAVAILABLE;
    switch (entry->claim.refusal) {
    case CLAIM_REFUSAL_DENIED:
        return CLAMP_DENIED;
    case CLAIM_REFUSAL_UNAVAILABLE:
        return CLAMP_UNAVAILABLE;
    case CLAIM_REFUSAL_WITHDRAWN:
        return CLAMP_NONE;
    case CLAIM_REFUSAL_NONE:
    default:
        return client->reviving ? CLAMP_UNAVAILABLE : CLAMP_REQUESTED;
    }
}

const Claim *helper_client_claim(const HelperClient *client, const char *ifname)
{
    const Entry *entry = entry_find(client, ifname);
    return entry ? &entry->claim : NULL;
}

const char *helper_client_failure(const HelperClient *client, const char *ifname)
{
    const Entry *entry = entry_find(client, ifname);
    return entry ? entry->failure : NULL;
}

HelperClient *helper_client_free(HelperClient *client)
{
    if (!client)
        return NULL;
    g_hash_table_unref(client->entries);
    g_hash_table_unref(client->modes);
    sd_event_source_disable_unref(client->reconnect);
    sd_event_source_disable_unref(client->revive);
    sd_event_source_disable_unref(client->recheck);
    sd_bus_close_unref(client->bus);
    sd_event_unref(client->event);
    g_free(client->helper);
    g_free(client->authority);
    g_free(client);
    return NULL;
}

int helper_client_new(HelperClient **ret, sd_event *event, HelperClientChanged changed, void *userdata)
{
    _cleanup_(helper_client_freep) HelperClient *client = g_new0(HelperClient, 1);

    client->event = sd_event_ref(event);
    client->changed = changed;
    client->userdata = userdata;
    client->reconnect_usec = RECONNECT_USEC;
    client->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
    client->modes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (bus_start(client) < 0) {
        client->bus = sd_bus_close_unref(client->bus);
        reconnect_later(client);
    }
    *ret = TAKE_PTR(client);
    return 0;
}
