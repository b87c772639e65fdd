# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tunnels as the kernel shows them, on D-Bus: what appears, what does not, what changes, and when."""

import os
import signal
import time

import pytest
from fixtures_service import MANAGER, MANAGER_PATH, OBJECT_MANAGER, TUNNEL, path_of, place, session_bus, start, system_bus  # noqa: F401
from lab import wait


def test_a_tunnel_appears_and_vanishes(start, place, session_bus):
    daemon = start()
    assert daemon.tunnels() == {}
    watched = session_bus.connect().watch(MANAGER, OBJECT_MANAGER, None, MANAGER_PATH)
    place.connect("wg0-mullvad")
    assert daemon.wait_for("wg0-mullvad", CarriesDefault=True, Clamp="unavailable") == {
        "Interface": "wg0-mullvad", "Kind": "tun", "Mtu": 1380, "LinkMtu": 1380, "Reduced": True, "CarriesDefault": True,
        "Clamp": "unavailable", "Policy": "auto"}
    place.disconnect("wg0-mullvad")
    daemon.wait_for_no("wg0-mullvad")
    wait.until(lambda: len(watched) >= 2, "both signals")
    (_, _, added, (path, interfaces)), (_, _, removed, (gone, names)) = watched
    assert (added, removed) == ("InterfacesAdded", "InterfacesRemoved")
    assert path == gone == "/org/airpods/Manager1/tunnel/wg0_2dmullvad" == path_of("wg0-mullvad")
    assert interfaces[TUNNEL]["Interface"] == "wg0-mullvad" and names == [TUNNEL]


def test_what_was_there_first_is_there_at_once(start, place):
    place.connect("tun0", mtu=1400)
    place.connect("tun1", mtu=1500, route="10.0.0.0/8", address="10.65.0.2/32")
    daemon = start()
    found = daemon.tunnels()
    assert sorted(found) == ["tun0", "tun1"]
    assert (found["tun0"]["Reduced"], found["tun0"]["CarriesDefault"]) == (True, True)
    assert (found["tun1"]["Reduced"], found["tun1"]["CarriesDefault"]) == (False, False)


def test_it_settles_first(start, place):
    """A new tunnel is shown when nothing has changed for 250 ms, with what it has become."""
    daemon = start()
    place.make_tun("tun0")
    begin = time.monotonic()
    place.connect("tun0", mtu=1500)
    place.run("ip link set tun0 mtu 1420")
    found = daemon.wait_for("tun0")
    assert time.monotonic() - begin >= 0.25
    assert found["Mtu"] == 1420


def test_settling_ends(start, place):
    """A link that never rests is shown after 500 ms."""
    daemon = start()
    place.make_tun("tun0")
    place.connect("tun0")
    process = place.network.start("sh", "-c", "while :; do ip link set tun0 mtu 1400; ip link set tun0 mtu 1410; done")
    begin = time.monotonic()
    daemon.wait_for("tun0", seconds=5)
    assert time.monotonic() - begin < 2
    process.kill()


@pytest.mark.parametrize("how", ["no route", "own prefix", "down", "tap", "tap in a bridge", "veth", "bridge"])
def test_what_is_no_tunnel(start, place, how):
    daemon = start()
    if how == "no route":
        place.connect("x0", route=None)
    elif how == "own prefix":
        place.connect("x0", route="10.64.0.128/25", address="10.64.0.2/24")
    elif how == "down":
        place.connect("x0")
        place.run("ip link set x0 down")
    elif how == "veth":
        place.run("ip link add x0 type veth peer name x1 && ip link set x1 up && ip link set x0 mtu 1380 up && "
                  "ip route add default dev x0")
    elif how == "bridge":
        place.run("ip link add x0 type bridge && ip link set x0 mtu 1380 up && ip route add default dev x0")
    else:
        place.make_tun("x0", tap=True)
        place.run("ip link set x0 mtu 1380 up && ip route add default dev x0")
        if how == "tap in a bridge":
            place.run("ip link add b0 type bridge && ip link set x0 master b0 && ip link set b0 up")
    # Another tunnel that comes later is the proof that the first was looked at.
    place.connect("later0", address="10.66.0.2/32", route="198.51.100.0/24")
    daemon.wait_for("later0")
    assert sorted(daemon.tunnels()) == ["later0"]


