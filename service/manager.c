/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start: the configuration, the memory, the bus objects, then the first picture of the network. Tunnels that are in it
 * were there before us and need no settle time. Only then is the name taken, so that the client whose call started us
 * finds everything in place.
 */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "service/log.h"
#include "service/manager-bus.h"
#include "service/manager.h"
#include "service/tunnel-bus.h"
#include "shared/error.h"
#include "shared/names.h"

/* Tunnels beyond this are not served. */
#define VPNS_MAX 256U

Vpn *manager_find_vpn(const Manager *manager, const char *ifname)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->vpns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Vpn *vpn = value;
        if (vpn->settled && strcmp(vpn->facts.name, ifname) == 0)
            return vpn;
    }
    return NULL;
}

Policy manager_policy(const Manager *manager, const TunnelFacts *facts)
{
    Policy policy = state_get_policy(manager->state, facts->name, facts->kind);
    return policy >= 0 ? policy : config_store_get(manager->store)->mss_clamp;
}

void manager_evaluate(Manager *manager)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->vpns);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        vpn_evaluate(value);
}

void manager_remember_policy(Manager *manager, const char *ifname, const char *kind, Policy policy)
{
    int r = state_set_policy(manager->state, ifname, kind, policy);
    if (r < 0)
        log_warning("%s: the policy could not be written down and holds until airpodsd ends: %s", ifname, strerror(-r));
    Vpn *vpn = manager_find_vpn(manager, ifname);
    if (!vpn)
        return;
    vpn_evaluate(vpn); /* first: "off" must not ask once more */
    helper_client_retry(manager->helper, ifname);
    vpn_evaluate(vpn);
}

bool manager_is_busy(const Manager *manager)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->vpns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Vpn *vpn = value;
        if (!vpn->settled || vpn->facts.reduced || helper_client_claim(manager->helper, vpn->facts.name))
            return true;
    }
    return false;
}

static bool is_busy(void *userdata)
{
    return manager_is_busy(userdata);
}

/* Says once about each link, for as long as it is up, why it is not served. */
static void mention_unservable(Manager *manager, const TunnelFacts *facts)
{
    if (!g_hash_table_add(manager->unservable, GINT_TO_POINTER(facts->ifindex)))
        return;
    g_autofree char *name = g_strescape(facts->name, NULL);
    log_warning(
        "The tunnel \"%s\" (link %d) has a name that airpods does not accept; it is left alone.", name, facts->ifindex);
}

static bool servable(Manager *manager, const TunnelFacts *facts)
{
    if (!facts->servable) {
        mention_unservable(manager, facts);
        return false;
    }
    return !config_ignores(config_store_get(manager->store), facts->name);
}

static const TunnelFacts *facts_find(const TunnelFacts *facts, size_t n, int ifindex)
{
    for (size_t i = 0; i < n; i++)
        if (facts[i].ifindex == ifindex)
            return &facts[i];
    return NULL;
}

/* Links that are no tunnels any more. */
static void forget_unservable(Manager *manager, const TunnelFacts *facts, size_t n)
{
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, manager->unservable);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const TunnelFacts *now = facts_find(facts, n, GPOINTER_TO_INT(key));
        if (!now || now->servable)
            g_hash_table_iter_remove(&iter);
    }
}

/* Ends what is gone or renamed. The links that were settled under another name are collected: they need no new wait. */
static void end_vpns(Manager *manager, const TunnelFacts *facts, size_t n, GHashTable *renamed)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->vpns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Vpn *vpn = value;
        const TunnelFacts *now = facts_find(facts, n, vpn->facts.ifindex);
        if (now && strcmp(now->name, vpn->facts.name) == 0)
            continue;
        if (now && vpn->settled)
            g_hash_table_add(renamed, GINT_TO_POINTER(now->ifindex));
        g_hash_table_iter_steal(&iter);
        vpn_free(vpn);
    }
}

