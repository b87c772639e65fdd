# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The airpods command for the tests: run as an ordinary person or as root, whoever runs the tests; and daemons that
# misbehave in ways that the real ones do not (python3-dbusmock). The files test_cli_*.py import what they need.
import json
import os
import signal
import subprocess
import sys

import pytest
from gi.repository import GLib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab.buses import PrivateBus  # noqa: E402
from lab.run import as_user  # noqa: E402

HELPER = "org.airpods.Helper1"
HELPER_PATH = "/org/airpods/Helper1"
MANAGER = "org.airpods.Manager1"
MANAGER_PATH = "/org/airpods/Manager1"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"

# What decides is the effective uid, so a user namespace is enough to be either.
PERSON = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
ROOT = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]


class Result:
    """How a command ended: `code`, `out`, `err`."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


class Cli:
    """Runs airpods with the buses given, an empty home and nothing else of the tester's environment."""

    def __init__(self, folder, session=None, system=None):
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                            "XDG_RUNTIME_DIR": str(folder),
                            # No socket there unless a test says otherwise: never the machine's own buses.
                            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/no-system-bus"}
        self.environment.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})
        if session:
            self.environment["DBUS_SESSION_BUS_ADDRESS"] = session
        if system:
            self.environment["DBUS_SYSTEM_BUS_ADDRESS"] = system
        self.program = f"{os.environ['AIRPODS_BUILD']}/cli/airpods"

    def start(self, *words, root=False, env=None, **more):
        """A process that a test waits for, or sends a signal to."""
        return subprocess.Popen([*(ROOT if root else PERSON), self.program, *words], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**self.environment, **(env or {})}, **more)

    def __call__(self, *words, **more):
        process = self.start(*words, **more)
        try:
            out, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Result(process.returncode, out.decode(), err.decode())


class Mock:
    """A daemon made of python3-dbusmock: `methods` are (interface, name, in, out, python code)."""

    def __init__(self, bus, name, path, methods, properties=None):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "/usr/bin/python3", "-m", "dbusmock", "--session", name, path, name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={**os.environ, **bus.environment})
        self.client = bus.connect()
        self.client.wait_for_name(name)
        self.name, self.path = name, path
        for interface, member, arguments, result, code in methods:
            self.add(interface, member, arguments, result, code)
        for interface, values in (properties or {}).items():
            self.mock("AddProperties", "(sa{sv})", (interface, values))

    def mock(self, member, signature, values):
        return self.client.call(self.name, self.path, "org.freedesktop.DBus.Mock", member, GLib.Variant(signature, values))

    def add(self, interface, member, arguments, result, code):
        self.mock("AddMethod", "(sssss)", (interface, member, arguments, result, code))

    def calls(self, member):
        """The arguments of the calls of this method so far."""
        return [list(arguments) for _when, called, arguments in
                self.client.call(self.name, self.path, "org.freedesktop.DBus.Mock", "GetCalls")[0] if called == member]

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def session_bus():
    with PrivateBus("session") as bus:
        yield bus


@pytest.fixture
def cli(tmp_path, session_bus):
    """airpods on one bus that serves as session and as system bus, with nobody else on it."""
    os.chmod(tmp_path, 0o755)
    return Cli(tmp_path, session_bus.address, session_bus.address)


@pytest.fixture
def lonely_cli(tmp_path):
    """airpods without any bus."""
    os.chmod(tmp_path, 0o755)
    return Cli(tmp_path)


@pytest.fixture
def mocks(session_bus):
    """Makes mocks and ends them: mocks(name, path, methods)."""
    made = []

    def make(name, path, methods=(), properties=None):
        made.append(Mock(session_bus, name, path, methods, properties))
        return made[-1]

    yield make
    for mock in made:
        mock.stop()


@pytest.fixture(scope="module")
def computer_with():
    """computer_with(rules="…"): alice's computer with the real daemons (lab.computer), for one file of tests."""
    from lab import private
    if not private.is_private():
        raise pytest.UsageError("these tests change users and firewalls: run them with tests/lab/private.py")
    from lab.computer import Computer
    made = []

    def make(**how):
        made.append(Computer(os.environ["AIRPODS_BUILD"], os.environ["AIRPODS_SOURCE"], **how))
        return made[-1]

    yield make
    for computer in made:
        computer.stop()


class At:
    """The command on a lab.computer.Computer: At(computer)("mss", "check", user="bob")."""

    def __init__(self, computer):
        self.computer = computer

    def __call__(self, *words, user="alice", session=True, program=None, env=None, cwd=None):
        """Runs it as `user`, by default alice, without a terminal; without her session bus when `session` is False."""
        environment = {**self.computer.environment, "TZ": "UTC", **(env or {})}
        if not session:
            for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
                environment.pop(name, None)
        done = subprocess.run([*as_user(user), program or f"{self.computer.programs}/airpods", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False, cwd=cwd,
                              timeout=40)
        return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def airpods(computer):
    return At(computer)


@pytest.fixture
def folder(tmp_path):
    """A folder that alice can read."""
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.getuid() and path != path.parent:
            path.chmod(path.stat().st_mode | 0o055)
    return tmp_path
