# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the bus tests stand on: a network namespace with a helper in it that is not root, a polkit that answers what the
# test says and writes down what it was asked, and callers. The buses are real dbus-daemons (lab.buses). Fixtures are in
# conftest.py.
import concurrent.futures
import json
import os
import shlex
import signal
import subprocess
import threading
from typing import NamedTuple

from gi.repository import Gio, GLib

from lab import wait
from lab.buses import BusError, Client

HELPER = "org.airpods.Helper1"
HELPER_PATH = "/org/airpods/Helper1"
POLKIT = "org.freedesktop.PolicyKit1"
POLKIT_PATH = "/org/freedesktop/PolicyKit1/Authority"
ACTION = "org.airpods.helper."
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
INTERACTIVE = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
LIMITS = "org.freedesktop.DBus.Error.LimitsExceeded"
ERROR = "org.airpods.Error."


class Network:
    """A network namespace that an ordinary user owns (uid 1000 of a user namespace); a shell in it runs what we say."""

    def __init__(self, folder):
        self.folder = folder
        self.shell = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "-n", "--map-user=1000", "--keep-caps", "sh"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.started = []
        self.run("ip link set lo up")

    def run(self, command):
        """Runs a shell command in the namespace and returns what it printed; an AssertionError if it fails."""
        self.shell.stdin.write(f"{{ {command}\n}} </dev/null 2>&1; code=$?; echo; echo END-OF-COMMAND $code\n")
        self.shell.stdin.flush()
        lines = []
        while not (line := self.shell.stdout.readline()).startswith("END-OF-COMMAND"):
            assert line, f"the shell of the namespace died in: {command}"
            lines.append(line)
        output = "".join(lines)[:-1]
        assert int(line.split()[1]) == 0, f"{command}: {output}"
        return output

    def start(self, *words, env=None):
        """Starts a program in the background; see Started."""
        log = os.path.join(self.folder, f"log-{len(self.started)}")
        open(log, "w", encoding="ascii").close()
        setting = " ".join(f"{key}={shlex.quote(value)}" for key, value in (env or {}).items())
        pid = self.run(f"{setting} setpriv --pdeathsig KILL {shlex.join(words)} >{shlex.quote(log)} 2>&1 & echo $!")
        self.started.append(Started(self, int(pid), log))
        return self.started[-1]

    def stop(self):
        for started in self.started:
            if started.running():
                started.kill()
        self.shell.stdin.close()
        self.shell.wait()
        self.shell.stdout.close()

    # --- links ------------------------------------------------------------------------------------------------------

    def add_tunnel(self, name, mtu=1380):
        self.run(f"ip tuntap add {name} mode tun && ip link set {name} mtu {mtu} up")

    def add_bridge(self, name):
        self.run(f"ip link add {name} type bridge")

    def remove_link(self, name):
        self.run(f"ip link del {name}")

    # --- nftables ---------------------------------------------------------------------------------------------------

    def ruleset(self):
        """The whole ruleset with handles, byte by byte."""
        return self.run("nft --json --handle list ruleset")

    def tables(self):
        return [f"{item['table']['family']} {item['table']['name']}"
                for item in json.loads(self.run("nft --json list tables"))["nftables"] if "table" in item]

    def elements(self, name):
        """The elements of a set or map of our table, as nft's JSON has them, without counters."""
        found = json.loads(self.run("nft --json list table inet airpods"))["nftables"]
        elements = next(item[kind] for item in found for kind in ("set", "map")
                        if item.get(kind, {}).get("name") == name).get("elem", [])
        return [element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element
                for element in elements]

    def monitor(self):
        return Monitor(self)


class Monitor:
    """nft monitor. changes() lists what it saw since it was made."""

    def __init__(self, network):
        self.network = network
        self.process = network.start("nft", "monitor")
        self._count = 0
        # It listens when it reports a table of ours; there is no other way to know.
        wait.until(self._sees_a_probe, "nft monitor")
        self._mark()
        self.begin = self._lines_to_mark()

    def _sees_a_probe(self):
        self.network.run("nft add table ip ready && nft delete table ip ready")
        return "ready" in self.process.output()

    def _mark(self):
        self._count += 1
        self.network.run(f"nft add table ip mark{self._count} && nft delete table ip mark{self._count}")

    def _lines_to_mark(self):
        """How many lines there are up to and with the last mark."""
        mark = f"delete table ip mark{self._count}"

        def look():
            lines = self.process.output().splitlines()
            return lines.index(mark) + 1 if mark in lines else None
        return wait.until(look, mark)

    def changes(self):
        self._mark()
        end = self._lines_to_mark()
        lines = self.process.output().splitlines()[self.begin:end]
        return [line for line in lines if "table ip mark" not in line and not line.startswith("# new generation")]


class Started:
    """A program in a Network."""

    def __init__(self, network, pid, log):
        self.network, self.pid, self.log = network, pid, log

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def running(self):
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def wait(self, seconds=10):
        """Waits for its end and returns the exit code, 128 + N for signal N."""
        wait.until(lambda: not self.running(), f"the end of process {self.pid}; it printed:\n{self.output()}", seconds)
        return int(self.network.run(f"wait {self.pid}; echo $?").split()[-1])

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def terminate(self):
        os.kill(self.pid, signal.SIGTERM)
        return self.wait()

    def private_kib(self):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))


