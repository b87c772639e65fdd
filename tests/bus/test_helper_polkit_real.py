# SPDX-License-Identifier: LGPL-2.1-or-later
"""The helper as it is installed: its own user with CAP_NET_ADMIN alone, started by a system bus with our bus policy, asking
the real polkitd with our actions. Runs inside tests/lab/private.py. Without logind nobody has a session here, so the defaults
are those of allow_any.
"""

import os
import pwd
import shutil

import pytest
from gi.repository import Gio, GLib

from lab import ruleset, users, wait
from lab.buses import BusError, PrivateBus
from lab.netns import Namespace
from lab.polkit import BUS_POLICY, Polkit, policies
from lab.private import STATE
from lab.tun import Tun
from rig import ACCESS_DENIED, ERROR, HELPER, HELPER_PATH, INTERACTIVE, Caller, error_of

BUILD, SOURCE = os.environ["AIRPODS_BUILD"], os.environ["AIRPODS_SOURCE"]

# An administrator's rules that look at the details: they work only if polkit took them from the helper.
RULES = """polkit.addRule(function(action, subject) {
    if (action.id == "org.airpods.helper.install-clamp" && subject.user == "alice"
        && action.lookup("kind") == "tun" && action.lookup("lifetime") == "session")
        return polkit.Result.YES;
    if (action.id == "org.airpods.helper.install-fixed-clamp" && subject.user == "alice"
        && action.lookup("interface") == "wg0" && action.lookup("path-mtu") == "1300"
        && action.lookup("link-mtu") == "1380" && action.lookup("mode") == "fixed")
        return polkit.Result.YES;
    if (action.id == "org.airpods.helper.install-any-clamp" && subject.user == "alice")
        return polkit.Result.YES;
    if (action.id == "org.airpods.helper.install-clamp" && subject.user == "bob" && action.lookup("interface") == "wg1")
        return polkit.Result.NO;
});
"""


def command(idle_seconds):
    """What the system bus runs: the user and the one capability of the systemd unit."""
    return (f"/usr/bin/setpriv --reuid={users.HELPER} --regid={users.HELPER} --clear-groups"
            " --inh-caps=-all,+net_admin --ambient-caps=+net_admin --bounding-set=-all,+net_admin"
            f" --no-new-privs {STATE}/programs/airpods-helper --idle-seconds={idle_seconds}")


@pytest.fixture(autouse=True, scope="module")
def machine():
    """Users, system bus, polkitd; the helper starts when it is called."""
    users.make()
    os.makedirs(f"{STATE}/programs")
    shutil.copy(f"{BUILD}/helper/airpods-helper", f"{STATE}/programs")
    bus = PrivateBus("system", socket="/run/dbus/system_bus_socket",
                     includes=(f"{SOURCE}/dbus/org.airpods.Helper1.conf", BUS_POLICY))
    bus.add_service(HELPER, command(idle_seconds=1))
    polkit = Polkit(bus, policies(SOURCE), RULES)
    host = Namespace()
    tunnel, other = Tun(host, "wg0"), Tun(host, "wg1")
    host.up("wg0", 1380)
    host.up("wg1", 1380)
    yield bus
    tunnel.close()
    other.close()
    polkit.stop()
    bus.stop()


@pytest.fixture
def bus(machine):
    return machine


@pytest.fixture
def alice(bus):
    return Caller(bus, users.ALICE)


@pytest.fixture
def bob(bus):
    return Caller(bus, users.BOB)


@pytest.fixture
def admin(bus):
    return Caller(bus)


@pytest.fixture(autouse=True)
def nothing_left(machine):
    """Each test ends without a claim; then the helper leaves and the kernel is clean."""
    yield
    with machine.connect() as client:
        for name in client.call(HELPER, HELPER_PATH, HELPER, "ListClamps")[0]:
            client.call(HELPER, HELPER_PATH, HELPER, "RemoveClamp",
                        GLib.Variant("(sa{sv})", (name, {"all-users": GLib.Variant("b", True)})))
        wait.until(lambda: not client.has_owner(HELPER), "the helper leaves", 15)
    assert not ruleset.has_table()


