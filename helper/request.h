/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One method call from its arrival to its reply: who calls, whether the limits allow it, whether polkit does. What the
 * call then does is the verb's (helper-bus.c). A request lives in the helper's list; freeing it cancels what it waits
 * for, so no callback outlives it.
 */
#pragma once

#include "helper/arguments.h"
#include "helper/helper.h"
#include "helper/polkit.h"

typedef struct Request Request;

/* A step: < 0 with the error set: refused; 0: waits for something; > 0: has been answered. */
typedef int (*RequestStep)(Request *request, sd_bus_error *reterr);

struct Request {
    Request *next;
    Helper *helper;
    sd_bus_message *message;
    Arguments arguments;
    uid_t uid;
    RequestStep step; /* what comes after the answer that is awaited */
    sd_bus_slot *identify;
    PolkitCheck *check;
    PolkitQuestion question;
    char link_mtu[12], path_mtu[12];
    Link link; /* as it was when polkit was asked; ifindex 0 for EVERY_TUNNEL */
};

/* Copies the arguments, asks the bus who the caller is, then does `step`. Returns as a method handler does. */
int request_start(
    Helper *helper, sd_bus_message *message, const Arguments *arguments, RequestStep step, sd_bus_error *reterr);
Request *request_free(Request *request);

const char *request_sender(const Request *request);
/* Writes what became of the request into the journal; `result` "done" or the name of an error. */
void request_log(const Request *request, const char *message_id, const char *result);

/* How many claims there may be; `adds`: the request wants one more. To be asked again when polkit has answered. */
int request_limit_claims(const Request *request, bool adds, sd_bus_error *reterr);
/* How many questions to polkit may be open (`asks`: the request has one), and how many changes a second are made. */
int request_limit_rate(Request *request, bool asks, sd_bus_error *reterr);

/* Asks polkit about request->question.actions, with these details and those of the arguments; then `step` if granted. */
int request_authorise(Request *request, const char *kind, uint32_t path_mtu, RequestStep step, sd_bus_error *reterr);

bool request_pending(const Helper *helper);
/* Forgets the requests of a caller that has left the bus; bus_name NULL: all. */
void request_drop(Helper *helper, const char *bus_name);
