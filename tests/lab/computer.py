# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The computer of a user, alice, in the lab's host namespace: a real system bus with a real polkitd, which starts the
# helper as its own user with CAP_NET_ADMIN alone; her session bus, and airpodsd on it. Everything is the real program
# from a build folder. Used by scripts/demo and tests/net.
import os
import re
import shutil
import signal

from gi.repository import GLib

from . import users, wait
from .buses import BusError, PrivateBus
from .polkit import ALLOW_CLAMP, BUS_POLICY, Polkit, policies
from .private import STATE
from .run import Background, run

HELPER = "org.airpods.Helper1"
HELPER_PATH = "/org/airpods/Helper1"
MANAGER = "org.airpods.Manager1"
MANAGER_PATH = "/org/airpods/Manager1"
TUNNEL = "org.airpods.Tunnel1"
SYSTEM_SOCKET = "/run/dbus/system_bus_socket"


class Computer:
    """Buses and polkitd, up. The helper starts when somebody calls it; start_airpodsd() starts the user service."""

    def __init__(self, build, source, *, helper=True, rules=ALLOW_CLAMP.format(user=users.ALICE)):
        self.source = source
        self.programs = f"{STATE}/programs"
        os.makedirs(self.programs)
        # Copies, because alice and the helper's user may not be able to look into the checkout.
        for path in ("helper/airpods-helper", "service/airpodsd", "cli/airpods"):
            shutil.copy(f"{build}/{path}", self.programs)
        users.make()

        self.system_bus = PrivateBus("system", socket=SYSTEM_SOCKET,
                                     includes=(f"{source}/dbus/org.airpods.Helper1.conf", BUS_POLICY))
        self.system_bus.add_service(HELPER, self.helper_command() if helper else "/nonexistent/masked")
        self.polkit = Polkit(self.system_bus, policies(source), rules)
        self.root = self.system_bus.connect()
        self.alice = self.system_bus.connect(users.ALICE)
        self.environment = users.environment(users.ALICE, **self.system_bus.environment)
        self.session_bus = PrivateBus("session", user=users.ALICE, env=self.environment,
                                      socket=f"{users.runtime_dir(users.ALICE)}/bus")
        self.environment.update(self.session_bus.environment)
        self.session = self.session_bus.connect(users.ALICE)
        self.airpodsd = None
        self.printed = ""

    def helper_command(self):
        """What the system bus runs for the helper: the same user and the same one capability as its systemd unit."""
        return (f"/usr/bin/setpriv --reuid={users.HELPER} --regid={users.HELPER} --clear-groups"
                f" --inh-caps=-all,+net_admin --ambient-caps=+net_admin --bounding-set=-all,+net_admin"
                f" --no-new-privs {self.programs}/airpods-helper")

    def start_airpodsd(self, config=None):
        """Starts airpodsd as alice, with this text as her config.toml, and waits until it answers."""
        if config is not None:
            self.write_config(config)
        self.airpodsd = Background(f"{self.programs}/airpodsd", user=users.ALICE, env=self.environment)
        self.session.wait_for_name(MANAGER)

    def write_config(self, text):
        folder = self.environment["XDG_CONFIG_HOME"] + "/airpods"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/config.toml", "w", encoding="utf-8") as file:
            file.write(text)

    def stop_airpodsd(self):
        code = self.airpodsd.stop()
        self.printed += self.airpodsd.output()
        self.airpodsd = None
        return code

    def airpods(self, *words, user=users.ALICE):
        """The command-line program, as `user`; returns its standard output."""
        return run("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--",
                   f"{self.programs}/airpods", *words, env=self.environment)

    # --- the helper -------------------------------------------------------------------------------------------------

    def install(self, interface, options=None, client=None):
        """InstallClamp as alice, or as `client`; `options` is {name: GLib.Variant}."""
        return (client or self.alice).call(HELPER, HELPER_PATH, HELPER, "InstallClamp",
                                           GLib.Variant("(sa{sv})", (interface, options or {})))[0]

    def remove(self, interface, options=None, client=None):
        (client or self.alice).call(HELPER, HELPER_PATH, HELPER, "RemoveClamp",
                                    GLib.Variant("(sa{sv})", (interface, options or {})))

    def clamps(self, client=None):
        """ListClamps as root, or as `client`: {interface: {…}}."""
        return (client or self.root).call(HELPER, HELPER_PATH, HELPER, "ListClamps")[0]

    def helper_running(self):
        return self.root.has_owner(HELPER)

    # --- airpodsd ---------------------------------------------------------------------------------------------------

    def tunnels(self):
        """The Tunnel1 objects of airpodsd: {interface: {property: value}}."""
        objects = self.session.call(MANAGER, MANAGER_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")[0]
        return {properties[TUNNEL]["Interface"]: properties[TUNNEL]
                for properties in objects.values() if TUNNEL in properties}

    def tunnel(self, interface):
        return self.tunnels().get(interface)

    def wait_for_clamp(self, interface, word="route", seconds=10):
        """Waits until airpodsd says that the clamp of `interface` is `word`; returns the object's properties."""
        def look():
            tunnel = self.tunnel(interface)
            return tunnel if tunnel and tunnel["Clamp"] == word else None
        try:
            return wait.until(look, f"Clamp = {word} on {interface}", seconds)
        except wait.TimedOut as error:
            raise wait.TimedOut(f"{error}; airpodsd has {self.tunnels()}\n{self.diagnosis()}") from None

    def diagnosis(self):
        """What the programs printed, for the message of a failed test."""
        airpodsd = self.printed + (self.airpodsd.output() if self.airpodsd else "")
        return (f"--- system bus and helper\n{self.system_bus.output()}\n--- polkitd\n{self.polkit.process.output()}\n"
                f"--- airpodsd\n{airpodsd}")

    def stop(self):
        """Ends all of it, in order; raises if a sanitizer (of a build that has one) complained."""
        if self.airpodsd:
            self.stop_airpodsd()
        if self.helper_running():
            pid = self.root.pid_of(HELPER)
            os.kill(pid, signal.SIGTERM)
            wait.until(lambda: not os.path.exists(f"/proc/{pid}"), "the helper leaves when it is told to")
        printed = self.diagnosis()
        self.session_bus.stop()
        self.polkit.stop()
        self.system_bus.stop()
        assert not re.search(r"Sanitizer|runtime error:", printed), printed


def encoded(label):
    """An interface name as sd_bus_path_encode() writes it into an object path."""
    if not label:
        return "_"
    return re.sub(r"[^A-Za-z0-9]|^[0-9]", lambda found: f"_{ord(found.group()):02x}", label)


__all__ = ["BusError", "Computer", "encoded"]
