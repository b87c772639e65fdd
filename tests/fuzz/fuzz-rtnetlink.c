/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says about links and routes: shared/link.c, service/routes.c and, fed with the results in their order,
 * the model in service/tunnel.c. The input is a stream of netlink messages as they come from the socket. Two message
 * types that rtnetlink does not send steer what netlink.c would do besides:
 *
 *   NLMSG_NOOP     a dump begins; nlmsg_flags: 0 links, 1 IPv4 routes, 2 IPv6 routes. NLMSG_DONE ends it.
 *   NLMSG_OVERRUN  the payload holds the ifindexes through which public addresses leave.
 *
 * What a message means is read a second time with libmnl and compared.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "service/routes.h"
#include "service/tunnel.h"
#include "shared/link.h"
#include "tests/fuzz/fuzz.h"

#define TUNNELS_MAX 64U
#define DEFAULTS_MAX 8U

typedef struct Stream {
    TunnelModel *model;
    uint16_t dump; /* as in NLMSG_NOOP */
    int defaults[DEFAULTS_MAX];
    size_t n_defaults;
} Stream;

static uint32_t get_u32(const void *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* The last attribute of a type counts, with either reader; NULL: there is none. */
static const struct nlattr *last_attribute(const struct nlmsghdr *header, size_t offset, uint16_t type)
{
    const struct nlattr *attribute, *last = NULL;

    mnl_attr_for_each (attribute, header, (unsigned) offset)
        if (mnl_attr_get_type(attribute) == type)
            last = attribute;
    return last;
}

static void check_u32(const struct nlmsghdr *header, size_t offset, uint16_t type, uint32_t fallback, uint32_t value)
{
    const struct nlattr *attribute = last_attribute(header, offset, type);
    if (attribute)
        assert(mnl_attr_get_payload_len(attribute) == sizeof(value));
    assert(value == (attribute ? get_u32(mnl_attr_get_payload(attribute)) : fallback));
}

static bool untouched(const void *object, size_t size)
{
    const uint8_t *bytes = object;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0xa5)
            return false;
    return true;
}

static bool link_read(const struct nlmsghdr *header, size_t size, Link *ret)
{
    struct ifinfomsg info;

    memset(ret, 0xa5, sizeof(*ret));
    if (link_parse(header, size, ret) < 0) {
        assert(untouched(ret, sizeof(*ret)));
        return false;
    }

    assert(ret->ifindex > 0);
    assert(ret->name[0] && strnlen(ret->name, sizeof(ret->name)) < sizeof(ret->name));
    assert(strnlen(ret->kind, sizeof(ret->kind)) < sizeof(ret->kind));
    assert(link_kind_string(ret)[0]);
    if (link_is_tunnel(ret))
        assert(ret->master == 0 && !(ret->flags & IFF_LOOPBACK));

    memcpy(&info, NLMSG_DATA(header), sizeof(info));
    assert(ret->ifindex == info.ifi_index && ret->type == info.ifi_type && ret->flags == info.ifi_flags);
    check_u32(header, sizeof(info), IFLA_MTU, 0, ret->mtu);
    check_u32(header, sizeof(info), IFLA_MASTER, 0, (uint32_t) ret->master);
    assert(strcmp(ret->name, mnl_attr_get_payload(last_attribute(header, sizeof(info), IFLA_IFNAME))) == 0);
    return true;
}

static bool bits_clear_from(const uint8_t address[16], unsigned bit)
{
    for (; bit < 128; bit++)
        if (address[bit / 8] & (0x80U >> (bit % 8)))
            return false;
    return true;
}

static bool route_read(const struct nlmsghdr *header, size_t size, Route *ret)
{
    struct rtmsg message;

    memset(ret, 0xa5, sizeof(*ret));
    if (route_parse(header, size, ret) < 0) {
        assert(untouched(ret, sizeof(*ret)));
        return false;
    }

    assert(ret->family == AF_INET || ret->family == AF_INET6);
    assert(ret->dst_len <= (ret->family == AF_INET ? 32 : 128));
    assert(bits_clear_from(ret->dst, ret->dst_len));
    assert(ret->n_hops <= ROUTE_HOPS_MAX);
    for (unsigned i = 0; i < ret->n_hops; i++) {
        assert(ret->hops[i] > 0);
        for (unsigned k = 0; k < i; k++)
            assert(ret->hops[i] != ret->hops[k]);
    }
    assert(route_dst_within(ret, ret));
    Route everything = {.family = ret->family};
    assert(route_is_default(&everything) && route_dst_within(ret, &everything));
    assert(route_is_default(ret) == route_dst_within(&everything, ret));

    memcpy(&message, NLMSG_DATA(header), sizeof(message));
    check_u32(header, sizeof(message), RTA_TABLE, message.rtm_table, ret->table);
    check_u32(header, sizeof(message), RTA_PRIORITY, 0, ret->priority);
    return true;
}

