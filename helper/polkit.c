/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One authorisation, from the call to the grant:
 *
 *   caller                     helper                               polkitd                 the user's agent
 *     │ InstallClamp ──────────► │                                    │                          │
 *     │                          │ CheckAuthorization(subject, action,│                          │
 *     │                          │   details, flags, cancellation) ──►│ rules; needs a password? │
 *     │                          │ ... the event loop goes on ...     │ ── BeginAuthentication ─►│ a person types,
 *     │                          │                                    │ ◄─────────────────────── │ for minutes
 *     │                          │ ◄──── (authorised, challenge, {}) ─│                          │
 *     │                          │ next action, or done               │                          │
 *     │ ◄──────────────── reply  │                                    │                          │
 *
 * 1. The subject is ("system-bus-name", {"name": the sender's unique name}). A unique name is never used twice, and the
 *    bus vouches for it. A process id would be a race (the caller may exec or exit and the number be taken by another).
 * 2. The details are what the prompt shows and what an administrator's rules may look at. polkit accepts them from root
 *    and from the owner that the action's annotation org.freedesktop.policykit.owner names; from anyone else it refuses
 *    the whole question.
 * 3. The flag AllowUserInteraction is set if and only if the caller set ALLOW_INTERACTIVE_AUTHORIZATION in the header
 *    of its message. Then a person may take minutes, so the call to polkit gets no time-out; without it polkit answers at
 *    once or something is wrong, and 25 s are the limit.
 * 4. Several actions may apply to one call. They are asked one after another; the first refusal ends it.
 * 5. If the caller leaves the bus meanwhile, the check is freed, which sends CancelCheckAuthorization with the id that
 *    the question carried. The prompt closes, and no answer can arrive any more.
 * 6. Only a well-formed "authorised" grants. An error, a time-out, a reply of another form, a polkit that is missing or
 *    falls off the bus: all of them are a refusal. "Challenge" means that a password would be needed, but the caller
 *    did not allow a prompt.
 *
 * Nothing is remembered: the next call asks again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "helper/polkit.h"
#include "shared/names.h"

#define CHECK_ALLOW_USER_INTERACTION 1U
#define ANSWER_TIMEOUT_USEC (25U * UINT64_C(1000000))

struct PolkitCheck {
    sd_bus *bus;
    sd_bus_slot *slot; /* the pending question */
    const PolkitQuestion *question;
    size_t at; /* the action that is being asked */
    char cancellation_id[32];
    PolkitFunc func;
    void *userdata;
};

static int check_ask(PolkitCheck *check);

/* Reads "(bba{ss})"; > 0 authorised, 0 not, < 0 malformed. */
static int answer_read(sd_bus_message *answer, bool *ret_challenge)
{
    int authorised, challenge, r;

    r = sd_bus_message_has_signature(answer, "(bba{ss})");
    if (r <= 0)
        return r < 0 ? r : -EBADMSG;
    r = sd_bus_message_enter_container(answer, 'r', "bba{ss}");
    if (r < 0)
        return r;
    r = sd_bus_message_read(answer, "bb", &authorised, &challenge);
    if (r < 0)
        return r;
    *ret_challenge = challenge;
    return authorised;
}

/* 0 granted; otherwise the error is set. */
static int answer_judge(const PolkitCheck *check, sd_bus_message *answer, sd_bus_error *error)
{
    const char *action = check->question->actions[check->at];
    bool challenge = false;
    int r;

    if (sd_bus_message_is_method_error(answer, NULL))
        return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
            "Access denied: polkit gave no answer about %s (%s).", action, sd_bus_message_get_error(answer)->name);
    r = answer_read(answer, &challenge);
    if (r < 0)
        return sd_bus_error_setf(
            error, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: the answer of polkit about %s is malformed.", action);
    if (r > 0)
        return 0;
    if (challenge && !check->question->interactive)
        return sd_bus_error_setf(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
            "Access denied: %s needs a password, and this call does not allow a prompt.", action);
    return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
        challenge ? "Access denied: %s needs a password, and nobody gave it."
                  : "Access denied: polkit does not allow %s.",
        action);
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    PolkitCheck *check = userdata;
    int r;

    check->slot = sd_bus_slot_unref(check->slot);
    r = answer_judge(check, answer, &error);
    if (r >= 0 && check->question->actions[check->at + 1]) {
        check->at++;
        r = check_ask(check);
        if (r >= 0)
            return 0;
        sd_bus_error_setf(&error, SD_BUS_ERROR_ACCESS_DENIED, "Access denied: polkit cannot be asked.");
    }
    check->func(r, &error, check->userdata);
    return 0;
}

static int append_details(sd_bus_message *message, const char *const *details)
{
    int r = sd_bus_message_open_container(message, 'a', "{ss}");

    for (; r >= 0 && details[0]; details += 2)
        r = sd_bus_message_append(message, "{ss}", details[0], details[1]);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int check_ask(PolkitCheck *check)
{
    static uint64_t last_id;
    const PolkitQuestion *question = check->question;
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
    int r;

    snprintf(check->cancellation_id, sizeof(check->cancellation_id), "airpods-%" PRIu64, ++last_id);
    r = sd_bus_message_new_method_call(
        check->bus, &message, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization");
    if (r < 0)
        return r;
    r = sd_bus_message_append(
        message, "(sa{sv})s", "system-bus-name", 1, "name", "s", question->subject, question->actions[check->at]);
    if (r < 0)
        return r;
    r = append_details(message, question->details);
    if (r < 0)
        return r;
    r = sd_bus_message_append(
        message, "us", question->interactive ? CHECK_ALLOW_USER_INTERACTION : 0U, check->cancellation_id);
    if (r < 0)
        return r;
    return sd_bus_call_async(
        check->bus, &check->slot, message, on_answer, check, question->interactive ? UINT64_MAX : ANSWER_TIMEOUT_USEC);
}

PolkitCheck *polkit_check_free(PolkitCheck *check)
{
    if (!check)
        return NULL;
    if (check->slot) {
        check->slot = sd_bus_slot_unref(check->slot);
        /* Nobody waits for the answer, and there is nothing to do if it cannot be sent. */
        (void) sd_bus_call_method_async(check->bus, NULL, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
            "CancelCheckAuthorization", NULL, NULL, "s", check->cancellation_id);
    }
    free(check);
    return NULL;
}

int polkit_check_new(PolkitCheck **ret, sd_bus *bus, const PolkitQuestion *question, PolkitFunc func, void *userdata)
{
    _cleanup_(polkit_check_freep) PolkitCheck *check = calloc(1, sizeof(*check));
    int r;

    if (!check)
        return -ENOMEM;
    check->bus = bus;
    check->question = question;
    check->func = func;
    check->userdata = userdata;
    r = check_ask(check);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(check);
    return 0;
}
