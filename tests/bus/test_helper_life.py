# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long things last: claims, rules, the process; links that come, go and change under a claim; what the program is made of."""

import os
import subprocess

import pytest
from gi.repository import Gio, GLib

from lab import wait
from rig import ERROR, HELPER, HELPER_PATH, Caller, error_of
from test_helper_calls import Unchanged, signals  # noqa: F401

PROGRAM = f"{os.environ['AIRPODS_BUILD']}/helper/airpods-helper"


@pytest.fixture
def wg0(network, helper):
    network.add_tunnel("wg0")


# --- claims --------------------------------------------------------------------------------------------------------------


def test_a_session_claim_goes_with_its_caller(network, wg0, user, other, signals):  # noqa: F811
    user.install("wg0", lifetime="session")
    signals(1)
    user.leave()
    assert signals(1) == [("ClampRemoved", "wg0")]
    assert other.list() == {}
    assert network.tables() == []


def test_nobody_else_can_say_that_a_caller_left(network, wg0, user, other):
    """Any user may send the helper a signal that looks like the bus daemon's own, with everything right but its sender."""
    user.install("wg0", lifetime="session")
    helper = other.client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
                               GLib.Variant("(s)", (HELPER,)))[0]
    with Unchanged(network):
        other.client.connection.emit_signal(helper, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged",
                                            GLib.Variant("(sss)", (user.name, user.name, "")))
        assert "wg0" in other.list()  # sent behind the signal, so answered behind it
    assert user.list()["wg0"]["mine"] == ["session"]


def test_a_call_that_wants_no_reply_does_nothing(network, wg0, user):
    message = Gio.DBusMessage.new_method_call(HELPER, HELPER_PATH, HELPER, "InstallClamp")
    message.set_body(user.arguments("wg0", {}))
    message.set_flags(Gio.DBusMessageFlags.NO_REPLY_EXPECTED)
    with Unchanged(network):
        user.client.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)
        assert user.list() == {}
    assert user.install("wg0")["active"]


def test_a_boot_claim_stays(network, wg0, bus, user, other):
    user.install("wg0", lifetime="boot")
    user.install("wg0", lifetime="session", path_mtu=1300)
    user.leave()
    wait.until(lambda: other.list()["wg0"]["mode"] == "route", "the session claim is gone")
    assert network.elements("links") == ["wg0"]
    assert Caller(bus, "daemon").list()["wg0"]["mine"] == ["boot"]


def test_leaving_takes_only_ones_own_claims(network, wg0, bus, user, other, root):
    network.add_tunnel("wg1")
    second = Caller(bus, "daemon")
    user.install("wg0", lifetime="session")
    user.install("wg1", lifetime="session")
    user.install("*", lifetime="session")
    second.install("wg0", lifetime="session")
    other.install("wg1", lifetime="session")
    user.leave()
    wait.until(lambda: "*" not in root.list(), "the claims of the caller are gone")
    assert {name: clamp["owners"] for name, clamp in root.list().items()} == {"wg0": [1], "wg1": [65534]}
    assert sorted(network.elements("links")) == ["wg0", "wg1"]


# --- links ---------------------------------------------------------------------------------------------------------------


def state(caller, name="wg0"):
    clamp = caller.list()[name]
    return clamp["active"], clamp["ifindex"] != 0


def test_a_link_that_goes_and_comes_back(network, wg0, user, signals):  # noqa: F811
    first = user.install("wg0")
    signals(1)
    network.remove_link("wg0")
    [(member, _name, clamp)] = signals(1)
    assert (member, clamp["active"], clamp["ifindex"], clamp["kind"], clamp["link-mtu"]) == ("ClampInstalled", False, 0, "tun", 0)
    assert state(user) == (False, False)
    assert network.elements("links") == []
    network.add_tunnel("wg0", mtu=1300)
    [(member, _name, clamp)] = signals(1)
    assert (member, clamp["active"]) == ("ClampInstalled", True)
    clamp = user.list()["wg0"]
    assert clamp["ifindex"] not in (0, first["ifindex"])
    assert clamp["since-usec"] > first["since-usec"]
    assert network.elements("links") == ["wg0"]
    assert wait.until(lambda: user.list()["wg0"]["link-mtu"] == 1300, "the new MTU")


