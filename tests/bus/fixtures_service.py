# SPDX-License-Identifier: LGPL-2.1-or-later
#
# airpodsd for the tests: the real daemon in a network namespace of its own (rig.Network) with real tun devices, a session
# bus and a system bus that are both real dbus-daemons, and on them a helper and a notification server that do what the
# test says. The files test_service_*.py import what they need.
import os
import signal
import subprocess
import sys
import threading

import pytest
from gi.repository import Gio, GLib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import wait  # noqa: E402
from lab.buses import Client, PrivateBus  # noqa: E402

MANAGER = "org.airpods.Manager1"
MANAGER_PATH = "/org/airpods/Manager1"
TUNNEL = "org.airpods.Tunnel1"
TUNNELS = MANAGER_PATH + "/tunnel/"
HELPER = "org.airpods.Helper1"
HELPER_PATH = "/org/airpods/Helper1"
NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"
POLKIT = "org.freedesktop.PolicyKit1"
POLKIT_PATH = "/org/freedesktop/PolicyKit1/Authority"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
INTERACTIVE = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
ERROR = "org.airpods.Error."

# Holds the tun device that it is asked for until it is killed: without a process behind it a tun has no carrier.
HOLD_TUN = """
import fcntl, os, signal, struct, sys
descriptor = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(descriptor, 0x400454CA, struct.pack("16sH22x", sys.argv[1].encode(), int(sys.argv[2], 16)))
signal.pause()
"""


def path_of(name):
    """The object path of a tunnel, by the rule of sd_bus_path_encode()."""
    return TUNNELS + "".join(
        c if c.isascii() and (c.isalpha() or (c.isdigit() and i > 0)) else f"_{ord(c):02x}" for i, c in enumerate(name))


class Service:
    """A name on a bus, served by a thread of its own, so that a test may block in a call. Subclasses have `xml`, `path`, and
    on_call(sender, member, arguments, invocation)."""

    def __init__(self, address, name, path, xml):
        self.bus_name, self.path = name, path
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        self.lock = threading.RLock()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(address, name, path, xml, ready), daemon=True)
        self.thread.start()
        assert ready.wait(10), name

    def _serve(self, address, name, path, xml, ready):
        self.context.push_thread_default()
        self.client = Client(address)
        self.connection = self.client.connection
        interface = Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0]
        self.connection.register_object(path, interface, self._on_call, None, None)
        code = self.client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                GLib.Variant("(su)", (name, 4)))[0]
        assert code == 1, name
        ready.set()
        self.loop.run()
        self.context.pop_thread_default()

    def _on_call(self, _connection, sender, _path, _interface, member, arguments, invocation):
        with self.lock:
            self.on_call(sender, member, arguments.unpack(), invocation)

    def reply(self, invocation, signature, *values):
        """Past GDBus, which would refuse a reply of another form than the one in the XML."""
        message = Gio.DBusMessage.new_method_reply(invocation.get_message())
        if signature:
            message.set_body(GLib.Variant(signature, values))
        self.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)

    def emit(self, interface, member, signature, *values, destination=None):
        self.connection.emit_signal(destination, self.path, interface, member, GLib.Variant(signature, values))
        self.client.has_owner("org.freedesktop.DBus")  # a round trip: the daemon has passed it on when this returns

    def stop(self):
        """Leaves the bus; calls that hang end with an error by the bus."""
        if self.thread.is_alive():
            self.client.close()
            self.context.invoke_full(GLib.PRIORITY_DEFAULT, self.loop.quit)
            self.thread.join(10)


class Call:
    """A call that the helper got."""

    def __init__(self, sender, member, interface, options, invocation):
        flags = invocation.get_message().get_flags()
        self.sender, self.member, self.interface, self.options, self.invocation = sender, member, interface, options, invocation
        self.interactive = bool(flags & Gio.DBusMessageFlags.ALLOW_INTERACTIVE_AUTHORIZATION)
        self.activates = not flags & Gio.DBusMessageFlags.NO_AUTO_START

    def __repr__(self):
        return f"{self.member}({self.interface}, {self.options}{', interactive' if self.interactive else ''})"


