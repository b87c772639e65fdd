/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who listens on a port of this computer, to be asked before a container is started on it: Podman itself says it late (the
 * container is made by then), and not who it is. Reads /proc, which does not block. Knows nothing of Podman.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/macro.h"

typedef struct PortHolder {
    char *program; /* its name, NULL: it belongs to another user, so that only the uid is known */
    pid_t pid;     /* 0 without a program */
    uid_t uid;
} PortHolder;

/*
 * Whether a socket that is bound to address and port keeps another from it. `address` NULL or "" stands for every address;
 * `protocol` is tcp or udp. 0: the port is free; 1: it is held, *ret to be freed; -EINVAL: no address or protocol.
 */
int port_holder_find(const char *address, const char *protocol, uint16_t port, PortHolder **ret);
PortHolder *port_holder_free(PortHolder *holder);
DEFINE_FREEP(PortHolder, port_holder_free)

/* "nginx (process 4711)", or "a program of the user root"; g_free() it. */
char *port_holder_describe(const PortHolder *holder);

/* A bound socket, as a line of /proc/net/{tcp,tcp6,udp,udp6} has it. */
typedef struct PortLine {
    int family;
    uint8_t address[16]; /* network order */
    uint16_t port;
    unsigned state; /* 0x0a: listens, 0x07: a UDP socket that is bound */
    uid_t uid;
    unsigned long inode;
} PortLine;

/* One line, pure: 0, or -EBADMSG for the heading and anything else. */
int port_line_parse(const char *line, PortLine *ret);
