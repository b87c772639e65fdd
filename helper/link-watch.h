/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The helper's own eyes on network links: one link read by name now, and a watch that says which link something
 * happened to. It does not interpret what it sees; helper.c reads the link again and decides.
 */
#pragma once

#include <systemd/sd-event.h>

#include "shared/link.h"
#include "shared/macro.h"

/* Reads the link of this very name from the kernel; -ENODEV when there is none. Does not block. */
int link_read(const char *name, Link *ret);

/* `changed`: the link as the event describes it, perhaps already out of date. NULL: events were lost, look at all. */
typedef void (*LinkWatchFunc)(const Link *changed, void *userdata);

typedef struct LinkWatch LinkWatch;
int link_watch_new(LinkWatch **ret, sd_event *event, LinkWatchFunc func, void *userdata);
LinkWatch *link_watch_free(LinkWatch *watch);
DEFINE_FREEP(LinkWatch, link_watch_free)
