/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two prefixes overlap when they agree in the bits of the shorter one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "service/podman/subnet.h"
#include "shared/error.h"

static unsigned bits_of(int family)
{
    return family == AF_INET ? 32 : 128;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned n)
{
    if (memcmp(a, b, n / 8) != 0)
        return false;
    return n % 8 == 0 || ((a[n / 8] ^ b[n / 8]) >> (8 - n % 8)) == 0;
}

static bool overlap(const Subnet *a, const Subnet *b)
{
    return a->family == b->family && same_bits(a->address, b->address, MIN2(a->len, b->len));
}

int subnet_parse(const char *text, Subnet *ret)
{
    const char *slash = strchr(text, '/');
    char address[INET6_ADDRSTRLEN];
    Subnet subnet = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

    if (!slash || (size_t) (slash - text) >= sizeof(address) || strlen(slash + 1) > 3 || slash[1] == '\0' ||
        strspn(slash + 1, "0123456789") != strlen(slash + 1))
        return -EINVAL;
    memcpy(address, text, (size_t) (slash - text));
    address[slash - text] = '\0';
    unsigned long len = strtoul(slash + 1, NULL, 10);
    if (inet_pton(subnet.family, address, subnet.address) != 1 || len > bits_of(subnet.family))
        return -EINVAL;
    subnet.len = (uint8_t) len;
    for (unsigned bit = subnet.len; bit < bits_of(subnet.family); bit++)
        if (subnet.address[bit / 8] & (0x80 >> (bit % 8)))
            return -EINVAL;
    *ret = subnet;
    return 0;
}

void subnet_format(const Subnet *subnet, char ret[SUBNET_TEXT_SIZE])
{
    char address[INET6_ADDRSTRLEN];

    (void) inet_ntop(subnet->family, subnet->address, address, sizeof(address));
    (void) snprintf(ret, SUBNET_TEXT_SIZE, "%s/%u", address, subnet->len);
}

static const SubnetTaken *collision(const Subnet *subnet, const SubnetTaken *taken, size_t n_taken)
{
    for (size_t i = 0; i < n_taken; i++)
        if (taken[i].subnet.len >= SUBNET_DEFAULT_LEN && overlap(subnet, &taken[i].subnet))
            return &taken[i];
    return NULL;
}

static int choose_wish(
    const char *wish, const char *key, const SubnetTaken *taken, size_t n_taken, Subnet *ret, sd_bus_error *reterr)
{
    Subnet subnet;
    char other[SUBNET_TEXT_SIZE];

    if (subnet_parse(wish, &subnet) < 0)
        return error_set(reterr, ERROR_CONFIG_INVALID,
            "%s = \"%s\" is no network; give an address with all host bits 0 and a length, like 10.90.0.0/24.", key,
            wish);
    const SubnetTaken *hit = collision(&subnet, taken, n_taken);
    if (hit) {
        subnet_format(&hit->subnet, other);
        return error_set(reterr, ERROR_CONFIG_INVALID,
            "%s = \"%s\" collides with %s of %s: hosts behind it could not be reached any more; choose another network or "
            "leave the key out.",
            key, wish, other, hit->by);
    }
    *ret = subnet;
    return 0;
}

int subnet_choose(
    const char *wish, const char *key, const SubnetTaken *taken, size_t n_taken, Subnet *ret, sd_bus_error *reterr)
{
    static const struct {
        uint32_t first, last; /* third byte upwards */
    } pools[] = {{0x0a5901, 0x0affff}, {0xac1000, 0xac1fff}, {0xc0a800, 0xc0a8ff}};

    if (wish)
        return choose_wish(wish, key, taken, n_taken, ret, reterr);

    for (size_t i = 0; i < ELEMENTSOF(pools); i++)
        for (uint32_t at = pools[i].first; at <= pools[i].last; at++) {
            Subnet subnet = {AF_INET, {(uint8_t) (at >> 16), (uint8_t) (at >> 8), (uint8_t) at, 0}, 24};
            if (!collision(&subnet, taken, n_taken)) {
                *ret = subnet;
                return 0;
            }
        }
    return error_set(reterr, ERROR_CONFIG_INVALID,
        "Every private network is reached through some route, so none is left for containers; set %s to one that you can "
        "spare.",
        key);
}
