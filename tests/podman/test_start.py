# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Podman's API service: it is started when it does not run, through the user's systemd or by ourselves, and every way in
# which that fails has its sentence.
import os
import signal
import socket
import subprocess

import pytest
from gi.repository import Gio, GLib

from conftest import Driver
from lab import podman as lab_podman
from lab import users, wait
from lab.buses import PrivateBus
from lab.run import as_user

SYSTEMD = """<node><interface name='org.freedesktop.systemd1.Manager'><method name='StartUnit'>
<arg name='name' type='s' direction='in'/><arg name='mode' type='s' direction='in'/><arg name='job' type='o' direction='out'/>
</method></interface></node>"""


@pytest.fixture
def podman(computer):
    """Nothing runs, and there is no socket."""
    made = lab_podman.RootlessPodman()
    folder = os.path.dirname(made.socket)
    subprocess.run(["rm", "-rf", folder], check=True)
    yield made
    made.stop()
    kill_services()


def listeners(podman):
    """How many sockets listen on Podman's path."""
    with open("/proc/net/unix", encoding="ascii") as file:
        return sum(line.rstrip().endswith(podman.socket) and line.split()[3] == "00010000" for line in file)


def services():
    """Pids of `podman system service`, ours or not; rootless Podman runs as two processes."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[:3] == [b"podman", b"system", b"service"]:
            found.append(int(pid))
    return found


@pytest.fixture
def driver(podman):
    return Driver(podman.socket, podman.environment)


def listen(podman):
    """A socket of alice's in Podman's place, which only tests answer."""
    os.makedirs(os.path.dirname(podman.socket), exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(podman.socket)
    os.chmod(podman.socket, 0o666)
    listener.listen()
    return listener


def test_started_without_systemd(driver, podman):
    assert driver.one("reply", "ping")["status"] == "200"
    # It outlives the program that started it, and serves the next one.
    first = services()
    assert first and listeners(podman) == 1
    assert driver.one("reply", "ping")["status"] == "200"
    assert services() == first


def kill_services():
    for pid in services():
        os.kill(pid, signal.SIGKILL)
    wait.until(lambda: not services(), "the end of every API service")


def test_started_again_after_it_was_killed(driver, podman):
    driver.run("ping")
    kill_services()
    assert os.path.exists(podman.socket), "what is tested is a socket that nobody listens on any more"
    wait.until(lambda: listeners(podman) == 0, "the end of its socket")
    driver.run("ping")
    assert listeners(podman) == 1


def test_not_installed(driver):
    assert driver.error("ping", PATH="/nonexistent") == (
        "PodmanUnavailable", "Podman is not installed, or not in $PATH; install it, for instance with \"sudo apt install podman\".")


def test_service_ends_at_once(driver, podman):
    name, message = driver.error("ping", CONTAINERS_STORAGE_CONF="/nonexistent")
    assert (name, message) == (
        "PodmanUnavailable", "\"podman system service\" ended at once with code 1: stat /nonexistent: no such file or directory")


def test_folder_cannot_be_made(podman):
    driver = Driver("/proc/nonsense/podman.sock", podman.environment)
    name, message = driver.error("ping")
    assert name == "PodmanUnavailable"
    assert message == "The folder /proc/nonsense for Podman's API socket cannot be made: No such file or directory."


def test_socket_answers_nonsense(driver, podman):
    with listen(podman) as listener:
        program = driver.background("ping")
        client = listener.accept()[0]
        client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        client.close()
        wait.until(lambda: not program.running(), "the driver's end")
    assert "is listened on, but broke off before an answer" in program.output()


def test_socket_closes_at_once(driver, podman):
    with listen(podman) as listener:
        program = driver.background("ping")
        listener.accept()[0].close()
        wait.until(lambda: not program.running(), "the driver's end")
    assert "is listened on, but broke off before an answer" in program.output()
    assert not services()


def test_socket_may_not_be_used(driver, podman):
    with listen(podman):
        os.chmod(podman.socket, 0o600)  # root's
        name, message = driver.error("ping")
    assert name == "PodmanUnavailable" and message.startswith(f"You may not use Podman's API socket {podman.socket};")


def test_socket_is_another_programs(driver, podman):
    with listen(podman) as listener:
        program = driver.background("ping")
        client = listener.accept()[0]
        client.sendall(b"HTTP/1.1 200 OK\r\nServer: Docker/24\r\nContent-Length: 2\r\n\r\nOK")
        wait.until(lambda: not program.running(), "the driver's end")
        client.close()
    assert f"What listens on {podman.socket} is not Podman" in program.output()


def test_podman_is_too_old(driver, podman):
    with listen(podman) as listener:
        program = driver.background("ping")
        client = listener.accept()[0]
        client.sendall(b"HTTP/1.1 200 OK\r\nLibpod-Api-Version: 3.4.4\r\nContent-Length: 2\r\n\r\nOK")
        wait.until(lambda: not program.running(), "the driver's end")
        client.close()
    assert "Podman 3.4.4 is too old for airpods, which needs 4.0 or later; upgrade it." in program.output()


class Systemd:
    """The one method of systemd's user manager that is called, on a private session bus."""

    def __init__(self, bus, answer):
        self.calls = []
        self.connection = bus.connect(users.ALICE).connection

        def on_call(_connection, _sender, _path, _interface, _method, arguments, invocation):
            self.calls.append(arguments.unpack())
            error = answer()
            if error:
                invocation.return_dbus_error(*error)
            else:
                invocation.return_value(GLib.Variant("(o)", ("/org/freedesktop/systemd1/job/1",)))

        node = Gio.DBusNodeInfo.new_for_xml(SYSTEMD)
        self.connection.register_object("/org/freedesktop/systemd1", node.interfaces[0], on_call, None, None)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                  GLib.Variant("(su)", ("org.freedesktop.systemd1", 0)), None, Gio.DBusCallFlags.NONE, -1, None)