class FakeHelper(Service):
    """A helper that keeps claims but touches no firewall. `verdict`: "yes", "no", "challenge", "hang" or an error name; with
    `prompt` set, a call that allows a prompt gets that verdict instead."""

    XML = f"""<node><interface name="{HELPER}">
      <method name="InstallClamp"><arg type="s" direction="in"/><arg type="a{{sv}}" direction="in"/>
        <arg type="a{{sv}}" direction="out"/></method>
      <method name="RemoveClamp"><arg type="s" direction="in"/><arg type="a{{sv}}" direction="in"/></method>
      <method name="ListClamps"><arg type="a{{sa{{sv}}}}" direction="out"/></method>
      <signal name="ClampInstalled"><arg type="s"/><arg type="a{{sv}}"/></signal>
      <signal name="ClampRemoved"><arg type="s"/></signal>
    </interface></node>"""

    def __init__(self, address, verdict="yes", others=None, claims=()):
        self.verdict, self.prompt = verdict, None
        self.calls, self.held, self.claims = [], [], set(claims)
        self.others = dict(others or {})  # interface: mode, held by somebody else
        super().__init__(address, HELPER, HELPER_PATH, self.XML)

    @staticmethod
    def clamp(mode):
        return {"mode": GLib.Variant("s", mode), "active": GLib.Variant("b", True), "holders": GLib.Variant("u", 1),
                "mine": GLib.Variant("as", [])}

    def on_call(self, sender, member, arguments, invocation):
        if member == "ListClamps":
            self.calls.append(Call(sender, member, None, None, invocation))
            clamps = {name: self.clamp("route") for _, name in self.claims}
            clamps.update({name: self.clamp(mode) for name, mode in self.others.items()})
            self.reply(invocation, "(a{sa{sv}})", clamps)
            return
        call = Call(sender, member, *arguments, invocation)
        self.calls.append(call)
        self.answer(call, self.prompt if call.interactive and self.prompt else self.verdict)

    def answer(self, call, verdict):
        key = call.sender, call.interface
        if verdict == "hang":
            self.held.append(call)
        elif call.member == "RemoveClamp":
            self.remove(call, key)
        elif verdict == "yes":
            if key not in self.claims:
                self.claims.add(key)
                self.emit(HELPER, "ClampInstalled", "(sa{sv})", call.interface, self.clamp("route"))
            self.reply(call.invocation, "(a{sv})", self.clamp("route"))
        else:
            name = {"no": ACCESS_DENIED, "challenge": INTERACTIVE}.get(verdict, verdict)
            call.invocation.return_dbus_error(name, f"Access denied: {call.interface}." if name in (ACCESS_DENIED, INTERACTIVE)
                                              else f"It failed for {call.interface}.")

    def remove(self, call, key):
        if key not in self.claims:
            call.invocation.return_dbus_error(ERROR + "NotClamped", "There is nothing to remove.")
            return
        self.claims.discard(key)
        if all(name != call.interface for _, name in self.claims):
            self.emit(HELPER, "ClampRemoved", "(s)", call.interface)
        self.reply(call.invocation, None)

    def release(self, verdict="yes"):
        """Answers what hangs."""
        with self.lock:
            held, self.held = self.held, []
            for call in held:
                self.answer(call, verdict)

    def withdraw(self, interface):
        """What an administrator's `airpods mss disable` does."""
        with self.lock:
            self.claims = {claim for claim in self.claims if claim[1] != interface}
        self.emit(HELPER, "ClampRemoved", "(s)", interface)

    def catch_up(self, caller):
        """Returns when `caller` has handled all that was sent to it so far, and what it called because of that is in
        `calls`."""
        self.client.call(caller, "/", "org.freedesktop.DBus.Peer", "Ping")
        seen = threading.Event()
        self.context.invoke_full(GLib.PRIORITY_DEFAULT, seen.set)
        assert seen.wait(10)

    def names(self):
        """The interfaces that are claimed."""
        with self.lock:
            return sorted(name for _, name in self.claims)

    def count(self, member):
        with self.lock:
            return sum(call.member == member for call in self.calls)

    def installs(self):
        with self.lock:
            return [call for call in self.calls if call.member == "InstallClamp"]

    def wait_for_claims(self, *names):
        wait.until(lambda: self.names() == sorted(names), f"claims on {names}; calls were {self.calls}")

    def wait_for_calls(self, member, number):
        wait.until(lambda: self.count(member) >= number, f"{number} calls of {member}; calls were {self.calls}")