def test_a_fixed_clamp_sleeps_and_wakes_whole(network, wg0, user):
    user.install("wg0", path_mtu=1300)
    network.remove_link("wg0")
    wait.until(lambda: state(user) == (False, False), "the claim sleeps")
    assert (user.list()["wg0"]["mode"], user.list()["wg0"]["path-mtu"]) == ("fixed", 1300)
    assert network.elements("mss") == network.elements("links") == []
    network.add_tunnel("wg0")
    wait.until(lambda: state(user) == (True, True), "the claim is awake")
    assert len(network.elements("mss")) == 2
    assert network.elements("links") == ["wg0"]


def test_a_claim_on_an_absent_link(network, wg0, user, other):
    user.install("wg0")
    network.remove_link("wg0")
    wait.until(lambda: state(user) == (False, False), "the claim sleeps")
    with Unchanged(network):
        assert user.install("wg0")["active"] is False  # that very claim exists
        assert error_of(user.install, "wg0", path_mtu=1300).name == ERROR + "NoSuchInterface"
        assert error_of(other.install, "wg0").name == ERROR + "NoSuchInterface"
    user.remove("wg0")
    assert user.list() == {}
    assert network.tables() == []


def test_a_bridge_takes_the_name_of_a_tunnel(network, wg0, user, polkit):
    """What was granted for a tunnel sleeps; asking again means the other action."""
    user.install("wg0")
    network.run("ip link del wg0; ip link add wg0 type bridge")
    wait.until(lambda: state(user) == (False, True), "the claim sleeps on the bridge")
    assert user.list()["wg0"]["kind"] == "bridge"
    assert network.elements("links") == []
    polkit.verdicts["org.airpods.helper.install-any-clamp"] = "no"
    assert error_of(user.install, "wg0").name == "org.freedesktop.DBus.Error.AccessDenied"
    network.run("ip link del wg0; ip tuntap add wg0 mode tun")
    wait.until(lambda: state(user) == (True, True), "the claim is awake")
    assert network.elements("links") == ["wg0"]


def test_a_claim_granted_for_anything_holds_on_anything(network, helper, user):
    network.add_bridge("x0")
    user.install("x0")
    network.run("ip link del x0; ip tuntap add x0 mode tun")
    wait.until(lambda: user.list()["x0"]["kind"] == "tun", "the tunnel is seen")
    assert state(user, "x0") == (True, True)
    network.run("ip link del x0; ip link add x0 type bridge")
    wait.until(lambda: user.list()["x0"]["kind"] == "bridge", "the bridge is seen")
    assert state(user, "x0") == (True, True)
    assert network.elements("links") == ["x0"]


def test_two_grants_on_one_name(network, helper, user, other):
    """The fixed size was granted for a tunnel, the route clamp for anything: on a bridge only the second is in force."""
    network.add_bridge("x0")
    other.install("x0")
    network.run("ip link del x0; ip tuntap add x0 mode tun")
    wait.until(lambda: user.list()["x0"]["kind"] == "tun", "the tunnel is seen")
    assert user.install("x0", path_mtu=1300)["mode"] == "fixed"
    network.run("ip link del x0; ip link add x0 type bridge")
    wait.until(lambda: user.list()["x0"]["mode"] == "route", "the fixed size sleeps")
    assert state(user, "x0") == (True, True)
    assert network.elements("mss") == []


def test_a_rename(network, wg0, user):
    user.install("wg0")
    network.run("ip link set wg0 down; ip link set wg0 name office")
    wait.until(lambda: state(user) == (False, False), "the claim sleeps")
    assert network.elements("links") == []
    assert list(user.list()) == ["wg0"]
    network.run("ip link set office name wg0")
    wait.until(lambda: state(user) == (True, True), "the claim is awake")
    assert network.elements("links") == ["wg0"]


def test_two_links_swap_names(network, wg0, user):
    network.add_bridge("br0")
    user.install("wg0")
    network.run("ip link set wg0 down; ip link set wg0 name x; ip link set br0 name wg0; ip link set x name br0")
    wait.until(lambda: user.list()["wg0"]["kind"] == "bridge", "the bridge is seen")
    assert state(user) == (False, True)
    assert network.elements("links") == []


