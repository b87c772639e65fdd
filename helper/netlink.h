/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A netlink socket for questions that the kernel answers at once. nf_tables handles a batch inside sendmsg(), rtnetlink a
 * request, and a dump is filled inside sendmsg() and each recvmsg(): the answer is in the receive buffer when the call
 * returns. So reading never waits (MSG_DONTWAIT), the daemon never blocks, and an empty buffer means that there is no more.
 */
#pragma once

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#define NETLINK_ANSWER_SIZE 32768U

static inline void netlink_closep(struct mnl_socket **socket)
{
    if (*socket)
        mnl_socket_close(*socket);
}

static inline int netlink_open(struct mnl_socket **ret, int protocol, unsigned groups)
{
    struct mnl_socket *socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);

    if (!socket)
        return -errno;
    *ret = socket;
    return mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
}

/* One datagram of the kernel, of at most NETLINK_ANSWER_SIZE bytes; -EAGAIN when there is no more, -ENOBUFS when some were lost. */
static inline ssize_t netlink_receive(const struct mnl_socket *socket, void *buffer)
{
    struct sockaddr_nl from = {0};
    socklen_t size;
    ssize_t n;

    do {
        size = sizeof(from);
        n = recvfrom(
            mnl_socket_get_fd(socket), buffer, NETLINK_ANSWER_SIZE, MSG_DONTWAIT, (struct sockaddr *) &from, &size);
    } while (n < 0 ? errno == EINTR : from.nl_pid != 0); /* other port numbers are other processes */
    return n < 0 ? -errno : n;
}
