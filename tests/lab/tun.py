# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A plain tun or tap device held open by this process: what is routed into a tun is read here as IP packets, and what is
# written arrives on it. No tunnel program is needed to be a tunnel; see if_tun.h of the kernel.
import fcntl
import os
import select
import struct
import time

from .netns import Namespace

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI = 0x0001, 0x0002, 0x1000


class Tun:
    """Device `name` in `namespace`, made down; close() removes it."""

    def __init__(self, namespace: Namespace, name, *, tap=False):
        self.namespace, self.name = namespace, name
        with namespace.entered():
            self.descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            request = struct.pack("16sH22x", name.encode(), (IFF_TAP if tap else IFF_TUN) | IFF_NO_PI)
            fcntl.ioctl(self.descriptor, TUNSETIFF, request)

    def close(self):
        os.close(self.descriptor)

    def read(self, wanted, seconds=5.0):
        """The first packet for which wanted(packet) is true; None when none came in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.descriptor], [], [], left)[0]:
                packet = os.read(self.descriptor, 65536)
                if wanted(packet):
                    return packet
        return None

    def write(self, packet):
        os.write(self.descriptor, packet)
