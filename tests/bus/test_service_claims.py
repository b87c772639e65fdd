# SPDX-License-Identifier: LGPL-2.1-or-later
"""The automatic claim: made on connect, released on disconnect, whatever the helper, polkit and the buses do meanwhile."""

import os
import signal
import time

import pytest
from gi.repository import GLib
from fixtures_service import (ERROR, HELPER, HELPER_PATH, MANAGER, PROPERTIES, TUNNEL, FakeHelper, POLKIT, POLKIT_PATH, Service,  # noqa: F401
                              config, helper, path_of, place, session_bus, start, system_bus)
from lab import wait
from lab.buses import BusError, PrivateBus

SESSION = {"lifetime": "session"}


def test_connect_and_disconnect(start, place, helper):
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    place.disconnect("wg0-mullvad")
    helper.wait_for_claims()
    daemon.wait_for_no("wg0-mullvad")
    changes = [call for call in helper.calls if call.member != "ListClamps"]
    assert [(call.member, call.interface, call.options) for call in changes] == [
        ("InstallClamp", "wg0-mullvad", SESSION), ("RemoveClamp", "wg0-mullvad", SESSION)]
    assert not any(call.interactive for call in helper.calls)
    assert all(call.activates == (call.member != "ListClamps") for call in helper.calls)


def test_only_when_reduced(start, place, helper):
    daemon = start()
    place.connect("wg0", mtu=1500)
    daemon.wait_for("wg0", Clamp="none")
    assert helper.installs() == []
    place.run("ip link set wg0 mtu 1380")  # Mullvad does this up to twelve seconds after the connect
    daemon.wait_for("wg0", Clamp="route")
    helper.wait_for_claims("wg0")
    place.run("ip link set wg0 mtu 1500")
    helper.wait_for_claims()
    daemon.wait_for("wg0", Clamp="none")


def test_two_tunnels(start, place, helper):
    daemon = start()
    place.connect("tun1", route="10.0.0.0/8")
    place.connect("tun1x", address="10.65.0.2/32")
    daemon.wait_for("tun1", Clamp="route")
    daemon.wait_for("tun1x", Clamp="route")
    place.disconnect("tun1")
    helper.wait_for_claims("tun1x")
    assert daemon.wait_for("tun1x")["Clamp"] == "route"


def test_rename(start, place, helper):
    daemon = start()
    place.connect("tun0")
    helper.wait_for_claims("tun0")
    place.run("ip link set tun0 down && ip link set tun0 name work0 && ip link set work0 up && ip route add default dev work0")
    helper.wait_for_claims("work0")
    daemon.wait_for("work0", Clamp="route")


def test_gone_in_mid_call(start, place, helper):
    """Granted after the tunnel went: taken back."""
    helper.verdict = "hang"
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="requested")
    place.disconnect("tun0")
    daemon.wait_for_no("tun0")
    helper.verdict = "yes"
    helper.release("yes")
    helper.wait_for_calls("RemoveClamp", 1)
    helper.wait_for_claims()


def test_flapping(start, place, helper):
    """Fifty times up and down in any rhythm: nothing is left, and one more connect works."""
    daemon = start()
    place.connect("tun0")
    helper.wait_for_claims("tun0")
    for i in range(50):
        place.run("ip link set tun0 down")
        if i % 3 == 0:
            daemon.wait_for_no("tun0")
        place.connect("tun0", mtu=1380 - i % 2)
        if i % 5 == 0:
            daemon.wait_for("tun0")
    place.disconnect("tun0")
    daemon.wait_for_no("tun0")
    helper.wait_for_claims()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    helper.wait_for_claims("tun0")
    place.disconnect("tun0")
    helper.wait_for_claims()


def test_stop_leaves_the_bus(start, place, helper, system_bus):
    """Its claims are bound to its connection: the end of the process is their end."""
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    name = helper.installs()[0].sender
    with system_bus.connect() as client:
        assert client.has_owner(name)
        assert daemon.started.terminate() == 0
        wait.until(lambda: not client.has_owner(name), "the end of its connection")


