/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions and events have sockets of their own, so that they cannot be taken for one another.
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/epoll.h>

#include "helper/link-watch.h"
#include "helper/netlink.h"

struct LinkWatch {
    struct mnl_socket *socket;
    sd_event_source *source;
    LinkWatchFunc func;
    void *userdata;
};

int link_read(const char *name, Link *ret)
{
    _cleanup_(netlink_closep) struct mnl_socket *socket = NULL;
    _Alignas(struct nlmsghdr) uint8_t buffer[NETLINK_ANSWER_SIZE];
    Link link;
    int r;

    r = netlink_open(&socket, NETLINK_ROUTE, 0);
    if (r < 0)
        return r;
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = RTM_GETLINK;
    header->nlmsg_flags = NLM_F_REQUEST;
    mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(header, IFLA_IFNAME, name);
    mnl_attr_put_u32(header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
        return -errno;

    ssize_t n = netlink_receive(socket, buffer);
    if (n < 0)
        return (int) n;
    if (mnl_nlmsg_ok(header, (int) n) && header->nlmsg_type == NLMSG_ERROR)
        return ((const struct nlmsgerr *) mnl_nlmsg_get_payload(header))->error;
    r = link_parse(header, (size_t) n, &link);
    if (r < 0)
        return r;
    /* The kernel also finds a link by an alternative name, but rules compare the real one. */
    if (strcmp(link.name, name) != 0)
        return -ENODEV;
    *ret = link;
    return 0;
}

static void watch_message(const LinkWatch *watch, const struct nlmsghdr *header)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
    Link link;

    if (mnl_nlmsg_get_payload_len(header) < sizeof(*info))
        return;
    /* A bridge speaks of its ports in the same group: leaving a bridge is an RTM_DELLINK of family AF_BRIDGE. */
    if (info->ifi_family == AF_UNSPEC && link_parse(header, header->nlmsg_len, &link) >= 0)
        watch->func(&link, watch->userdata);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    const LinkWatch *watch = userdata;
    _Alignas(struct nlmsghdr) uint8_t buffer[NETLINK_ANSWER_SIZE];
    ssize_t n = netlink_receive(watch->socket, buffer);

    /* One datagram a dispatch, so that a storm of events cannot starve the bus. */
    if (n == -EAGAIN)
        return 0;
    if (n <= 0) { /* ENOBUFS: the kernel dropped events */
        watch->func(NULL, watch->userdata);
        return 0;
    }
    const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
    for (int left = (int) n; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
        watch_message(watch, header);
    return 0;
}

LinkWatch *link_watch_free(LinkWatch *watch)
{
    if (!watch)
        return NULL;
    sd_event_source_disable_unref(watch->source);
    netlink_closep(&watch->socket);
    free(watch);
    return NULL;
}

int link_watch_new(LinkWatch **ret, sd_event *event, LinkWatchFunc func, void *userdata)
{
    _cleanup_(link_watch_freep) LinkWatch *watch = calloc(1, sizeof(*watch));
    int r;

    if (!watch)
        return -ENOMEM;
    watch->func = func;
    watch->userdata = userdata;
    r = netlink_open(&watch->socket, NETLINK_ROUTE, RTMGRP_LINK);
    if (r < 0)
        return r;
    r = sd_event_add_io(event, &watch->source, mnl_socket_get_fd(watch->socket), EPOLLIN, on_readable, watch);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(watch);
    return 0;
}
