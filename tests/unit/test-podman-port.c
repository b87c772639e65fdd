/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who holds a port: lines of the kernel's tables, and real sockets of this very program.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include "service/podman/port-holder.h"

static void test_line(void)
{
    static const char *const bad[] = {"",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:1F90",
        "   0: 01007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77 1"};
    PortLine line;
    char address[INET6_ADDRSTRLEN];

    g_assert_cmpint(
        port_line_parse(
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77123 1 "
            "0000000000000000 100 0 0 10 0",
            &line),
        ==, 0);
    g_assert_cmpint(line.family, ==, AF_INET);
    g_assert_cmpstr(inet_ntop(AF_INET, line.address, address, sizeof(address)), ==, "127.0.0.1");
    g_assert_cmpuint(line.port, ==, 8080);
    g_assert_cmpuint(line.state, ==, 10);
    g_assert_cmpuint(line.uid, ==, 1000);
    g_assert_cmpuint(line.inode, ==, 77123);

    g_assert_cmpint(
        port_line_parse(
            "  12: 0000000000000000FFFF00000100007F:0035 00000000000000000000000000000000:0000 07 00000000:00000000 "
            "00:00000000 00000000     0        0 5 2 0000000000000000 0",
            &line),
        ==, 0);
    g_assert_cmpint(line.family, ==, AF_INET6);
    g_assert_cmpstr(inet_ntop(AF_INET6, line.address, address, sizeof(address)), ==, "::ffff:127.0.0.1");
    g_assert_cmpuint(line.port, ==, 53);

    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        g_assert_cmpint(port_line_parse(bad[i], &line), ==, -EBADMSG);
}

/* A socket on 127.0.0.x and a port that the kernel chooses. */
static int bind_on(int type, const char *text, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    g_assert_cmpint(inet_pton(AF_INET, text, &address.sin_addr), ==, 1);
    g_assert_cmpint(bind(fd, (const struct sockaddr *) &address, sizeof(address)), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *) &address, &size), ==, 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void assert_held(const char *address, const char *protocol, uint16_t port)
{
    _cleanup_(port_holder_freep) PortHolder *holder = NULL;
    g_autofree char *expected = g_strdup_printf("%.15s (process %d)", program_invocation_short_name, (int) getpid());

    g_assert_cmpint(port_holder_find(address, protocol, port, &holder), ==, 1);
    g_autofree char *text = port_holder_describe(holder);
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpuint(holder->uid, ==, getuid());
}

static void assert_free(const char *address, const char *protocol, uint16_t port)
{
    PortHolder *holder = NULL;

    g_assert_cmpint(port_holder_find(address, protocol, port, &holder), ==, 0);
    g_assert_null(holder);
}

static void test_tcp(void)
{
    uint16_t port;
    int fd = bind_on(SOCK_STREAM, "127.0.0.5", &port);

    assert_free("127.0.0.5", "tcp", port); /* bound, but does not listen */
    g_assert_cmpint(listen(fd, 1), ==, 0);
    assert_held("127.0.0.5", "tcp", port);
    assert_held("0.0.0.0", "tcp", port);
    assert_held(NULL, "tcp", port);
    assert_held("", "tcp", port);
    assert_free("127.0.0.6", "tcp", port);
    assert_free("::1", "tcp", port);
    assert_free("127.0.0.5", "udp", port);
    close(fd);
    assert_free("127.0.0.5", "tcp", port);
}

static void test_every_address(void)
{
    uint16_t port;
    int fd = bind_on(SOCK_STREAM, "0.0.0.0", &port);

    g_assert_cmpint(listen(fd, 1), ==, 0);
    assert_held("127.0.0.1", "tcp", port);
    assert_free("::1", "tcp", port);
    close(fd);
}

static void test_udp(void)
{
    uint16_t port;
    int fd = bind_on(SOCK_DGRAM, "127.0.0.1", &port);

    assert_held("127.0.0.1", "udp", port);
    assert_free("127.0.0.1", "tcp", port);
    close(fd);
}

static void test_bad(void)
{
    PortHolder *holder = NULL;

    g_assert_cmpint(port_holder_find("nonsense", "tcp", 1, &holder), ==, -EINVAL);
    g_assert_cmpint(port_holder_find("127.0.0.1", "sctp", 1, &holder), ==, -EINVAL);
}

static void test_describe(void)
{
    const PortHolder root = {.uid = 0}, nobody_known = {.uid = 4000000000U};
    g_autofree char *one = port_holder_describe(&root), *two = port_holder_describe(&nobody_known);

    g_assert_cmpstr(one, ==, "a program of the user root");
    g_assert_cmpstr(two, ==, "a program of the user with the number 4000000000");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/podman/port/line", test_line);
    g_test_add_func("/podman/port/tcp", test_tcp);
    g_test_add_func("/podman/port/every-address", test_every_address);
    g_test_add_func("/podman/port/udp", test_udp);
    g_test_add_func("/podman/port/bad", test_bad);
    g_test_add_func("/podman/port/describe", test_describe);
    return g_test_run();
}
