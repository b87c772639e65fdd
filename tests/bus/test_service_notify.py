# SPDX-License-Identifier: LGPL-2.1-or-later
"""Notifications against a mocked server: when, what, the buttons, and servers that are absent or wrong."""

import os
import signal

import pytest
from fixtures_service import (ERROR, FakeHelper, HELPER, MockServer, NOTIFICATIONS, NOTIFICATIONS_PATH, OddServer,  # noqa: F401
                              config, helper, place, server, session_bus, start, system_bus)
from gi.repository import GLib
from lab import wait

BODY = ("Its packets are smaller than usual (1380 instead of 1500). airpods adjusts connections that go out through this VPN so "
        "that large transfers from containers do not hang; it is undone when the VPN goes.")


def reconnect(place, daemon, helper, name="wg0-mullvad"):
    """Gone and back, up to the point where what is to be told has been decided."""
    place.disconnect(name)
    daemon.wait_for_no(name)
    place.connect(name)
    return daemon.wait_for(name)


def told(xdg, word):
    """Waits until the memory says so: the server's answer has come."""
    file = xdg / "state" / "airpods" / "tunnels"
    wait.until(lambda: file.exists() and f"told={word}\n" in file.read_text(), f"told={word}")


def marker(place, daemon, server, number):
    """Another VPN's first connect is told: whatever was to be told before has been told. `number` in all."""
    place.connect("marker0", mtu=1300, address="10.66.0.2/32", route="198.51.100.0/24")
    daemon.wait_for("marker0")
    notes = server.wait_for_notes(number)
    assert notes[-1].title == "VPN marker0 connected"
    return notes


def test_first_connect(start, place, helper, server, xdg):
    daemon = start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    assert note.title == "VPN wg0-mullvad connected"
    assert note.body == BODY + "\nDetails: airpods vpn. Not for this VPN: airpods mss disable wg0-mullvad."
    assert note.labels == ["Details", "Not for this VPN"]
    assert (note.app, note.icon, note.replaces, note.expire) == ("airpods", "network-vpn", 0, -1)
    assert note.hints == {"urgency": 1, "category": "network.connected"}
    assert daemon.tunnel("wg0-mullvad")["Clamp"] == "route"
    told(xdg, "adjusted")


def test_changes(start, place, helper, server, xdg):
    """The default: the same reconnect is silent, also after a restart; a new outcome is told."""
    daemon = start()
    place.connect("wg0-mullvad")
    server.wait_for_notes(1)
    told(xdg, "adjusted")
    reconnect(place, daemon, helper)
    daemon.wait_for("wg0-mullvad", Clamp="route")
    assert daemon.started.terminate() == 0
    daemon = start()
    daemon.wait_for("wg0-mullvad", Clamp="route")
    reconnect(place, daemon, helper)
    daemon.wait_for("wg0-mullvad", Clamp="route")
    helper.verdict = "no"
    reconnect(place, daemon, helper)
    daemon.wait_for("wg0-mullvad", Clamp="denied")
    notes = server.wait_for_notes(2)
    assert "an administrator's permission is needed" in notes[1].body
    told(xdg, "denied")
    reconnect(place, daemon, helper)  # shown once
    daemon.wait_for("wg0-mullvad", Clamp="denied")
    marker(place, daemon, server, 3)


def test_always(start, place, helper, server, config, xdg):
    config('[vpn]\nnotify = "always"\n')
    daemon = start()
    place.connect("wg0-mullvad")
    server.wait_for_notes(1)
    told(xdg, "adjusted")
    reconnect(place, daemon, helper)
    notes = server.wait_for_notes(2)
    assert [note.title for note in notes] == ["VPN wg0-mullvad connected"] * 2
    assert [note.replaces for note in notes] == [0, 1]  # the old one is replaced
    place.disconnect("wg0-mullvad")
    place.connect("plain0", mtu=1500, address="10.65.0.2/32")
    notes = server.wait_for_notes(3)
    assert notes[2].body == ("Its packets have the usual size (1500). There is nothing to adjust.\nDetails: airpods vpn.")