class Daemon:
    """The running airpodsd, seen from the session bus."""

    def __init__(self, started, bus):
        self.started, self.client = started, bus.connect()

    def wait_for_name(self):
        wait.until(lambda: self.client.has_owner(MANAGER) or not self.started.running(), "airpodsd on the session bus")
        assert self.started.running(), self.started.output()
        return self

    def manager(self, member, signature=None, *values, **how):
        return self.client.call(MANAGER, MANAGER_PATH, MANAGER, member,
                                GLib.Variant(signature, values) if signature else None, **how)

    def tunnels(self):
        """{name: properties} of all Tunnel1 objects."""
        objects = self.client.call(MANAGER, MANAGER_PATH, OBJECT_MANAGER, "GetManagedObjects")[0]
        return {interfaces[TUNNEL]["Interface"]: interfaces[TUNNEL] for interfaces in objects.values() if TUNNEL in interfaces}

    def tunnel(self, name):
        return self.tunnels().get(name)

    def wait_for(self, name, seconds=10, **properties):
        """Waits until the tunnel is there with these properties, and returns all of them."""
        def look():
            found = self.tunnel(name)
            return found if found and all(found[key] == value for key, value in properties.items()) else None
        return wait.until(look, f"{name} with {properties}; there is {self.tunnels()}", seconds)

    def wait_for_no(self, name):
        wait.until(lambda: self.tunnel(name) is None, f"the end of {name}")

    def set_policy(self, name, word):
        self.client.set(MANAGER, path_of(name), TUNNEL, "Policy", GLib.Variant("s", word))

    def output(self):
        return self.started.output()

    def wait_for_output(self, text):
        wait.until(lambda: text in self.output(), f"\"{text}\" in the journal, which says:\n{self.output()}")


class Place:
    """The namespace with its devices."""

    def __init__(self, network):
        self.network, self.holders = network, {}

    def run(self, command):
        return self.network.run(command)

    def make_tun(self, name, *, tap=False):
        """A device that is down, without address and routes, with a process behind it."""
        self.holders[name] = self.network.start("/usr/bin/python3", "-c", HOLD_TUN, name, "1002" if tap else "1001")
        wait.until(lambda: f" {name}: " in self.run("ip link show"), name)

    def connect(self, name, mtu=1380, route="default", address="10.64.0.2/32"):
        """What a VPN client does: device, MTU, address, up, routes."""
        if name not in self.holders:
            self.make_tun(name)
        self.run(f"ip link set {name} mtu {mtu} && ip addr replace {address} dev {name} && ip link set {name} up"
                 + (f" && ip route replace {route} dev {name}" if route else ""))

    def disconnect(self, name):
        """The device goes."""
        self.holders.pop(name).kill()

    def add_uplink(self, mtu=1500, name="up0"):
        """An Ethernet link that leads out."""
        self.run(f"ip link add {name} mtu {mtu} type veth peer name {name}-far mtu {mtu} && ip link set {name}-far up && "
                 f"ip addr add 192.0.2.2/24 dev {name} && ip link set {name} up && "
                 f"ip route add default via 192.0.2.1 metric 600")


@pytest.fixture
def session_bus():
    with PrivateBus("session") as bus:
        yield bus


