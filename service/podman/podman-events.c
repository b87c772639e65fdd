/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stream is opened with since = the moment of the first subscription, or of the last event that was told: Podman
 * then begins with what happened meanwhile, and what had been told is passed over by its time. A stream that breaks is
 * opened again after 100 ms, doubling to 10 s while it keeps failing; then everybody is told to look again, since a
 * Podman that was killed may have lost its last entries.
 *
 * A subscription that is freed while events are told stays in the list, dead, until the telling is over.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/lines.h"
#include "service/podman/podman-events.h"

#define EVENT_LINE_MAX (256U * 1024)
#define PAUSE_FIRST_USEC (100ULL * 1000)
#define PAUSE_MAX_USEC (10ULL * 1000 * 1000)

struct EventSubscription {
    PodmanEvents *events;
    bool dead;
    EventHandler handler;
    void *userdata;
};

struct PodmanEvents {
    sd_event *event;
    Podman *podman;
    PodmanCall *call;
    sd_event_source *pause;
    uint64_t pause_usec;
    Lines lines;
    uint64_t since_nsec; /* told up to here */
    bool broken;         /* tell everybody to look again when it is back */
    unsigned generation; /* of the stream */
    GPtrArray *subscriptions;
    unsigned living, telling;
};

static void stream_open(PodmanEvents *events);

static void stream_close(PodmanEvents *events)
{
    events->generation++;
    events->call = podman_call_free(events->call);
    events->pause = sd_event_source_disable_unref(events->pause);
    events->pause_usec = PAUSE_FIRST_USEC;
    events->broken = false;
    lines_clear(&events->lines);
}

static void sweep(PodmanEvents *events)
{
    if (events->telling > 0)
        return;
    for (unsigned i = events->subscriptions->len; i > 0; i--) {
        EventSubscription *subscription = g_ptr_array_index(events->subscriptions, i - 1);
        if (subscription->dead)
            g_free(g_ptr_array_remove_index(events->subscriptions, i - 1));
    }
}

static void tell(PodmanEvents *events, const PodmanEvent *event)
{
    /* Those that come while it is told have asked for what follows. */
    unsigned n = events->subscriptions->len;

    events->telling++;
    for (unsigned i = 0; i < n; i++) {
        EventSubscription *subscription = g_ptr_array_index(events->subscriptions, i);
        if (!subscription->dead)
            subscription->handler(event, subscription->userdata);
    }
    events->telling--;
    sweep(events);
}

static int on_line(const char *line, size_t size, void *userdata)
{
    PodmanEvents *events = userdata;
    _cleanup_(podman_event_freep) PodmanEvent *event = NULL;

    if (size == 0)
        return 0;
    int r = podman_event_parse(line, size, &event);
    if (r < 0)
        return r;
    events->pause_usec = PAUSE_FIRST_USEC;
    if (event->nsec <= events->since_nsec)
        return 0;
    events->since_nsec = event->nsec;
    unsigned generation = events->generation;
    tell(events, event);
    /* When the last subscription was freed, this stream ended with it. */
    return events->generation == generation ? 0 : -ECANCELED;
}

static int on_data(const char *data, size_t size, void *userdata)
{
    PodmanEvents *events = userdata;

    return lines_feed(&events->lines, data, size);
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    PodmanEvents *events = userdata;

    events->pause = sd_event_source_disable_unref(events->pause);
    stream_open(events);
    if (events->broken) {
        events->broken = false;
        tell(events, NULL);
    }
    return 0;
}

static void stream_pause(PodmanEvents *events)
{
    events->broken = true;
    lines_clear(&events->lines);
    (void) sd_event_add_time_relative(
        events->event, &events->pause, CLOCK_MONOTONIC, events->pause_usec, 0, on_pause_over, events);
    events->pause_usec = MIN2(events->pause_usec * 2, PAUSE_MAX_USEC);
}

static void on_done(const PodmanReply *reply, const sd_bus_error *error, void *userdata)
{
    PodmanEvents *events = userdata;

    events->call = podman_call_free(events->call);
    stream_pause(events);
}

static void stream_open(PodmanEvents *events)
{
    g_autofree char *path = g_strdup_printf("/events?stream=true&since=%llu.%09llu",
        (unsigned long long) (events->since_nsec / 1000000000), (unsigned long long) (events->since_nsec % 1000000000));
    const PodmanRequest request = {
        .method = "GET",
        .path = path,
        .doing = "tell what happens",
        .total_usec = UINT64_MAX,
        .data = on_data,
        .done = on_done,
        .userdata = events,
    };

    if (podman_call_new(&events->call, events->podman, &request) < 0)
        stream_pause(events);
}

int podman_events_subscribe(EventSubscription **ret, PodmanEvents *events, EventHandler handler, void *userdata)
{
    EventSubscription *subscription = g_new0(EventSubscription, 1);

    *subscription = (EventSubscription){.events = events, .handler = handler, .userdata = userdata};
    g_ptr_array_add(events->subscriptions, subscription);
    if (events->living++ == 0) {
        events->since_nsec = (uint64_t) g_get_real_time() * 1000;
        stream_open(events);
    }
    *ret = subscription;
    return 0;
}

EventSubscription *event_subscription_free(EventSubscription *subscription)
{
    if (!subscription)
        return NULL;
    PodmanEvents *events = subscription->events;
    subscription->dead = true;
    if (--events->living == 0)
        stream_close(events);
    sweep(events);
    return NULL;
}

PodmanEvents *podman_events_free(PodmanEvents *events)
{
    if (!events)
        return NULL;
    g_assert(events->living == 0 && events->telling == 0);
    stream_close(events);
    g_ptr_array_unref(events->subscriptions);
    g_free(events);
    return NULL;
}

int podman_events_new(PodmanEvents **ret, sd_event *event, Podman *podman)
{
    PodmanEvents *events = g_new0(PodmanEvents, 1);

    events->event = event;
    events->podman = podman;
    events->pause_usec = PAUSE_FIRST_USEC;
    events->lines = (Lines){.max = EVENT_LINE_MAX, .handler = on_line, .userdata = events};
    events->subscriptions = g_ptr_array_new();
    *ret = events;
    return 0;
}
