# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The incident, as a network. IPv4 and IPv6 everywhere; every link is 1500 wide but the tunnel.
#
#   client ──veth──► podman1 (bridge) HOST uplink ──veth──► gateway ──veth──► server
#   10.89.0.2        10.89.0.1         │ 192.0.2.2   192.0.2.1 │ 198.51.100.1   198.51.100.10
#                                      └──── wg0, MTU 1380 ────┘
#                                      HOST lan0 ──veth, MTU 1300──► lan   (a link that is no tunnel)
#                                                                    203.0.113.10
# HOST is the namespace that private.py made; client, gateway, server and lan are namespaces of their own.
from . import netns, pathmtu
from .blackhole import Blackhole
from .netns import Namespace
from .transfer import Server
from .wireguard import Tunnel

TUNNEL_MTU = 1380
LAN_MTU = 1300
CLIENT = {4: "10.89.0.2", 6: "fd89::2"}
SERVER = {4: "198.51.100.10", 6: "2001:db8:51::10"}
LAN = {4: "203.0.113.10", 6: "2001:db8:71::10"}


class Topology:
    """Builds everything but the tunnel's near end: call tunnel.up() for that."""

    def __init__(self, tunnel_name="wg0"):
        self.host = host = Namespace(None, forwards=True)
        self.client = client = Namespace("client")
        self.gateway = gateway = Namespace("gateway", forwards=True)
        self.server = server = Namespace("server")
        self.lan = lan = Namespace("lan")

        netns.veth(host, "client0", client, "eth0")
        netns.bridge(host, "podman1", "client0")
        host.address("podman1", "10.89.0.1/24", "fd89::1/64")
        client.address("eth0", "10.89.0.2/24", "fd89::2/64")
        self._default(client, "10.89.0.1", "fd89::1")

        netns.veth(host, "uplink", gateway, "eth0")
        host.address("uplink", "192.0.2.2/24", "2001:db8:2::2/64")
        gateway.address("eth0", "192.0.2.1/24", "2001:db8:2::1/64")
        self._default(host, "192.0.2.1", "2001:db8:2::1")

        netns.veth(gateway, "eth1", server, "eth0")
        gateway.address("eth1", "198.51.100.1/24", "2001:db8:51::1/64")
        server.address("eth0", "198.51.100.10/24", "2001:db8:51::10/64")
        self._default(server, "198.51.100.1", "2001:db8:51::1")

        netns.veth(host, "lan0", lan, "eth0", mtu=LAN_MTU)
        host.address("lan0", "203.0.113.1/24", "2001:db8:71::1/64")
        lan.address("eth0", "203.0.113.10/24", "2001:db8:71::10/64")
        self._default(lan, "203.0.113.1", "2001:db8:71::1")

        self.tunnel = Tunnel(host, tunnel_name, gateway, "far0", "192.0.2.1", mtu=TUNNEL_MTU,
                             near=("10.2.0.2/32", "fd02::2/128"), far=("10.2.0.1/32", "fd02::1/128"),
                             behind=("10.89.0.0/24", "fd89::/64"))
        self.transfers = Server(server)
        self.far_side = None
        self.host_side = None

    @staticmethod
    def _default(namespace, ipv4, ipv6):
        namespace.ip("route", "add", "default", "via", ipv4)
        namespace.ip("-6", "route", "add", "default", "via", ipv6)

    def lose_icmp(self):
        """From now on "too big" is lost both ways: far side to server, host to client."""
        self.far_side = Blackhole(self.gateway, "eth1")
        self.host_side = Blackhole(self.host, "podman1")

    def forget_path_mtus(self):
        """Client and server forget what ICMP taught them, in both families; to be called before each cell."""
        pathmtu.forget(*((self.client, SERVER[version]) for version in SERVER),
                       *((self.server, CLIENT[version]) for version in CLIENT))
