/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel first, model after. A change is worked out on the side, sent to the kernel as one batch, and only when that is
 * in force does the model follow; nothing in the second half can fail, so there is nothing to undo.
 *
 * Leaving. When the idle time is over and there is no claim and no call in hand: tell systemd (STOPPING=1, so that it
 * starts us anew for a call that comes later), give the name back, and go on serving what the bus daemon had already
 * sent us. Its reply to ReleaseName comes behind all of that. A call for a new claim in this short time is refused with
 * the advice to repeat it, since there is no way back once systemd knows.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "helper/helper.h"
#include "helper/helper-bus.h"
#include "helper/log.h"
#include "helper/request.h"
#include "shared/names.h"

static uint64_t realtime_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t) now.tv_sec * 1000000U + (uint64_t) now.tv_nsec / 1000U;
}

/* Brings the model to a rule that the kernel has already. */
static void clamp_set_rule(Helper *helper, Clamp *clamp, const ClampRule *rule, bool is_new)
{
    bool changed = is_new || !clamp_rule_equal(&clamp->rule, rule);

    if (is_new || (rule->active && !clamp->rule.active))
        clamp->since_usec = realtime_usec();
    clamp->rule = *rule;
    if (changed)
        helper_bus_emit_installed(helper, clamp);
}

/* The link of the clamp's name, as it is now; of an absent one only the kind is kept. */
static void clamp_look(Clamp *clamp)
{
    Link link;
    int r;

    if (clamp_is_every(clamp))
        return;
    r = link_read(clamp->interface, &link);
    if (r >= 0) {
        clamp->link = link;
    } else if (r == -ENODEV) { /* any other failure says nothing about the link */
        clamp->link.ifindex = 0;
        clamp->link.mtu = 0;
    }
}

/* A link came, went or changed: the clamp wakes up or falls asleep with it. */
static void clamp_follow_link(Helper *helper, Clamp *clamp)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

    clamp_look(clamp);
    ClampRule rule = clamp_rule(clamp, NULL, NULL);
    if (nft_change(helper->nft, clamp->interface, &clamp->rule, &rule, &error) < 0) {
        log_error("%s: %s", clamp->interface, error.message);
        return;
    }
    clamp_set_rule(helper, clamp, &rule, false);
}

static void on_link_changed(const Link *changed, void *userdata)
{
    Helper *helper = userdata;

    for (Clamp *clamp = helper->table.clamps; clamp; clamp = clamp->next)
        if (!changed || clamp->link.ifindex == changed->ifindex || strcmp(clamp->interface, changed->name) == 0)
            clamp_follow_link(helper, clamp);
}

static int helper_watch(Helper *helper)
{
    return helper->watch ? 0 : link_watch_new(&helper->watch, helper->event, on_link_changed, helper);
}

static void helper_unwatch_if_empty(Helper *helper)
{
    if (!helper->table.clamps)
        helper->watch = link_watch_free(helper->watch);
}

int helper_change(Helper *helper, const char *interface, const ClaimFilter *without, Claim *with, sd_bus_error *reterr)
{
    int r;

    /* The watch first, then the look: nothing that happens to the link from here on is missed. */
    r = with ? helper_watch(helper) : 0;
    if (r < 0)
        return sd_bus_error_set_errno(reterr, r);
    Clamp *clamp = clamp_table_get(&helper->table, interface);
    if (!clamp)
        return -ENOMEM;
    bool is_new = !clamp->claims;
    if (with)
        clamp_look(clamp);
    ClampRule rule = clamp_rule(clamp, without, with);
    if (rule.n_claims == 0 && helper->table.clamps == clamp && !clamp->next)
        r = nft_remove(helper->nft, reterr);
    else
        r = nft_change(helper->nft, interface, &clamp->rule, &rule, reterr);
    if (r < 0) {
        if (is_new)
            clamp_table_drop(&helper->table, clamp);
        helper_unwatch_if_empty(helper);
        return r;
    }

    if (without)
        clamp_remove(clamp, without);
    if (with)
        clamp_add(clamp, with);
    if (clamp->claims) {
        clamp_set_rule(helper, clamp, &rule, is_new);
        return 0;
    }
    clamp_table_drop(&helper->table, clamp);
    helper_unwatch_if_empty(helper);
    helper_bus_emit_removed(helper, interface);
    return 0;
}

/* Drops what belongs to a connection that has left the bus. */
static void helper_drop_caller(Helper *helper, const char *bus_name)
{
    const ClaimFilter filter = {.bus_name = bus_name, .lifetime = LIFETIME_SESSION};

    request_drop(helper, bus_name);
    for (Clamp *clamp = helper->table.clamps, *next; clamp; clamp = next) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        char interface[IFNAME_SIZE];
        next = clamp->next;
        const Claim *claim = clamp_find(clamp, &filter);
        if (!claim)
            continue;
        LogDecision decision = {
            .message_id = MESSAGE_CLAMP_REMOVED_STR,
            .action = "caller left the bus",
            .interface = strcpy(interface, clamp->interface),
            .lifetime = lifetime_to_string(LIFETIME_SESSION),
            .path_mtu = claim->path_mtu,
            .uid = claim->uid,
            .result = "done",
        };
        if (helper_change(helper, interface, &filter, NULL, &error) < 0)
            decision.result = error.name;
        log_decision(&decision);
        helper_touch(helper);
    }
}