class Question(NamedTuple):
    subject: tuple
    action: str
    details: dict
    flags: int
    cancellation: str


POLKIT_XML = f"""<node><interface name="{POLKIT}.Authority">
<method name="CheckAuthorization">
  <arg type="(sa{{sv}})" direction="in"/><arg type="s" direction="in"/><arg type="a{{ss}}" direction="in"/>
  <arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="(bba{{ss}})" direction="out"/>
</method>
<method name="CancelCheckAuthorization"><arg type="s" direction="in"/></method>
</interface></node>"""


class Polkit:
    """A polkit on the bus. `verdicts` says by action what it answers, `default` for the rest:

    "yes", "no", "challenge", "dismissed", "hang" (release() answers later), "error", or a GLib.Variant: the reply's body,
    whatever it is. `questions` and `cancelled` are what came. Runs in a thread of its own, so that a test may block in a call.
    """

    def __init__(self, address, default="yes"):
        self.default, self.verdicts = default, {}
        self.questions, self.cancelled, self._held = [], [], []
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        ready = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(address, ready), daemon=True)
        self.thread.start()
        assert ready.wait(10)

    def _serve(self, address, ready):
        self.context.push_thread_default()
        client = Client(address)
        self.connection = client.connection
        interface = Gio.DBusNodeInfo.new_for_xml(POLKIT_XML).interfaces[0]
        self.connection.register_object(POLKIT_PATH, interface, self._on_call, None, None)
        code = client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                           GLib.Variant("(su)", (POLKIT, 4)))[0]
        assert code == 1
        ready.set()
        self.loop.run()
        client.close()
        self.context.pop_thread_default()

    def _on_call(self, _connection, _sender, _path, _interface, method, parameters, invocation):
        if method == "CancelCheckAuthorization":
            self.cancelled.append(parameters.unpack()[0])
            invocation.return_value(None)
            return
        question = Question(*parameters.unpack())
        self.questions.append(question)
        verdict = self.verdicts.get(question.action, self.default)
        if isinstance(verdict, str) and verdict == "hang":
            self._held.append(invocation)
        else:
            self._answer(invocation, verdict)

    def _answer(self, invocation, verdict):
        if isinstance(verdict, GLib.Variant):
            # Past GDBus, which would refuse to send a reply of another form.
            reply = Gio.DBusMessage.new_method_reply(invocation.get_message())
            reply.set_body(verdict)
            self.connection.send_message(reply, Gio.DBusSendMessageFlags.NONE)
        elif verdict == "error":
            invocation.return_dbus_error(POLKIT + ".Error.Failed", "Something went wrong")
        else:
            body = {"yes": (True, False, {}), "no": (False, False, {}), "challenge": (False, True, {}),
                    "dismissed": (False, False, {"polkit.dismissed": "true"})}[verdict]
            invocation.return_value(GLib.Variant("((bba{ss}))", (body,)))

    def actions(self):
        return [question.action.removeprefix(ACTION) for question in self.questions]

    def wait_for_questions(self, number):
        wait.until(lambda: len(self.questions) >= number, f"{number} questions to polkit")

    def release(self, verdict="yes"):
        """Answers what hangs."""
        held, self._held = self._held, []
        for invocation in held:
            self._answer(invocation, verdict)

    def stop(self):
        """Leaves the bus; questions that hang get no answer."""
        self.context.invoke_full(GLib.PRIORITY_DEFAULT, self.loop.quit)
        self.thread.join(10)


def option(value):
    """A Python value as the variant that the helper's options want."""
    if isinstance(value, GLib.Variant):
        return value
    if isinstance(value, bool):
        return GLib.Variant("b", value)
    return GLib.Variant("u", value) if isinstance(value, int) else GLib.Variant("s", value)


class Caller:
    """Somebody who calls the helper. Options are keywords: path_mtu=1400, lifetime="session", all_users=True."""

    def __init__(self, bus, user=None):
        self.client = bus.connect(user)
        self._pool = concurrent.futures.ThreadPoolExecutor(64)

    @property
    def name(self):
        return self.client.name

    def call(self, method, arguments=None, **how):
        return self.client.call(HELPER, HELPER_PATH, HELPER, method, arguments, **how)

    @staticmethod
    def arguments(interface, options):
        values = {key.replace("_", "-"): option(value) for key, value in options.items()}
        return GLib.Variant("(sa{sv})", (interface, values))

    def install(self, interface, *, interactive=False, **options):
        return self.call("InstallClamp", self.arguments(interface, options), interactive=interactive)[0]

    def remove(self, interface, *, interactive=False, **options):
        self.call("RemoveClamp", self.arguments(interface, options), interactive=interactive)

    def list(self):
        return self.call("ListClamps")[0]

    def later(self, func, *arguments, **options):
        """Calls in the background; result() of what this returns waits for the reply or raises."""
        return self._pool.submit(func, *arguments, **options)

    def leave(self):
        self.client.close()


def error_of(call, *arguments, **options):
    """The BusError that a call ends with; an AssertionError when it succeeds."""
    try:
        result = call(*arguments, **options)
    except BusError as error:
        return error
    raise AssertionError(f"no error, but {result!r}")
