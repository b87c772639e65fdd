/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handlers. Order, always: read, normalise, validate, nothing to do? (for this caller), limits, authorise, look at
 * the link again, act, log, signal, reply. A method reads and validates at once; the rest is steps (request.h), since
 * the bus driver and polkit are asked in between.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "helper/helper-bus.h"
#include "helper/log.h"
#include "helper/request.h"
#include "shared/error.h"
#include "shared/names.h"

/* What polkit's prompt and rules see as the kind of "*". */
#define KIND_OF_EVERY "every tunnel"

static int append_owners(sd_bus_message *message, const uint32_t *owners, int n)
{
    int r = sd_bus_message_open_container(message, 'e', "sv");

    if (r >= 0)
        r = sd_bus_message_append(message, "s", "owners");
    if (r >= 0)
        r = sd_bus_message_open_container(message, 'v', "au");
    if (r >= 0)
        r = sd_bus_message_append_array(message, 'u', owners, (size_t) n * sizeof(*owners));
    if (r >= 0)
        r = sd_bus_message_close_container(message);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_mine(sd_bus_message *message, const Clamp *clamp, const Request *viewer)
{
    const char *mine[LIFETIME_MAX] = {0};
    int n = 0;

    for (int i = 0; i < LIFETIME_MAX; i++)
        if (clamp_find(clamp, &(ClaimFilter){.uid = viewer->uid, .bus_name = request_sender(viewer), .lifetime = i}))
            mine[n++] = lifetime_to_string(i);
    static_assert(LIFETIME_MAX == 2, "as many arguments as there are lifetimes; those beyond n are not read");
    return sd_bus_message_append(message, "{sv}", "mine", "as", n, mine[0], mine[1]);
}

/* The a{sv} of a clamp; `viewer` NULL: for everybody, without what is for one caller only. */
static int append_clamp(sd_bus_message *message, const Clamp *clamp, const Request *viewer)
{
    _cleanup_(freep) uint32_t *owners = NULL;
    int n_owners = clamp_owners(clamp, &owners);
    int r = n_owners < 0 ? n_owners : sd_bus_message_open_container(message, 'a', "{sv}");

    if (r >= 0)
        r = sd_bus_message_append(message, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}", "interface", "s",
            clamp->interface, "ifindex", "u", (uint32_t) clamp->link.ifindex, "kind", "s",
            clamp_is_every(clamp) ? KIND_OF_EVERY : link_kind_string(&clamp->link), "link-mtu", "u", clamp->link.mtu,
            "mode", "s", clamp->rule.path_mtu ? "fixed" : "route", "path-mtu", "u", clamp->rule.path_mtu, "active", "b",
            (int) clamp->rule.active, "holders", "u", (uint32_t) n_owners, "syn-packets", "t", clamp->syn_packets,
            "since-usec", "t", clamp->since_usec);
    if (r >= 0 && viewer)
        r = append_mine(message, clamp, viewer);
    if (r >= 0 && viewer && viewer->uid == 0)
        r = append_owners(message, owners, n_owners);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int install_reply(Request *request)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    const Clamp *clamp = clamp_table_find(&request->helper->table, request->arguments.interface);
    int r;

    /* The clamp is in force: counters that cannot be read are no reason to report a failure. */
    (void) nft_read_counters(request->helper->nft, &request->helper->table);
    r = sd_bus_message_new_method_return(request->message, &reply);
    if (r >= 0)
        r = append_clamp(reply, clamp, request);
    if (r >= 0)
        r = sd_bus_message_send(reply);
    return r < 0 ? r : 1;
}

static ClaimFilter own_key(const Request *request)
{
    return (ClaimFilter){
        .uid = request->uid, .bus_name = request_sender(request), .lifetime = request->arguments.lifetime};
}

/* This caller's claim of this lifetime, or NULL. */
static const Claim *own_claim(const Request *request)
{
    const Clamp *clamp = clamp_table_find(&request->helper->table, request->arguments.interface);
    const ClaimFilter filter = own_key(request);

    return clamp ? clamp_find(clamp, &filter) : NULL;
}

static bool is_every(const Request *request)
{
    return strcmp(request->arguments.interface, EVERY_TUNNEL) == 0;
}

static const char *asked_kind(const Request *request)
{
    return is_every(request) ? KIND_OF_EVERY : link_kind_string(&request->link);
}

