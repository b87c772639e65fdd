# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Private, real dbus-daemons, and a small client for them. A bus of kind "session" lets everybody do everything; one of
# kind "system" refuses what no included policy file allows, as a distribution's does. Both can start services. Neither
# needs root, nor private.py; a client can connect as another user only as root. Knows no name of this project.
import os
import pwd
import shutil
import subprocess
import tempfile

from gi.repository import Gio, GLib

from . import wait
from .run import as_user

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>{kind}</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
{policy}
{includes}
</busconfig>
"""

POLICY = {
    "session": """
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>""",
    # What system.conf of dbus-daemon says: nobody owns a name, nobody is called, unless an included file allows it.
    "system": """
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"
          send_member="UpdateActivationEnvironment"/>
  </policy>
  <policy user="root">
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
  </policy>""",
}


class BusError(Exception):
    """A D-Bus error: its name and its message."""

    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name, self.message = name, message


class PrivateBus:
    """A dbus-daemon of our own. `includes` are policy files; `user` runs it, and so its services, as somebody else."""

    def __init__(self, kind="session", includes=(), socket=None, user=None, env=None):
        self.kind, self.user = kind, user
        self.folder = tempfile.mkdtemp(prefix=f"bus-{kind}-")
        self.services = f"{self.folder}/services"
        self.socket = socket or f"{self.folder}/socket"
        os.makedirs(self.services)
        os.makedirs(os.path.dirname(self.socket), exist_ok=True)
        if user is not None:
            for path in (self.folder, self.services):
                shutil.chown(path, user, user)
        elif os.geteuid() == 0:
            os.chmod(self.folder, 0o755)

        config = f"{self.folder}/bus.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(kind=kind, socket=self.socket, services=self.services, policy=POLICY[kind],
                                     includes="\n".join(f"  <include>{path}</include>" for path in includes)))
        self.environment = {f"DBUS_{kind.upper()}_BUS_ADDRESS": f"unix:path={self.socket}"}
        self._log = open(f"{self.folder}/log", "w+", encoding="utf-8", errors="replace")
        self._clients = []
        self.process = subprocess.Popen(
            [*as_user(user), "setpriv", "--pdeathsig", "KILL",
             "dbus-daemon", "--nofork", "--nopidfile", "--print-address=1", f"--config-file={config}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**(os.environ if env is None else env), **self.environment})
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            self.process.wait()
            raise RuntimeError(f"dbus-daemon did not start: {self.output()}")

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.stop()

    def output(self):
        """What the daemon, and the services that it started, wrote to standard error."""
        return os.pread(self._log.fileno(), 1 << 20, 0).decode(errors="replace")

    def add_service(self, name, command):
        """Makes `name` start `command` when it is called; replaces what stood there."""
        path = f"{self.services}/{name}.service"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[D-BUS Service]\nName={name}\nExec={command}\n"
                       + ("User=root\n" if self.kind == "system" else ""))
        os.chmod(path, 0o644)
        with self.connect(self.user) as client:
            client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig")

    def connect(self, user=None):
        """A new connection, as `user` when given."""
        client = Client(self.address, user)
        self._clients.append(client)
        return client

    def stop(self):
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Client:
    """One connection: calls, properties, signals. Signals come while lab.wait waits."""

    def __init__(self, address, user=None):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        before = os.geteuid(), os.getegid()
        try:
            if user is not None and os.geteuid() == 0:
                # The daemon asks the kernel who connects; we are that user for as long as that takes.
                entry = pwd.getpwnam(user)
                os.setegid(entry.pw_gid)
                os.seteuid(entry.pw_uid)
            self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        finally:
            os.seteuid(before[0])
            os.setegid(before[1])
        self.connection.set_exit_on_close(False)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    @property
    def name(self):
        return self.connection.get_unique_name()

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def call(self, destination, path, interface, member, arguments=None, *, interactive=False, activate=True, seconds=10):
        """Calls and returns the reply's values as a tuple; `arguments` is a GLib.Variant of a tuple. Raises BusError."""
        flags = Gio.DBusCallFlags.NONE if activate else Gio.DBusCallFlags.NO_AUTO_START
        if interactive:
            flags |= Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION
        try:
            reply = self.connection.call_sync(destination, path, interface, member, arguments, None, flags,
                                              int(seconds * 1000), None)
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error) or ""
            raise BusError(name, error.message.removeprefix(f"GDBus.Error:{name}: ")) from None
        return reply.unpack()

    def get(self, destination, path, interface, name):
        return self.call(destination, path, "org.freedesktop.DBus.Properties", "Get",
                         GLib.Variant("(ss)", (interface, name)))[0]

    def set(self, destination, path, interface, name, value):
        self.call(destination, path, "org.freedesktop.DBus.Properties", "Set",
                  GLib.Variant("(ssv)", (interface, name, value)))

    def has_owner(self, name):
        return self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                         GLib.Variant("(s)", (name,)))[0]

    def wait_for_name(self, name, seconds=10):
        wait.until(lambda: self.has_owner(name), f"{name} on the {self.connection.get_guid()} bus", seconds)

    def pid_of(self, name):
        return self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))[0]

    def watch(self, sender=None, interface=None, member=None, path=None, on_signal=None):
        """A list that grows by (path, interface, member, values) with each signal that comes, while lab.wait waits."""
        seen = []

        def on_any(_connection, _sender, object_path, signal_interface, signal_name, values):
            seen.append((object_path, signal_interface, signal_name, values.unpack()))
            if on_signal:
                on_signal()

        self.connection.signal_subscribe(sender, interface, member, path, None, Gio.DBusSignalFlags.NONE, on_any)
        # A round trip: the daemon has the match rule when this returns.
        self.has_owner("org.freedesktop.DBus")
        return seen