def test_routes_in_another_table(start, place):
    """wg-quick and Mullvad: the default route stands in a table of its own, and a rule leads there."""
    place.add_uplink()
    daemon = start()
    place.connect("wg0", route=None)
    place.run("ip route add default dev wg0 table 51820")
    daemon.wait_for("wg0", CarriesDefault=False, Reduced=True)
    place.run("ip rule add not fwmark 51820 table 51820")
    daemon.wait_for("wg0", CarriesDefault=True)
    place.run("ip rule del not fwmark 51820 table 51820")
    daemon.wait_for("wg0", CarriesDefault=False)


def test_forwarded_packets_go_another_way(start, place):
    """A rule for what comes from a bridge: the host's own packets do not use the tunnel, the containers' do."""
    place.add_uplink()
    place.run("ip link add podman1 type bridge && ip addr add 10.89.0.1/24 dev podman1 && ip link set podman1 up && "
              "ip link add v0 type veth peer name v1 && ip link set v0 master podman1 && ip link set v0 up && ip link set v1 up && "
              "echo 1 >/proc/sys/net/ipv4/ip_forward")
    daemon = start()
    place.connect("wg0", route=None)
    place.run("ip route add default dev wg0 table 100")
    daemon.wait_for("wg0", CarriesDefault=False)
    place.run("ip rule add iif podman1 table 100")
    daemon.wait_for("wg0", CarriesDefault=True)


def test_ipv6_only(start, place):
    daemon = start()
    place.connect("wg0", route=None)
    place.run("ip -6 addr add fd00:64::2/128 dev wg0 && ip -6 route add default dev wg0")
    daemon.wait_for("wg0", CarriesDefault=True)
    place.run("ip -6 route del default dev wg0")
    daemon.wait_for_no("wg0")


def test_mtu_changes_later(start, place, session_bus):
    daemon = start()
    place.connect("wg0", mtu=1500)
    daemon.wait_for("wg0", Mtu=1500, Reduced=False)
    changed = session_bus.connect().watch(MANAGER, "org.freedesktop.DBus.Properties", "PropertiesChanged", path_of("wg0"))
    place.run("ip link set wg0 mtu 1320")
    daemon.wait_for("wg0", Mtu=1320, LinkMtu=1320, Reduced=True)
    wait.until(lambda: any(values[1].get("Mtu") == 1320 for *_, values in changed), "PropertiesChanged")
    place.run("ip route replace default dev wg0 mtu 1280")
    daemon.wait_for("wg0", Mtu=1280, LinkMtu=1320, Reduced=True)
    place.run("ip route replace default dev wg0 && ip link set wg0 mtu 1500")
    daemon.wait_for("wg0", Mtu=1500, LinkMtu=1500, Reduced=False)


def test_what_sits_behind_it(start, place):
    place.add_uplink(mtu=1450)
    daemon = start()
    place.connect("wg0", mtu=1450)
    daemon.wait_for("wg0", Mtu=1450, Reduced=False)
    place.run("ip link set up0 mtu 1500 && ip link set up0-far mtu 1500")
    daemon.wait_for("wg0", Reduced=True)
    place.run("ip link set up0 mtu 1400")
    daemon.wait_for("wg0", Reduced=False)
    place.run("ip link del up0")
    daemon.wait_for("wg0", Reduced=True)


def test_rename(start, place, session_bus):
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0")
    watched = session_bus.connect().watch(MANAGER, OBJECT_MANAGER, None, MANAGER_PATH)
    place.run("ip link set tun0 down && ip link set tun0 name work-vpn && "
              "ip link set work-vpn up && ip route add default dev work-vpn")
    daemon.wait_for("work-vpn")
    assert sorted(daemon.tunnels()) == ["work-vpn"]
    wait.until(lambda: len(watched) >= 2, "both signals")
    assert [(member, values[0]) for _, _, member, values in watched] == [
        ("InterfacesRemoved", path_of("tun0")), ("InterfacesAdded", path_of("work-vpn"))]


def test_rename_in_one_go(start, place, session_bus):
    """Seen as one change: the same link under another name. (Newer kernels rename a link that is up.)"""
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0")
    watched = session_bus.connect().watch(MANAGER, OBJECT_MANAGER, None, MANAGER_PATH)
    os.kill(daemon.started.pid, signal.SIGSTOP)
    place.run("ip link set tun0 down && ip link set tun0 name work-vpn && "
              "ip link set work-vpn up && ip route add default dev work-vpn")
    os.kill(daemon.started.pid, signal.SIGCONT)
    daemon.wait_for("work-vpn")
    wait.until(lambda: len(watched) >= 2, "both signals")
    assert [(member, values[0]) for _, _, member, values in watched] == [
        ("InterfacesRemoved", path_of("tun0")), ("InterfacesAdded", path_of("work-vpn"))]