@pytest.fixture
def system_bus():
    with PrivateBus("session") as bus:  # one where everybody may take a name
        yield bus


@pytest.fixture
def place(network):
    return Place(network)


@pytest.fixture
def helper(system_bus):
    """A helper that allows everything."""
    made = FakeHelper(system_bus.address)
    yield made
    made.stop()


@pytest.fixture
def start(network, session_bus, system_bus):
    """start(): the daemon, ready. Words are options; env adds to the environment."""
    def begin(*words, env=None, ready=True):
        started = network.start(f"{os.environ['AIRPODS_BUILD']}/service/airpodsd", *words,
                                env={"DBUS_SESSION_BUS_ADDRESS": session_bus.address,
                                     "DBUS_SYSTEM_BUS_ADDRESS": system_bus.address, **(env or {})})
        daemon = Daemon(started, session_bus)
        return daemon.wait_for_name() if ready else daemon
    return begin


@pytest.fixture
def config(xdg):
    """config("[vpn]\\n…") writes the user's file, as an editor does; config(None) removes it."""
    path = xdg / "config" / "airpods" / "config.toml"

    def write(text):
        if text is None:
            path.unlink()
            return path
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_text(text, encoding="utf-8")
        temporary.rename(path)
        return path
    return write


# --- notifications ------------------------------------------------------------------------------------------------------


class Note:
    """One call of Notify."""

    def __init__(self, values):
        (self.app, self.replaces, self.icon, self.title, self.body, self.actions, self.hints, self.expire) = values
        self.labels = self.actions[1::2]

    def key(self, label):
        return self.actions[self.actions.index(label) - 1]


class MockServer:
    """The notification server of python3-dbusmock's template, in a process of its own."""

    def __init__(self, bus, capabilities="body body-markup actions"):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "/usr/bin/python3", "-m", "dbusmock", "--session", "--template",
             "notification_daemon", "-p", '{"capabilities": "%s"}' % capabilities],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={**os.environ, **bus.environment})
        self.client = bus.connect()
        self.client.wait_for_name(NOTIFICATIONS)

    def notes(self):
        calls = self.client.call(NOTIFICATIONS, NOTIFICATIONS_PATH, "org.freedesktop.DBus.Mock", "GetCalls")[0]
        return [Note(arguments) for _when, member, arguments in calls if member == "Notify"]

    def wait_for_notes(self, number):
        wait.until(lambda: len(self.notes()) >= number, f"{number} notifications")
        notes = self.notes()
        assert len(notes) == number, [note.body for note in notes]
        return notes

    def emit(self, member, signature, *values):
        arguments = [GLib.Variant(code, value) for code, value in zip(signature, values)]
        self.client.call(NOTIFICATIONS, NOTIFICATIONS_PATH, "org.freedesktop.DBus.Mock", "EmitSignal",
                         GLib.Variant("(sssav)", (NOTIFICATIONS, member, signature, arguments)))

    def press(self, number, key):
        self.emit("ActionInvoked", "us", number, key)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class OddServer(Service):
    """A notification server that is wrong: `mode` "hang" (never answers), "error", or "garbage" (replies of another form)."""

    XML = f"""<node><interface name="{NOTIFICATIONS}">
      <method name="GetCapabilities"><arg type="as" direction="out"/></method>
      <method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
        <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
        <arg type="a{{sv}}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
    </interface></node>"""

    def __init__(self, address, mode):
        self.mode, self.members = mode, []
        super().__init__(address, NOTIFICATIONS, NOTIFICATIONS_PATH, self.XML)

    def on_call(self, _sender, member, _arguments, invocation):
        self.members.append(member)
        if self.mode == "error":
            invocation.return_dbus_error("org.example.Broken", "No.")
        elif self.mode == "garbage":
            self.reply(invocation, "(a{sv}s)", {"x": GLib.Variant("i", -1)}, "nonsense")


@pytest.fixture
def server(session_bus):
    made = MockServer(session_bus)
    yield made
    made.stop()
