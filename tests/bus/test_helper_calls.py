# SPDX-License-Identifier: LGPL-2.1-or-later
"""InstallClamp, RemoveClamp and ListClamps: arguments, claims of several users, what the kernel gets, signals."""

import json
import os
import re
import time

import pytest
from gi.repository import Gio, GLib

from lab import wait
from rig import ERROR, HELPER, HELPER_PATH, LIMITS, Caller, error_of

BAD_NAMES = ["", "abcdefghijklmnop", "../x", "eth0;x", "w\u00fc0", "wg0\n", " wg0", "wg0 ", "-wg0", ".", "wg*", "**", "a/b",
             "%s", "wg0\t", "@x", "x" * 70000]


@pytest.fixture
def wg0(network, helper):
    network.add_tunnel("wg0")


def variant(kind, value):
    return GLib.Variant(kind, value)


# --- refusals: each is followed by the same call made right ------------------------------------------------------------


class Unchanged:
    """The ruleset is byte by byte what it was, and nft monitor saw nothing."""

    def __init__(self, network):
        self.network = network

    def __enter__(self):
        self.monitor = self.network.monitor()
        self.before = self.network.ruleset()

    def __exit__(self, kind, *_rest):
        if kind is None:
            assert self.network.ruleset() == self.before
            assert self.monitor.changes() == []


def test_the_monitor_sees_a_change(network, wg0, user):
    monitor = network.monitor()
    user.install("wg0")
    user.remove("wg0")
    assert [line for line in monitor.changes() if line.startswith('add element inet airpods links { "wg0" ')] != []


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: ascii(name)[:20])
@pytest.mark.parametrize("method", ["install", "remove"])
def test_bad_name(network, wg0, user, polkit, method, name):
    user.install("wg0", path_mtu=1300)
    asked = len(polkit.questions)
    with Unchanged(network):
        assert error_of(getattr(user, method), name).name == ERROR + "InvalidInterface"
    assert len(polkit.questions) == asked
    getattr(user, method)("wg0")


def test_name_of_fifteen_bytes(network, helper, user):
    network.add_tunnel("abcdefghijklmno")
    assert user.install("abcdefghijklmno")["active"]
    assert network.elements("links") == ["abcdefghijklmno"]


@pytest.mark.parametrize("method, options, word", [
    ("install", {"mtu": 1300}, '"mtu"'),
    ("install", {"path_mtu": variant("i", 1300)}, '"path-mtu"'),
    ("install", {"path_mtu": "1300"}, '"path-mtu"'),
    ("install", {"path_mtu": variant("t", 1300)}, '"path-mtu"'),
    ("install", {"path_mtu": variant("v", variant("u", 1300))}, '"path-mtu"'),
    ("install", {"path_mtu": variant("au", [1300])}, '"path-mtu"'),
    ("install", {"lifetime": variant("u", 1)}, '"lifetime"'),
    ("install", {"lifetime": variant("o", "/boot")}, '"lifetime"'),
    ("install", {"lifetime": ""}, "lifetime"),
    ("install", {"lifetime": "Boot"}, "lifetime"),
    ("install", {"lifetime": "forever"}, "lifetime"),
    ("install", {"lifetime": "persistent"}, "persistent"),
    ("install", {"all_users": True}, '"all-users"'),
    ("install", {"": 1}, "(unprintable)"),
    ("install", {"\u00e4" * 400: 1}, "(unprintable)"),
    ("install", {"x" * 100000: 1}, "(unprintable)"),
    ("remove", {"path_mtu": 1300}, '"path-mtu"'),
    ("remove", {"lifetime": "later"}, "lifetime"),
    ("remove", {"lifetime": True}, '"lifetime"'),
    ("remove", {"all_users": "yes"}, '"all-users"'),
    ("remove", {"all_users": 1}, '"all-users"'),
])
def test_bad_option(network, wg0, user, polkit, method, options, word):
    user.install("wg0", path_mtu=1300)
    asked = len(polkit.questions)
    with Unchanged(network):
        error = error_of(getattr(user, method), "wg0", **options)
    assert error.name == ERROR + "InvalidOption"
    assert word in error.message
    assert len(polkit.questions) == asked
    getattr(user, method)("wg0", **({"lifetime": "boot"}))