# --- policy -------------------------------------------------------------------------------------------------------------


def test_policy(start, place, helper):
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route", Policy="auto")
    daemon.set_policy("tun0", "off")
    helper.wait_for_claims()
    daemon.wait_for("tun0", Clamp="none", Policy="off")
    daemon.set_policy("tun0", "ask")
    daemon.wait_for("tun0", Clamp="none", Policy="ask")
    daemon.set_policy("tun0", "auto")
    helper.wait_for_claims("tun0")
    daemon.wait_for("tun0", Clamp="route", Policy="auto")
    with pytest.raises(BusError) as error:
        daemon.set_policy("tun0", "maybe")
    assert error.value.name == ERROR + "InvalidOption"
    assert daemon.tunnel("tun0")["Policy"] == "auto"
    daemon.set_policy("tun0", "off")
    daemon.wait_for("tun0", Policy="off")


def test_policy_change_is_announced(start, place, helper, session_bus):
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    changed = session_bus.connect().watch(MANAGER, PROPERTIES, "PropertiesChanged", path_of("tun0"))
    daemon.set_policy("tun0", "off")
    wait.until(lambda: {"Policy": "off"}.items() <= {k: v for *_, values in changed for k, v in values[1].items()}.items(),
               "Policy in PropertiesChanged")
    wait.until(lambda: any(values[1].get("Clamp") == "none" for *_, values in changed), "Clamp in PropertiesChanged")
    assert sum("Policy" in values[1] for *_, values in changed) == 1


def test_policy_is_remembered(start, place, helper):
    """Over a reconnect and over a restart, by interface and kind."""
    daemon = start()
    place.connect("tun0")
    helper.wait_for_claims("tun0")
    daemon.set_policy("tun0", "off")
    helper.wait_for_claims()
    place.disconnect("tun0")
    daemon.wait_for_no("tun0")
    place.connect("tun0")
    daemon.wait_for("tun0", Policy="off", Clamp="none")
    assert daemon.started.terminate() == 0
    daemon = start()
    daemon.wait_for("tun0", Policy="off", Clamp="none")
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    daemon.wait_for("tun1", Policy="auto", Clamp="route")
    helper.wait_for_claims("tun1")


def test_damaged_memory(start, place, helper, xdg):
    file = xdg / "state" / "airpods" / "tunnels"
    file.parent.mkdir()
    file.write_text("not a key file")
    daemon = start()
    assert "tunnels.corrupt" in daemon.output()
    assert (file.parent / "tunnels.corrupt").read_text() == "not a key file"
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    daemon.set_policy("tun0", "off")
    assert "policy=off" in file.read_text()


@pytest.mark.parametrize("word, policy", [("off", "off"), ("ask", "ask")])
def test_mss_clamp_of_the_configuration(start, place, helper, config, word, policy):
    config(f'[vpn]\nmss_clamp = "{word}"\n')
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Policy=policy, Clamp="none")
    daemon.set_policy("tun0", "auto")  # this one all the same
    daemon.wait_for("tun0", Policy="auto", Clamp="route")
    assert len(helper.installs()) == 1


# --- refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["no", "challenge", ERROR + "HelperDenied"])
def test_denied(start, place, helper, verdict):
    helper.verdict = verdict
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="denied")
    assert len(helper.installs()) == 1
    # The tunnel changes: once more, still without a prompt.
    place.run("ip link set tun0 mtu 1370")
    helper.wait_for_calls("InstallClamp", 2)
    daemon.wait_for("tun0", Clamp="denied", Mtu=1370)
    # A clamp of that name goes: once more.
    helper.emit(HELPER, "ClampRemoved", "(s)", "tun0")
    helper.wait_for_calls("InstallClamp", 3)
    daemon.wait_for("tun0", Clamp="denied")
    helper.verdict = "yes"
    helper.emit(HELPER, "ClampRemoved", "(s)", "tun0")
    daemon.wait_for("tun0", Clamp="route")
    assert len(helper.installs()) == 4
    assert not any(call.interactive for call in helper.calls)
    assert daemon.output().count("Access denied" if verdict in ("no", "challenge") else "It failed") == 1


