# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads the host namespace's nftables through the nft program: whether the clamp is in the kernel, and what it counted.
# Also a hand-written clamp with which the lab tests itself: it proves that the network fails and heals as it should
# without any program of this project.
import json

from .run import run

TABLE = "airpods"

BY_HAND = """
table inet airpods {{
    chain postrouting {{
        type filter hook postrouting priority mangle; policy accept;
        tcp flags & (syn|rst) == syn oifname "{interface}" tcp option maxseg size set rt mtu counter
        tcp flags & (syn|rst) == syn iifname "{interface}" tcp option maxseg size set rt mtu counter
    }}
}}
"""


def everything():
    """The whole ruleset as nft prints it."""
    return run("nft", "list", "ruleset")


def has_table():
    """Whether any table of ours is in the kernel."""
    return any(item["table"]["name"] == TABLE
               for item in json.loads(run("nft", "--json", "list", "tables"))["nftables"] if "table" in item)


def clamped():
    """The interfaces in our sets and their SYN counters as the kernel has them: {name: packets}."""
    if not has_table():
        return {}
    found = {}
    for item in json.loads(run("nft", "--json", "list", "table", "inet", TABLE))["nftables"]:
        for element in item.get("set", {}).get("elem", []):
            if isinstance(element, dict) and "elem" in element:
                found[element["elem"]["val"]] = element["elem"].get("counter", {}).get("packets", 0)
            elif isinstance(element, str):
                found[element] = 0
    return found
