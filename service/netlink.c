/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One socket carries the notifications and the dumps, so that both arrive in the order in which the kernel made them: a
 * dump on a socket of its own could bring back what a notification has already taken away.
 *
 *   1. Subscribe, then dump links, IPv4 routes, IPv6 routes, addresses, one after the other (the kernel allows one dump
 *      a socket). Each dump is a mark and sweep in the model; notifications in between count as marks.
 *   2. Notifications change the model at once. Where the kernel drops IPv4 routes silently (link down, address gone,
 *      next-hop object gone) or a message is ambiguous, that dump is made again.
 *   3. ENOBUFS means that notifications were lost: every dump again. NLM_F_DUMP_INTR: that dump again.
 *   4. After each batch that changed something the route questions of ask.c go out.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "service/ask.h"
#include "service/log.h"
#include "service/netlink.h"

#define BUFFER_SIZE (64U * 1024U)

/* Messages read in one go before other events get their turn. */
#define BATCH_MAX 256U

#define DUMP_AGAIN_USEC (100U * 1000U)

/* The first answers of ask.c may come later than this; nobody waits for them then. */
#define FIRST_ANSWERS_USEC (1000U * 1000U)

/* linux/rtnetlink.h gives masks for the old groups only. */
#define GROUP(n) (1U << ((n) -1U))

typedef enum Dump {
    DUMP_LINKS,
    DUMP_ROUTES_IPV4,
    DUMP_ROUTES_IPV6,
    DUMP_ADDRESSES,
    DUMP_MAX,
    DUMP_NONE = DUMP_MAX,
} Dump;

struct Netlink {
    TunnelModel *model;
    NetlinkChanged changed;
    void *userdata;
    struct mnl_socket *socket;
    sd_event *event;
    sd_event_source *io, *again, *patience;
    Ask *ask;
    unsigned pending; /* bits of Dump */
    Dump running;
    bool interrupted;
    bool first_done;    /* every dump has been made once */
    bool first_answers; /* the questions of ask.c were asked after that and answered, or it took too long */
    bool dirty;
    uint32_t seq;
    uint8_t *buffer;
};

static int dump_send(Netlink *netlink, Dump dump)
{
    _Alignas(8) uint8_t bytes[64] = {0};
    struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);

    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->nlmsg_seq = ++netlink->seq;
    switch (dump) {
    case DUMP_LINKS: {
        header->nlmsg_type = RTM_GETLINK;
        mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
        /* Leaves out the counters, a third of each message (linux/rtnetlink.h). */
        mnl_attr_put_u32(header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        break;
    }
    case DUMP_ROUTES_IPV4:
    case DUMP_ROUTES_IPV6: {
        header->nlmsg_type = RTM_GETROUTE;
        struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
        message->rtm_family = dump == DUMP_ROUTES_IPV4 ? AF_INET : AF_INET6;
        break;
    }
    case DUMP_ADDRESSES: {
        header->nlmsg_type = RTM_GETADDR;
        struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
        message->ifa_family = AF_INET;
        break;
    }
    case DUMP_MAX:
    default:
        g_assert_not_reached();
    }
    return mnl_socket_sendto(netlink->socket, header, header->nlmsg_len) < 0 ? -errno : 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata);

static void dump_begin(Netlink *netlink, Dump dump)
{
    if (dump == DUMP_LINKS)
        tunnel_model_links_begin(netlink->model);
    else if (dump == DUMP_ROUTES_IPV4 || dump == DUMP_ROUTES_IPV6)
        tunnel_model_routes_begin(netlink->model, dump == DUMP_ROUTES_IPV4 ? AF_INET : AF_INET6);
    else
        ask_addresses_begin(netlink->ask);
}

static void dump_end(Netlink *netlink, Dump dump)
{
    if (dump == DUMP_LINKS)
        tunnel_model_links_end(netlink->model);
    else if (dump == DUMP_ROUTES_IPV4 || dump == DUMP_ROUTES_IPV6)
        tunnel_model_routes_end(netlink->model, dump == DUMP_ROUTES_IPV4 ? AF_INET : AF_INET6);
    else
        ask_addresses_end(netlink->ask);
}

static void dump_later(Netlink *netlink)
{
    netlink->again = sd_event_source_disable_unref(netlink->again);
    (void) sd_event_add_time_relative(
        netlink->event, &netlink->again, CLOCK_MONOTONIC, DUMP_AGAIN_USEC, 0, on_again, netlink);
}