def test_allowed_by_a_rule(alice):
    clamp = alice.install("wg0", lifetime="session")
    assert (clamp["active"], clamp["mode"], clamp["link-mtu"]) == (True, "route", 1380)
    assert ruleset.clamped() == {"wg0": 0}
    alice.leave()
    wait.until(lambda: ruleset.clamped() == {}, "the claim goes with alice")


def test_the_rule_sees_the_details(alice):
    """lifetime is not session: the rule does not apply, the default asks for a password."""
    error = error_of(alice.install, "wg0", lifetime="boot")
    assert error.name == INTERACTIVE
    assert error.message.startswith("Access denied")
    assert not ruleset.has_table()
    assert alice.install("wg0", lifetime="session")["active"]


def test_a_fixed_value_by_its_details(alice):
    for number in (1301, 1299):
        assert error_of(alice.install, "wg0", path_mtu=number).name == INTERACTIVE
    assert error_of(alice.install, "wg1", path_mtu=1300).name == INTERACTIVE
    assert not ruleset.has_table()
    assert alice.install("wg0", path_mtu=1300)["path-mtu"] == 1300


def test_every_action_has_to_be_granted(alice):
    assert alice.install("lo")["active"]
    assert alice.install("*")["active"]
    assert error_of(alice.install, "lo", path_mtu=1300).name == INTERACTIVE


def test_denied(bob, admin):
    error = error_of(bob.install, "wg1")
    assert error.name == ACCESS_DENIED
    assert error.message.startswith("Access denied")
    assert admin.list() == {}


def test_nobody_to_ask(bob):
    """The call allows a prompt, but there is no agent."""
    error = error_of(bob.install, "wg0", interactive=True)
    assert error.name == ACCESS_DENIED
    assert error.message.startswith("Access denied")
    assert not ruleset.has_table()


AGENT_XML = """<node><interface name="org.freedesktop.PolicyKit1.AuthenticationAgent">
<method name="BeginAuthentication">
  <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="a{ss}" direction="in"/>
  <arg type="s" direction="in"/><arg type="a(sa{sv})" direction="in"/>
</method>
<method name="CancelAuthentication"><arg type="s" direction="in"/></method>
</interface></node>"""


class Agent:
    """An authentication agent for what this process calls, as alice too: shows a prompt that stays until dismiss()."""

    def __init__(self, bus):
        self.client = bus.connect()  # polkit looks at the process, and that is root's, whoever connects
        self.prompts, self.cancelled, self._open = [], [], []
        interface = Gio.DBusNodeInfo.new_for_xml(AGENT_XML).interfaces[0]
        self.client.connection.register_object("/agent", interface, self._on_call, None, None)
        with open("/proc/self/stat", encoding="ascii") as file:
            started = int(file.read().rpartition(")")[2].split()[19])
        subject = {"pid": GLib.Variant("u", os.getpid()), "start-time": GLib.Variant("t", started),
                   "uid": GLib.Variant("i", 0)}
        self.client.call("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                         "org.freedesktop.PolicyKit1.Authority", "RegisterAuthenticationAgent",
                         GLib.Variant("((sa{sv})ss)", (("unix-process", subject), "C", "/agent")))

    def _on_call(self, _connection, _sender, _path, _interface, method, parameters, invocation):
        if method == "BeginAuthentication":
            self.prompts.append(parameters.unpack()[:2])
            self._open.append(invocation)
        else:
            self.cancelled.append(parameters.unpack()[0])
            invocation.return_value(None)
            self.dismiss()

    def wait_for_prompt(self):
        wait.until(lambda: self._open, "a prompt")

    def dismiss(self):
        self._open.pop().return_dbus_error("org.freedesktop.PolicyKit1.Error.Cancelled", "The person closed the window")


@pytest.fixture
def agent(bus):
    made = Agent(bus)
    yield made
    made.client.close()


def answer_of(reply):
    """What a background call ends with, while the agent is served."""
    wait.until(reply.done, "the reply")
    return error_of(reply.result)


