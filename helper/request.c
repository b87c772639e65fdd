/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The uid comes from the bus driver, by the caller's unique name (GetConnectionUnixUser), never from the caller. It is
 * asked without blocking and not remembered: that is one round trip to the bus daemon, and there is no cache that could
 * be wrong. A caller that is gone by then gets an error there and is dropped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "helper/log.h"
#include "helper/request.h"
#include "shared/error.h"
#include "shared/names.h"

#define CLAIMS_PER_UID 64U
#define CLAIMS_IN_ALL 1024U
#define CHECKS_PER_UID 4U
#define CHECKS_IN_ALL 32U
/* Calls of one connection that wait for the bus driver; as many as the system bus lets it have unanswered. */
#define UNIDENTIFIED_PER_CALLER 128U

const char *request_sender(const Request *request)
{
    return sd_bus_message_get_sender(request->message);
}

Request *request_free(Request *request)
{
    if (!request)
        return NULL;
    for (Request **at = &request->helper->requests; *at; at = &(*at)->next)
        if (*at == request) {
            *at = request->next;
            break;
        }
    sd_bus_slot_unref(request->identify);
    polkit_check_free(request->check);
    sd_bus_message_unref(request->message);
    helper_touch(request->helper);
    free(request);
    return NULL;
}

void request_log(const Request *request, const char *message_id, const char *result)
{
    const Arguments *arguments = &request->arguments;

    log_decision(&(LogDecision){
        .message_id = message_id,
        .action = sd_bus_message_get_member(request->message),
        .interface = arguments->interface,
        .lifetime = arguments->lifetime >= 0 ? lifetime_to_string(arguments->lifetime) : "any",
        .path_mtu = arguments->path_mtu,
        .uid = request->uid,
        .result = result,
    });
}

/* Replies with the error and ends the request. What was wrong in the call itself is the caller's affair alone. */
static void request_refuse(Request *request, int r, const sd_bus_error *error)
{
    if (sd_bus_error_has_names(error, SD_BUS_ERROR_ACCESS_DENIED, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
            ERROR_KERNEL_UNSUPPORTED))
        request_log(request, MESSAGE_REQUEST_REFUSED_STR, error->name);
    sd_bus_reply_method_errno(request->message, r, error);
    request_free(request);
}

static void request_go_on(Request *request, RequestStep step)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    int r = step(request, &error);

    if (r < 0)
        request_refuse(request, r, &error);
    else if (r > 0)
        request_free(request);
}

static int on_identified(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    Request *request = userdata;
    uint32_t uid;

    request->identify = sd_bus_slot_unref(request->identify);
    if (sd_bus_message_is_method_error(answer, NULL) || sd_bus_message_read(answer, "u", &uid) < 0) {
        sd_bus_reply_method_errorf(
            request->message, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: the bus does not know who is calling.");
        request_free(request);
        return 0;
    }
    request->uid = uid;
    request_go_on(request, request->step);
    return 0;
}

/* No time-out of ours: a bus that answers late under load must not turn into a refusal. It answers or it is gone. */
static int request_identify(Request *request)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
    sd_bus *bus = request->helper->bus;
    int r = sd_bus_message_new_method_call(
        bus, &message, BUS_DRIVER, "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser");

    if (r >= 0)
        r = sd_bus_message_append(message, "s", request_sender(request));
    return r < 0 ? r : sd_bus_call_async(bus, &request->identify, message, on_identified, request, UINT64_MAX);
}