/* Starts the next dump that is due, if none is running. */
static void dump_next(Netlink *netlink)
{
    if (netlink->running != DUMP_NONE)
        return;
    for (unsigned dump = 0; dump < DUMP_MAX; dump++) {
        if (!(netlink->pending & (1U << dump)))
            continue;
        int r = dump_send(netlink, (Dump) dump);
        if (r < 0) {
            log_warning("Asking the kernel for links and routes failed, trying again: %s", strerror(-r));
            dump_later(netlink);
            return;
        }
        netlink->pending &= ~(1U << dump);
        netlink->running = (Dump) dump;
        netlink->interrupted = false;
        dump_begin(netlink, (Dump) dump);
        return;
    }
    if (!netlink->first_done) {
        netlink->first_done = true;
        ask_again(netlink->ask); /* with every bridge known */
    }
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
    Netlink *netlink = userdata;

    netlink->again = sd_event_source_disable_unref(netlink->again);
    dump_next(netlink);
    return 0;
}

static void dump_want(Netlink *netlink, Dump dump)
{
    netlink->pending |= 1U << dump;
}

static void dump_finished(Netlink *netlink, int error)
{
    Dump dump = netlink->running;

    netlink->running = DUMP_NONE;
    if (error == 0 && !netlink->interrupted) {
        dump_end(netlink, dump);
        netlink->dirty = true;
        dump_next(netlink);
        return;
    }
    /* Nothing is swept: what was there stays until a whole dump says otherwise. */
    dump_want(netlink, dump);
    if (error == 0)
        dump_next(netlink);
    else
        dump_later(netlink);
}

static void dump_everything(Netlink *netlink)
{
    netlink->pending = (1U << DUMP_MAX) - 1U;
    if (netlink->running != DUMP_NONE)
        netlink->interrupted = true;
}

static void on_link_message(Netlink *netlink, const struct nlmsghdr *header)
{
    Link link;

    if (link_parse(header, header->nlmsg_len, &link) < 0)
        return;
    /* An AF_BRIDGE message tells of a bridge port, not of the link: its RTM_DELLINK means "left the bridge". */
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
    if (info->ifi_family != AF_UNSPEC)
        return;

    int r = header->nlmsg_type == RTM_NEWLINK ? tunnel_model_link(netlink->model, &link)
                                              : tunnel_model_link_gone(netlink->model, link.ifindex);
    if (r > 0)
        dump_want(netlink, DUMP_ROUTES_IPV4);
    if (header->nlmsg_type == RTM_DELLINK)
        ask_link_gone(netlink->ask, link.ifindex);
    netlink->dirty = true;
}

static void on_route_message(Netlink *netlink, const struct nlmsghdr *header)
{
    Route route;

    if (route_parse(header, header->nlmsg_len, &route) < 0)
        return;
    int r = header->nlmsg_type == RTM_NEWROUTE
                ? tunnel_model_route(netlink->model, &route, header->nlmsg_flags & NLM_F_REPLACE)
                : tunnel_model_route_gone(netlink->model, &route);
    if (r > 0)
        dump_want(netlink, route.family == AF_INET ? DUMP_ROUTES_IPV4 : DUMP_ROUTES_IPV6);
    netlink->dirty = true;
}

static void on_message(Netlink *netlink, const struct nlmsghdr *header, bool ours)
{
    if (ours && (header->nlmsg_flags & NLM_F_DUMP_INTR))
        netlink->interrupted = true;

    switch (header->nlmsg_type) {
    case NLMSG_DONE:
        if (ours)
            dump_finished(netlink, 0);
        break;
    case NLMSG_ERROR:
        if (ours)
            dump_finished(netlink, -EIO);
        break;
    case RTM_NEWLINK:
    case RTM_DELLINK:
        on_link_message(netlink, header);
        break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        on_route_message(netlink, header);
        break;
    case RTM_NEWADDR:
        ask_address(netlink->ask, header);
        netlink->dirty = netlink->dirty || !ours;
        break;
    case RTM_DELADDR:
        ask_address(netlink->ask, header);
        /* fib_sync_down_addr() takes the routes with it that prefer this source, without a word. */
        dump_want(netlink, DUMP_ROUTES_IPV4);
        netlink->dirty = true;
        break;
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
        dump_want(netlink, DUMP_ROUTES_IPV4);
        dump_want(netlink, DUMP_ROUTES_IPV6);
        break;
    case RTM_NEWRULE:
    case RTM_DELRULE:
        netlink->dirty = true; /* the answers of ask.c may differ now */
        break;
    default:
        break;
    }
}

