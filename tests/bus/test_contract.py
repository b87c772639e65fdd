# SPDX-License-Identifier: LGPL-2.1-or-later
"""The contract: what is in dbus/*.xml is served, what is served is in the XML, and every other file that repeats a name agrees.

Parsed sets are compared, never text.
"""

import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from gi.repository import Gio, GLib

from lab import wait

SOURCE = Path(os.environ["AIRPODS_SOURCE"])
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
OUR_XML = {
    "org.airpods.Helper1": "/org/airpods/Helper1",
    "org.airpods.Manager1": "/org/airpods/Manager1",
    "org.airpods.Tunnel1": None,
}


def interface_members(interface):
    """An <interface> as a set of comparable members."""
    members = set()
    for method in interface.findall("method"):
        args = tuple((a.get("direction", "in"), a.get("type"), a.get("name")) for a in method.findall("arg"))
        members.add(("method", method.get("name"), args))
    for signal in interface.findall("signal"):
        args = tuple((a.get("type"), a.get("name")) for a in signal.findall("arg"))
        members.add(("signal", signal.get("name"), args))
    for prop in interface.findall("property"):
        emits = [a.get("value") for a in prop.findall("annotation") if a.get("name") == EMITS]
        members.add(("property", prop.get("name"), prop.get("type"), prop.get("access"), emits[0] if emits else "true"))
    return members


def interfaces(xml_text):
    root = ET.fromstring(xml_text)
    return {i.get("name"): interface_members(i) for i in root.findall("interface")}


def documented(name):
    found = interfaces((SOURCE / "dbus" / f"{name}.xml").read_text())
    assert set(found) == {name}
    return found[name]


def introspect(address, name, path):
    connection = Gio.DBusConnection.new_for_address_sync(
        address,
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
        None,
        None,
    )
    try:
        reply = connection.call_sync(
            name, path, "org.freedesktop.DBus.Introspectable", "Introspect", None,
            GLib.VariantType("(s)"), Gio.DBusCallFlags.NONE, 10000, None,
        )
        return reply.unpack()[0]
    finally:
        connection.close_sync(None)


# A tun device is running only while a program holds it open; see if_tun.h of the kernel for the numbers.
HOLD_TUN = """
import fcntl, os, signal, struct
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"wg0-lab", 0x1001))
signal.pause()
"""


@pytest.fixture
def airpodsd(bus, network):
    """airpodsd in the namespace, with one tunnel up in it; returns the object path of the tunnel."""
    network.start("/usr/bin/python3", "-c", HOLD_TUN)
    wait.until(lambda: "wg0-lab" in network.run("ip -o link"), "wg0-lab")
    network.run("ip link set wg0-lab mtu 1380 up && ip route add default dev wg0-lab")
    network.start(f"{os.environ['AIRPODS_BUILD']}/service/airpodsd",
                  env={"DBUS_SESSION_BUS_ADDRESS": bus.address, "DBUS_SYSTEM_BUS_ADDRESS": bus.address})
    with bus.connect() as client:
        client.wait_for_name("org.airpods.Manager1")
    return "/org/airpods/Manager1/tunnel/wg0_2dlab"


def served_by_us(address, name, path):
    """Our own interfaces on one object, without the standard ones that sd-bus adds."""
    return {
        interface: members
        for interface, members in interfaces(introspect(address, name, path)).items()
        if not interface.startswith("org.freedesktop.DBus.")
    }


def test_helper_serves_the_contract(helper, bus_address):
    assert served_by_us(bus_address, "org.airpods.Helper1", "/org/airpods/Helper1") == {
        "org.airpods.Helper1": documented("org.airpods.Helper1")
    }


def test_manager_serves_the_contract(airpodsd, bus_address):
    assert served_by_us(bus_address, "org.airpods.Manager1", "/org/airpods/Manager1") == {
        "org.airpods.Manager1": documented("org.airpods.Manager1")
    }
    standard = set(interfaces(introspect(bus_address, "org.airpods.Manager1", "/org/airpods/Manager1")))
    assert "org.freedesktop.DBus.ObjectManager" in standard


def test_tunnel_serves_the_contract(airpodsd, bus_address):
    assert served_by_us(bus_address, "org.airpods.Manager1", airpodsd) == {
        "org.airpods.Tunnel1": documented("org.airpods.Tunnel1")
    }


def defines():
    text = (SOURCE / "shared" / "names.h").read_text() + (SOURCE / "shared" / "error.h").read_text()
    return dict(re.findall(r'^#define\s+(\w+)\s+"([^"]*)"', text, re.MULTILINE))