def test_silent_loss_of_routes(start, place):
    """The kernel takes IPv4 routes away without a word when the address that they prefer goes."""
    daemon = start()
    place.connect("wg0", route=None)
    place.run("ip route add default dev wg0 src 10.64.0.2")
    daemon.wait_for("wg0")
    place.run("ip addr del 10.64.0.2/32 dev wg0")
    daemon.wait_for_no("wg0")


def test_two_tunnels(start, place):
    daemon = start()
    place.connect("tun0", mtu=1400, route="10.0.0.0/8")
    place.connect("tun0.1", mtu=1300, route="default", address="10.65.0.2/32")
    daemon.wait_for("tun0", Mtu=1400, CarriesDefault=False)
    daemon.wait_for("tun0.1", Mtu=1300, CarriesDefault=True)
    place.disconnect("tun0")
    daemon.wait_for_no("tun0")
    assert sorted(daemon.tunnels()) == ["tun0.1"]


def test_a_name_that_is_not_accepted(start, place):
    daemon = start()
    place.connect("tun0")
    place.run("ip link set tun0 down && ip link set tun0 name 'a;b' && ip link set 'a;b' up && ip route add default dev 'a;b'")
    daemon.wait_for_output("has a name that airpods does not accept")
    assert daemon.tunnels() == {}
    place.run("ip link set 'a;b' mtu 1300")
    place.connect("later0", address="10.66.0.2/32", route="198.51.100.0/24")
    daemon.wait_for("later0")
    assert daemon.output().count("does not accept") == 1


def test_lost_events(start, place):
    """While airpodsd stands still the kernel drops what does not fit into the socket; then everything is read again."""
    daemon = start()
    place.connect("tun0")
    place.connect("tun1", mtu=1400, address="10.65.0.2/32", route="198.51.100.0/24")
    daemon.wait_for("tun0", CarriesDefault=True)
    daemon.wait_for("tun1")
    os.kill(daemon.started.pid, signal.SIGSTOP)
    place.run("for i in $(seq 1 250); do for k in 1 2 3 4 5 6 7 8; do echo route add 10.$k.$i.0/24 dev tun0; done; done "
              ">batch; ip -batch batch; sed 's/add/del/' batch >undo; ip -batch undo; rm batch undo")
    place.run("ip route del default dev tun0 && ip link set tun1 mtu 1290 && ip route add default dev tun1")
    os.kill(daemon.started.pid, signal.SIGCONT)
    daemon.wait_for_no("tun0")
    daemon.wait_for("tun1", Mtu=1290, CarriesDefault=True)
    daemon.wait_for_output("dropped network events")


def test_multipath(start, place):
    """One route over two tunnels, of which one hop goes."""
    daemon = start()
    place.connect("tun0", route=None)
    place.connect("tun1", route=None, address="10.65.0.2/32")
    for family, prefix, first, second in (("-4", "198.51.100.0/24", "dev tun0", "dev tun1"),
                                          ("-6", "2001:db8::/32", "via fe80::1 dev tun0 onlink", "via fe80::2 dev tun1 onlink")):
        ip = f"ip {family} route"
        place.run(f"{ip} add {prefix} nexthop {first} nexthop {second}")
        daemon.wait_for("tun0")
        daemon.wait_for("tun1")
        place.run(f"{ip} del {prefix} && {ip} add {prefix} {second}")
        daemon.wait_for_no("tun0")
        daemon.wait_for("tun1")
        place.run(f"{ip} append {prefix} {first}")
        daemon.wait_for("tun0")
        place.run(f"{ip} del {prefix} {second}")
        daemon.wait_for_no("tun1")
        daemon.wait_for("tun0")
        place.run(f"{ip} del {prefix} {first}")
        daemon.wait_for_no("tun0")


def test_route_is_replaced(start, place):
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", CarriesDefault=True)
    place.connect("tun1", address="10.65.0.2/32")  # `ip route replace default`
    daemon.wait_for("tun1", CarriesDefault=True)
    daemon.wait_for_no("tun0")


def test_nexthop_objects(start, place):
    """Routes by way of a next-hop object go with it, without a word."""
    daemon = start()
    place.connect("tun0", route=None)
    place.run("ip nexthop add id 7 dev tun0 && ip route add default nhid 7")
    daemon.wait_for("tun0", CarriesDefault=True)
    place.run("ip nexthop del id 7")
    daemon.wait_for_no("tun0")