def test_option_given_twice(wg0, user):
    twice = GLib.VariantBuilder(GLib.VariantType("a{sv}"))
    for number in (1300, 1400):
        twice.add_value(GLib.Variant("{sv}", ("path-mtu", variant("u", number))))
    arguments = GLib.Variant.new_tuple(GLib.Variant("s", "wg0"), twice.end())
    error = error_of(user.call, "InstallClamp", arguments)
    assert error.name == ERROR + "InvalidOption"
    assert "twice" in error.message
    assert user.install("wg0", path_mtu=1300)["path-mtu"] == 1300


@pytest.mark.parametrize("method, arguments", [
    ("InstallClamp", variant("(s)", ("wg0",))),
    ("InstallClamp", variant("(ss)", ("wg0", "x"))),
    ("InstallClamp", variant("(sa{ss})", ("wg0", {}))),
    ("InstallClamp", variant("(ua{sv})", (1, {}))),
    ("RemoveClamp", None),
    ("ListClamps", variant("(s)", ("wg0",))),
])
def test_wrong_signature(network, wg0, user, method, arguments):
    with Unchanged(network):
        assert error_of(user.call, method, arguments).name == "org.freedesktop.DBus.Error.InvalidArgs"
    user.install("wg0")


def test_file_descriptors_are_not_taken(network, wg0, user):
    """A call that brings descriptors does not even arrive: a caller cannot fill the helper's table with them."""
    message = Gio.DBusMessage.new_method_call(HELPER, HELPER_PATH, HELPER, "InstallClamp")
    message.set_body(Caller.arguments("wg0", {}))
    message.set_unix_fd_list(Gio.UnixFDList.new_from_array([os.dup(0)]))
    reply = user.client.connection.send_message_with_reply_sync(message, Gio.DBusSendMessageFlags.NONE, 10000, None)[0]
    assert reply.get_error_name() == "org.freedesktop.DBus.Error.NotSupported"
    assert user.list() == {}
    user.install("wg0")


@pytest.mark.parametrize("number", [0, 1, 575, 65536, 4294967295])
def test_path_mtu_out_of_range(network, wg0, user, polkit, number):
    with Unchanged(network):
        assert error_of(user.install, "wg0", path_mtu=number).name == ERROR + "InvalidMtu"
    assert polkit.questions == []
    assert user.install("wg0", path_mtu=576)["path-mtu"] == 576


@pytest.mark.parametrize("number, mss4, mss6", [(576, 536, 1220), (1279, 1239, 1220), (1280, 1240, 1220), (1281, 1241, 1221),
                                                (1380, 1340, 1320), (65535, 65495, 65475)])
def test_path_mtu_in_range(network, wg0, user, number, mss4, mss6):
    clamp = user.install("wg0", path_mtu=number)
    assert (clamp["mode"], clamp["path-mtu"]) == ("fixed", number)
    assert network.elements("links") == ["wg0"]
    assert sorted(network.elements("mss"), key=str) == [
        [{"concat": ["ipv4", "wg0"]}, mss4], [{"concat": ["ipv6", "wg0"]}, mss6]]


def test_order_of_refusals(network, helper, user, polkit):
    polkit.default = "no"
    assert error_of(user.install, "../x", nonsense=1, path_mtu=1).name == ERROR + "InvalidInterface"
    assert error_of(user.install, "wg0", nonsense=1, path_mtu=1).name == ERROR + "InvalidOption"
    assert error_of(user.install, "*", path_mtu=1).name == ERROR + "InvalidOption"
    assert error_of(user.install, "wg0", path_mtu=1).name == ERROR + "InvalidMtu"
    assert error_of(user.install, "wg0", path_mtu=1300).name == ERROR + "NoSuchInterface"
    assert polkit.questions == []
    network.add_tunnel("wg0")
    assert error_of(user.install, "wg0", path_mtu=1300).name == "org.freedesktop.DBus.Error.AccessDenied"