static int on_name_lost(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    const char *sender = sd_bus_message_get_sender(message), *name, *old_owner, *new_owner;

    /* On dbus1 sd-bus lets a signal from any unique name pass a match on a well-known sender, and anybody may send us
     * one: believed, it would drop other users' claims. */
    if (!sender || strcmp(sender, BUS_DRIVER) != 0)
        return 0;
    if (sd_bus_message_read(message, "sss", &name, &old_owner, &new_owner) >= 0 && name[0] == ':' &&
        new_owner[0] == '\0')
        helper_drop_caller(userdata, name);
    return 0;
}

static int on_any_message(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    if (sd_bus_message_is_method_call(message, NULL, NULL) > 0)
        helper_touch(userdata);
    return 0;
}

static int on_name_released(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    Helper *helper = userdata;
    helper->released = true;
    helper_touch(helper);
    return 0;
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
    Helper *helper = userdata;

    /* What keeps us starts the time anew when it ends. */
    if (helper->table.clamps || request_pending(helper))
        return 0;
    helper->leaving = true;
    sd_notify(0, "STOPPING=1");
    return sd_bus_release_name_async(helper->bus, NULL, HELPER_NAME, on_name_released, helper);
}

void helper_touch(Helper *helper)
{
    if (helper->released && !request_pending(helper))
        sd_event_exit(helper->event, 0);
    if (!helper->idle || helper->leaving)
        return;
    sd_event_source_set_time_relative(helper->idle, helper->options.idle_usec);
    sd_event_source_set_enabled(helper->idle, SD_EVENT_ONESHOT);
}

static int on_name_acquired(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    Helper *helper = userdata;
    uint32_t result = 0;

    if (sd_bus_message_is_method_error(answer, NULL) || sd_bus_message_read(answer, "u", &result) < 0 || result != 1) {
        const sd_bus_error *error = sd_bus_message_get_error(answer);
        log_error("Cannot take the name %s: %s", HELPER_NAME, error ? error->message : "it is taken");
        return sd_event_exit(helper->event, 1);
    }
    sd_notify(0, "READY=1");
    helper_touch(helper);
    return 0;
}

/* As sd_bus_open_system() and sd_bus_open_user() do, but without file descriptors: a caller could fill our table with
 * those that it attaches to calls that wait. */
static int helper_start_bus(Helper *helper)
{
    const char *address =
        secure_getenv(helper->options.session ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
    int r;

    if (!address && helper->options.session)
        return -ENOMEDIUM;
    r = sd_bus_new(&helper->bus);
    if (r >= 0)
        r = sd_bus_set_address(helper->bus, address ? address : "unix:path=/run/dbus/system_bus_socket");
    if (r >= 0)
        r = sd_bus_set_bus_client(helper->bus, true);
    if (r >= 0)
        r = sd_bus_negotiate_fds(helper->bus, false);
    if (r >= 0)
        r = sd_bus_set_exit_on_disconnect(helper->bus, true);
    return r < 0 ? r : sd_bus_start(helper->bus);
}

static int helper_open_bus(Helper *helper)
{
    int r = helper_start_bus(helper);

    if (r < 0)
        return r;
    r = sd_bus_attach_event(helper->bus, helper->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0)
        return r;
    r = sd_bus_add_filter(helper->bus, NULL, on_any_message, helper);
    if (r < 0)
        return r;
    /* One match for every name that vanishes: one for each caller would meet the bus daemon's limit on matches. */
    r = sd_bus_add_match_async(helper->bus, NULL,
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
        "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''",
        on_name_lost, NULL, helper);
    if (r < 0)
        return r;
    r = helper_bus_export(helper);
    if (r < 0)
        return r;
    return sd_bus_request_name_async(helper->bus, NULL, HELPER_NAME, 0, on_name_acquired, helper);
}

Helper *helper_free(Helper *helper)
{
    if (!helper)
        return NULL;
    request_drop(helper, NULL);
    helper->watch = link_watch_free(helper->watch);
    /* The rules go before the bus does: who sees our name vanish finds the kernel clean. */
    helper->nft = nft_free(helper->nft);
    clamp_table_done(&helper->table);
    rate_limit_done(&helper->rate);
    sd_event_source_disable_unref(helper->idle);
    sd_bus_flush_close_unref(helper->bus);
    sd_event_unref(helper->event);
    free(helper);
    return NULL;
}

static int helper_open_event(Helper *helper)
{
    sigset_t signals;
    int r;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return -errno;
    r = sd_event_default(&helper->event);
    if (r < 0)
        return r;
    r = sd_event_add_signal(helper->event, NULL, SIGTERM, NULL, NULL);
    if (r < 0)
        return r;
    r = sd_event_add_signal(helper->event, NULL, SIGINT, NULL, NULL);
    if (r < 0)
        return r;
    r = sd_event_add_time_relative(helper->event, &helper->idle, CLOCK_MONOTONIC, 0, 1, on_idle, helper);
    if (r < 0)
        return r;
    return sd_event_source_set_enabled(helper->idle, SD_EVENT_OFF);
}

int helper_new(Helper **ret, const HelperOptions *options)
{
    _cleanup_(helper_freep) Helper *helper = calloc(1, sizeof(*helper));
    int r;

    if (!helper)
        return -ENOMEM;
    helper->options = *options;
    r = helper_open_event(helper);
    if (r < 0)
        return r;
    r = nft_new(&helper->nft, !options->no_owner);
    if (r < 0)
        return r;
    r = helper_open_bus(helper);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(helper);
    return 0;
}
