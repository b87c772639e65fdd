/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A round of questions goes out in one go on a socket of its own (answers tell the present, so their order against the
 * notifications does not matter); when the last answer is in, the links named in the answers replace those of the round
 * before. "No route" is an answer. A question asked while a round is under way starts the next round after it.
 */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "service/ask.h"
#include "service/log.h"
#include "service/routes.h"

/* Public addresses that belong to nobody's private network; nothing is ever sent to them. */
#define PUBLIC_IPV4 "1.1.1.1"
#define PUBLIC_IPV6 "2606:4700:4700::1111"

#define QUESTIONS_MAX 34U /* two from here, two for each of 16 bridges */
#define ADDRESSES_MAX 1024U

typedef struct Question {
    uint8_t family;
    int iif;         /* 0: from this host */
    uint32_t source; /* IPv4 with iif: network order */
    uint32_t seq;
    bool answered;
    int oif; /* 0: no route */
} Question;

typedef struct Address {
    uint32_t address; /* network order */
    uint8_t len;      /* bits */
    unsigned generation;
} Address;

struct Ask {
    TunnelModel *model;
    AskAnswered answered;
    void *userdata;
    struct mnl_socket *socket;
    sd_event_source *io;
    Question questions[QUESTIONS_MAX];
    size_t n_questions;
    bool running, again;
    uint32_t seq;
    GHashTable *addresses; /* ifindex → Address, one is enough */
    unsigned generation;
};

/* Some other host in the bridge's network: the kernel refuses its own address and 0.0.0.0 as a source (martians). */
static bool neighbour_of(const Address *address, uint32_t *ret)
{
    uint32_t own = ntohl(address->address);

    if (address->len > 31 || address->len == 0)
        return false;
    if (address->len == 31) {
        *ret = htonl(own ^ 1U);
        return true;
    }
    uint32_t network = own & (0xffffffffU << (32U - address->len));
    *ret = htonl(own == network + 1U ? network + 2U : network + 1U);
    return true;
}

static void add_bridge(const Link *link, void *userdata)
{
    Ask *ask = userdata;
    uint32_t source;

    if (strcmp(link->kind, "bridge") != 0 || !(link->flags & IFF_UP) || ask->n_questions + 2 > QUESTIONS_MAX)
        return;
    const Address *address = g_hash_table_lookup(ask->addresses, GINT_TO_POINTER(link->ifindex));
    if (address && neighbour_of(address, &source))
        ask->questions[ask->n_questions++] = (Question){.family = AF_INET, .iif = link->ifindex, .source = source};
    ask->questions[ask->n_questions++] = (Question){.family = AF_INET6, .iif = link->ifindex};
}

static int question_send(Ask *ask, Question *question)
{
    _Alignas(8) uint8_t bytes[128] = {0};
    struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);

    header->nlmsg_type = RTM_GETROUTE;
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = question->seq = ++ask->seq;
    struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
    message->rtm_family = question->family;
    if (question->family == AF_INET) {
        struct in_addr address;
        (void) inet_pton(AF_INET, PUBLIC_IPV4, &address);
        message->rtm_dst_len = 32;
        mnl_attr_put(header, RTA_DST, sizeof(address), &address);
        if (question->source) {
            message->rtm_src_len = 32;
            mnl_attr_put(header, RTA_SRC, sizeof(question->source), &question->source);
        }
    } else {
        struct in6_addr address;
        (void) inet_pton(AF_INET6, PUBLIC_IPV6, &address);
        message->rtm_dst_len = 128;
        mnl_attr_put(header, RTA_DST, sizeof(address), &address);
    }
    if (question->iif)
        mnl_attr_put_u32(header, RTA_IIF, (uint32_t) question->iif);
    return mnl_socket_sendto(ask->socket, header, header->nlmsg_len) < 0 ? -errno : 0;
}

static void round_finish(Ask *ask)
{
    int defaults[QUESTIONS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < ask->n_questions; i++)
        if (ask->questions[i].oif > 0)
            defaults[n++] = ask->questions[i].oif;
    ask->running = false;
    bool news = tunnel_model_set_defaults(ask->model, defaults, n) > 0;
    if (ask->again)
        ask_again(ask);
    ask->answered(news, ask->userdata);
}

static void round_advance(Ask *ask)
{
    for (size_t i = 0; i < ask->n_questions; i++)
        if (!ask->questions[i].answered)
            return;
    round_finish(ask);
}