def test_no_fixed_size_for_every_tunnel(network, helper, user):
    with Unchanged(network):
        error = error_of(user.install, "*", path_mtu=1300)
    assert error.name == ERROR + "InvalidOption"
    assert "path-mtu" in error.message
    assert user.install("*")["active"]


def test_absent_interface(network, helper, user):
    with Unchanged(network):
        error = error_of(user.install, "wg0")
    assert error.name == ERROR + "NoSuchInterface"
    assert '"wg0"' in error.message
    network.add_tunnel("wg0")
    assert user.install("wg0")["active"]


def test_alternative_name_is_not_a_name(network, wg0, user):
    """The kernel finds a link by its alternative names too, but rules compare the real one."""
    network.run("ip link property add dev wg0 altname office")
    assert error_of(user.install, "office").name == ERROR + "NoSuchInterface"
    assert user.install("wg0")["interface"] == "wg0"


@pytest.mark.parametrize("options", [{}, {"lifetime": "boot"}, {"lifetime": "session"}, {"all_users": True}])
def test_nothing_to_remove(network, wg0, user, polkit, options):
    with Unchanged(network):
        assert error_of(user.remove, "wg0", **options).name == ERROR + "NotClamped"
    assert polkit.questions == []
    user.install("wg0", lifetime=options.get("lifetime", "boot"))
    user.remove("wg0", **options)


# --- claims --------------------------------------------------------------------------------------------------------------


def test_reply_and_list(network, wg0, user, other, root):
    before = time.time_ns() // 1000
    clamp = user.install("wg0")
    after = time.time_ns() // 1000
    assert before <= clamp.pop("since-usec") <= after
    ifindex = json.loads(network.run("ip -json link show wg0"))[0]["ifindex"]
    assert clamp == {"interface": "wg0", "ifindex": ifindex, "kind": "tun", "link-mtu": 1380, "mode": "route", "path-mtu": 0,
                     "active": True, "mine": ["boot"], "holders": 1, "syn-packets": 0}

    of_other = other.list()
    assert of_other["wg0"].pop("since-usec") <= after
    assert of_other == {"wg0": {**clamp, "mine": []}}
    of_root = root.list()["wg0"]
    assert of_root["owners"] == [1]
    assert of_root["mine"] == []


def test_types_of_the_list(wg0, root):
    root.install("wg0")
    arguments = (HELPER, HELPER_PATH, HELPER, "ListClamps", None, None, 0, 5000, None)
    reply = root.client.connection.call_sync(*arguments)
    assert reply.get_type_string() == "(a{sa{sv}})"
    clamp = reply.get_child_value(0).get_child_value(0).get_child_value(1)
    types = {}
    for index in range(clamp.n_children()):
        entry = clamp.get_child_value(index)
        types[entry.get_child_value(0).get_string()] = entry.get_child_value(1).get_variant().get_type_string()
    assert types == {"interface": "s", "ifindex": "u", "kind": "s", "link-mtu": "u", "mode": "s", "path-mtu": "u", "active": "b",
                     "mine": "as", "holders": "u", "syn-packets": "t", "since-usec": "t", "owners": "au"}


def test_installing_again_changes_nothing(network, wg0, user, polkit):
    first = user.install("wg0", path_mtu=1300)
    polkit.default = "no"
    with Unchanged(network):
        assert user.install("wg0", path_mtu=1300) == first
    assert polkit.actions() == ["install-fixed-clamp"]


def test_the_same_claim_of_somebody_else_is_not_mine(wg0, user, other, polkit):
    user.install("wg0")
    polkit.default = "no"
    assert error_of(other.install, "wg0").name == "org.freedesktop.DBus.Error.AccessDenied"
    polkit.default = "yes"
    assert other.install("wg0")["holders"] == 2


def test_other_options_replace_the_claim(network, wg0, user, polkit):
    user.install("wg0")
    assert user.install("wg0", path_mtu=1300)["mode"] == "fixed"
    assert user.install("wg0", path_mtu=1400)["path-mtu"] == 1400
    clamp = user.install("wg0")
    assert (clamp["mode"], clamp["path-mtu"], clamp["mine"]) == ("route", 0, ["boot"])
    assert network.elements("mss") == []
    assert polkit.actions() == ["install-clamp", "install-fixed-clamp", "install-fixed-clamp", "install-clamp"]
    user.remove("wg0")
    assert user.list() == {}