def test_names_header_agrees_with_the_xml():
    names = defines()
    for key, interface in (("HELPER", "org.airpods.Helper1"), ("MANAGER", "org.airpods.Manager1")):
        root = ET.parse(SOURCE / "dbus" / f"{interface}.xml").getroot()
        assert names[f"{key}_INTERFACE"] == names[f"{key}_NAME"] == interface
        assert names[f"{key}_PATH"] == root.get("name") == OUR_XML[interface]
    assert names["TUNNEL_INTERFACE"] == "org.airpods.Tunnel1"
    assert names["TUNNEL_PATH_PREFIX"] == "/org/airpods/Manager1/tunnel"
    assert {p.stem for p in (SOURCE / "dbus").glob("*.xml")} == set(OUR_XML)


def test_every_documented_error_is_in_the_table():
    """Each org.airpods.Error.* that a comment names has a row, and each row is named somewhere in the documents."""
    table = set(re.findall(r'"(org\.airpods\.Error\.\w+)"', (SOURCE / "shared" / "error.h").read_text()))
    named = set()
    for xml in (SOURCE / "dbus").glob("*.xml"):
        named |= set(re.findall(r"org\.airpods\.Error\.\w+", xml.read_text()))
    assert named <= table
    # HelperDenied and HelperUnavailable are spoken by airpodsd's clients, not by a method of this contract; the rest belongs to
    # service/podman, which no method reaches yet.
    assert {error.removeprefix("org.airpods.Error.") for error in table - named} == {
        "HelperDenied", "HelperUnavailable", "Cancelled", "HealthTimeout", "ImageNotFound", "JobConflict", "PodmanFailed",
        "PodmanUnavailable", "PortInUse", "ServiceNotFound",
    }


def test_polkit_actions_agree():
    in_header = {v for k, v in defines().items() if k.startswith("ACTION_")}
    policy = ET.parse(SOURCE / "polkit" / "org.airpods.helper.policy").getroot()
    assert {a.get("id") for a in policy.findall("action")} == in_header
    in_xml = set(re.findall(r"org\.airpods\.helper\.[a-z-]+", (SOURCE / "dbus/org.airpods.Helper1.xml").read_text()))
    assert in_xml == in_header


# any, inactive, active: written by hand from the decision who may do what.
POLKIT_DEFAULTS = {
    "org.airpods.helper.install-clamp": ("auth_admin", "auth_admin", "yes"),
    "org.airpods.helper.install-fixed-clamp": ("auth_admin", "auth_admin", "auth_admin"),
    "org.airpods.helper.install-any-clamp": ("auth_admin", "auth_admin", "auth_admin"),
    "org.airpods.helper.remove-any-clamp": ("auth_admin", "auth_admin", "auth_admin"),
}


def test_polkit_defaults_and_owner():
    policy = ET.parse(SOURCE / "polkit" / "org.airpods.helper.policy").getroot()
    found = {}
    for action in policy.findall("action"):
        defaults = action.find("defaults")
        found[action.get("id")] = tuple(defaults.find(t).text for t in ("allow_any", "allow_inactive", "allow_active"))
        owners = [a.text for a in action.findall("annotate") if a.get("key") == "org.freedesktop.policykit.owner"]
        assert owners == ["unix-user:airpods-helper"], action.get("id")
    assert found == POLKIT_DEFAULTS


def test_bus_policy_allows_exactly_the_contract():
    policy = ET.parse(SOURCE / "dbus" / "org.airpods.Helper1.conf").getroot()
    own, send = [], set()
    for part in policy.findall("policy"):
        for rule in part.findall("allow"):
            if rule.get("own"):
                own.append((part.get("user"), rule.get("own")))
            else:
                assert part.get("context") == "default"
                assert rule.get("send_destination") == "org.airpods.Helper1"
                send.add(rule.get("send_interface"))
    assert own == [("airpods-helper", "org.airpods.Helper1")]
    assert send == {
        "org.airpods.Helper1",
        "org.freedesktop.DBus.Introspectable",
        "org.freedesktop.DBus.Peer",
        "org.freedesktop.DBus.Properties",
    }


def key_file(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize(
    "activation,unit,name,user",
    [
        ("org.airpods.Helper1.service.in", "airpods-helper.service.in", "org.airpods.Helper1", "airpods-helper"),
        ("org.airpods.Manager1.service.in", "airpodsd.service.in", "org.airpods.Manager1", None),
    ],
)
def test_activation_and_unit_agree(activation, unit, name, user):
    service = key_file(SOURCE / "dbus" / activation)
    assert service["Name"] == name
    assert service["SystemdService"] == unit.removesuffix(".in")
    unit_keys = key_file(SOURCE / "systemd" / unit)
    assert unit_keys["BusName"] == name
    assert unit_keys["Type"] == "dbus"
    assert unit_keys.get("User") == user
