/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which addresses a container network may have, so that it hides no host that somebody needs: a VPN's routes and
 * Podman's other networks are taken (podman#13702). Pure: prefixes in, prefix out. Whoever calls it knows the live
 * routes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <systemd/sd-bus.h>

/* Room for "255.255.255.255/32" or the IPv6 form, with its NUL. */
#define SUBNET_TEXT_SIZE (INET6_ADDRSTRLEN + 4)

/*
 * Shorter prefixes are what VPNs split the default route into (0.0.0.0/1, 128.0.0.0/1, …): they collide with nothing.
 */
#define SUBNET_DEFAULT_LEN 8

typedef struct Subnet {
    int family;          /* AF_INET or AF_INET6 */
    uint8_t address[16]; /* network order; bits beyond len are 0 */
    uint8_t len;
} Subnet;

typedef struct SubnetTaken {
    Subnet subnet;
    const char *by; /* for the sentence: "the route through wg0", "the Podman network kind" */
} SubnetTaken;

/* "10.1.2.0/24"; -EINVAL for anything else, also when an address bit beyond the length is set. */
int subnet_parse(const char *text, Subnet *ret);
void subnet_format(const Subnet *subnet, char ret[SUBNET_TEXT_SIZE]);

/*
 * The wish if it is free, or with wish NULL the first free /24 of those that Podman itself uses for its networks (from
 * 10.89.1.0 on), then of 172.16.0.0/12 and 192.168.0.0/16. ConfigInvalid names what is in the way; `key` is the wish's
 * place in the configuration.
 */
int subnet_choose(
    const char *wish, const char *key, const SubnetTaken *taken, size_t n_taken, Subnet *ret, sd_bus_error *reterr);