def test_a_refused_replacement_leaves_the_claim(network, wg0, user, polkit):
    user.install("wg0", path_mtu=1300)
    polkit.default = "no"
    with Unchanged(network):
        error_of(user.install, "wg0", path_mtu=1200)
    assert user.list()["wg0"]["path-mtu"] == 1300


def test_smallest_fixed_value_wins(network, wg0, user, other, root):
    user.install("wg0", path_mtu=1400)
    assert other.install("wg0", path_mtu=1300)["path-mtu"] == 1300
    clamp = root.install("wg0")
    assert (clamp["mode"], clamp["path-mtu"], clamp["holders"], clamp["owners"]) == ("fixed", 1300, 3, [0, 1, 65534])
    other.remove("wg0")
    assert root.list()["wg0"]["path-mtu"] == 1400
    user.remove("wg0")
    assert root.list()["wg0"]["mode"] == "route"
    assert network.elements("mss") == []
    assert network.elements("links") == ["wg0"]
    root.remove("wg0")
    assert network.tables() == []


def test_lifetimes_are_claims_of_their_own(wg0, user):
    user.install("wg0", lifetime="session")
    clamp = user.install("wg0", lifetime="boot", path_mtu=1300)
    assert (clamp["mine"], clamp["holders"], clamp["path-mtu"]) == (["session", "boot"], 1, 1300)
    user.remove("wg0", lifetime="boot")
    clamp = user.list()["wg0"]
    assert (clamp["mine"], clamp["mode"]) == (["session"], "route")
    assert error_of(user.remove, "wg0", lifetime="boot").name == ERROR + "NotClamped"
    user.remove("wg0", lifetime="session")
    assert user.list() == {}


def test_remove_without_lifetime_drops_both(wg0, user):
    user.install("wg0", lifetime="session")
    user.install("wg0", lifetime="boot")
    user.remove("wg0")
    assert user.list() == {}


def test_a_session_claim_belongs_to_its_connection(bus, wg0, user):
    """The same user on another connection neither sees it as its own nor drops it."""
    user.install("wg0", lifetime="session")
    second = Caller(bus, "daemon")
    assert second.list()["wg0"]["mine"] == []
    assert error_of(second.remove, "wg0").name == ERROR + "NotClamped"
    second.install("wg0", lifetime="session")
    second.remove("wg0")
    assert user.list()["wg0"]["mine"] == ["session"]


def test_a_boot_claim_belongs_to_its_user(bus, wg0, user):
    user.install("wg0")
    second = Caller(bus, "daemon")
    assert second.list()["wg0"]["mine"] == ["boot"]
    second.remove("wg0")
    assert user.list() == {}


def test_dropping_mine_never_harms_another(network, wg0, user, other):
    user.install("wg0")
    other.install("wg0")
    user.remove("wg0")
    assert error_of(user.remove, "wg0").name == ERROR + "NotClamped"
    clamp = other.list()["wg0"]
    assert (clamp["mine"], clamp["holders"], clamp["active"]) == (["boot"], 1, True)
    assert network.elements("links") == ["wg0"]


def test_all_users(network, wg0, user, other, root, polkit):
    user.install("wg0")
    user.install("wg0", lifetime="session")
    other.install("wg0", path_mtu=1300)
    polkit.verdicts["org.airpods.helper.remove-any-clamp"] = "no"
    with Unchanged(network):
        assert error_of(root.remove, "wg0", all_users=True).name == "org.freedesktop.DBus.Error.AccessDenied"
    polkit.verdicts.clear()
    other.remove("wg0", all_users=True, lifetime="session")
    assert (user.list()["wg0"]["mine"], user.list()["wg0"]["holders"]) == (["boot"], 2)
    other.remove("wg0", all_users=True)
    assert root.list() == {}
    assert network.tables() == []
    assert polkit.actions()[-3:] == ["remove-any-clamp"] * 3