static int look_at_link(const Request *request, Link *ret, sd_bus_error *reterr)
{
    int r;

    *ret = (Link){0};
    if (is_every(request))
        return 0;
    r = link_read(request->arguments.interface, ret);
    if (r == -ENODEV)
        return error_set(
            reterr, ERROR_NO_SUCH_INTERFACE, "There is no network interface \"%s\".", request->arguments.interface);
    return r < 0 ? sd_bus_error_set_errno(reterr, r) : 0;
}

static bool needs_any(const Request *request, const Link *link)
{
    return is_every(request) || !link_is_tunnel(link);
}

static int step_install_granted(Request *request, sd_bus_error *reterr)
{
    _cleanup_(claim_freep) Claim *claim = NULL;
    const Arguments *arguments = &request->arguments;
    Link link;
    int r;

    /* Minutes may have passed: what was asked about must still be what is there. */
    r = look_at_link(request, &link, reterr);
    if (r < 0)
        return r;
    bool any = needs_any(request, &request->link);
    if (!any && !link_is_tunnel(&link))
        return sd_bus_error_setf(reterr, SD_BUS_ERROR_ACCESS_DENIED,
            "Access denied: %s is no longer the tunnel that was asked about.", arguments->interface);
    r = request_limit_claims(request, !own_claim(request), reterr);
    if (r < 0)
        return r;
    r = claim_new(&claim, request->uid, arguments->lifetime, request_sender(request), arguments->path_mtu, !any);
    if (r < 0)
        return r;
    const ClaimFilter key = own_key(request);
    r = helper_change(request->helper, arguments->interface, &key, claim, reterr);
    if (r < 0)
        return r;
    TAKE_PTR(claim);
    request_log(request, MESSAGE_CLAMP_INSTALLED_STR, "done");
    return install_reply(request);
}

/* An identical claim of this caller, still good for the link that is there now. */
static bool install_nothing_to_do(const Request *request, const Link *link)
{
    const Claim *claim = own_claim(request);

    return claim && claim->path_mtu == request->arguments.path_mtu &&
           (!claim->tunnel_only || link->ifindex == 0 || link_is_tunnel(link));
}

static int step_install(Request *request, sd_bus_error *reterr)
{
    size_t n = 0;
    int r, look;

    look = look_at_link(request, &request->link, reterr);
    if (install_nothing_to_do(request, &request->link))
        return install_reply(request);
    if (look < 0)
        return look;
    if (request->helper->leaving)
        return sd_bus_error_setf(reterr, SD_BUS_ERROR_LIMITS_EXCEEDED,
            "airpods-helper had nothing to do and is leaving; repeat the call, and it is started anew.");
    r = request_limit_claims(request, !own_claim(request), reterr);
    if (r >= 0)
        r = request_limit_rate(request, true, reterr);
    if (r < 0)
        return r;

    if (needs_any(request, &request->link))
        request->question.actions[n++] = ACTION_INSTALL_ANY_CLAMP;
    if (request->arguments.path_mtu)
        request->question.actions[n++] = ACTION_INSTALL_FIXED_CLAMP;
    if (n == 0)
        request->question.actions[n++] = ACTION_INSTALL_CLAMP;
    return request_authorise(request, asked_kind(request), request->arguments.path_mtu, step_install_granted, reterr);
}

static ClaimFilter remove_filter(const Request *request)
{
    ClaimFilter filter = own_key(request);

    filter.everybody = request->arguments.all_users;
    return filter;
}

static int step_remove_granted(Request *request, sd_bus_error *reterr)
{
    const char *interface = request->arguments.interface;
    const Clamp *clamp = clamp_table_find(&request->helper->table, interface);
    const ClaimFilter filter = remove_filter(request);
    int r;

    if (!clamp || !clamp_find(clamp, &filter))
        return error_set(reterr, ERROR_NOT_CLAMPED, NULL);
    r = helper_change(request->helper, interface, &filter, NULL, reterr);
    if (r < 0)
        return r;
    request_log(request, MESSAGE_CLAMP_REMOVED_STR, "done");
    r = sd_bus_reply_method_return(request->message, NULL);
    return r < 0 ? r : 1;
}

