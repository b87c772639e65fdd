/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens in Podman, told as long as somebody wants to know. An open stream keeps Podman's API service from
 * leaving when idle, so there is one for all subscriptions, and none without one.
 */
#pragma once

#include "service/podman/event-line.h"
#include "service/podman/podman.h"

typedef struct PodmanEvents PodmanEvents;
typedef struct EventSubscription EventSubscription;

/* event NULL: some may have been missed (the stream broke and is back): look again. May free any subscription. */
typedef void (*EventHandler)(const PodmanEvent *event, void *userdata);

/* Nothing is opened yet. Subscriptions are freed before it. */
int podman_events_new(PodmanEvents **ret, sd_event *event, Podman *podman);
PodmanEvents *podman_events_free(PodmanEvents *events);
DEFINE_FREEP(PodmanEvents, podman_events_free)

/* What happens from this moment on, also while the stream is still being opened. */
int podman_events_subscribe(EventSubscription **ret, PodmanEvents *events, EventHandler handler, void *userdata);
EventSubscription *event_subscription_free(EventSubscription *subscription);
DEFINE_FREEP(EventSubscription, event_subscription_free)