def test_all_users_false_is_mine_alone(wg0, user, other, polkit):
    user.install("wg0")
    other.install("wg0")
    asked = len(polkit.questions)
    user.remove("wg0", all_users=False)
    assert other.list()["wg0"]["holders"] == 1
    assert len(polkit.questions) == asked


def test_every_tunnel(network, wg0, user, other, polkit):
    clamp = user.install("*")
    since = clamp.pop("since-usec")
    assert since > 0
    assert clamp == {"interface": "*", "ifindex": 0, "kind": "every tunnel", "link-mtu": 0, "mode": "route", "path-mtu": 0,
                     "active": True, "mine": ["boot"], "holders": 1, "syn-packets": 0}
    assert polkit.actions() == ["install-any-clamp"]
    kinds = [element["concat"] for element in network.elements("kinds")]
    assert len(kinds) == 14
    assert ["wireguard", 65534] in kinds and ["tun", 65534] in kinds and ["ppp", "ppp"] in kinds
    other.install("wg0")
    assert sorted(other.list()) == ["*", "wg0"]
    user.remove("*")
    assert network.elements("kinds") == []
    assert network.elements("links") == ["wg0"]


def test_names_that_are_prefixes_of_each_other(network, helper, user):
    for name in ("wg", "wg0", "wg00"):
        network.add_tunnel(name)
    user.install("wg0")
    user.install("wg00", path_mtu=1300)
    assert sorted(network.elements("links")) == ["wg0", "wg00"]
    user.remove("wg0")
    assert network.elements("links") == ["wg00"]
    assert sorted(element[0]["concat"][1] for element in network.elements("mss")) == ["wg00", "wg00"]


def test_other_tables_are_not_touched(network, wg0, user):
    network.run("nft 'add table inet filter; add chain inet filter forward { type filter hook forward priority 0; policy drop; };"
                " add table ip airpods; add rule inet filter forward counter'")
    before = network.ruleset()
    user.install("wg0")
    user.install("*")
    user.install("wg0", path_mtu=1300)
    user.remove("*")
    user.remove("wg0")
    assert network.ruleset() == before


def test_one_generation_a_change(network, wg0, user):
    """Everything that one call changes is one commit."""
    monitor = network.monitor()
    user.install("wg0", path_mtu=1300)
    user.install("wg0", path_mtu=1200)
    user.remove("wg0")
    monitor.changes()
    lines = monitor.process.output().splitlines()[monitor.begin:]
    ours = [line for line in lines if line.startswith("# new generation") and "airpods-helper" in line]
    assert len(ours) == 3


SYN = """/usr/bin/python3 -c "
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
s.setblocking(False)
s.connect_ex((sys.argv[1], 80))
" {address}"""


def test_syn_packets(network, wg0, user, other):
    """Each SYN is counted once, for the interface it crosses and for "*"; from the moment the element was added."""
    network.add_tunnel("wg1")
    network.run("ip address add 10.9.0.1/24 dev wg0; ip address add 10.9.1.1/24 dev wg1;"
                " sysctl -qw net.ipv6.conf.wg0.disable_ipv6=0; ip address add fd09::1/64 dev wg0 nodad")

    def counts():
        return {name: clamp["syn-packets"] for name, clamp in other.list().items()}

    network.run(SYN.format(address="10.9.0.2"))
    user.install("wg0")
    user.install("wg1", path_mtu=1300)
    assert counts() == {"wg0": 0, "wg1": 0}
    network.run(SYN.format(address="10.9.0.2"))
    assert counts() == {"wg0": 1, "wg1": 0}
    network.run(SYN.format(address="fd09::2"))
    assert counts() == {"wg0": 2, "wg1": 0}
    network.run(SYN.format(address="10.9.1.2"))
    user.install("*")
    assert counts() == {"wg0": 2, "wg1": 1, "*": 0}
    network.run(SYN.format(address="10.9.1.2"))
    assert counts() == {"wg0": 2, "wg1": 2, "*": 1}
    assert user.install("wg1", path_mtu=1200)["syn-packets"] == 2  # the same element
    user.remove("wg0")
    assert user.install("wg0")["syn-packets"] == 0


