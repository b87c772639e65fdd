# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Loses the ICMP messages that say "too big", and counts what it eats:
#   far   the VPN's far side towards the server: downloads stall
#   host  the host towards its bridged client, as the output firewall of some VPN clients does: uploads stall
# Only ICMP is touched. The rules stand in tables of their own that are taken away again by lift().
import contextlib
import json

TABLE = "lost_icmp"

RULES = """
table inet {table} {{
    counter ipv4 {{ }}
    counter ipv6 {{ }}
    chain output {{
        type filter hook output priority 0; policy accept;
        oifname "{interface}" icmp type destination-unreachable icmp code frag-needed counter name ipv4 drop
        oifname "{interface}" icmpv6 type packet-too-big counter name ipv6 drop
    }}
}}
"""


class Blackhole:
    """ICMP "too big" that leaves `namespace` through `interface` is eaten while this stands."""

    def __init__(self, namespace, interface):
        self.namespace = namespace
        self.interface = interface
        self.put()

    def put(self):
        self.namespace.nft(RULES.format(table=TABLE, interface=self.interface))

    def lift(self):
        self.namespace.nft(f"delete table inet {TABLE}")

    @contextlib.contextmanager
    def lifted(self):
        """The messages pass for the length of the block; the counters begin anew after it."""
        self.lift()
        try:
            yield
        finally:
            self.put()

    def eaten(self, version):
        """How many messages of IP version 4 or 6 were eaten since it stands."""
        listing = json.loads(self.namespace.run("nft", "--json", "list", "counters", "table", "inet", TABLE))
        return next(item["counter"]["packets"] for item in listing["nftables"]
                    if item.get("counter", {}).get("name") == f"ipv{version}")
