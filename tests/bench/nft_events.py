# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The moment at which the kernel puts a set element in force: a listener on nfnetlink's multicast group for nftables, which the
# kernel serves when a batch is committed. Group and message numbers from linux/netfilter/nfnetlink.h and nf_tables.h.
import select
import socket
import struct
import time

NETLINK_NETFILTER = 12
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
NFNLGRP_NFTABLES = 7
NEW_SET_ELEMENT = 10 << 8 | 12


class ElementEvents:
    """Opened in the network namespace of the caller."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        # Unbound it has port 0, and the kernel's own messages, which come from port 0, are not sent back to their sender.
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)

    def wait(self, message_type, name, seconds=5.0):
        """time.monotonic() of the next message of this type that holds the interface name; None when none came."""
        needle = name.encode().ljust(16, b"\0")
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                continue
            data = self.socket.recv(1 << 16)
            now = time.monotonic()
            while len(data) >= 16:
                size, kind = struct.unpack_from("=IH", data)
                if kind == message_type and needle in data[:size]:
                    return now
                data = data[(size + 3) & ~3:]
        return None
