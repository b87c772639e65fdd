/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's tables name the inode of each socket; the process is the one with a descriptor "socket:[inode]", which can
 * be seen of our own processes only (proc(5)). An address in those tables is printed in words of 32 bits in this
 * computer's byte order (net/ipv4/tcp_ipv4.c, get_tcp4_sock()).
 */
#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "service/podman/port-holder.h"

#define STATE_LISTEN 0x0aU
#define STATE_UDP_BOUND 0x07U

/* The whole of a word as a number; false for anything else. */
static bool number(const char *word, unsigned base, uint64_t max, uint64_t *ret)
{
    return g_ascii_string_to_unsigned(word, base, 0, max, ret, NULL);
}

/* "0100007F" or four such words; how many bytes that are, 0 for anything else. */
static size_t address_parse(const char *hex, uint8_t ret[16])
{
    size_t n = strlen(hex);

    if (n != 8 && n != 32)
        return 0;
    for (size_t i = 0; i < n; i += 8) {
        g_autofree char *word = g_strndup(hex + i, 8);
        uint64_t value;
        if (!number(word, 16, UINT32_MAX, &value))
            return 0;
        memcpy(ret + i / 2, &(uint32_t){(uint32_t) value}, sizeof(uint32_t));
    }
    return n / 2;
}

int port_line_parse(const char *line, PortLine *ret)
{
    /* sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode … */
    enum { SL, LOCAL, REMOTE, STATE, QUEUES, TIMER, RETRANSMITS, OWNER, TIMEOUT, INODE, N_WORDS };
    g_autofree char *copy = g_strdup(line);
    const char *words[N_WORDS] = {NULL};
    uint64_t port, state, uid, inode;
    PortLine parsed = {0};
    char *rest = copy;

    for (size_t i = 0; i < N_WORDS; i++)
        if (!(words[i] = strtok_r(rest, " ", &rest)))
            return -EBADMSG;
    g_auto(GStrv) local = g_strsplit(words[LOCAL], ":", 2);
    size_t size = local[0] && local[1] ? address_parse(local[0], parsed.address) : 0;
    if (size == 0 || !number(local[1], 16, UINT16_MAX, &port) || !number(words[STATE], 16, UINT8_MAX, &state) ||
        !number(words[OWNER], 10, UINT32_MAX, &uid) || !number(words[INODE], 10, ULONG_MAX, &inode))
        return -EBADMSG;
    parsed.family = size == 4 ? AF_INET : AF_INET6;
    parsed.port = (uint16_t) port;
    parsed.state = (unsigned) state;
    parsed.uid = (uid_t) uid;
    parsed.inode = (unsigned long) inode;
    *ret = parsed;
    return 0;
}

static bool is_any(const uint8_t *address, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (address[i])
            return false;
    return true;
}

typedef struct Wish {
    int family; /* AF_UNSPEC: every address of both */
    uint8_t address[16];
    uint16_t port;
    unsigned state;
} Wish;

/* [::] usually takes IPv4 too, and an IPv4 address may be held by a socket on ::ffff:a.b.c.d. */
static bool collides(const PortLine *line, const Wish *wish)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    size_t n = line->family == AF_INET ? 4 : 16;

    if (line->port != wish->port || line->state != wish->state)
        return false;
    if (wish->family == AF_UNSPEC || is_any(line->address, n))
        return wish->family != AF_INET6 || line->family == AF_INET6;
    if (wish->family == AF_INET && line->family == AF_INET6)
        return memcmp(line->address, mapped, sizeof(mapped)) == 0 && memcmp(line->address + 12, wish->address, 4) == 0;
    if (wish->family != line->family)
        return false;
    return is_any(wish->address, n) || memcmp(line->address, wish->address, n) == 0;
}

static bool table_find(const char *path, const Wish *wish, PortLine *ret)
{
    g_autofree char *text = NULL;
    gsize size;

    if (!g_file_get_contents(path, &text, &size, NULL))
        return false;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (port_line_parse(line, ret) >= 0 && collides(ret, wish))
            return true;
    return false;
}

static bool has_socket(const char *pid, const char *link)
{
    g_autofree char *folder = g_strdup_printf("/proc/%s/fd", pid);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *target = g_file_read_link(path, NULL);
        if (g_strcmp0(target, link) == 0)
            return true;
    }
    return false;
}

static void find_process(PortHolder *holder, unsigned long inode)
{
    g_autofree char *link = g_strdup_printf("socket:[%lu]", inode);
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (proc && (name = g_dir_read_name(proc))) {
        if (!g_ascii_isdigit(name[0]) || !has_socket(name, link))
            continue;
        g_autofree char *path = g_strdup_printf("/proc/%s/comm", name);
        g_autofree char *program = NULL;
        if (!g_file_get_contents(path, &program, NULL, NULL))
            return;
        holder->program = g_utf8_make_valid(g_strchomp(program), -1);
        holder->pid = (pid_t) g_ascii_strtoll(name, NULL, 10);
        return;
    }
}

int port_holder_find(const char *address, const char *protocol, uint16_t port, PortHolder **ret)
{
    bool tcp = strcmp(protocol, "tcp") == 0;
    Wish wish = {.port = port, .state = tcp ? STATE_LISTEN : STATE_UDP_BOUND};
    PortLine line;

    if (!tcp && strcmp(protocol, "udp") != 0)
        return -EINVAL;
    if (address && address[0]) {
        wish.family = strchr(address, ':') ? AF_INET6 : AF_INET;
        if (inet_pton(wish.family, address, wish.address) != 1)
            return -EINVAL;
    }
    if (!table_find(tcp ? "/proc/net/tcp" : "/proc/net/udp", &wish, &line) &&
        !table_find(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", &wish, &line))
        return 0;
    PortHolder *holder = g_new0(PortHolder, 1);
    holder->uid = line.uid;
    find_process(holder, line.inode);
    *ret = holder;
    return 1;
}

char *port_holder_describe(const PortHolder *holder)
{
    if (holder->program)
        return g_strdup_printf("%s (process %d)", holder->program, (int) holder->pid);
    const struct passwd *user = getpwuid(holder->uid);
    return user ? g_strdup_printf("a program of the user %s", user->pw_name)
                : g_strdup_printf("a program of the user with the number %u", (unsigned) holder->uid);
}

PortHolder *port_holder_free(PortHolder *holder)
{
    if (!holder)
        return NULL;
    g_free(holder->program);
    g_free(holder);
    return NULL;
}
