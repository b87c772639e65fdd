/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arguments of InstallClamp and RemoveClamp: read from the message, copied out and checked, before anybody is asked
 * anything. Knows no state: whether the interface exists is not looked at here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "shared/ifname.h"

typedef struct Arguments {
    char interface[IFNAME_SIZE]; /* ifname_valid(), or EVERY_TUNNEL */
    int lifetime;                /* a Lifetime, or -1: not given */
    bool has_path_mtu;
    uint32_t path_mtu; /* bytes; 0: not given */
    bool all_users;
} Arguments;

/*
 * Both read "sa{sv}". On refusal the error says which key and why, and the negative errno is that of the error table:
 * InvalidInterface before InvalidOption before InvalidMtu.
 */
int arguments_read_install(sd_bus_message *message, Arguments *ret, sd_bus_error *reterr);
int arguments_read_remove(sd_bus_message *message, Arguments *ret, sd_bus_error *reterr);