# --- signals -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def signals(root):
    seen = root.client.watch(sender=HELPER, interface=HELPER)

    def take(number):
        wait.until(lambda: len(seen) >= number, f"{number} signals, not {seen}")
        root.list()  # behind everything that was sent before
        wait.dispatch()
        taken = [(member, *values) for _path, _interface, member, values in seen]
        assert len(taken) == number
        seen.clear()
        return taken
    return take


def test_signals(network, wg0, user, other, signals):
    user.install("wg0")
    [(member, interface, clamp)] = signals(1)
    assert (member, interface) == ("ClampInstalled", "wg0")
    assert set(clamp) == {"interface", "ifindex", "kind", "link-mtu", "mode", "path-mtu", "active", "holders", "syn-packets",
                          "since-usec"}
    assert (clamp["mode"], clamp["active"], clamp["holders"]) == ("route", True, 1)

    user.install("wg0")
    other.install("wg0")
    signals(0)
    other.install("wg0", path_mtu=1300)
    assert signals(1)[0][2]["path-mtu"] == 1300
    other.remove("wg0")
    assert signals(1)[0][2]["mode"] == "route"
    user.remove("wg0")
    assert signals(1) == [("ClampRemoved", "wg0")]


def test_no_signal_for_a_refusal(wg0, user, signals, polkit):
    polkit.default = "no"
    error_of(user.install, "wg0")
    error_of(user.remove, "wg0")
    signals(0)


# --- limits --------------------------------------------------------------------------------------------------------------


def test_claims_of_one_user(network, helper, user, other):
    network.run("; ".join(f"ip tuntap add t{number} mode tun" for number in range(65)))
    for number in range(64):
        user.install(f"t{number}")
    with Unchanged(network):
        error = error_of(user.install, "t64")
    assert error.name == LIMITS
    assert "64" in error.message
    user.install("t0", path_mtu=1300)  # no further claim
    other.install("t64")
    user.remove("t0")
    assert user.install("t64")["holders"] == 2


def test_changes_a_second(network, wg0, user, other):
    started = time.monotonic()
    done = 0
    while (error := attempt(user, done)) is None:
        done += 1
        assert done < 1000
    elapsed = time.monotonic() - started
    assert error.name == LIMITS
    assert "20 a second" in error.message
    assert 100 <= done <= 100 + 20 * elapsed + 1
    other.install("wg0")  # the other user's bucket is full
    wait.until(lambda: attempt(user, done) is None, "another change is allowed", 1)


def attempt(user, number):
    """One more change, or the error that refuses it."""
    try:
        user.install("wg0", path_mtu=1000 + number % 2)
    except Exception as error:
        return error
    return None


def test_listing_is_not_limited(wg0, user):
    for _number in range(300):
        user.list()


# --- the rest ------------------------------------------------------------------------------------------------------------


def test_version(helper, user):
    version = user.client.get(HELPER, HELPER_PATH, HELPER, "Version")
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_private_memory_after_a_thousand_calls(network, wg0, user, other, helper):
    if "asan" in network.run(f"grep -c asan /proc/{helper.pid}/maps >/dev/null && echo asan || echo plain"):
        calls = 10
    else:
        calls = 250
    for _number in range(calls):
        user.list()
        other.list()
        error_of(user.install, "nothere")
        error_of(user.remove, "wg0")
    for _number in range(40):
        user.install("wg0")
        user.remove("wg0")
    if calls == 250:
        assert helper.private_kib() < 2048


def test_every_decision_is_logged(wg0, user, polkit, helper):
    user.install("wg0", path_mtu=1300)
    polkit.default = "no"
    error_of(user.install, "wg0")
    user.remove("wg0")
    assert helper.output().splitlines() == [
        "InstallClamp: interface wg0, path MTU 1300, lifetime boot, uid 1: done",
        "InstallClamp: interface wg0, path MTU 0, lifetime boot, uid 1: org.freedesktop.DBus.Error.AccessDenied",
        "RemoveClamp: interface wg0, path MTU 0, lifetime any, uid 1: done",
    ]