def test_flapping(network, wg0, user):
    user.install("wg0")
    network.run("for i in $(seq 50); do ip link del wg0; ip tuntap add wg0 mode tun; done; ip link set wg0 mtu 1234")
    wait.until(lambda: user.list()["wg0"]["link-mtu"] == 1234, "the last change is seen")
    assert state(user) == (True, True)
    assert network.elements("links") == ["wg0"]
    user.remove("wg0")
    assert network.tables() == []


def test_a_storm_of_events_is_survived(network, wg0, user, helper):
    """More events than the socket holds while the helper is stopped: it looks at everything again."""
    user.install("wg0")
    os.kill(helper.pid, 19)
    network.run("for i in $(seq 700); do echo link set wg0 mtu $((1000 + i)); echo link set lo mtu $((30000 + i)); done"
                " | ip -batch -; ip link del wg0")
    os.kill(helper.pid, 18)
    wait.until(lambda: state(user) == (False, False), "the claim sleeps")
    network.add_tunnel("wg0")
    wait.until(lambda: state(user) == (True, True), "the claim is awake")


# --- the table -----------------------------------------------------------------------------------------------------------


def test_the_table_belongs_to_the_helper(network, wg0, user):
    user.install("wg0")
    before = network.ruleset()
    network.run("nft flush ruleset")
    assert network.ruleset() == before
    network.run("! nft delete table inet airpods; ! nft add element inet airpods links '{ lo }'")
    assert network.ruleset() == before


def test_there_is_no_table_without_a_claim(network, wg0, user):
    assert network.tables() == []
    user.list()
    assert network.tables() == []
    user.install("wg0")
    assert network.tables() == ["inet airpods"]
    user.remove("wg0")
    assert network.tables() == []


def test_kill_leaves_no_table(network, wg0, user, helper):
    user.install("wg0")
    helper.kill()
    wait.until(lambda: network.tables() == [], "the kernel removes the table")


def test_stop_leaves_no_table(network, wg0, user, helper):
    user.install("wg0")
    assert helper.terminate() == 0
    assert network.tables() == []


DROPPING = "chain old { type filter hook forward priority 0; policy drop; };"
OUR_COMMENT = "airpods-helper: packet sizes of VPNs, see org.airpods.Helper1"


def test_a_plain_table_left_behind_is_replaced(network, wg0, user):
    """What a helper on a kernel without the owner flag left, or a saved ruleset brought back."""
    network.run(f"""nft 'table inet airpods {{ comment "{OUR_COMMENT}"; {DROPPING} }}'""")
    user.install("wg0")
    assert "drop" not in network.run("nft list ruleset")
    user.remove("wg0")
    assert network.tables() == []


@pytest.mark.parametrize("comment", ["", 'comment "mine";', f'comment "{OUR_COMMENT}!";'])
def test_a_table_of_an_administrator_is_left_alone(network, wg0, user, comment):
    network.run(f"nft 'table inet airpods {{ {comment} {DROPPING} }}'")
    with Unchanged(network):
        error = error_of(user.install, "wg0")
    assert error.name == ERROR + "KernelUnsupported"
    assert "an administrator made" in error.message
    assert user.list() == {}
    network.run("nft delete table inet airpods")
    assert user.install("wg0")["active"]


def test_a_table_of_another_owner(network, wg0, user):
    """Another program owns a table of our name: refused, nothing half done, and it works when that is gone."""
    holder = network.start("nft", "-i")
    shell = network.start("sh", "-c", "mkfifo $0; exec nft -i < $0", f"{network.folder}/fifo")
    wait.until(lambda: os.path.exists(f"{network.folder}/fifo"), "the fifo")
    with open(f"{network.folder}/fifo", "w", encoding="ascii") as fifo:
        fifo.write("add table inet airpods { flags owner; }\n")
        fifo.flush()
        wait.until(lambda: network.tables() == ["inet airpods"], "the table of the other program")
        with Unchanged(network):
            error = error_of(user.install, "wg0")
        assert error.name == ERROR + "KernelUnsupported"
        assert "another program owns" in error.message
        assert user.list() == {}
    wait.until(lambda: network.tables() == [], "the other program is gone")
    assert user.install("wg0")["active"]
    assert not shell.running() and not holder.running()