class Polkit(Service):
    XML = f"""<node><interface name="{POLKIT}.Authority"><signal name="Changed"/></interface></node>"""

    def __init__(self, address):
        super().__init__(address, POLKIT, POLKIT_PATH, self.XML)

    def changed(self):
        self.emit(f"{POLKIT}.Authority", "Changed", "()")


def test_polkit_changes_its_mind(start, place, helper, system_bus):
    polkit = Polkit(system_bus.address)
    helper.verdict = "challenge"
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="denied")
    helper.verdict = "yes"
    polkit.changed()
    daemon.wait_for("tun0", Clamp="route")
    assert [call.interactive for call in helper.installs()] == [False, False]
    # What is held needs no new question.
    polkit.changed()
    place.run("ip link set tun0 mtu 1370")
    daemon.wait_for("tun0", Mtu=1370)
    assert len(helper.installs()) == 2
    polkit.stop()


def test_changed_while_being_judged(start, place, helper, system_bus):
    """The answer to a question from before the change does not count."""
    polkit = Polkit(system_bus.address)
    helper.verdict = "hang"
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="requested")
    helper.wait_for_calls("InstallClamp", 1)
    polkit.changed()
    helper.verdict = "yes"
    helper.release("no")
    daemon.wait_for("tun0", Clamp="route")
    polkit.stop()


@pytest.mark.parametrize("error", ["KernelUnsupported", "NoSuchInterface", "InvalidOption"])
def test_it_does_not_work(start, place, helper, error):
    helper.verdict = ERROR + error
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="unavailable")
    helper.verdict = "yes"
    daemon.wait_for("tun0", Clamp="route")  # by itself, after a pause


def test_signals_of_strangers(start, place, helper, system_bus):
    """Anybody may send us a signal; only the helper's count."""
    daemon = start()
    place.connect("tun0", mtu=1500)
    daemon.wait_for("tun0", Clamp="none")
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    daemon.wait_for("tun1", Clamp="route")
    destination = helper.installs()[0].sender
    stranger = system_bus.connect()
    clamp = FakeHelper.clamp("fixed")
    stranger.connection.emit_signal(destination, "/org/airpods/Helper1", HELPER, "ClampInstalled",
                                    GLib.Variant("(sa{sv})", ("tun0", clamp)))
    stranger.connection.emit_signal(destination, "/org/airpods/Helper1", HELPER, "ClampRemoved", GLib.Variant("(s)", ("tun1",)))
    stranger.has_owner("org.freedesktop.DBus")  # a round trip: both are on their way
    # The same from the helper, later on: when that is seen, the others were passed over.
    helper.emit(HELPER, "ClampInstalled", "(sa{sv})", "tun0", clamp)
    daemon.wait_for("tun0", Clamp="fixed")
    assert daemon.tunnel("tun1")["Clamp"] == "route"
    assert len(helper.installs()) == 1


def forge(client, destination, path, interface, member, signature, *values):
    """A signal to one connection alone; it is on its way when this returns."""
    client.connection.emit_signal(destination, path, interface, member, GLib.Variant(signature, values))
    client.has_owner("org.freedesktop.DBus")


def forge_owner(client, destination, name, old, new):
    forge(client, destination, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "(sss)", name, old, new)


