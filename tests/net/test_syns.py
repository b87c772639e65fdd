# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the real helper's clamp does to the MSS of single SYNs, and to which: never raised, never added, only on the
# interface that was named, in both directions, for IPv4 and IPv6. Raw SYNs go in at one end and are read at the other.
import pytest
from gi.repository import GLib

from lab import ruleset, syn
from lab.topology import CLIENT, LAN, SERVER
from lab.tun import Tun

# MSS for packets of 1380 bytes: minus 20 (IPv4) or 40 (IPv6) for the IP header and 20 for TCP's.
MSS_1380 = {4: 1340, 6: 1320}
# A public address for each family that only our own tun devices carry.
FAR = {4: "9.9.9.9", 6: "2620:fe::fe"}
PORT = 41000


@pytest.fixture(scope="module", autouse=True)
def tunnel(network):
    network.tunnel.up()


@pytest.fixture
def clamp(computer):
    """clamp(interface, path_mtu) for one test. Alice may follow the route; a fixed size and "*" are root's here."""
    claimed = []

    def install(interface, path_mtu=None):
        client = computer.alice if path_mtu is None and interface != "*" else computer.root
        claimed.append((interface, client))
        options = {} if path_mtu is None else {"path-mtu": GLib.Variant("u", path_mtu)}
        return computer.install(interface, options, client=client)

    yield install
    for interface, client in dict.fromkeys(claimed):
        computer.remove(interface, client=client)
    assert computer.clamps() == {}


@pytest.fixture
def tuns(network):
    """tuns(name, mtu) makes a tun device, up, in the host namespace."""
    made = []

    def make(name, mtu):
        made.append(Tun(network.host, name))
        network.host.up(name, mtu)
        return made[-1]

    yield make
    for device in made:
        device.close()


def leaving(network, version, mss, destination=None, flags=syn.SYN, port=PORT):
    """Sends a SYN from the client through the host."""
    syn.inject(network.client, "eth0", syn.mac_address(network.host, "podman1"),
               syn.packet(CLIENT[version], destination or SERVER[version], mss, source_port=port, flags=flags))


def arriving(network, version, mss, flags=syn.SYN):
    """Sends a SYN from the server to the client, through the tunnel."""
    syn.inject(network.server, "eth0", syn.mac_address(network.gateway, "eth1"),
               syn.packet(SERVER[version], CLIENT[version], mss, source_port=PORT, flags=flags))


def seen_at(watch, port=PORT):
    found = watch.next(lambda one: one.source_port == port)
    assert found is not None, "the SYN did not arrive"
    assert found.sum_ok, f"wrong TCP checksum: {found}"
    return found.mss


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("sent", [1460, 9000, 65535, 1341])
def test_a_larger_mss_is_lowered(network, clamp, version, sent):
    clamp("wg0")
    with syn.Watch(network.gateway, "far0") as watch:
        leaving(network, version, (sent,))
        assert seen_at(watch) == (MSS_1380[version],)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("sent", [1320, 1319, 536, 88, 1])
def test_an_mss_below_the_value_is_never_raised(network, clamp, version, sent):
    clamp("wg0")
    with syn.Watch(network.gateway, "far0") as watch:
        leaving(network, version, (sent,))
        assert seen_at(watch) == (sent,)


@pytest.mark.parametrize("version", [4, 6])
def test_an_absent_mss_is_not_added(network, clamp, version):
    clamp("wg0")
    with syn.Watch(network.gateway, "far0") as watch:
        leaving(network, version, ())
        assert seen_at(watch) == ()


@pytest.mark.parametrize("version", [4, 6])
def test_a_syn_ack_that_leaves_is_lowered(network, clamp, version):
    """What a published port answers: it limits what the remote sends."""
    clamp("wg0")
    with syn.Watch(network.gateway, "far0") as watch:
        leaving(network, version, (1460,), flags=syn.SYN | syn.ACK)
        assert seen_at(watch) == (MSS_1380[version],)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("flags", [syn.SYN, syn.SYN | syn.ACK])
def test_what_arrives_through_the_tunnel_is_lowered(network, clamp, version, flags):
    """The reverse direction: it limits what the client sends, so it is what mends uploads."""
    clamp("wg0")
    with syn.Watch(network.client, "eth0") as watch:
        arriving(network, version, (1460,), flags)
        assert seen_at(watch) == (MSS_1380[version],)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("sent", [1460, 9000])
def test_syns_on_other_interfaces_are_untouched(network, computer, clamp, version, sent):
    """lan0 is only 1300 wide, so a clamp that reached it would show; nor are its SYNs counted."""
    clamp("wg0")
    with syn.Watch(network.lan, "eth0") as watch:
        leaving(network, version, (sent,), destination=LAN[version])
        assert seen_at(watch) == (sent,)
    with syn.Watch(network.client, "eth0") as watch:
        syn.inject(network.lan, "eth0", syn.mac_address(network.host, "lan0"),
                   syn.packet(LAN[version], CLIENT[version], (sent,), source_port=PORT))
        assert seen_at(watch) == (sent,)
    assert computer.clamps()["wg0"]["syn-packets"] == 0
    assert ruleset.clamped() == {"wg0": 0}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("clamped,spared", [("wg1", "wg10"), ("wg10", "wg1"), ("tunnel-of-15-by", "tunnel-of-15-b")])