static int step_remove(Request *request, sd_bus_error *reterr)
{
    const Clamp *clamp = clamp_table_find(&request->helper->table, request->arguments.interface);
    const ClaimFilter filter = remove_filter(request);
    int r;

    if (!clamp || !clamp_find(clamp, &filter))
        return error_set(reterr, ERROR_NOT_CLAMPED, NULL);
    r = request_limit_rate(request, request->arguments.all_users, reterr);
    if (r < 0)
        return r;
    if (!request->arguments.all_users)
        return step_remove_granted(request, reterr);
    request->link = clamp->link;
    request->question.actions[0] = ACTION_REMOVE_ANY_CLAMP;
    return request_authorise(request, asked_kind(request), clamp->rule.path_mtu, step_remove_granted, reterr);
}

static int step_list(Request *request, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int r = nft_read_counters(request->helper->nft, &request->helper->table);

    if (r >= 0)
        r = sd_bus_message_new_method_return(request->message, &reply);
    if (r >= 0)
        r = sd_bus_message_open_container(reply, 'a', "{sa{sv}}");
    for (const Clamp *clamp = request->helper->table.clamps; r >= 0 && clamp; clamp = clamp->next) {
        r = sd_bus_message_open_container(reply, 'e', "sa{sv}");
        if (r >= 0)
            r = sd_bus_message_append(reply, "s", clamp->interface);
        if (r >= 0)
            r = append_clamp(reply, clamp, request);
        if (r >= 0)
            r = sd_bus_message_close_container(reply);
    }
    if (r >= 0)
        r = sd_bus_message_close_container(reply);
    if (r >= 0)
        r = sd_bus_message_send(reply);
    return r < 0 ? r : 1;
}

static int method_install_clamp(sd_bus_message *message, void *userdata, sd_bus_error *reterr)
{
    Arguments arguments;
    int r = arguments_read_install(message, &arguments, reterr);

    return r < 0 ? r : request_start(userdata, message, &arguments, step_install, reterr);
}

static int method_remove_clamp(sd_bus_message *message, void *userdata, sd_bus_error *reterr)
{
    Arguments arguments;
    int r = arguments_read_remove(message, &arguments, reterr);

    return r < 0 ? r : request_start(userdata, message, &arguments, step_remove, reterr);
}

static int method_list_clamps(sd_bus_message *message, void *userdata, sd_bus_error *reterr)
{
    return request_start(userdata, message, &(Arguments){.lifetime = -1}, step_list, reterr);
}

static int property_get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
    sd_bus_message *reply, void *userdata, sd_bus_error *reterr)
{
    return sd_bus_message_append(reply, "s", AIRPODS_VERSION);
}

/* clang-format off */
static const sd_bus_vtable helper_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("InstallClamp",
        SD_BUS_ARGS("s", interface, "a{sv}", options), SD_BUS_RESULT("a{sv}", clamp),
        method_install_clamp, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("RemoveClamp",
        SD_BUS_ARGS("s", interface, "a{sv}", options), SD_BUS_NO_RESULT,
        method_remove_clamp, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("ListClamps",
        SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sa{sv}}", clamps),
        method_list_clamps, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Version", "s", property_get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_SIGNAL_WITH_ARGS("ClampInstalled", SD_BUS_ARGS("s", interface, "a{sv}", clamp), 0),
    SD_BUS_SIGNAL_WITH_ARGS("ClampRemoved", SD_BUS_ARGS("s", interface), 0),
    SD_BUS_VTABLE_END
};
/* clang-format on */

int helper_bus_export(Helper *helper)
{
    return sd_bus_add_object_vtable(helper->bus, NULL, HELPER_PATH, HELPER_INTERFACE, helper_vtable, helper);
}

void helper_bus_emit_installed(Helper *helper, const Clamp *clamp)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *signal = NULL;
    int r = sd_bus_message_new_signal(helper->bus, &signal, HELPER_PATH, HELPER_INTERFACE, "ClampInstalled");

    if (r >= 0)
        r = sd_bus_message_append(signal, "s", clamp->interface);
    if (r >= 0)
        r = append_clamp(signal, clamp, NULL);
    if (r >= 0)
        r = sd_bus_message_send(signal);
    if (r < 0)
        log_error("Cannot announce the clamp on %s: %s", clamp->interface, strerror(-r));
}

void helper_bus_emit_removed(Helper *helper, const char *interface)
{
    int r = sd_bus_emit_signal(helper->bus, HELPER_PATH, HELPER_INTERFACE, "ClampRemoved", "s", interface);

    if (r < 0)
        log_error("Cannot announce that %s is free: %s", interface, strerror(-r));
}
