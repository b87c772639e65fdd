/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rtnetlink's link message, read attribute by attribute. Attributes are copied out (memcpy), never used in place: a
 * hostile or broken message may be unaligned or short. See linux/if_link.h and linux/rtnetlink.h for the layout.
 */
#include <errno.h>
#include <string.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "shared/link.h"
#include "shared/macro.h"

/*
 * Hardware types as the drivers set them: ARPHRD_NONE for wireguard, tun (a tap is ARPHRD_ETHER), ovpn and xfrm; ppp
 * and the classic IP tunnels have their own (drivers/net/, net/ipv4/ip_gre.c, net/ipv6/ip6_tunnel.c …).
 */
static const TunnelKind tunnel_kind_table[] = {
    {"wireguard", ARPHRD_NONE},
    {"amneziawg", ARPHRD_NONE},
    {"tun", ARPHRD_NONE},
    {"ovpn", ARPHRD_NONE},
    {"ovpn-dco", ARPHRD_NONE},
    {"ppp", ARPHRD_PPP},
    {"xfrm", ARPHRD_NONE},
    {"vti", ARPHRD_TUNNEL},
    {"vti6", ARPHRD_TUNNEL6},
    {"gre", ARPHRD_IPGRE},
    {"ip6gre", ARPHRD_IP6GRE},
    {"ipip", ARPHRD_TUNNEL},
    {"sit", ARPHRD_SIT},
    {"ip6tnl", ARPHRD_TUNNEL6},
};

typedef struct AttributeReader {
    const uint8_t *at;
    size_t left;
} AttributeReader;

typedef struct Attribute {
    uint16_t type;
    const uint8_t *data;
    size_t size;
} Attribute;

/* > 0 and *ret filled, 0 at the end, -EBADMSG when the attribute does not fit in what is left. */
static int attribute_next(AttributeReader *reader, Attribute *ret)
{
    struct rtattr header;

    if (reader->left < sizeof(header))
        return reader->left == 0 ? 0 : -EBADMSG;
    memcpy(&header, reader->at, sizeof(header));
    if (header.rta_len < sizeof(header) || header.rta_len > reader->left)
        return -EBADMSG;

    *ret = (Attribute){
        .type = header.rta_type & NLA_TYPE_MASK,
        .data = reader->at + sizeof(header),
        .size = header.rta_len - sizeof(header),
    };
    /* The last attribute of a message may come without its padding. */
    size_t step = MIN2((size_t) RTA_ALIGN(header.rta_len), reader->left);
    reader->at += step;
    reader->left -= step;
    return 1;
}

static int attribute_string(const Attribute *attribute, char *ret, size_t ret_size)
{
    size_t n = strnlen((const char *) attribute->data, attribute->size);
    if (n == attribute->size || n >= ret_size)
        return -EBADMSG;
    memset(ret, 0, ret_size);
    memcpy(ret, attribute->data, n);
    return 0;
}

static int attribute_u32(const Attribute *attribute, uint32_t *ret)
{
    if (attribute->size != sizeof(*ret))
        return -EBADMSG;
    memcpy(ret, attribute->data, sizeof(*ret));
    return 0;
}

static int linkinfo_parse(const Attribute *linkinfo, Link *link)
{
    AttributeReader reader = {linkinfo->data, linkinfo->size};
    Attribute attribute;
    int r;

    while ((r = attribute_next(&reader, &attribute)) > 0) {
        if (attribute.type != IFLA_INFO_KIND)
            continue;
        r = attribute_string(&attribute, link->kind, sizeof(link->kind));
        if (r < 0)
            return r;
    }
    return r;
}

static int link_attribute(const Attribute *attribute, Link *link)
{
    uint32_t value;
    int r;

    switch (attribute->type) {
    case IFLA_IFNAME:
        return attribute_string(attribute, link->name, sizeof(link->name));
    case IFLA_MTU:
        return attribute_u32(attribute, &link->mtu);
    case IFLA_MASTER:
        r = attribute_u32(attribute, &value);
        if (r >= 0)
            link->master = (int) value;
        return r;
    case IFLA_LINKINFO:
        return linkinfo_parse(attribute, link);
    default:
        return 0;
    }
}

int link_parse(const struct nlmsghdr *header, size_t size, Link *ret)
{
    struct ifinfomsg info;
    Link link = {0};

    if (size < NLMSG_HDRLEN || header->nlmsg_len > size || header->nlmsg_len < NLMSG_LENGTH(sizeof(info)))
        return -EBADMSG;
    if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK)
        return -EBADMSG;

    memcpy(&info, NLMSG_DATA(header), sizeof(info));
    link.ifindex = info.ifi_index;
    link.type = info.ifi_type;
    link.flags = info.ifi_flags;

    AttributeReader reader = {
        .at = (const uint8_t *) header + NLMSG_SPACE(sizeof(info)),
        .left = header->nlmsg_len - MIN2((size_t) NLMSG_SPACE(sizeof(info)), (size_t) header->nlmsg_len),
    };
    Attribute attribute;
    int r;
    while ((r = attribute_next(&reader, &attribute)) > 0) {
        r = link_attribute(&attribute, &link);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    if (link.ifindex < 1 || link.name[0] == '\0')
        return -EBADMSG;

    *ret = link;
    return 0;
}

bool link_is_tunnel(const Link *link)
{
    if (link->master != 0 || (link->flags & IFF_LOOPBACK))
        return false;

    /* Old drivers and some vendors' modules give no kind; then the hardware type alone must say that it is
     * point-to-point IP. */
    if (link->kind[0] == '\0')
        return link->type == ARPHRD_NONE || link->type == ARPHRD_PPP || link->type == ARPHRD_RAWIP;

    for (size_t i = 0; i < ELEMENTSOF(tunnel_kind_table); i++)
        if (strcmp(link->kind, tunnel_kind_table[i].kind) == 0)
            return link->type == tunnel_kind_table[i].type;
    return false;
}

const char *link_kind_string(const Link *link)
{
    return link->kind[0] ? link->kind : "none";
}

const TunnelKind *tunnel_kinds(size_t *ret_n)
{
    *ret_n = ELEMENTSOF(tunnel_kind_table);
    return tunnel_kind_table;
}