static void look_at_network(Manager *manager)
{
    g_autofree TunnelFacts *facts = g_new(TunnelFacts, VPNS_MAX);
    g_autoptr(GHashTable) renamed = g_hash_table_new(NULL, NULL);
    size_t n = tunnel_model_collect(manager->model, facts, VPNS_MAX), served = 0;

    forget_unservable(manager, facts, n);
    for (size_t i = 0; i < n; i++)
        if (servable(manager, &facts[i]))
            facts[served++] = facts[i];

    end_vpns(manager, facts, served, renamed);
    for (size_t i = 0; i < served; i++) {
        gpointer key = GINT_TO_POINTER(facts[i].ifindex);
        Vpn *vpn = g_hash_table_lookup(manager->vpns, key);
        if (vpn) {
            vpn_update(vpn, &facts[i]);
        } else {
            bool at_once = !manager->complete || g_hash_table_contains(renamed, key);
            vpn = vpn_new(manager, &facts[i]);
            g_hash_table_insert(manager->vpns, key, vpn);
            vpn_begin(vpn, at_once);
        }
    }
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Manager *manager = userdata;
    uint32_t result;

    if (sd_bus_message_is_method_error(m, NULL)) {
        log_error("The name %s was refused: %s", MANAGER_NAME, sd_bus_message_get_error(m)->message);
        return sd_event_exit(manager->event, EXIT_FAILURE);
    }
    if (sd_bus_message_read(m, "u", &result) < 0 || result != 1) { /* DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER */
        log_error("The name %s is taken: airpodsd is running already.", MANAGER_NAME);
        return sd_event_exit(manager->event, EXIT_FAILURE);
    }
    (void) sd_notify(false, "READY=1");
    return 0;
}

static void on_network_changed(bool complete, void *userdata)
{
    Manager *manager = userdata;

    if (!complete && !manager->complete)
        return;
    look_at_network(manager);
    if (manager->complete)
        return;
    manager->complete = true;
    int r = sd_bus_request_name_async(manager->bus, NULL, MANAGER_NAME, 0, on_name, manager);
    if (r < 0) {
        log_error("The name %s cannot be requested: %s", MANAGER_NAME, strerror(-r));
        (void) sd_event_exit(manager->event, EXIT_FAILURE);
    }
}

static void on_helper_changed(const char *ifname, void *userdata)
{
    Manager *manager = userdata;
    Vpn *vpn;

    if (!ifname)
        manager_evaluate(manager);
    else if ((vpn = manager_find_vpn(manager, ifname)))
        vpn_evaluate(vpn);
}

static void on_notification_shown(const char *ifname, const char *kind, Outcome outcome, void *userdata)
{
    Manager *manager = userdata;
    int r = state_set_told(manager->state, ifname, kind, outcome_to_string(outcome));
    if (r < 0)
        log_warning("%s: what was told could not be written down: %s", ifname, strerror(-r));
}

static void on_button(const char *ifname, const char *kind, const char *key, void *userdata)
{
    Manager *manager = userdata;
    Vpn *vpn = manager_find_vpn(manager, ifname);

    if (strcmp(key, ACTION_NOT_FOR_THIS_VPN) == 0) {
        log_entry(LOG_INFO, NULL, ifname, "%s: a person chose \"Not for this VPN\".", ifname);
        manager_remember_policy(manager, ifname, kind, POLICY_OFF);
    } else if (vpn && strcmp(key, ACTION_DETAILS) == 0) {
        vpn_details(vpn);
    } else if (vpn && strcmp(key, ACTION_ADJUST) == 0) {
        vpn_adjust(vpn);
    } else if (vpn && strcmp(key, ACTION_ALLOW) == 0) {
        vpn_allow(vpn);
    }
}

static void log_problems(const Problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        const Problem *problem = &problems->items[i];
        g_autofree char *text = problem_to_string(problem);
        if (problem->severity == SEVERITY_ERROR)
            log_entry(LOG_ERR, MESSAGE_CONFIG_INVALID_STR, NULL, "%s", text);
        else
            log_warning("%s", text);
    }
}

int manager_reload(Manager *manager, sd_bus_error *reterr)
{
    Problems problems = {0};
    int r = config_store_reload(manager->store, &problems);

    log_problems(&problems);
    if (r < 0) {
        g_autofree char *text = problem_to_string(problems_first_error(&problems));
        r = error_set(reterr, ERROR_CONFIG_INVALID, "%s", text);
        log_warning(config_store_get(manager->store)->broken
                        ? "airpods does nothing by itself until the configuration is right."
                        : "The last good configuration stays in force.");
    } else if (manager->complete) {
        look_at_network(manager); /* vpn.ignore may have changed */
        manager_evaluate(manager);
    }
    problems_clear(&problems);
    return r < 0 ? r : 0;
}

static void on_config_changed(void *userdata)
{
    (void) manager_reload(userdata, NULL);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    (void) manager_reload(userdata, NULL);
    return 0;
}

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    Manager *manager = userdata;

    (void) sd_notify(false, "STOPPING=1");
    return sd_event_exit(manager->event, EXIT_SUCCESS);
}

static int on_session_bus_gone(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    const Manager *manager = userdata;

    log_info("The session bus is gone, leaving.");
    return sd_event_exit(manager->event, EXIT_SUCCESS);
}