def test_a_stranger_plays_the_helper(start, place, helper, system_bus):
    """The bus driver alone says who the helper is."""
    daemon = start()
    place.connect("tun0", mtu=1500)
    daemon.wait_for("tun0", Clamp="none")
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    daemon.wait_for("tun1", Clamp="route")
    destination = helper.installs()[0].sender
    stranger = system_bus.connect()
    forge_owner(stranger, destination, HELPER, "", stranger.name)
    forge(stranger, destination, HELPER_PATH, HELPER, "ClampInstalled", "(sa{sv})", "tun0", FakeHelper.clamp("fixed"))
    helper.catch_up(destination)
    assert (daemon.tunnel("tun0")["Clamp"], daemon.tunnel("tun1")["Clamp"]) == ("none", "route")
    assert len(helper.installs()) == 1
    helper.emit(HELPER, "ClampInstalled", "(sa{sv})", "tun0", FakeHelper.clamp("fixed"))  # the helper is still believed
    daemon.wait_for("tun0", Clamp="fixed")


@pytest.mark.parametrize("authority", [False, True])
def test_a_stranger_plays_polkit(start, place, helper, system_bus, authority):
    """Else anybody could make airpodsd ask once a second for ever, with or without a polkit on the bus."""
    polkit = Polkit(system_bus.address) if authority else None
    helper.verdict = "no"
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="denied")
    destination = helper.installs()[0].sender
    stranger = system_bus.connect()
    forge_owner(stranger, destination, POLKIT, "", stranger.name)
    forge(stranger, destination, POLKIT_PATH, f"{POLKIT}.Authority", "Changed", "()")
    helper.catch_up(destination)
    assert len(helper.installs()) == 1
    # The real one, also when it came after us.
    polkit = polkit or Polkit(system_bus.address)
    polkit.changed()
    helper.catch_up(destination)
    assert len(helper.installs()) == 2
    polkit.stop()


# --- other holders ------------------------------------------------------------------------------------------------------


def test_somebody_else_holds_it(start, place, helper, config):
    config('[vpn]\nmss_clamp = "off"\n')
    helper.others = {"tun0": "fixed"}
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="fixed")
    helper.emit(HELPER, "ClampInstalled", "(sa{sv})", "tun0", FakeHelper.clamp("route"))
    daemon.wait_for("tun0", Clamp="route")
    helper.emit(HELPER, "ClampRemoved", "(s)", "tun0")
    daemon.wait_for("tun0", Clamp="none")
    helper.emit(HELPER, "ClampInstalled", "(sa{sv})", "*", FakeHelper.clamp("route"))
    daemon.wait_for("tun0", Clamp="route")
    assert helper.installs() == []


def test_an_administrator_takes_it_away(start, place, helper):
    """"all-users" is a decision, not an accident: airpodsd does not fight, until the next connect."""
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    helper.withdraw("tun0")
    daemon.wait_for("tun0", Clamp="none")
    place.run("ip link set tun0 down")
    daemon.wait_for_no("tun0")
    assert len(helper.installs()) == 1
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")


def test_a_withdrawal_lasts(start, place, helper, system_bus):
    """Over a helper that leaves for want of work, one that comes, and a new MTU; a person's new choice ends it."""
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    caller = helper.installs()[0].sender
    helper.withdraw("tun0")
    daemon.wait_for("tun0", Clamp="none")
    place.run("ip link set tun0 mtu 1370")
    daemon.wait_for("tun0", Mtu=1370)
    helper.catch_up(caller)
    assert len(helper.installs()) == 1
    helper.stop()
    again = FakeHelper(system_bus.address)
    again.catch_up(caller)
    assert again.installs() == [] and daemon.tunnel("tun0")["Clamp"] == "none"
    daemon.set_policy("tun0", "off")
    daemon.set_policy("tun0", "auto")
    daemon.wait_for("tun0", Clamp="route")
    again.wait_for_claims("tun0")
    again.stop()


def test_off_after_a_denial_asks_no_more(start, place, helper):
    helper.verdict = "no"
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="denied")
    daemon.set_policy("tun0", "off")
    assert daemon.tunnel("tun0")["Policy"] == "off"
    helper.catch_up(helper.installs()[0].sender)
    assert len(helper.installs()) == 1


# --- the helper and the bus come and go -----------------------------------------------------------------------------------