@pytest.fixture
def bus(podman):
    with PrivateBus("session", user=users.ALICE, env=podman.environment) as made:
        podman.environment.update(made.environment)
        yield made


def test_started_through_systemd(driver, podman, bus):
    systemd = Systemd(bus, podman.start)
    program = driver.background("ping")
    wait.until(lambda: not program.running(), "the driver's end")
    assert '"status":"200"' in program.output()
    assert systemd.calls == [("podman.socket", "replace")]
    assert podman.service.pid in services() and listeners(podman) == 1


def test_bus_without_systemd(driver, podman, bus):
    assert driver.one("reply", "ping")["status"] == "200"
    assert listeners(podman) == 1


@pytest.mark.parametrize("error, sentence", [
    (("org.freedesktop.systemd1.UnitMasked", "Unit podman.socket is masked."),
     'podman.socket is masked in your systemd; allow it with \\"systemctl --user unmask podman.socket\\".'),
    (("org.freedesktop.systemd1.Shutdown", "Going down."),
     'systemd did not start podman.socket (Going down.); see \\"systemctl --user status podman.socket\\".'),
])
def test_systemd_refuses(driver, podman, bus, error, sentence):
    Systemd(bus, lambda: error)
    program = driver.background("ping")
    wait.until(lambda: not program.running(), "the driver's end")
    assert sentence in program.output() and "PodmanUnavailable" in program.output()
    assert not services()


def test_systemd_has_no_such_unit(driver, podman, bus):
    Systemd(bus, lambda: ("org.freedesktop.systemd1.NoSuchUnit", "Unit podman.socket not found."))
    program = driver.background("ping")
    wait.until(lambda: not program.running(), "the driver's end")
    assert '"status":"200"' in program.output()
    assert listeners(podman) == 1


def test_killed_in_the_middle(driver, podman):
    """Podman dies while it tells a log: the call fails with a sentence, the container runs on, the next call finds it."""
    driver.run("ping")
    podman.import_image()
    driver.run("create", "slow-0", "mode=host", "command=sh", "command=-c", "command=echo first; exec sleep 1000")
    driver.run("start", "slow-0")
    program = driver.background("logs", "slow-0", "1000")
    wait.until(lambda: "first" in program.output(), "the log")
    kill_services()
    wait.until(lambda: not program.running(), "the driver's end")
    assert (f"Podman broke off in the middle of its answer, asked on {podman.socket} to read the log of slow-0;"
            in program.output())
    assert "PodmanUnavailable" in program.output()
    container = driver.one("container", "inspect", "slow-0")
    assert (container["state"], container["running"]) == ("running", "1")
    driver.run("remove", "slow-0")


def test_as_alice(driver):
    """The lab itself: the service that is started belongs to alice."""
    driver.run("ping")
    uid = os.stat(f"/proc/{services()[0]}").st_uid
    assert str(uid) == subprocess.run([*as_user(users.ALICE), "id", "-u"], capture_output=True, text=True, check=True).stdout.strip()