static char *state_path(void)
{
    const char *home = g_getenv("XDG_STATE_HOME");

    if (home && home[0] == '/')
        return g_build_filename(home, "airpods", "tunnels", NULL);
    return g_build_filename(g_get_home_dir(), ".local", "state", "airpods", "tunnels", NULL);
}

static void open_state(Manager *manager)
{
    g_autofree char *path = state_path();
    int r = state_open(&manager->state, path);

    if (r > 0)
        log_warning("%s could not be understood and was moved to %s.corrupt; remembered choices are lost.", path, path);
    else if (r < 0)
        log_warning("%s cannot be read: %s", path, strerror(-r));
}

static int open_bus(Manager *manager)
{
    int r;

    r = sd_bus_open_user(&manager->bus);
    if (r < 0)
        return r;
    r = sd_bus_match_signal_async(manager->bus, NULL, NULL, "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
        "Disconnected", on_session_bus_gone, NULL, manager);
    if (r < 0)
        return r;
    return sd_bus_attach_event(manager->bus, manager->event, SD_EVENT_PRIORITY_NORMAL);
}

static int add_signals(Manager *manager)
{
    int r;

    (void) signal(SIGPIPE, SIG_IGN); /* whoever reads our stderr may be gone */
    r = sd_event_add_signal(
        manager->event, &manager->sigterm, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_terminate, manager);
    if (r < 0)
        return r;
    r = sd_event_add_signal(manager->event, &manager->sigint, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_terminate, manager);
    if (r < 0)
        return r;
    return sd_event_add_signal(manager->event, &manager->sighup, SIGHUP | SD_EVENT_SIGNAL_PROCMASK, on_hangup, manager);
}

static int start_parts(Manager *manager, const Options *options)
{
    const NotifyHandler handler = {on_notification_shown, on_button, manager};
    int r;

    r = notify_new(&manager->notify, manager->bus, &handler);
    if (r < 0)
        return r;
    r = manager_bus_register(manager);
    if (r < 0)
        return r;
    r = tunnel_bus_register(manager);
    if (r < 0)
        return r;
    r = idle_new(&manager->idle, manager->bus, options->idle_usec, is_busy, manager);
    if (r < 0)
        return r;
    r = helper_client_new(&manager->helper, manager->event, on_helper_changed, manager);
    if (r < 0)
        return r;
    return netlink_new(&manager->netlink, manager->event, manager->model, on_network_changed, manager);
}

static void vpn_destroy(gpointer p)
{
    vpn_free(p);
}

int manager_new(Manager **ret, sd_event *event, const Options *options)
{
    _cleanup_(manager_freep) Manager *manager = g_new0(Manager, 1);
    int r;

    manager->event = sd_event_ref(event);
    manager->vpns = g_hash_table_new_full(NULL, NULL, NULL, vpn_destroy);
    manager->unservable = g_hash_table_new(NULL, NULL);
    manager->model = tunnel_model_new();
    open_state(manager);
    r = config_store_new(&manager->store, event, on_config_changed, manager);
    if (r >= 0)
        r = add_signals(manager);
    if (r >= 0) {
        r = open_bus(manager);
        if (r < 0) {
            log_error("There is no session bus: %s", strerror(-r));
            return r;
        }
    }
    if (r >= 0) {
        (void) manager_reload(manager, NULL); /* errors are in the journal, and in force as "do nothing" */
        r = start_parts(manager, options);
    }
    if (r < 0) {
        log_error("airpodsd cannot start: %s", strerror(-r));
        return r;
    }
    *ret = TAKE_PTR(manager);
    return 0;
}

Manager *manager_free(Manager *manager)
{
    if (!manager)
        return NULL;
    /* The parts come first: their callbacks look at the tunnels. The end of the bus connection ends the claims. */
    netlink_free(manager->netlink);
    if (manager->vpns && manager->notify && manager->helper)
        g_hash_table_remove_all(manager->vpns);
    helper_client_free(manager->helper);
    notify_free(manager->notify);
    idle_free(manager->idle);
    sd_event_source_disable_unref(manager->sigterm);
    sd_event_source_disable_unref(manager->sigint);
    sd_event_source_disable_unref(manager->sighup);
    config_store_free(manager->store);
    state_free(manager->state);
    tunnel_model_free(manager->model);
    g_hash_table_unref(manager->vpns);
    g_hash_table_unref(manager->unservable);
    sd_bus_flush_close_unref(manager->bus);
    sd_event_unref(manager->event);
    g_free(manager);
    return NULL;
}