def test_dismissed(alice, agent):
    reply = alice.later(alice.install, "wg0", path_mtu=1299, interactive=True)
    agent.wait_for_prompt()
    agent.dismiss()
    error = answer_of(reply)
    assert error.name == ACCESS_DENIED
    assert error.message.startswith("Access denied")
    assert not ruleset.has_table()
    assert alice.install("wg0", path_mtu=1300)["active"]


@pytest.mark.parametrize("interface, options, action, text", [
    ("wg0", {}, "install-clamp", "Authentication is needed to adjust packet sizes on the VPN interface wg0 to what it carries "
                                 "(1380 bytes) for all users of this computer."),
    ("wg0", {"path_mtu": 1299}, "install-fixed-clamp", "Authentication is needed to limit packet sizes on the VPN interface wg0 "
                                                       "to 1299 bytes for all users of this computer."),
])
def test_the_prompt_says_what_is_asked(alice, agent, interface, options, action, text):
    reply = alice.later(alice.install, interface, interactive=True, **options)
    agent.wait_for_prompt()
    assert agent.prompts == [("org.airpods.helper." + action, text)]
    agent.dismiss()
    answer_of(reply)


def test_no_prompt_without_the_flag(alice, agent):
    assert error_of(alice.install, "wg0", path_mtu=1299).name == INTERACTIVE
    assert error_of(alice.install, "nothere", path_mtu=1299, interactive=True).name == ERROR + "NoSuchInterface"
    wait.dispatch()
    assert agent.prompts == []


def test_the_prompt_closes_when_the_caller_leaves(alice, admin, agent):
    alice.later(alice.install, "wg0", path_mtu=1299, interactive=True)
    agent.wait_for_prompt()
    assert admin.list() == {}  # others are served meanwhile
    alice.leave()
    wait.until(lambda: agent.cancelled, "the prompt is closed")
    assert admin.list() == {}


def test_two_users(alice, bob, admin):
    alice.install("wg0", path_mtu=1300)
    assert error_of(bob.remove, "wg0").name == ERROR + "NotClamped"
    assert error_of(bob.remove, "wg0", all_users=True).name == INTERACTIVE
    assert bob.list()["wg0"]["holders"] == 1
    assert "owners" not in bob.list()["wg0"]
    admin.install("wg0")
    uid = pwd.getpwnam(users.ALICE).pw_uid
    assert admin.list()["wg0"]["owners"] == [0, uid]
    admin.remove("wg0", all_users=True)
    assert alice.list() == {}


def test_it_runs_as_its_own_user_with_one_capability(bus, admin):
    admin.install("wg0")
    with bus.connect() as client, open(f"/proc/{client.pid_of(HELPER)}/status", encoding="ascii") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines())
    uid = str(pwd.getpwnam(users.HELPER).pw_uid)
    assert status["Uid"].split() == [uid] * 4
    net_admin = f"{1 << 12:016x}"
    assert [status[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")] == [net_admin] * 4
    assert status["NoNewPrivs"] == "1"


def test_the_bus_policy(bus, alice):
    """Nobody else takes the name; only the documented interfaces can be called."""
    with pytest.raises(BusError) as caught:
        alice.client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                          GLib.Variant("(su)", (HELPER, 0)))
    assert caught.value.name == ACCESS_DENIED
    with pytest.raises(BusError) as caught:
        alice.client.call(HELPER, HELPER_PATH, "org.freedesktop.LogControl1", "Nonsense")
    assert caught.value.name == ACCESS_DENIED
    assert alice.list() == {}


def test_no_call_is_lost_when_it_leaves(bus, alice):
    """A helper that leaves at once: every call either finds it, or starts another one; all are answered."""
    bus.add_service(HELPER, command(idle_seconds=0))
    owners = alice.client.watch(sender="org.freedesktop.DBus", member="NameOwnerChanged")
    try:
        for _number in range(150):
            assert alice.list() == {}
            assert error_of(alice.remove, "wg0").name == ERROR + "NotClamped"
    finally:
        bus.add_service(HELPER, command(idle_seconds=1))
    wait.dispatch()
    starts = [new for *_rest, (name, _old, new) in owners if name == HELPER and new]
    assert len(starts) >= 50