void ask_again(Ask *ask)
{
    if (ask->running) {
        ask->again = true;
        return;
    }
    ask->again = false;
    ask->running = true;
    ask->n_questions = 0;
    ask->questions[ask->n_questions++] = (Question){.family = AF_INET};
    ask->questions[ask->n_questions++] = (Question){.family = AF_INET6};
    tunnel_model_foreach_link(ask->model, add_bridge, ask);

    size_t sent = 0;
    for (size_t i = 0; i < ask->n_questions; i++) {
        if (question_send(ask, &ask->questions[i]) >= 0)
            sent++;
        else
            ask->questions[i].answered = true; /* as good as "no route"; the next event asks again */
    }
    /* No answer will come to end this round. What the round before found stays. */
    if (sent == 0) {
        log_debug("No route question could be sent: %s", strerror(errno));
        ask->running = false;
    }
}

static void on_answer(Ask *ask, const struct nlmsghdr *header)
{
    for (size_t i = 0; i < ask->n_questions; i++) {
        Question *question = &ask->questions[i];
        Route route;
        if (question->answered || question->seq != header->nlmsg_seq)
            continue;
        question->answered = true;
        if (header->nlmsg_type == RTM_NEWROUTE && route_parse(header, header->nlmsg_len, &route) >= 0 &&
            route.type == RTN_UNICAST && route.n_hops > 0)
            question->oif = route.hops[0];
        return;
    }
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Ask *ask = userdata;
    _Alignas(8) uint8_t buffer[8192];

    for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
        struct sockaddr_nl from = {0};
        struct iovec iov = {buffer, sizeof(buffer)};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
        ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
        if (n < 0 && errno == ENOBUFS) {
            for (size_t k = 0; k < ask->n_questions; k++)
                ask->questions[k].answered = true;
            ask->again = true;
            break;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n < 0) {
            /* An error returned from here would only switch this source off, in silence. */
            log_error("Reading the kernel's answer to a route question failed: %s", strerror(errno));
            return sd_event_exit(sd_event_source_get_event(source), EXIT_FAILURE);
        }
        if (from.nl_pid != 0)
            continue;
        int left = (int) n;
        const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
        for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
            on_answer(ask, header);
    }
    if (ask->running)
        round_advance(ask);
    return 0;
}

void ask_address(Ask *ask, const struct nlmsghdr *header)
{
    const struct ifaddrmsg *message;
    const struct nlattr *attribute;

    if (mnl_nlmsg_get_payload_len(header) < sizeof(*message))
        return;
    message = mnl_nlmsg_get_payload(header);
    if (message->ifa_family != AF_INET)
        return;
    mnl_attr_for_each (attribute, header, sizeof(*message)) {
        uint32_t address;
        if (mnl_attr_get_type(attribute) != IFA_LOCAL || mnl_attr_get_payload_len(attribute) != sizeof(address))
            continue;
        memcpy(&address, mnl_attr_get_payload(attribute), sizeof(address));
        Address *known = g_hash_table_lookup(ask->addresses, GINT_TO_POINTER((int) message->ifa_index));
        if (header->nlmsg_type == RTM_DELADDR) {
            if (known && known->address == address)
                ask_link_gone(ask, (int) message->ifa_index);
            return;
        }
        if (!known) {
            if (g_hash_table_size(ask->addresses) >= ADDRESSES_MAX)
                return;
            known = g_new0(Address, 1);
            g_hash_table_insert(ask->addresses, GINT_TO_POINTER((int) message->ifa_index), known);
        }
        *known = (Address){address, message->ifa_prefixlen, ask->generation};
        return;
    }
}

void ask_addresses_begin(Ask *ask)
{
    ask->generation++;
}

void ask_addresses_end(Ask *ask)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, ask->addresses);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((const Address *) value)->generation != ask->generation)
            g_hash_table_iter_remove(&iter);
}

void ask_link_gone(Ask *ask, int ifindex)
{
    g_hash_table_remove(ask->addresses, GINT_TO_POINTER(ifindex));
}

Ask *ask_free(Ask *ask)
{
    if (!ask)
        return NULL;
    sd_event_source_disable_unref(ask->io);
    if (ask->socket)
        mnl_socket_close(ask->socket);
    g_hash_table_unref(ask->addresses);
    g_free(ask);
    return NULL;
}

DEFINE_FREEP(Ask, ask_free)

int ask_new(Ask **ret, sd_event *event, TunnelModel *model, AskAnswered answered, void *userdata)
{
    _cleanup_(ask_freep) Ask *ask = g_new0(Ask, 1);
    int r;

    ask->model = model;
    ask->answered = answered;
    ask->userdata = userdata;
    ask->addresses = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    ask->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!ask->socket)
        return -errno;
    if (mnl_socket_bind(ask->socket, 0, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    r = sd_event_add_io(event, &ask->io, mnl_socket_get_fd(ask->socket), EPOLLIN, on_readable, ask);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(ask);
    return 0;
}