def test_names_that_are_prefixes_are_told_apart(network, computer, clamp, tuns, version, clamped, spared):
    devices = {name: tuns(name, 1380) for name in (clamped, spared)}
    clamp(clamped)
    for name, expected in ((spared, 1460), (clamped, MSS_1380[version])):
        network.host.ip("route", "replace", FAR[version], "dev", name)
        leaving(network, version, (1460,), destination=FAR[version])
        seen = syn.parse(devices[name].read(is_ours))
        assert (name, seen.mss, seen.sum_ok) == (name, (expected,), True)
    assert ruleset.clamped() == {clamped: 1}
    assert {name: one["syn-packets"] for name, one in computer.clamps().items()} == {clamped: 1}


@pytest.mark.parametrize("version", [4, 6])
def test_the_mss_follows_the_mtu_of_the_link(network, clamp, tuns, version):
    device = tuns("wg2", 1380)
    clamp("wg2")
    for mtu, expected in ((1380, MSS_1380[version]), (1300, MSS_1380[version] - 80), (1420, MSS_1380[version] + 40)):
        network.host.up("wg2", mtu)
        network.host.ip("route", "replace", FAR[version], "dev", "wg2")
        leaving(network, version, (1460,), destination=FAR[version])
        assert syn.parse(device.read(is_ours)).mss == (expected,)


@pytest.mark.parametrize("version", [4, 6])
def test_two_tunnels_each_have_their_own_size(network, clamp, tuns, version):
    devices = {"wg1": (tuns("wg1", 1380), 1380), "wg3": (tuns("wg3", 1300), 1300)}
    for name in devices:
        clamp(name)
    for name, (device, mtu) in devices.items():
        network.host.ip("route", "replace", FAR[version], "dev", name)
        leaving(network, version, (1460,), destination=FAR[version])
        assert syn.parse(device.read(is_ours)).mss == (mtu - (40 if version == 4 else 60),)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("path_mtu,by_version", [(1300, {4: 1260, 6: 1240}), (1380, MSS_1380), (1500, MSS_1380)])
def test_a_fixed_size_is_never_above_what_the_route_gives(network, clamp, version, path_mtu, by_version):
    """wg0 is 1380 wide: 1300 is less, 1500 would be more. Both directions, and nothing below it is raised."""
    clamp("wg0", path_mtu)
    for sent, expected in ((1460, by_version[version]), (536, 536)):
        with syn.Watch(network.gateway, "far0") as watch:
            leaving(network, version, (sent,))
            assert seen_at(watch) == (expected,)
        with syn.Watch(network.client, "eth0") as watch:
            arriving(network, version, (sent,))
            assert seen_at(watch) == (expected,)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("clamped,spared", [("wg1", "wg10"), ("wg10", "wg1")])
def test_a_fixed_size_tells_prefixes_apart_too(network, clamp, tuns, version, clamped, spared):
    devices = {name: tuns(name, 1500) for name in (clamped, spared)}
    clamp(clamped, 1380)
    for name, expected in ((spared, 1460), (clamped, MSS_1380[version])):
        network.host.ip("route", "replace", FAR[version], "dev", name)
        leaving(network, version, (1460,), destination=FAR[version])
        assert syn.parse(devices[name].read(is_ours)).mss == (expected,)


@pytest.mark.parametrize("version", [4, 6])
def test_every_tunnel_now_and_later_by_its_kind(network, clamp, tuns, version):
    """"*" covers wg0, which is there, and a tun that comes after it, but not lan0, which is narrower than both."""
    clamp("*")
    later = tuns("later0", 1400)
    network.host.ip("route", "replace", FAR[version], "dev", "later0")
    leaving(network, version, (1460,), destination=FAR[version])
    assert syn.parse(later.read(is_ours)).mss == (MSS_1380[version] + 20,)
    with syn.Watch(network.gateway, "far0") as watch:
        leaving(network, version, (1460,))
        assert seen_at(watch) == (MSS_1380[version],)
    with syn.Watch(network.lan, "eth0") as watch:
        leaving(network, version, (1460,), destination=LAN[version])
        assert seen_at(watch) == (1460,)


def test_without_a_clamp_no_syn_is_touched(network, computer):
    assert computer.clamps() == {}
    with syn.Watch(network.gateway, "far0") as watch:
        for version in (4, 6):
            leaving(network, version, (1460,))
            assert seen_at(watch) == (1460,)


def is_ours(packet):
    found = syn.parse(packet)
    return found is not None and found.source_port == PORT
