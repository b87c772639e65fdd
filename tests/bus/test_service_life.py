# SPDX-License-Identifier: LGPL-2.1-or-later
"""How airpodsd starts, leaves when there is nothing to do, and stays when there is."""

import os
import shlex
import subprocess

import pytest
from fixtures_service import FakeHelper, MANAGER, Service, place, session_bus, start, system_bus  # noqa: F401
from lab import wait
from lab.buses import PrivateBus

PROGRAM = f"{os.environ['AIRPODS_BUILD']}/service/airpodsd"


def run(*words, env=None):
    return subprocess.run([PROGRAM, *words], env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=20)


def test_version_and_help():
    assert run("--version").stdout == "airpodsd 0.1.0\n"
    text = run("--help")
    assert text.returncode == 0 and "--idle-seconds=N" in text.stdout


def test_wrong_options():
    for words, message in ((["--idle-seconds=0"], "1 to 86400"), (["--idle-seconds=x"], "1 to 86400"),
                           (["--nonsense"], "nonsense"), (["extra"], "unexpected argument")):
        result = run(*words)
        assert result.returncode == 1 and message in result.stderr and result.stdout == ""


def test_no_session_bus(tmp_path):
    result = run(env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/none"})
    assert result.returncode == 1
    assert result.stderr == "airpodsd: There is no session bus: No such file or directory\n"


def test_only_one(start):
    first = start()
    second = start(ready=False)
    assert second.started.wait() == 1
    assert "airpodsd is running already" in second.output()
    assert first.started.running()


def test_session_bus_goes(start, session_bus):
    daemon = start()
    session_bus.stop()
    assert daemon.started.wait() == 0


def activated(network, session_bus, system_bus, *words, env=""):
    """Makes D-Bus start airpodsd in the namespace; a client's first call does."""
    pid = network.run("echo $$").strip()
    session_bus.add_service(MANAGER, f"/usr/bin/env DBUS_SYSTEM_BUS_ADDRESS={system_bus.address} {env} "
                            f"/usr/bin/nsenter -t {pid} -U -n --preserve-credentials {PROGRAM} {shlex.join(words)}")


def ping(client):
    client.call(MANAGER, "/org/airpods/Manager1", "org.freedesktop.DBus.Peer", "Ping")


@pytest.fixture
def idle_time_passes(network, system_bus, tmp_path):
    """Call it to wait for more than one idle second: another airpodsd, which has nothing to do, comes and goes."""
    config = tmp_path / "ignore.toml"
    config.write_text('[vpn]\nignore = ["tun0"]\n')
    with PrivateBus("session") as bus:
        activated(network, bus, system_bus, "--idle-seconds=1", env=f"AIRPODS_CONFIG={config}")
        client = bus.connect()

        def wait_for_it():
            ping(client)
            wait.until(lambda: not client.has_owner(MANAGER), "the other one's leaving")
        yield wait_for_it


def test_activation_and_idle_exit(network, place, session_bus, system_bus):
    activated(network, session_bus, system_bus, "--idle-seconds=1")
    place.connect("tun0")
    client = session_bus.connect()
    found = client.call(MANAGER, "/org/airpods/Manager1", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")[0]
    assert list(found) == ["/org/airpods/Manager1/tunnel/tun0"]  # the very first answer is complete
    pid = client.pid_of(MANAGER)
    place.run("ip link set tun0 mtu 1500")  # nothing to care for any more
    wait.until(lambda: not client.has_owner(MANAGER), "its leaving")
    wait.until(lambda: not os.path.exists(f"/proc/{pid}"), "its end")
    ping(client)
    assert client.pid_of(MANAGER) != pid


def test_it_stays_with_a_tunnel(network, place, session_bus, system_bus, idle_time_passes):
    activated(network, session_bus, system_bus, "--idle-seconds=1")
    helper = FakeHelper(system_bus.address)
    place.connect("tun0")
    client = session_bus.connect()
    ping(client)
    pid = client.pid_of(MANAGER)
    helper.wait_for_claims("tun0")
    idle_time_passes()
    idle_time_passes()
    assert client.pid_of(MANAGER) == pid and helper.names() == ["tun0"]
    place.disconnect("tun0")
    wait.until(lambda: not client.has_owner(MANAGER), "its leaving")
    assert helper.names() == []
    helper.stop()


def test_no_call_is_lost(network, session_bus, system_bus):
    """Calls that come while it leaves are answered, by it or by the next one."""
    activated(network, session_bus, system_bus, "--idle-seconds=1")
    client = session_bus.connect()
    pids = set()
    for _ in range(3):
        ping(client)
        pids.add(client.pid_of(MANAGER))
        # From shortly before the end on, one call after the other.
        wait.until(lambda: not client.has_owner(MANAGER), "its leaving")
        for _ in range(50):
            ping(client)
    assert len(pids) == 3


def test_by_hand_it_stays(start, session_bus, idle_time_passes):
    daemon = start("--idle-seconds=1")
    idle_time_passes()
    idle_time_passes()
    assert daemon.started.running() and daemon.client.has_owner(MANAGER)


class Systemd(Service):
    XML = """<node><interface name="org.freedesktop.systemd1.Manager"><method name="GetUnitFileState">
      <arg type="s" direction="in"/><arg type="s" direction="out"/></method></interface></node>"""

    def __init__(self, address, state):
        self.state, self.asked = state, []
        super().__init__(address, "org.freedesktop.systemd1", "/org/freedesktop/systemd1", self.XML)

    def on_call(self, _sender, _member, arguments, invocation):
        self.asked.append(arguments)
        if self.state:
            self.reply(invocation, "(s)", self.state)
        else:
            invocation.return_dbus_error("org.freedesktop.DBus.Error.FileNotFound", "No such unit")


@pytest.mark.parametrize("state, leaves", [("disabled", True), ("enabled", False), ("", False)])
def test_under_systemd(start, session_bus, idle_time_passes, state, leaves):
    systemd = Systemd(session_bus.address, state)
    daemon = start("--idle-seconds=1", env={"INVOCATION_ID": "0123456789abcdef0123456789abcdef"})
    wait.until(lambda: systemd.asked, "the question")
    assert systemd.asked == [("airpodsd.service",)]
    if leaves:
        assert daemon.started.wait() == 0
    else:
        idle_time_passes()
        idle_time_passes()
        assert daemon.started.running()
    systemd.stop()
