# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A real WireGuard tunnel between two namespaces. The gateway's end is set up by hand and stays; the user's end is a
# wg-quick configuration with 0.0.0.0/0 and ::/0, so it brings wg-quick's own routing (fwmark, rules, a table of its own)
# and firewall with it, as on a user's machine. Kernels without WireGuard get wireguard-go, which wg-quick falls back to.
import os

from .private import STATE
from .run import CommandFailed, run

PORT = 51820


def _keys():
    private = run("wg", "genkey").strip()
    return private, run("wg", "pubkey", text=private).strip()


def make_link(namespace, name):
    """A WireGuard interface: the kernel's if it has one, else wireguard-go's. Returns "kernel" or "wireguard-go"."""
    try:
        namespace.ip("link", "add", name, "type", "wireguard")
        return "kernel"
    except CommandFailed:
        namespace.run("wireguard-go", name)
        return "wireguard-go"


class Tunnel:
    """The user's end `name` in `user`, the far end `far_name` in `gateway`; addresses are (IPv4, IPv6) pairs."""

    def __init__(self, user, name, gateway, far_name, endpoint, *, near, far, behind, mtu=1380):
        """`endpoint`: the gateway's address on the way; `behind`: networks that the gateway reaches through the user."""
        self.user, self.name, self.gateway, self.far_name, self.mtu = user, name, gateway, far_name, mtu
        user_private, user_public = _keys()
        far_private, far_public = _keys()

        self.implementation = make_link(gateway, far_name)
        gateway.run("wg", "set", far_name, "listen-port", str(PORT), "private-key", "/dev/stdin",
                    "peer", user_public, "allowed-ips", ",".join([*(f"{a}" for a in near), *behind]), text=far_private)
        gateway.address(far_name, *far)
        gateway.up(far_name, mtu)
        for network in (*near, *behind):
            gateway.ip("route", "replace", network, "dev", far_name)

        self.config = f"{STATE}/{name}.conf"
        with open(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(f"[Interface]\nPrivateKey = {user_private}\nAddress = {', '.join(near)}\nMTU = {mtu}\n\n"
                       f"[Peer]\nPublicKey = {far_public}\nEndpoint = {endpoint}:{PORT}\nAllowedIPs = 0.0.0.0/0, ::/0\n")

    def up(self):
        """`wg-quick up`: link, addresses, MTU, routes, firewall."""
        self.user.run("wg-quick", "up", self.config)

    def down(self):
        """`wg-quick down`: everything that up() made is gone again."""
        self.user.run("wg-quick", "down", self.config)