def test_never(start, place, helper, server, config):
    config('[vpn]\nnotify = "never"\n')
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    helper.verdict = "no"
    reconnect(place, daemon, helper)
    daemon.wait_for("wg0-mullvad", Clamp="denied")
    config('[vpn]\nnotify = "changes"\n')
    daemon.manager("Reload")
    marker(place, daemon, server, 1)


def test_usual_size_is_not_told(start, place, helper, server):
    daemon = start()
    place.connect("plain0", mtu=1500)
    daemon.wait_for("plain0")
    marker(place, daemon, server, 1)


def test_mtu_falls_later(start, place, helper, server):
    daemon = start()
    place.connect("wg0-mullvad", mtu=1500)
    daemon.wait_for("wg0-mullvad", Reduced=False)
    place.run("ip link set wg0-mullvad mtu 1380")
    (note,) = server.wait_for_notes(1)
    assert note.body.startswith(BODY)


def test_not_for_this_vpn(start, place, helper, server, xdg):
    daemon = start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    told(xdg, "adjusted")
    server.press(1, note.key("Not for this VPN"))
    daemon.wait_for("wg0-mullvad", Policy="off", Clamp="none")
    helper.wait_for_claims()
    reconnect(place, daemon, helper)
    daemon.wait_for("wg0-mullvad", Policy="off", Clamp="none")
    marker(place, daemon, server, 2)


def test_not_for_this_vpn_after_it_went(start, place, helper, server, xdg):
    """The notification outlives the VPN; so does the button."""
    daemon = start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    told(xdg, "adjusted")
    place.disconnect("wg0-mullvad")
    daemon.wait_for_no("wg0-mullvad")
    server.press(1, note.key("Not for this VPN"))
    wait.until(lambda: "policy=off" in (xdg / "state/airpods/tunnels").read_text(), "the memory")
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Policy="off", Clamp="none")


def test_details(start, place, helper, server, xdg):
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", CarriesDefault=True)
    (note,) = server.wait_for_notes(1)
    told(xdg, "adjusted")
    server.press(1, note.key("Details"))
    notes = server.wait_for_notes(2)
    assert notes[1].replaces == 1
    assert notes[1].title == "VPN wg0-mullvad"
    assert notes[1].body == (
        "Interface wg0-mullvad (tun)\nPackets up to 1380 bytes; the link carries 1380, the usual is 1500\n"
        "All traffic leaves through it\nConnections are adjusted to what the VPN carries.\n"
        "Policy: auto. See also: airpods vpn. Not for this VPN: airpods mss disable wg0-mullvad.")
    assert notes[1].labels == ["Not for this VPN"]


def test_ask(start, place, helper, server, config, xdg):
    config('[vpn]\nmss_clamp = "ask"\n')
    daemon = start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    told(xdg, "ask")
    assert note.labels == ["Adjust", "Not for this VPN", "Details"]
    assert helper.installs() == []
    server.press(1, note.key("Adjust"))
    daemon.wait_for("wg0-mullvad", Clamp="route", Policy="ask")
    # A person pressed it, so this call and no other may ask for a password.
    assert [call.interactive for call in helper.installs()] == [True]
    notes = server.wait_for_notes(2)
    assert notes[1].replaces == 1 and notes[1].body.startswith(BODY)
    told(xdg, "adjusted")
    # It was for this connect. The next one is asked about again.
    reconnect(place, daemon, helper)
    daemon.wait_for("wg0-mullvad", Clamp="none", Policy="ask")
    notes = server.wait_for_notes(3)
    assert notes[2].labels == ["Adjust", "Not for this VPN", "Details"]
    told(xdg, "ask")
    reconnect(place, daemon, helper)
    server.wait_for_notes(4)  # a person must decide: told every time


