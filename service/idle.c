/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way out must lose no call. In order:
 *
 *   1. The timer fires, nothing to do: tell systemd STOPPING=1, so that it starts a new process for a call that comes
 *      from now on, and ask the bus to release the name (asynchronously).
 *   2. Calls that the bus had already routed to us arrive before its answer and are served at once.
 *   3. The answer is there: end the event loop. The connection is flushed when it is closed.
 *
 * There is no way back from 1: for systemd a service of Type=dbus that gives up its name is stopping, and killed if it
 * stays.
 */
#include <glib.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "service/idle.h"
#include "service/log.h"
#include "shared/names.h"

#define UNIT_NAME "airpodsd.service"

struct Idle {
    sd_event *event;
    sd_bus *bus;
    sd_event_source *timer;
    sd_bus_slot *filter, *question;
    uint64_t usec;
    bool leaving;
    bool (*busy)(void *userdata);
    void *userdata;
};

static void timer_restart(Idle *idle)
{
    if (!idle->timer || idle->leaving) /* without a timer it is one that stays */
        return;
    (void) sd_event_source_set_time_relative(idle->timer, idle->usec);
    (void) sd_event_source_set_enabled(idle->timer, SD_EVENT_ONESHOT);
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Idle *idle = userdata;

    if (sd_bus_message_is_method_call(m, NULL, NULL) > 0)
        timer_restart(idle);
    return 0;
}

static int on_released(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    const Idle *idle = userdata;

    log_debug("Nothing to do, leaving.");
    return sd_event_exit(idle->event, 0);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    Idle *idle = userdata;

    if (idle->busy(idle->userdata)) {
        timer_restart(idle);
        return 0;
    }
    (void) sd_notify(false, "STOPPING=1");
    idle->leaving = true;
    return sd_bus_release_name_async(idle->bus, NULL, MANAGER_NAME, on_released, idle);
}

static int may_leave(Idle *idle)
{
    return sd_event_add_time_relative(idle->event, &idle->timer, CLOCK_MONOTONIC, idle->usec, 0, on_timer, idle);
}

static int on_unit_file_state(sd_bus_message *m, void *userdata, sd_bus_error *reterr)
{
    Idle *idle = userdata;
    const char *state;

    idle->question = sd_bus_slot_unref(idle->question);
    /* Without an answer, and with any other one, we stay: leaving by mistake is worse than staying by mistake. */
    static const char *const not_enabled[] = {"disabled", "static", "linked", "linked-runtime", NULL};
    if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "s", &state) < 0)
        return 0;
    return g_strv_contains(not_enabled, state) ? may_leave(idle) : 0;
}

static int ask_systemd(Idle *idle)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
    int r;

    r = sd_bus_message_new_method_call(idle->bus, &m, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager", "GetUnitFileState");
    if (r < 0)
        return r;
    r = sd_bus_message_set_auto_start(m, false);
    if (r < 0)
        return r;
    r = sd_bus_message_append(m, "s", UNIT_NAME);
    if (r < 0)
        return r;
    return sd_bus_call_async(idle->bus, &idle->question, m, on_unit_file_state, idle, 0);
}

Idle *idle_free(Idle *idle)
{
    if (!idle)
        return NULL;
    sd_event_source_disable_unref(idle->timer);
    sd_bus_slot_unref(idle->filter);
    sd_bus_slot_unref(idle->question);
    sd_bus_unref(idle->bus);
    sd_event_unref(idle->event);
    g_free(idle);
    return NULL;
}

int idle_new(Idle **ret, sd_bus *bus, uint64_t usec, bool (*busy)(void *userdata), void *userdata)
{
    _cleanup_(idle_freep) Idle *idle = g_new0(Idle, 1);
    int r;

    idle->bus = sd_bus_ref(bus);
    idle->event = sd_event_ref(sd_bus_get_event(bus));
    idle->usec = usec;
    idle->busy = busy;
    idle->userdata = userdata;
    r = sd_bus_add_filter(bus, &idle->filter, on_message, idle);
    if (r < 0)
        return r;
    if (g_getenv("DBUS_STARTER_ADDRESS"))
        r = may_leave(idle);
    else if (g_getenv("INVOCATION_ID"))
        r = ask_systemd(idle);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(idle);
    return 0;
}
