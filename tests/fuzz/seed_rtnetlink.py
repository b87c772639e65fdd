#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes the first inputs of fuzz-rtnetlink: real messages of a real kernel about real tunnels. Run it as root, when the kernel
# or the parsers have learned something new:
#
#   tests/lab/private.py tests/fuzz/seed_rtnetlink.py tests/fuzz/corpus/rtnetlink
#
# The messages are recorded as service/netlink.c receives them. Two that rtnetlink does not send tell the target what
# netlink.c would do besides: see fuzz-rtnetlink.c.
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab.netns import Namespace, bridge, veth
from lab.tun import Tun
from lab.wireguard import make_link

NLMSG_NOOP, NLMSG_DONE, NLMSG_OVERRUN = 1, 3, 4
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 16, 17, 18, 24, 25, 26
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
IFLA_IFNAME, IFLA_MTU, IFLA_MASTER, IFLA_LINKINFO, IFLA_EXT_MASK, SKIP_STATS = 3, 4, 10, 18, 29, 8
GROUPS = 1 | 0x40 | 0x400  # links, IPv4 routes, IPv6 routes
KEPT = {IFLA_IFNAME, IFLA_MTU, IFLA_MASTER, IFLA_LINKINFO}


def message(kind, flags=0, payload=b""):
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, 0, 0) + payload


def split(stream):
    while len(stream) >= 16:
        length = struct.unpack_from("=I", stream)[0]
        yield stream[:length]
        stream = stream[(length + 3) & ~3:]


def short(one):
    """A link message with the attributes alone that are read: small inputs are fast inputs."""
    if struct.unpack_from("=H", one, 4)[0] not in (RTM_NEWLINK, RTM_DELLINK):
        return one
    at, kept = 32, b""
    while at + 4 <= len(one):
        length, kind = struct.unpack_from("=HH", one, at)
        if kind & 0x3fff in KEPT:
            kept += one[at:at + ((length + 3) & ~3)]
        at += (length + 3) & ~3
    return struct.pack("=I", 32 + len(kept)) + one[4:32] + kept


class Recorder:
    def __init__(self):
        self.dumps = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.dumps.bind((0, 0))
        self.news = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.news.bind((0, GROUPS))
        self.news.setblocking(False)

    def dump(self, kind, body):
        self.dumps.send(message(kind, NLM_F_REQUEST | NLM_F_DUMP, body))
        found = []
        while not found or struct.unpack_from("=H", found[-1], 4)[0] != NLMSG_DONE:
            found += split(self.dumps.recv(65536))
        return found[:-1]

    def links(self):
        return self.dump(RTM_GETLINK, bytes(16) + struct.pack("=HHI", 8, IFLA_EXT_MASK, SKIP_STATS))

    def routes(self, family):
        return self.dump(RTM_GETROUTE, struct.pack("=B11x", family))

    def everything(self):
        """The dumps, as netlink.c makes them at its start."""
        parts = (self.links(), self.routes(socket.AF_INET), self.routes(socket.AF_INET6))
        return [one for number, found in enumerate(parts)
                for one in (message(NLMSG_NOOP, number), *found, message(NLMSG_DONE))]

    def since(self):
        """What the kernel has told by itself up to now."""
        found = []
        try:
            while True:
                found += split(self.news.recv(65536))
        except BlockingIOError:
            return found


def record():
    """(name, messages) for each seed."""
    host, gateway, recorder = Namespace(), Namespace("gateway"), Recorder()
    veth(host, "wan0", gateway, "wan0")
    host.address("wan0", "192.0.2.2/24", "2001:db8::2/64")
    host.ip("route", "add", "default", "via", "192.0.2.1")
    host.ip("-6", "route", "add", "default", "via", "2001:db8::1")
    host.ip("link", "add", "port0", "type", "veth", "peer", "name", "port1")
    bridge(host, "br0", "port0")
    host.address("br0", "10.89.0.1/24")
    recorder.since()

    make_link(host, "wg0-mullvad")
    host.address("wg0-mullvad", "10.64.0.2/32", "fc00:bbbb::2/128")
    host.up("wg0-mullvad", 1380)
    host.ip("route", "add", "default", "dev", "wg0-mullvad", "table", "51820")
    host.ip("-6", "route", "add", "default", "dev", "wg0-mullvad", "table", "51820", "mtu", "1280")
    yield "wireguard-connects", recorder.since()

    tun, tap = Tun(host, "tun0"), Tun(host, "tap0", tap=True)
    host.address("tun0", "10.8.0.2/24", "2001:db8:8::2/64")
    host.up("tun0", 1400)
    host.ip("link", "set", "tap0", "master", "br0")
    host.ip("route", "add", "10.0.0.0/8", "dev", "tun0", "mtu", "1300")
    host.ip("route", "add", "10.0.0.0/8", "dev", "tun0", "mtu", "lock", "1200", "metric", "50", "tos", "0x10")
    host.ip("-6", "route", "add", "2001:db8:1::/48",
            "nexthop", "via", "2001:db8:8::1", "dev", "tun0", "nexthop", "via", "2001:db8::1", "dev", "wan0")
    host.ip("route", "add", "198.51.100.0/24", "nexthop", "via", "192.0.2.1", "nexthop", "dev", "tun0", "weight", "5")
    yield "tun-and-multipath", recorder.since()

    links = recorder.links()
    for name in ("wg0-mullvad", "br0", "tap0"):
        yield f"whole-{name}", [one for one in links if name.encode() + b"\0" in one][:1]
    index = next(struct.unpack_from("=i", one, 20)[0] for one in links if b"wg0-mullvad\0" in one)
    start = recorder.everything() + [message(NLMSG_OVERRUN, payload=struct.pack("=ii", index, index))]
    yield "start", start

    host.ip("link", "set", "wg0-mullvad", "mtu", "1320")
    host.ip("link", "set", "tun0", "down")
    host.ip("link", "set", "tun0", "name", "tun9")
    host.ip("link", "set", "tap0", "nomaster")
    host.ip("route", "replace", "default", "via", "192.0.2.3")
    tap.close()
    host.ip("link", "delete", "wg0-mullvad")
    yield "changes-and-goes", start + recorder.since()
    yield "second-start", start + recorder.everything()
    tun.close()


def main(folder):
    os.makedirs(folder, exist_ok=True)
    for name, messages in record():
        if not name.startswith("whole-"):
            messages = [short(one) for one in messages]
        stream = b"".join(one + bytes(-len(one) % 4) for one in messages)
        with open(f"{folder}/seed-{name}", "wb") as file:
            file.write(stream)
        print(f"seed-{name}: {len(messages)} messages, {len(stream)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