def test_allow(start, place, helper, server, xdg):
    helper.verdict, helper.prompt = "challenge", "hang"
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="denied")
    (note,) = server.wait_for_notes(1)
    told(xdg, "denied")
    assert note.labels == ["Allow…", "Not for this VPN", "Details"]
    server.press(1, note.key("Allow…"))
    daemon.wait_for("wg0-mullvad", Clamp="requested")
    helper.wait_for_calls("InstallClamp", 2)
    assert [call.interactive for call in helper.installs()] == [False, True]
    helper.release("yes")  # the password was right
    daemon.wait_for("wg0-mullvad", Clamp="route")
    notes = server.wait_for_notes(2)
    assert notes[1].replaces == 1 and notes[1].body.startswith(BODY)


def test_allow_dismissed(start, place, helper, server, xdg):
    helper.verdict, helper.prompt = "challenge", "no"
    daemon = start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    told(xdg, "denied")
    server.press(1, note.key("Allow…"))
    helper.wait_for_calls("InstallClamp", 2)
    daemon.wait_for("wg0-mullvad", Clamp="denied")
    marker(place, daemon, server, 2)  # nothing new to tell


def test_helper_missing(start, place, server):
    daemon = start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    assert "airpods cannot adjust connections that go out through this VPN" in note.body
    assert "may hang: airpods-helper cannot be reached on the system bus.\n" in note.body
    assert "was not provided" not in note.body  # what the bus says is not for people
    assert note.labels == ["Details", "Not for this VPN"]
    assert daemon.tunnel("wg0-mullvad")["Clamp"] == "unavailable"


@pytest.mark.parametrize("policy", ["off", "ask"])
def test_somebody_elses_adjustment_is_not_told(start, place, helper, server, config, policy):
    """It is not ours, and it does not end with the VPN."""
    config(f'[vpn]\nmss_clamp = "{policy}"\n')
    helper.others = {"wg0-mullvad": "route"}
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    config('[vpn]\nmss_clamp = "auto"\nignore = ["wg0-mullvad"]\n')
    daemon.manager("Reload")
    daemon.wait_for_no("wg0-mullvad")
    marker(place, daemon, server, 1)


def test_a_stranger_plays_the_bus(start, place, helper, server, session_bus, config, xdg):
    """The bus driver alone says that the notification server went; else the button would be lost."""
    daemon = start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    told(xdg, "adjusted")
    destination = daemon.client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetNameOwner", GLib.Variant("(s)", ("org.airpods.Manager1",)))[0]
    stranger = session_bus.connect()
    stranger.connection.emit_signal(destination, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged",
                                    GLib.Variant("(sss)", (NOTIFICATIONS, ":1.1", "")))
    stranger.call(destination, "/", "org.freedesktop.DBus.Peer", "Ping")  # handled
    server.press(1, note.key("Not for this VPN"))
    daemon.wait_for("wg0-mullvad", Policy="off", Clamp="none")


def test_strangers_press_nothing(start, place, helper, server, session_bus, xdg):
    """Only the server's own signals about our own notifications count."""
    daemon = start()
    place.connect("wg0-mullvad")
    server.wait_for_notes(1)
    told(xdg, "adjusted")
    stranger = session_bus.connect()
    for destination in (None, daemon.client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                                 "GetNameOwner", GLib.Variant("(s)", ("org.airpods.Manager1",)))[0]):
        stranger.connection.emit_signal(destination, NOTIFICATIONS_PATH, NOTIFICATIONS, "ActionInvoked",
                                        GLib.Variant("(us)", (1, "not-for-this-vpn")))
    stranger.has_owner("org.freedesktop.DBus")
    server.press(2, "not-for-this-vpn")     # somebody else's notification
    server.press(0, "not-for-this-vpn")
    server.press(1, "no-such-button")
    server.emit("ActionInvoked", "ss", "1", "not-for-this-vpn")  # another form
    server.press(1, "details")  # the one that counts, last
    server.wait_for_notes(2)
    assert daemon.tunnel("wg0-mullvad")["Policy"] == "auto" and helper.names() == ["wg0-mullvad"]


