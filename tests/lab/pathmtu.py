# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Learned path MTUs: the kernel keeps what an ICMP message taught it for ten minutes, and a fault looks healed until then.
# Every cell of a test matrix begins with forget(), which also looks that nothing is left.
import re

from .run import CommandFailed


def learned(namespace, address):
    """The path MTU that `namespace` has learned towards `address`, or 0."""
    try:
        route = namespace.ip("route", "get", address)
    except CommandFailed:
        return 0
    found = re.search(r"expires \S+ mtu (\d+)|mtu (\d+) expires|expires \S+.*?mtu (\d+)", route)
    return int(next(group for group in found.groups() if group)) if found else 0


def forget(*pairs):
    """Makes each namespace of (namespace, address) pairs forget, and checks it."""
    for namespace, _address in pairs:
        namespace.sysctl("net/ipv4/route/flush", 1)
        namespace.sysctl("net/ipv6/route/flush", 1)
        namespace.ip("route", "flush", "cache")
        namespace.ip("-6", "route", "flush", "cache")
        namespace.ip("tcp_metrics", "flush")
    for namespace, address in pairs:
        left = learned(namespace, address)
        assert left == 0, f"{namespace.name}: a path MTU of {left} towards {address} is still remembered"
