#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes the first inputs of the targets that read D-Bus messages. message.h says how values are written; this is its mirror.
#
#   tests/fuzz/seed_messages.py tests/fuzz/corpus
import os
import struct
import sys

TYPES = ["s", "u", "b", "t", "as", "au", "i", "x", "y", "q", "n", "d", "o", "g", "v", "ay", "a{sv}", "a{ss}", "(su)", "a(sb)"]
INSTALL, REMOVE = b"\0", b"\1"
CLAMP, TUNNEL = b"\0", b"\1"


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return bytes([len(raw)]) + raw


def value(kind, what):
    if kind in "sog":
        return text(what)
    if kind in ("as", "au"):
        return b"".join(b"\1" + value(kind[1], one) for one in what) + b"\0"
    if kind == "b":
        return bytes([what])
    return b"\xff" + struct.pack({"u": "<I", "t": "<Q", "i": "<i", "y": "<B"}[kind], what)


def dictionary(*entries):
    """a{sv} from (key, type, value)."""
    return b"".join(b"\1" + text(key) + bytes([TYPES.index(kind)]) + value(kind, what) for key, kind, what in entries) + b"\0"


def arguments():
    """(name, method, interface, options)"""
    mtu, session = ("path-mtu", "u", 1380), ("lifetime", "s", "session")
    yield "plain", INSTALL, "wg0-mullvad", []
    yield "fixed", INSTALL, "wg0", [mtu, session]
    yield "every", INSTALL, "*", [("lifetime", "s", "boot")]
    yield "every-fixed", INSTALL, "*", [mtu]
    yield "persistent", INSTALL, "tun0", [("lifetime", "s", "persistent")]
    yield "mtu-low", INSTALL, "tun0", [("path-mtu", "u", 575)]
    yield "mtu-high", INSTALL, "tun0", [session, ("path-mtu", "u", 65536)]
    yield "twice", INSTALL, "tun0", [mtu, mtu]
    yield "wrong-type", INSTALL, "tun0", [("path-mtu", "i", 1380)]
    yield "unknown", INSTALL, "tun0", [("path_mtu", "u", 1380)]
    yield "remove", REMOVE, "wg0", []
    yield "remove-all", REMOVE, "wg0", [("all-users", "b", 1), session]
    yield "remove-fixed", REMOVE, "wg0", [mtu]
    for number, name in enumerate(["", "a23456789012345", "a234567890123456", "../x", "eth0;x", "wg\u00e4", "wg0\n", "-x", "."]):
        yield f"name-{number}", INSTALL, name, [mtu]


def clamp(**changes):
    row = {"interface": ("s", "wg0"), "ifindex": ("u", 7), "kind": ("s", "wireguard"), "link-mtu": ("u", 1420),
           "mode": ("s", "fixed"), "path-mtu": ("u", 1380), "active": ("b", 1), "mine": ("as", ["session", "boot"]),
           "holders": ("u", 2), "syn-packets": ("t", 1 << 33), "since-usec": ("t", 1700000000000000), **changes}
    return [(key, *pair) for key, pair in row.items() if pair]


def tunnel(**changes):
    row = {"Interface": ("s", "wg0"), "Kind": ("s", "wireguard"), "Mtu": ("u", 1380), "LinkMtu": ("u", 1420),
           "PathMtu": ("u", 0), "Reduced": ("b", 1), "CarriesDefault": ("b", 1), "Clamp": ("s", "route"),
           "Verdict": ("s", "unknown"), "Policy": ("s", "auto"), **changes}
    return [(key, *pair) for key, pair in row.items() if pair]


def replies():
    """(name, record, entries)"""
    yield "clamp", CLAMP, clamp()
    yield "clamp-of-root", CLAMP, clamp(mode=("s", "route"), owners=("au", [0, 1000]), mine=("as", []), active=("b", 0))
    yield "clamp-later", CLAMP, clamp(later=("s", "\u202ex\u001b[2J"), kind=("s", "none"))
    yield "clamp-short", CLAMP, clamp(kind=None)
    yield "clamp-wrong", CLAMP, clamp(mine=("s", "session"))
    yield "tunnel", TUNNEL, tunnel()
    for state in ("none", "requested", "fixed", "denied", "unavailable"):
        yield f"tunnel-{state}", TUNNEL, tunnel(Clamp=("s", state), Policy=("s", "ask"))
    yield "tunnel-whole", TUNNEL, tunnel(Reduced=("b", 0), Clamp=("s", "none"), Policy=("s", "off"))


def write(folder, name, content):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/seed-{name}", "wb") as file:
        file.write(content)


def main(corpus):
    for name, method, interface, options in arguments():
        write(f"{corpus}/dbus-arguments", name, method + text(interface) + dictionary(*options))
    write(f"{corpus}/dbus-arguments", "other-signature", b"\xf8" + b"\0" + text("wg0") + b"\1" + value("u", 1380))
    for name, record, entries in replies():
        write(f"{corpus}/cli-replies", name, record + dictionary(*entries))
        if record == CLAMP:
            write(f"{corpus}/helper-replies", name, dictionary(*entries))


if __name__ == "__main__":
    main(sys.argv[1])
