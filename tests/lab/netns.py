# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Network namespaces, veth pairs and bridges. A Namespace with the name None is the lab's own: the "host" of a topology.
# Works inside private.py only, so that nothing needs to be cleaned up. Sockets of another namespace are made in this
# process, by entering it for a moment: setns() is an affair of one thread, and a socket stays where it was made.
import contextlib
import ctypes
import os
import socket

from . import private
from .run import Background, run

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) < 0:
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """One network namespace, with forwarding and duplicate address detection as the lab wants them."""

    def __init__(self, name=None, forwards=False):
        assert private.is_private(), "run this with tests/lab/private.py: it would change the host"
        self.name = name
        if name is not None:
            run("ip", "netns", "add", name)
            self.ip("link", "set", "lo", "up")
        # New namespaces inherit some settings of the host's.
        self.sysctl("net/ipv6/conf/all/disable_ipv6", 0)
        self.sysctl("net/ipv6/conf/default/disable_ipv6", 0)
        # A tentative IPv6 address refuses connections for a second; nobody else is here to have a duplicate.
        self.sysctl("net/ipv6/conf/all/accept_dad", 0)
        self.sysctl("net/ipv6/conf/default/accept_dad", 0)
        self.sysctl("net/ipv6/conf/default/accept_ra", 0)
        if forwards:
            self.sysctl("net/ipv4/ip_forward", 1)
            self.sysctl("net/ipv6/conf/all/forwarding", 1)

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in this namespace for the length of the block."""
        if self.name is None:
            yield
            return
        with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{self.name}", "rb") as there:
            _setns(there.fileno())
            try:
                yield
            finally:
                _setns(before.fileno())

    def command(self, *words):
        """The words of a command that runs in this namespace."""
        if self.name is None:
            return list(words)
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *words]

    def run(self, *words, **options):
        return run(*self.command(*words), **options)

    def background(self, *words, **options):
        return Background(*self.command(*words), **options)

    def ip(self, *words):
        """`ip` in this namespace."""
        return run("ip", *([] if self.name is None else ["-n", self.name]), *words)

    def nft(self, ruleset):
        """Loads a ruleset given as text."""
        return self.run("nft", "-f", "-", text=ruleset)

    def sysctl(self, path, value):
        with self.entered(), open(f"/proc/sys/{path}", "w", encoding="ascii") as file:
            file.write(str(value))

    def socket(self, *arguments):
        """A socket of this namespace: socket.socket(*arguments)."""
        with self.entered():
            return socket.socket(*arguments)

    def address(self, interface, *addresses):
        for address in addresses:
            self.ip("address", "add", address, "dev", interface)

    def up(self, interface, mtu=None):
        self.ip("link", "set", "dev", interface, *([] if mtu is None else ["mtu", str(mtu)]), "up")

    def has_link(self, interface):
        with self.entered():
            return interface in (name for _index, name in socket.if_nameindex())


def veth(here, here_name, there, there_name, mtu=1500):
    """A cable between two namespaces, both ends up."""
    end = [] if there.name is None else ["netns", there.name]
    if there.name is None:
        end = ["netns", str(os.getpid())]
    here.ip("link", "add", here_name, "mtu", str(mtu), "type", "veth",
            "peer", "name", there_name, "mtu", str(mtu), *end)
    here.up(here_name)
    there.up(there_name)


def bridge(namespace, name, *ports, mtu=1500):
    """A bridge with ports, up."""
    namespace.ip("link", "add", name, "type", "bridge")
    for port in ports:
        namespace.ip("link", "set", "dev", port, "master", name)
    namespace.up(name, mtu)