def test_closed_is_not_replaced(start, place, helper, server, config, xdg):
    config('[vpn]\nnotify = "always"\n')
    daemon = start()
    place.connect("wg0-mullvad")
    server.wait_for_notes(1)
    told(xdg, "adjusted")
    server.emit("NotificationClosed", "uu", 1, 2)
    reconnect(place, daemon, helper)
    assert server.wait_for_notes(2)[1].replaces == 0


def test_markup_and_no_buttons(start, place, session_bus):
    """Capabilities decide: without "actions" no buttons are sent, and the text says the commands."""
    plain = MockServer(session_bus, "body")
    start()
    place.connect("wg0-mullvad")
    (note,) = plain.wait_for_notes(1)
    assert note.actions == [] and "airpods mss disable wg0-mullvad" in note.body
    plain.stop()


# --- servers that are not there, or wrong ---------------------------------------------------------------------------------


def works_as_ever(start, place, helper):
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    reconnect(place, daemon, helper)
    daemon.wait_for("wg0-mullvad", Clamp="route")
    daemon.set_policy("wg0-mullvad", "off")
    helper.wait_for_claims()
    return daemon


def test_no_server(start, place, helper):
    daemon = works_as_ever(start, place, helper)
    assert daemon.started.terminate() == 0


@pytest.mark.parametrize("mode", ["hang", "error", "garbage"])
def test_odd_servers(start, place, helper, session_bus, mode):
    odd = OddServer(session_bus.address, mode)
    daemon = works_as_ever(start, place, helper)
    wait.until(lambda: "GetCapabilities" in odd.members, "the question")
    if mode == "garbage":  # no capabilities that one could read, so none; it is told all the same
        wait.until(lambda: "Notify" in odd.members, "the notification")
    assert daemon.started.terminate() == 0
    odd.stop()


def test_server_that_dies(start, place, helper, session_bus, config):
    config('[vpn]\nnotify = "always"\n')
    odd = OddServer(session_bus.address, "hang")
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    wait.until(lambda: odd.members, "the question")
    odd.stop()
    late = MockServer(session_bus)  # a new one: what waited is told, as nobody has seen it
    (note,) = late.wait_for_notes(1)
    assert note.title == "VPN wg0-mullvad connected" and note.replaces == 0
    late.stop()


def test_server_that_comes_late(start, place, helper, session_bus):
    """At login airpodsd may be first: what waits is told when a server appears, unless the VPN has gone."""
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    daemon.wait_for("tun1", Clamp="route")
    place.disconnect("tun1")
    daemon.wait_for_no("tun1")
    late = MockServer(session_bus)
    (note,) = late.wait_for_notes(1)
    assert note.title == "VPN wg0-mullvad connected"
    late.stop()


def test_another_server_takes_over(start, place, helper, session_bus, config, xdg):
    """Numbers of the old server mean nothing to the new one."""
    config('[vpn]\nnotify = "always"\n')
    first = MockServer(session_bus)
    daemon = start()
    place.connect("wg0-mullvad")
    first.wait_for_notes(1)
    told(xdg, "adjusted")
    first.stop()
    second = MockServer(session_bus)
    reconnect(place, daemon, helper)
    (note,) = second.wait_for_notes(1)
    assert note.replaces == 0
    assert first.process.returncode == -signal.SIGKILL and os.path.exists(f"/proc/{daemon.started.pid}")
    second.stop()


def test_withdrawal_is_not_told(start, place, helper, server, xdg):
    daemon = start()
    place.connect("wg0-mullvad")
    server.wait_for_notes(1)
    told(xdg, "adjusted")
    with helper.lock:
        helper.claims.clear()
    helper.emit(HELPER, "ClampRemoved", "(s)", "wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="none")
    marker(place, daemon, server, 2)


def test_kernel_cannot(start, place, helper, server):
    helper.verdict = ERROR + "KernelUnsupported"
    start()
    place.connect("wg0-mullvad")
    (note,) = server.wait_for_notes(1)
    assert "so large transfers from containers may hang: It failed for wg0-mullvad." in note.body
    assert isinstance(helper, FakeHelper)
