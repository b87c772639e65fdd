# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Raw TCP SYNs: makes them with any MSS option, sends them from a namespace through its gateway, and watches what is on a
# wire somewhere else. IPv4 and IPv6. Used where the question is what became of the MSS, not of a connection.
import dataclasses
import ipaddress
import select
import socket
import struct
import time

ETH_P = {4: 0x0800, 6: 0x86DD}
ETH_P_ALL = 3
SYN, ACK = 0x02, 0x10


@dataclasses.dataclass(frozen=True)
class Syn:
    """What was seen of a SYN or SYN-ACK. `mss` holds every MSS option in order; `sum_ok` is about its TCP checksum."""
    source: str
    destination: str
    source_port: int
    destination_port: int
    flags: int
    mss: tuple
    sum_ok: bool


def _checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _pseudo_header(source, destination, length):
    packed = source.packed + destination.packed
    if source.version == 4:
        return packed + struct.pack("!BBH", 0, socket.IPPROTO_TCP, length)
    return packed + struct.pack("!I3xB", length, socket.IPPROTO_TCP)


def packet(source, destination, mss=(1460,), *, source_port=40000, destination_port=9, flags=SYN):
    """An IP packet with a SYN that has the MSS options `mss`: (), (1460,) or even (1460, 9000)."""
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    options = b"".join(struct.pack("!BBH", 2, 4, value) for value in mss)
    length = 20 + len(options)
    tcp = struct.pack("!HHIIBBHHH", source_port, destination_port, 1, 0, length // 4 << 4, flags, 64240, 0, 0) + options
    tcp = tcp[:16] + struct.pack("!H", _checksum(_pseudo_header(source, destination, length) + tcp)) + tcp[18:]
    if source.version == 4:
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, 0x4000, 64, socket.IPPROTO_TCP, 0,
                             source.packed, destination.packed)
        header = header[:10] + struct.pack("!H", _checksum(header)) + header[12:]
    else:
        header = struct.pack("!IHBB16s16s", 6 << 28, length, socket.IPPROTO_TCP, 64, source.packed, destination.packed)
    return header + tcp


def parse(data):
    """The Syn in an IP packet, or None if there is none in it."""
    version = data[0] >> 4 if data else 0
    if version == 4:
        size, protocol = (data[0] & 15) * 4, data[9]
        source, destination = ipaddress.ip_address(data[12:16]), ipaddress.ip_address(data[16:20])
        tcp = data[size:struct.unpack_from("!H", data, 2)[0]]
    elif version == 6:
        protocol = data[6]
        source, destination = ipaddress.ip_address(data[8:24]), ipaddress.ip_address(data[24:40])
        tcp = data[40:40 + struct.unpack_from("!H", data, 4)[0]]
    else:
        return None
    if protocol != socket.IPPROTO_TCP or len(tcp) < 20 or not tcp[13] & SYN:
        return None
    found, at, end = [], 20, (tcp[12] >> 4) * 4
    while at < end and tcp[at] != 0:
        if tcp[at] == 1:
            at += 1
            continue
        if tcp[at] == 2:
            found.append(struct.unpack_from("!H", tcp, at + 2)[0])
        at += tcp[at + 1]
    ports = struct.unpack_from("!HH", tcp)
    return Syn(str(source), str(destination), *ports, tcp[13], tuple(found),
               _checksum(_pseudo_header(source, destination, len(tcp)) + tcp) == 0)


def inject(namespace, interface, gateway_mac, data):
    """Sends an IP packet from `namespace` out of an Ethernet `interface` to a neighbour's MAC address ("aa:bb:…")."""
    with namespace.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sock:
        mac = bytes.fromhex(gateway_mac.replace(":", ""))
        sock.sendto(data, (interface, ETH_P[data[0] >> 4], 0, 1, mac))


def mac_address(namespace, interface):
    words = namespace.ip("-o", "link", "show", interface).split()
    return words[words.index("link/ether") + 1]


class Watch:
    """Sees the SYNs that cross `interface` of `namespace` from the moment it is made."""

    def __init__(self, namespace, interface):
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._socket.bind((interface, ETH_P_ALL))

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._socket.close()

    def next(self, wanted=lambda syn: True, seconds=5.0):
        """The next Syn for which wanted(syn) is true; None when none came in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left)[0]:
                syn = parse(self._socket.recv(65536))
                if syn and wanted(syn):
                    return syn
        return None
