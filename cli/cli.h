/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a verb works with: the two buses, opened when first needed, and calls that Ctrl-C ends cleanly. Turns "nobody
 * answers to this name" into one sentence a daemon. Knows no member of the contract.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "shared/macro.h"

typedef struct Cli Cli;

/* The two daemons that this program talks to. */
typedef enum Peer {
    PEER_HELPER,  /* airpods-helper on the system bus */
    PEER_SERVICE, /* airpodsd on the session bus */
    PEER_MAX,
} Peer;

/*
 * How a call is made. A call without flags starts the daemon if need be and gives up after the bus library's default
 * (25 s; $SYSTEMD_BUS_TIMEOUT sets another).
 */
typedef enum CallFlags {
    CALL_INTERACTIVE = 1U << 0, /* polkit may ask the person; then there is no time-out while they type */
    CALL_NO_START = 1U << 1,    /* only a daemon that runs already; gives up after 2 s */
} CallFlags;

Cli *cli_free(Cli *cli);
DEFINE_FREEP(Cli, cli_free);

/* -ENOMEM at worst: no bus is opened yet. */
int cli_new(Cli **ret);

/* Whether this runs as root: then no session bus is ever used, whatever the environment names. */
bool cli_is_root(const Cli *cli);

/* What the person types to run this program again as the same user: "airpods", or as root "sudo airpods". */
const char *cli_command(const Cli *cli);

/* Whether there is a session bus; opens it. */
bool cli_has_session(Cli *cli);

/* Whether the session bus has been opened by now. */
bool cli_session_used(const Cli *cli);

/* A method call to be filled and given to cli_call(). 0 or a negative errno with reterr filled. */
int cli_new_call(Cli *cli, Peer peer, const char *path, const char *interface, const char *member, sd_bus_message **ret,
    sd_bus_error *reterr);

/*
 * Sends the call and waits. 0 and *ret_reply (may be NULL), or a negative errno with reterr filled: what the daemon
 * said, or that it cannot be reached, or that SIGINT, SIGTERM or SIGHUP came (-ECANCELED).
 */
int cli_call(
    Cli *cli, Peer peer, sd_bus_message *call, unsigned flags, sd_bus_message **ret_reply, sd_bus_error *reterr);

/* Reads one property of type s; *ret is freed with free(). */
int cli_get_string(Cli *cli, Peer peer, const char *path, const char *interface, const char *property, unsigned flags,
    char **ret, sd_bus_error *reterr);

/* Fills reterr with "PEER sent an answer that cannot be understood" and returns a negative errno. */
int cli_bad_answer(Peer peer, sd_bus_error *reterr);

/* Whether the error says that nobody is there to answer, as cli_call() makes it for this peer. */
bool cli_is_unavailable(Peer peer, const sd_bus_error *error);