def test_helper_crashes(start, place, helper, system_bus):
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    helper.stop()
    again = FakeHelper(system_bus.address)
    again.wait_for_claims("tun0")
    daemon.wait_for("tun0", Clamp="route")
    assert [call.options for call in again.installs()] == [SESSION]
    again.stop()


def test_helper_crashes_in_mid_call(start, place, helper, system_bus):
    helper.verdict = "hang"
    daemon = start()
    place.connect("tun0")
    helper.wait_for_calls("InstallClamp", 1)
    helper.stop()
    daemon.wait_for("tun0", Clamp="unavailable")
    again = FakeHelper(system_bus.address)
    daemon.wait_for("tun0", Clamp="route")
    again.wait_for_claims("tun0")
    again.stop()


def test_helper_crashes_while_the_tunnel_goes(start, place, helper, system_bus):
    """The new helper may remember the claim: it is asked to drop it."""
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    sender = helper.installs()[0].sender
    helper.verdict = "hang"
    place.disconnect("tun0")
    daemon.wait_for_no("tun0")
    helper.wait_for_calls("RemoveClamp", 1)
    helper.stop()
    again = FakeHelper(system_bus.address, claims=[(sender, "tun0")])
    again.wait_for_calls("RemoveClamp", 1)
    again.wait_for_claims()
    again.stop()


def test_helper_that_keeps_dying(start, place, system_bus):
    """The first death is followed at once, the next ones after growing pauses."""
    start()
    times = []
    place.connect("tun0")
    for _ in range(4):
        helper = FakeHelper(system_bus.address)
        helper.wait_for_claims("tun0")
        times.append(time.monotonic())
        helper.stop()
    gaps = [after - before for before, after in zip(times, times[1:])]
    assert gaps[1] >= 0.9 and gaps[2] >= 1.9, gaps  # lower bounds only: a busy machine is slower


def test_no_helper_then_one(start, place, system_bus):
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="unavailable")
    helper = FakeHelper(system_bus.address)
    daemon.wait_for("tun0", Clamp="route")
    helper.stop()


def test_helper_is_started_by_the_call(start, place, system_bus, tmp_path):
    """D-Bus activation: nothing asks the helper before there is something to do."""
    mark = tmp_path / "started"
    system_bus.add_service(HELPER, f"/usr/bin/touch {mark}")
    daemon = start()
    place.connect("tun0", mtu=1500)
    daemon.wait_for("tun0", Clamp="none")
    assert not mark.exists()
    place.run("ip link set tun0 mtu 1380")
    wait.until(mark.exists, "the start of the helper")


def test_no_system_bus_then_one(start, place, tmp_path):
    socket = f"{tmp_path}/later/socket"
    daemon = start(env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}"})
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="unavailable")
    with PrivateBus("session", socket=socket) as late:
        helper = FakeHelper(late.address)
        daemon.wait_for("tun0", Clamp="route")
        helper.stop()


def test_system_bus_restarts(start, place, tmp_path):
    socket = f"{tmp_path}/bus/socket"
    with PrivateBus("session", socket=socket) as bus:
        helper = FakeHelper(bus.address)
        daemon = start(env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}"})
        place.connect("tun0")
        daemon.wait_for("tun0", Clamp="route")
        helper.stop()
    daemon.wait_for("tun0", Clamp="unavailable")
    assert daemon.started.running()
    with PrivateBus("session", socket=socket) as bus:
        helper = FakeHelper(bus.address)
        daemon.wait_for("tun0", Clamp="route")
        assert len(helper.installs()) == 1
        helper.stop()


def test_a_system_bus_that_says_nothing(start, place, tmp_path):
    """A socket that nobody reads: the session side goes on as if nothing were."""
    import socket
    path = f"{tmp_path}/deaf"
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    deaf.bind(path)
    deaf.listen(1)
    daemon = start(env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"})
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="unavailable")
    os.kill(daemon.started.pid, signal.SIGHUP)
    assert daemon.started.terminate() == 0
    deaf.close()