static void collect(const Stream *stream)
{
    TunnelFacts tunnels[TUNNELS_MAX];
    size_t n = tunnel_model_collect(stream->model, tunnels, TUNNELS_MAX);

    assert(n <= TUNNELS_MAX);
    for (size_t i = 0; i < n; i++) {
        const TunnelFacts *facts = &tunnels[i];
        const Link *link = tunnel_model_find_link(stream->model, facts->ifindex);
        bool carries_default = false;

        assert(i == 0 || tunnels[i - 1].ifindex < facts->ifindex);
        assert(link && link->ifindex == facts->ifindex && link_is_tunnel(link) && (link->flags & IFF_UP));
        assert(strcmp(facts->name, link->name) == 0 && strcmp(facts->kind, link_kind_string(link)) == 0);
        assert(facts->servable == ifname_valid(link->name));
        assert(facts->link_mtu == link->mtu && facts->mtu <= facts->link_mtu);
        assert(facts->behind_mtu > 0 && facts->reduced == (facts->mtu < facts->behind_mtu));
        for (size_t k = 0; k < stream->n_defaults; k++)
            carries_default = carries_default || stream->defaults[k] == facts->ifindex;
        assert(facts->carries_default == carries_default);
    }
}

static void on_link(Stream *stream, const struct nlmsghdr *header, const Link *link)
{
    if (header->nlmsg_type == RTM_NEWLINK) {
        (void) tunnel_model_link(stream->model, link);
        const Link *found = tunnel_model_find_link(stream->model, link->ifindex);
        assert(found && strcmp(found->name, link->name) == 0 && found->mtu == link->mtu);
    } else {
        (void) tunnel_model_link_gone(stream->model, link->ifindex);
        assert(!tunnel_model_find_link(stream->model, link->ifindex));
    }
}

static void dump(const Stream *stream, uint16_t what, bool begins)
{
    uint8_t family = what == 1 ? AF_INET : AF_INET6;

    if (what == 0)
        (begins ? tunnel_model_links_begin : tunnel_model_links_end)(stream->model);
    else
        (begins ? tunnel_model_routes_begin : tunnel_model_routes_end)(stream->model, family);
}

static void set_defaults(Stream *stream, const struct nlmsghdr *header)
{
    stream->n_defaults = MIN2((header->nlmsg_len - NLMSG_HDRLEN) / sizeof(int), (size_t) DEFAULTS_MAX);
    memcpy(stream->defaults, NLMSG_DATA(header), stream->n_defaults * sizeof(int));
    (void) tunnel_model_set_defaults(stream->model, stream->defaults, stream->n_defaults);
    assert(tunnel_model_set_defaults(stream->model, stream->defaults, stream->n_defaults) == 0);
}

static void on_message(Stream *stream, const struct nlmsghdr *header)
{
    Link link;
    Route route;

    bool is_link = link_read(header, header->nlmsg_len, &link);
    bool is_route = route_read(header, header->nlmsg_len, &route);
    assert(!is_link || !is_route);
    if (is_link && ((const struct ifinfomsg *) NLMSG_DATA(header))->ifi_family == AF_UNSPEC)
        on_link(stream, header, &link);
    else if (is_route && header->nlmsg_type == RTM_NEWROUTE)
        (void) tunnel_model_route(stream->model, &route, header->nlmsg_flags & NLM_F_REPLACE);
    else if (is_route)
        (void) tunnel_model_route_gone(stream->model, &route);
    else if (header->nlmsg_type == NLMSG_NOOP)
        dump(stream, stream->dump = header->nlmsg_flags % 3, true);
    else if (header->nlmsg_type == NLMSG_DONE)
        dump(stream, stream->dump, false);
    else if (header->nlmsg_type == NLMSG_OVERRUN)
        set_defaults(stream, header);
    collect(stream);
}

/* What is left at the end is cut short or lies about its length: neither parser may believe it. */
static void on_remainder(const void *header, size_t size)
{
    Link link;
    Route route;

    bool is_link = link_read(header, size, &link);
    bool is_route = route_read(header, size, &route);
    assert(!is_link && !is_route);
}

static void count(const Link *link, void *userdata)
{
    ++*(unsigned *) userdata;
}

/* A dump that mentions nothing leaves nothing. */
static void sweep(const Stream *stream)
{
    TunnelFacts facts;
    unsigned n = 0;

    for (uint16_t what = 0; what < 3; what++) {
        dump(stream, what, true);
        dump(stream, what, false);
    }
    tunnel_model_foreach_link(stream->model, count, &n);
    assert(n == 0 && tunnel_model_collect(stream->model, &facts, 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(tunnel_model_freep) TunnelModel *model = tunnel_model_new();
    Stream stream = {.model = model};

    while (size > 0) {
        uint32_t length = size >= sizeof(struct nlmsghdr) ? get_u32(data) : 0;
        bool whole = length >= sizeof(struct nlmsghdr) && length <= size;
        size_t n = whole ? length : size;

        /* A copy that ends where the message does: a sanitizer then sees each byte that is read beyond it. */
        _cleanup_(freep) void *copy = malloc(n);
        assert(copy);
        memcpy(copy, data, n);
        if (!whole) {
            on_remainder(copy, n);
            break;
        }
        on_message(&stream, copy);
        size_t step = MIN2((size_t) NLMSG_ALIGN(n), size);
        data += step;
        size -= step;
    }
    sweep(&stream);
    return 0;
}
