/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rtnetlink's route message, read attribute by attribute (linux/rtnetlink.h). Everything is copied out before use: a
 * broken message may be short or unaligned, and the only answer to it is -EBADMSG.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "service/routes.h"
#include "shared/macro.h"

typedef struct Reader {
    const uint8_t *at;
    size_t left;
} Reader;

typedef struct Attribute {
    uint16_t type;
    const uint8_t *data;
    size_t size;
} Attribute;

/* > 0 and *ret filled, 0 at the end, -EBADMSG when the attribute does not fit in what is left. */
static int reader_next(Reader *reader, Attribute *ret)
{
    struct rtattr header;

    if (reader->left < sizeof(header))
        return reader->left == 0 ? 0 : -EBADMSG;
    memcpy(&header, reader->at, sizeof(header));
    if (header.rta_len < sizeof(header) || header.rta_len > reader->left)
        return -EBADMSG;

    *ret = (Attribute){header.rta_type & NLA_TYPE_MASK, reader->at + sizeof(header), header.rta_len - sizeof(header)};
    size_t step = MIN2((size_t) RTA_ALIGN(header.rta_len), reader->left);
    reader->at += step;
    reader->left -= step;
    return 1;
}

static int attribute_u32(const Attribute *attribute, uint32_t *ret)
{
    if (attribute->size != sizeof(*ret))
        return -EBADMSG;
    memcpy(ret, attribute->data, sizeof(*ret));
    return 0;
}

static void route_add_hop(Route *route, int ifindex)
{
    if (ifindex <= 0)
        return;
    for (uint8_t i = 0; i < route->n_hops; i++)
        if (route->hops[i] == ifindex)
            return;
    if (route->n_hops < ROUTE_HOPS_MAX)
        route->hops[route->n_hops++] = ifindex;
}

static int metrics_parse(const Attribute *metrics, Route *route)
{
    Reader reader = {metrics->data, metrics->size};
    Attribute attribute;
    int r;

    while ((r = reader_next(&reader, &attribute)) > 0)
        if (attribute.type == RTAX_MTU) {
            r = attribute_u32(&attribute, &route->mtu);
            if (r < 0)
                return r;
        }
    return r;
}

/* RTA_MULTIPATH is a list of struct rtnexthop, each with attributes of its own behind it. */
static int multipath_parse(const Attribute *multipath, Route *route)
{
    const uint8_t *at = multipath->data;
    size_t left = multipath->size;

    while (left > 0) {
        struct rtnexthop hop;
        if (left < sizeof(hop))
            return -EBADMSG;
        memcpy(&hop, at, sizeof(hop));
        if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
            return -EBADMSG;
        route_add_hop(route, hop.rtnh_ifindex);
        size_t step = MIN2((size_t) RTNH_ALIGN(hop.rtnh_len), left);
        at += step;
        left -= step;
    }
    return 0;
}

static int route_attribute(const Attribute *attribute, size_t address_size, Route *route)
{
    uint32_t value;
    int r;

    switch (attribute->type) {
    case RTA_DST:
        if (attribute->size != address_size)
            return -EBADMSG;
        memcpy(route->dst, attribute->data, address_size);
        return 0;
    case RTA_OIF:
        r = attribute_u32(attribute, &value);
        if (r >= 0)
            route_add_hop(route, (int) value);
        return r;
    case RTA_TABLE:
        return attribute_u32(attribute, &route->table);
    case RTA_PRIORITY:
        return attribute_u32(attribute, &route->priority);
    case RTA_METRICS:
        return metrics_parse(attribute, route);
    case RTA_MULTIPATH:
        return multipath_parse(attribute, route);
    default:
        return 0;
    }
}

static void address_mask(uint8_t *address, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned left = bits > i * 8 ? bits - i * 8 : 0;
        if (left < 8)
            address[i] &= (uint8_t) (0xff00U >> left);
    }
}

int route_parse(const struct nlmsghdr *header, size_t size, Route *ret)
{
    struct rtmsg message;
    Route route = {0};

    if (size < NLMSG_HDRLEN || header->nlmsg_len > size || header->nlmsg_len < NLMSG_LENGTH(sizeof(message)))
        return -EBADMSG;
    if (header->nlmsg_type != RTM_NEWROUTE && header->nlmsg_type != RTM_DELROUTE)
        return -EBADMSG;

    memcpy(&message, NLMSG_DATA(header), sizeof(message));
    if (message.rtm_family != AF_INET && message.rtm_family != AF_INET6)
        return -EAFNOSUPPORT;
    size_t address_size = message.rtm_family == AF_INET ? 4 : 16;
    if (message.rtm_dst_len > address_size * 8)
        return -EBADMSG;

    route.family = message.rtm_family;
    route.dst_len = message.rtm_dst_len;
    route.src_len = message.rtm_src_len;
    route.tos = message.rtm_tos;
    route.protocol = message.rtm_protocol;
    route.type = message.rtm_type;
    route.table = message.rtm_table;
    route.flags = message.rtm_flags;

    Reader reader = {
        .at = (const uint8_t *) header + NLMSG_SPACE(sizeof(message)),
        .left = header->nlmsg_len - MIN2((size_t) NLMSG_SPACE(sizeof(message)), (size_t) header->nlmsg_len),
    };
    Attribute attribute;
    int r;
    while ((r = reader_next(&reader, &attribute)) > 0) {
        r = route_attribute(&attribute, address_size, &route);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;

    address_mask(route.dst, route.dst_len);
    *ret = route;
    return 0;
}

bool route_is_default(const Route *route)
{
    return route->dst_len == 0;
}

bool route_dst_within(const Route *inner, const Route *outer)
{
    if (inner->family != outer->family || inner->dst_len < outer->dst_len)
        return false;
    uint8_t masked[16];
    memcpy(masked, inner->dst, sizeof(masked));
    address_mask(masked, outer->dst_len);
    return memcmp(masked, outer->dst, sizeof(masked)) == 0;
}
