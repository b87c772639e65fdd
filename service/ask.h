/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the kernel through which link a public address is reached (RTM_GETROUTE): from this host without a mark, and once
 * more for each bridge, as packets that it forwards would go. The kernel then applies `ip rule` itself, so that fwmark
 * set-ups (wg-quick, Mullvad) need no understanding here. A route lookup sends no packet. Used by netlink.c.
 */
#pragma once

#include <stdbool.h>
#include <linux/netlink.h>
#include <systemd/sd-event.h>

#include "service/tunnel.h"

typedef struct Ask Ask;

/* All questions of a round are answered, and the answers are in the model; `news`: they differ from the last ones. */
typedef void (*AskAnswered)(bool news, void *userdata);

int ask_new(Ask **ret, sd_event *event, TunnelModel *model, AskAnswered answered, void *userdata);
Ask *ask_free(Ask *ask);

/* Ask everything again; questions that are under way are asked once more when they are answered. */
void ask_again(Ask *ask);

/* IPv4 addresses of bridges: a forwarded packet needs a plausible source. RTM_NEWADDR or RTM_DELADDR. */
void ask_address(Ask *ask, const struct nlmsghdr *header);
void ask_addresses_begin(Ask *ask);
void ask_addresses_end(Ask *ask);
void ask_link_gone(Ask *ask, int ifindex);