/* 0: nothing there, > 0: one datagram was handled, < 0: fatal. */
static int receive(Netlink *netlink)
{
    struct sockaddr_nl from = {0};
    struct iovec iov = {netlink->buffer, BUFFER_SIZE};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};

    ssize_t n = recvmsg(mnl_socket_get_fd(netlink->socket), &message, MSG_DONTWAIT);
    if (n < 0 && errno == ENOBUFS) {
        log_info("The kernel dropped network events; reading everything again.");
        dump_everything(netlink);
        return 1;
    }
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (from.nl_pid != 0) /* another process, not the kernel */
        return 1;
    if (message.msg_flags & MSG_TRUNC) {
        dump_everything(netlink);
        return 1;
    }

    int left = (int) n;
    const struct nlmsghdr *header = (const struct nlmsghdr *) netlink->buffer;
    for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
        on_message(netlink, header,
            netlink->running != DUMP_NONE && header->nlmsg_seq == netlink->seq &&
                header->nlmsg_pid == mnl_socket_get_portid(netlink->socket));
    return 1;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Netlink *netlink = userdata;
    int r = 1;

    for (unsigned i = 0; i < BATCH_MAX && r > 0; i++)
        r = receive(netlink);
    if (r < 0) {
        /* An error returned from here would only switch this source off, in silence. */
        log_error("Reading network events failed: %s", strerror(-r));
        return sd_event_exit(sd_event_source_get_event(source), EXIT_FAILURE);
    }

    dump_next(netlink);
    if (netlink->dirty) {
        netlink->dirty = false;
        ask_again(netlink->ask);
        netlink->changed(netlink->first_done && netlink->first_answers, netlink->userdata);
    }
    return 0;
}

static void on_answers(bool news, void *userdata)
{
    Netlink *netlink = userdata;

    news = news || (netlink->first_done && !netlink->first_answers);
    netlink->first_answers = netlink->first_answers || netlink->first_done;
    if (news)
        netlink->changed(netlink->first_answers, netlink->userdata);
}

static int on_patience_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    Netlink *netlink = userdata;

    netlink->patience = sd_event_source_disable_unref(netlink->patience);
    netlink->first_answers = true;
    if (netlink->first_done)
        netlink->changed(true, netlink->userdata);
    return 0;
}

Netlink *netlink_free(Netlink *netlink)
{
    if (!netlink)
        return NULL;
    sd_event_source_disable_unref(netlink->io);
    sd_event_source_disable_unref(netlink->again);
    sd_event_source_disable_unref(netlink->patience);
    ask_free(netlink->ask);
    if (netlink->socket)
        mnl_socket_close(netlink->socket);
    sd_event_unref(netlink->event);
    g_free(netlink->buffer);
    g_free(netlink);
    return NULL;
}

int netlink_new(Netlink **ret, sd_event *event, TunnelModel *model, NetlinkChanged changed, void *userdata)
{
    static const unsigned groups = GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_IPV4_IFADDR) | GROUP(RTNLGRP_IPV4_ROUTE) |
                                   GROUP(RTNLGRP_IPV4_RULE) | GROUP(RTNLGRP_IPV6_ROUTE) | GROUP(RTNLGRP_IPV6_RULE) |
                                   GROUP(RTNLGRP_NEXTHOP);
    _cleanup_(netlink_freep) Netlink *netlink = g_new0(Netlink, 1);
    int r;

    netlink->event = sd_event_ref(event);
    netlink->model = model;
    netlink->changed = changed;
    netlink->userdata = userdata;
    netlink->running = DUMP_NONE;
    netlink->buffer = g_malloc(BUFFER_SIZE);

    netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!netlink->socket)
        return -errno;
    if (mnl_socket_bind(netlink->socket, groups, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    /* Room for a burst; the kernel grants what net.core.rmem_max allows. */
    int room = 1024 * 1024;
    (void) setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));

    r = sd_event_add_io(event, &netlink->io, mnl_socket_get_fd(netlink->socket), EPOLLIN, on_readable, netlink);
    if (r < 0)
        return r;
    r = ask_new(&netlink->ask, event, model, on_answers, netlink);
    if (r < 0)
        return r;
    r = sd_event_add_time_relative(
        event, &netlink->patience, CLOCK_MONOTONIC, FIRST_ANSWERS_USEC, 0, on_patience_over, netlink);
    if (r < 0)
        return r;
    dump_everything(netlink);
    dump_next(netlink);
    *ret = TAKE_PTR(netlink);
    return 0;
}
