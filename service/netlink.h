/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rtnetlink monitor: keeps a TunnelModel in step with the kernel, and asks the kernel through which link public
 * addresses leave. Unprivileged, never blocks, runs on sd-event. Knows nothing of D-Bus or policy. Used by manager.c.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "service/tunnel.h"

typedef struct Netlink Netlink;

/* After a batch of messages; `complete` once the first dump and the first answers are in. */
typedef void (*NetlinkChanged)(bool complete, void *userdata);

/* The model must outlive the monitor. */
int netlink_new(Netlink **ret, sd_event *event, TunnelModel *model, NetlinkChanged changed, void *userdata);
Netlink *netlink_free(Netlink *netlink);
DEFINE_FREEP(Netlink, netlink_free)