int request_start(
    Helper *helper, sd_bus_message *message, const Arguments *arguments, RequestStep step, sd_bus_error *reterr)
{
    const char *sender = sd_bus_message_get_sender(message);
    unsigned n = 0;
    int r;

    /* The bus bounds how many replies a caller may wait for; calls that want none have no bound, so they do nothing. */
    if (sd_bus_message_get_expect_reply(message) <= 0)
        return 1;
    if (!sender)
        return sd_bus_error_set(reterr, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: a call without a sender.");
    for (const Request *other = helper->requests; other; other = other->next)
        n += other->identify && strcmp(request_sender(other), sender) == 0;
    if (n >= UNIDENTIFIED_PER_CALLER)
        return sd_bus_error_setf(reterr, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many calls at once.");

    Request *request = calloc(1, sizeof(*request));
    if (!request)
        return -ENOMEM;
    request->helper = helper;
    request->message = sd_bus_message_ref(message);
    request->arguments = *arguments;
    request->step = step;
    request->next = helper->requests;
    helper->requests = request;
    r = request_identify(request);
    if (r < 0) {
        request_free(request);
        return r;
    }
    return 1;
}

int request_limit_claims(const Request *request, bool adds, sd_bus_error *reterr)
{
    unsigned of_uid, n = clamp_table_count(&request->helper->table, request->uid, &of_uid);

    if (adds && (of_uid >= CLAIMS_PER_UID || n >= CLAIMS_IN_ALL))
        return sd_bus_error_setf(reterr, SD_BUS_ERROR_LIMITS_EXCEEDED,
            "Too many claims: %u of at most %u for a user, %u of at most %u in all.", of_uid, CLAIMS_PER_UID, n,
            CLAIMS_IN_ALL);
    return 0;
}

int request_limit_rate(Request *request, bool asks, sd_bus_error *reterr)
{
    unsigned checks = 0, of_uid = 0;
    struct timespec now;
    int r;

    for (const Request *other = request->helper->requests; other; other = other->next)
        if (other->check) {
            checks++;
            of_uid += other->uid == request->uid;
        }
    if (asks && (of_uid >= CHECKS_PER_UID || checks >= CHECKS_IN_ALL))
        return sd_bus_error_setf(
            reterr, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many questions to polkit are unanswered; answer those first.");
    clock_gettime(CLOCK_MONOTONIC, &now);
    r = rate_limit_take(
        &request->helper->rate, request->uid, (uint64_t) now.tv_sec * 1000000U + (uint64_t) now.tv_nsec / 1000U);
    if (r == -EBUSY)
        return sd_bus_error_setf(
            reterr, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many changes: at most %u a second.", RATE_PER_SECOND);
    return r;
}

static void on_checked(int r, const sd_bus_error *error, void *userdata)
{
    Request *request = userdata;

    request->check = polkit_check_free(request->check);
    if (r >= 0)
        request_go_on(request, request->step);
    else
        request_refuse(request, r, error);
}

int request_authorise(Request *request, const char *kind, uint32_t path_mtu, RequestStep step, sd_bus_error *reterr)
{
    PolkitQuestion *question = &request->question;
    int lifetime = request->arguments.lifetime;

    snprintf(request->link_mtu, sizeof(request->link_mtu), "%u", request->link.mtu);
    snprintf(request->path_mtu, sizeof(request->path_mtu), "%u", path_mtu);
    const char *details[] = {"interface", request->arguments.interface, "kind", kind, "link-mtu", request->link_mtu,
        "mode", path_mtu ? "fixed" : "route", "path-mtu", request->path_mtu, "lifetime",
        lifetime >= 0 ? lifetime_to_string(lifetime) : "", NULL};
    memcpy(question->details, details, sizeof(details));
    question->subject = request_sender(request);
    question->interactive = sd_bus_message_get_allow_interactive_authorization(request->message) > 0;
    request->step = step;
    if (polkit_check_new(&request->check, request->helper->bus, question, on_checked, request) < 0)
        return sd_bus_error_setf(reterr, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: polkit cannot be asked.");
    return 0;
}

bool request_pending(const Helper *helper)
{
    return helper->requests != NULL;
}

void request_drop(Helper *helper, const char *bus_name)
{
    for (Request *request = helper->requests, *next; request; request = next) {
        next = request->next;
        if (!bus_name || strcmp(request_sender(request), bus_name) == 0)
            request_free(request);
    }
}
