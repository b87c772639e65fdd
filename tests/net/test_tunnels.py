# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the real airpodsd takes for a tunnel, by its Tunnel1 objects: real WireGuard, real OpenVPN and plain tun devices,
# and what is none although it looks so. "Not seen" is only believed after a tunnel made later was seen.
import contextlib

import pytest

from lab import netns, ruleset, wait
from lab.computer import MANAGER, MANAGER_PATH, TUNNEL, encoded
from lab.openvpn import OpenVpn
from lab.tun import Tun

# Nothing is claimed by itself here: what is seen is one question, what is done about it another (test_flapping.py).
CONFIG = '[vpn]\nmss_clamp = "off"\nnotify = "never"\n'
FAR_NETWORK = "9.9.9.0/24"


@pytest.fixture(scope="module", autouse=True)
def airpodsd(network, computer):
    computer.start_airpodsd(CONFIG)


@pytest.fixture(autouse=True)
def clean(computer):
    """Each test begins and ends without a tunnel."""
    assert computer.tunnels() == {}
    yield
    wait.until(lambda: computer.tunnels() == {}, "the tunnels of the test before are forgotten")


@contextlib.contextmanager
def tun(network, name, mtu=1400, *, tap=False, up=True, routes=(FAR_NETWORK,)):
    device = Tun(network.host, name, tap=tap)
    try:
        if up:
            network.host.up(name, mtu)
            for route in routes:
                network.host.ip("route", "add", route, "dev", name)
        yield device
    finally:
        device.close()


def see(computer, name, **properties):
    """Waits for the object of `name` with these properties, and returns all of them."""
    def look():
        tunnel = computer.tunnel(name)
        return tunnel if tunnel and all(tunnel[key] == value for key, value in properties.items()) else None
    try:
        return wait.until(look, f"{name} with {properties}")
    except wait.TimedOut as error:
        raise AssertionError(f"{error}; airpodsd has {computer.tunnels()}") from None


def see_only_the_next_one(network, computer):
    """Everything that happened so far has been looked at once a tunnel made now is seen; it must be the only one."""
    with tun(network, "marker0", routes=["198.18.7.0/24"]):
        see(computer, "marker0")
        assert set(computer.tunnels()) == {"marker0"}
    wait.until(lambda: computer.tunnels() == {}, "marker0 is forgotten")


def test_wireguard(network, computer):
    network.tunnel.up()
    kind = "wireguard" if network.tunnel.implementation == "kernel" else "tun"
    assert see(computer, "wg0", CarriesDefault=True, Mtu=1380) == {
        "Interface": "wg0", "Kind": kind, "Mtu": 1380, "LinkMtu": 1380, "Reduced": True, "CarriesDefault": True,
        "Clamp": "none", "Policy": "off"}
    network.tunnel.down()
    wait.until(lambda: computer.tunnels() == {}, "wg0 is forgotten")


def test_openvpn(network, computer):
    vpn = OpenVpn(network.host, "tun7", network.gateway, "far7", "192.0.2.1", near="10.7.0.2", far="10.7.0.1",
                  routes=[("9.9.9.0", "255.255.255.0")], mtu=1400)
    vpn.wait_until_up()
    assert see(computer, "tun7", Mtu=1400) == {
        "Interface": "tun7", "Kind": "tun", "Mtu": 1400, "LinkMtu": 1400, "Reduced": True, "CarriesDefault": False,
        "Clamp": "none", "Policy": "off"}
    vpn.stop()


@pytest.mark.parametrize("name", ["tun0", "wg0-mullvad", "0x.y@z+1", "a"])
def test_plain_tun_whatever_its_name(network, computer, name):
    with tun(network, name):
        assert see(computer, name) == {
            "Interface": name, "Kind": "tun", "Mtu": 1400, "LinkMtu": 1400, "Reduced": True, "CarriesDefault": False,
            "Clamp": "none", "Policy": "off"}
        path = f"{MANAGER_PATH}/tunnel/{encoded(name)}"
        assert computer.session.get(MANAGER, path, TUNNEL, "Interface") == name


def test_a_tunnel_as_wide_as_the_way_is_seen_but_not_reduced(network, computer):
    with tun(network, "tun0", mtu=1500):
        assert see(computer, "tun0")["Reduced"] is False


@pytest.mark.parametrize("route", ["2620:fe::/48", "2000::/3"])
def test_ipv6_routes_alone_make_a_tunnel(network, computer, route):
    with tun(network, "tun0", routes=[route]):
        assert see(computer, "tun0")["Mtu"] == 1400


@pytest.mark.parametrize("routes", [["0.0.0.0/1", "128.0.0.0/1"], ["::/1", "8000::/1"], ["0.0.0.0/1", "8000::/1"]])
def test_halves_of_the_address_space_carry_the_default(network, computer, routes):
    """What OpenVPN's redirect-gateway def1 does. One family is enough."""
    with tun(network, "tun0", routes=routes):
        see(computer, "tun0", CarriesDefault=True)