def test_without_the_owner_flag(network, start_helper, polkit, user):
    helper = start_helper("--no-owner")
    network.add_tunnel("wg0")
    user.install("wg0", path_mtu=1300)
    assert "flags owner" not in network.run("nft list ruleset")
    assert network.elements("links") == ["wg0"]
    assert helper.terminate() == 0
    assert network.tables() == []


# --- the process ---------------------------------------------------------------------------------------------------------


def test_idle_exit(network, start_helper, polkit, user):
    helper = start_helper("--idle-seconds=1")
    network.add_tunnel("wg0")
    user.install("wg0")
    user.remove("wg0")
    assert helper.wait() == 0
    assert network.tables() == []
    assert not user.client.has_owner(HELPER)


def test_idle_exit_without_any_call(start_helper, user):
    assert start_helper("--idle-seconds=1").wait() == 0


def test_a_claim_keeps_it(network, start_helper, polkit, user, other):
    """Boot, session and sleeping claims keep it; when the last one goes, it leaves."""
    helper = start_helper("--idle-seconds=1")
    network.add_tunnel("wg0")
    other.install("wg0", lifetime="session")
    network.remove_link("wg0")
    wait.until(lambda: state(user) == (False, False), "the claim sleeps")
    assert helper.running()
    other.leave()
    assert helper.wait() == 0


def test_a_pending_check_keeps_it(network, start_helper, polkit, user):
    helper = start_helper("--idle-seconds=1")
    network.add_tunnel("wg0")
    polkit.default = "hang"
    reply = user.later(user.install, "wg0", interactive=True)
    polkit.wait_for_questions(1)
    assert helper.running()
    polkit.release("no")
    error_of(reply.result, 10)
    assert helper.wait() == 0


def test_it_tells_systemd(bus, network, polkit, tmp_path, user):
    import socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(10)
        helper = network.start(PROGRAM, "--session", "--idle-seconds=0",
                               env={"DBUS_SESSION_BUS_ADDRESS": bus.address, "NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert notify.recv(4096) == b"READY=1"
        assert notify.recv(4096) == b"STOPPING=1"
        assert helper.wait() == 0


def test_a_second_helper_gives_up(bus, network, helper, user):
    second = network.start(PROGRAM, "--session", env={"DBUS_SESSION_BUS_ADDRESS": bus.address})
    assert second.wait() == 1
    assert "org.airpods.Helper1" in second.output()
    assert user.list() == {}


def test_it_leaves_with_the_bus(bus, network, helper):
    bus.process.kill()
    helper.wait()
    assert network.tables() == []


# --- the program ---------------------------------------------------------------------------------------------------------


def run(*words, **options):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, timeout=20, **options)


def test_what_it_links():
    dynamic = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
    needed = {line.split("[")[1].split("]")[0].split(".so")[0] for line in dynamic.splitlines() if "(NEEDED)" in line}
    # libasan and libubsan come with the sanitizers' build alone.
    assert needed - {"libasan", "libubsan"} == {"libsystemd", "libmnl", "libnftnl", "libc"}


def test_version_and_help():
    assert run("--version").stdout == "airpods-helper 0.1.0\n"
    text = run("--help").stdout
    for word in ("--session", "--no-owner", "--idle-seconds", "--version", "--help"):
        assert word in text


@pytest.mark.parametrize("words", [["--nonsense"], ["word"], ["--no-owner"], ["--idle-seconds=x"], ["--idle-seconds="],
                                   ["--idle-seconds=-1"]])
def test_usage(words):
    result = run(*words)
    assert result.returncode == 2
    assert result.stderr != ""


def test_session_mode_refuses_root(bus):
    result = run("--session")
    assert result.returncode == 2
    assert "root" in result.stderr


def test_session_mode_needs_a_session_bus(network, xdg):
    """It never falls back to the system bus."""
    alone = network.start("env", "-u", "DBUS_SESSION_BUS_ADDRESS", "-u", "DBUS_SYSTEM_BUS_ADDRESS", PROGRAM, "--session")
    assert alone.wait() == 1
    assert "cannot start" in alone.output()