def test_a_route_in_a_table_of_its_own_counts(network, computer):
    with tun(network, "tun0", routes=[]):
        network.host.ip("route", "add", "default", "dev", "tun0", "table", "4711")
        network.host.ip("rule", "add", "from", "10.89.0.0/24", "lookup", "4711")
        see(computer, "tun0")
        network.host.ip("rule", "del", "from", "10.89.0.0/24", "lookup", "4711")


@pytest.mark.parametrize("family", ["-4", "-6"])
def test_a_default_for_bridged_traffic_alone_is_found(network, computer, family):
    """A split tunnel for containers: only what comes from the bridge is routed into it, by a rule on its interface."""
    with tun(network, "tun0", routes=[]):
        network.host.ip(family, "route", "add", "default", "dev", "tun0", "table", "4711")
        network.host.ip(family, "rule", "add", "iif", "podman1", "lookup", "4711")
        try:
            see(computer, "tun0", CarriesDefault=True)
        finally:
            network.host.ip(family, "rule", "del", "iif", "podman1", "lookup", "4711")


def test_bridges_veths_and_loopback_are_not(network, computer):
    """podman1, client0, uplink and lan0 are up; uplink carries the default route, lan0 is 1300 wide."""
    network.host.ip("route", "add", "198.18.8.0/24", "via", "203.0.113.10")
    network.host.ip("route", "add", "198.18.9.0/24", "dev", "podman1")
    network.host.up("podman1", 1400)
    see_only_the_next_one(network, computer)
    network.host.up("podman1", 1500)
    network.host.ip("route", "del", "198.18.8.0/24")
    network.host.ip("route", "del", "198.18.9.0/24")


def test_a_tap_is_not(network, computer):
    with tun(network, "tun-tap0", tap=True):
        see_only_the_next_one(network, computer)


def test_a_tap_in_a_bridge_is_not(network, computer):
    with tun(network, "vnet0", tap=True, routes=[]):
        netns.bridge(network.host, "virbr0", "vnet0", mtu=1400)
        network.host.ip("route", "add", FAR_NETWORK, "dev", "virbr0")
        see_only_the_next_one(network, computer)
        network.host.ip("link", "del", "virbr0")


def test_a_tunnel_that_is_down_is_not(network, computer):
    with tun(network, "tun0", up=False):
        network.host.address("tun0", "10.8.0.2/24")
        see_only_the_next_one(network, computer)
        # The same one, up and with a route, is.
        network.host.up("tun0", 1400)
        network.host.ip("route", "add", FAR_NETWORK, "dev", "tun0")
        see(computer, "tun0")
        network.host.ip("link", "set", "tun0", "down")
        wait.until(lambda: computer.tunnels() == {}, "tun0, down, is forgotten")


def test_a_tunnel_without_routes_is_not(network, computer):
    with tun(network, "tun0", routes=[]):
        network.host.address("tun0", "10.8.0.2/24", "fd08::2/64")
        see_only_the_next_one(network, computer)
        # The same one with a route wider than its own prefix is; and not any more when the route goes.
        network.host.ip("route", "add", FAR_NETWORK, "dev", "tun0")
        see(computer, "tun0")
        network.host.ip("route", "del", FAR_NETWORK)
        wait.until(lambda: computer.tunnels() == {}, "tun0, without its route, is forgotten")


def test_later_mtu_changes_are_followed(network, computer):
    with tun(network, "tun0", mtu=1500):
        see(computer, "tun0", Mtu=1500, LinkMtu=1500, Reduced=False)
        network.host.up("tun0", 1380)
        see(computer, "tun0", Mtu=1380, LinkMtu=1380, Reduced=True)
        network.host.ip("route", "replace", FAR_NETWORK, "dev", "tun0", "mtu", "1300")
        see(computer, "tun0", Mtu=1300, LinkMtu=1380, Reduced=True)


def test_a_rename_is_a_new_object(network, computer):
    with tun(network, "tun0"):
        see(computer, "tun0")
        # The kernel renames a link that is up since 6.2; before, it must be down for it, and loses its routes.
        network.host.ip("link", "set", "tun0", "down")
        network.host.ip("link", "set", "tun0", "name", "vpn0")
        network.host.up("vpn0")
        network.host.ip("route", "add", FAR_NETWORK, "dev", "vpn0")
        see(computer, "vpn0")
        assert set(computer.tunnels()) == {"vpn0"}


def test_seeing_alone_changes_no_rule(network, computer):
    with tun(network, "tun0"):
        see(computer, "tun0", Clamp="none")
        assert not ruleset.has_table()
