# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what: which questions polkit gets, what each of its answers leads to, and that only "yes" opens the door.

The polkit here is a mock that says what the test wants; test_helper_polkit_real.py asks the real one.
"""

import pytest
from gi.repository import GLib

from lab import wait
from rig import ACCESS_DENIED, ACTION, ERROR, INTERACTIVE, LIMITS, Caller, error_of
from test_helper_calls import Unchanged


@pytest.fixture
def wg0(network, helper):
    network.add_tunnel("wg0")


def refused_then_allowed(network, polkit, user, verdict, name=ACCESS_DENIED, interactive=False):
    """A call that ends with this error and changes nothing, then the same call, which succeeds."""
    polkit.default = verdict
    with Unchanged(network):
        error = error_of(user.install, "wg0", interactive=interactive)
    assert error.name == name
    assert error.message.startswith("Access denied")
    assert user.list() == {}
    polkit.default = "yes"
    assert user.install("wg0")["active"]
    assert network.elements("links") == ["wg0"]
    return error


def test_allowed(network, wg0, user, polkit):
    assert user.install("wg0")["active"]
    [question] = polkit.questions
    assert question.subject == ("system-bus-name", {"name": user.name})
    assert question.action == "org.airpods.helper.install-clamp"
    assert question.details == {"interface": "wg0", "kind": "tun", "link-mtu": "1380", "mode": "route", "path-mtu": "0",
                                "lifetime": "boot"}
    assert question.flags == 0
    assert question.cancellation != ""


def test_details_of_a_fixed_session_claim(wg0, user, polkit):
    user.install("wg0", path_mtu=1300, lifetime="session", interactive=True)
    [question] = polkit.questions
    assert question.action == "org.airpods.helper.install-fixed-clamp"
    assert question.details == {"interface": "wg0", "kind": "tun", "link-mtu": "1380", "mode": "fixed", "path-mtu": "1300",
                                "lifetime": "session"}
    assert question.flags == 1


def test_details_of_a_removal_for_all(wg0, user, other, polkit):
    user.install("wg0", path_mtu=1300)
    other.remove("wg0", all_users=True, interactive=True)
    question = polkit.questions[-1]
    assert question.subject == ("system-bus-name", {"name": other.name})
    assert question.action == "org.airpods.helper.remove-any-clamp"
    assert question.details == {"interface": "wg0", "kind": "tun", "link-mtu": "1380", "mode": "fixed", "path-mtu": "1300",
                                "lifetime": ""}
    assert question.flags == 1


def test_denied(network, wg0, user, polkit):
    refused_then_allowed(network, polkit, user, "no")


def test_dismissed(network, wg0, user, polkit):
    refused_then_allowed(network, polkit, user, "dismissed", interactive=True)


def test_challenge_that_may_not_prompt(network, wg0, user, polkit):
    refused_then_allowed(network, polkit, user, "challenge", INTERACTIVE)


def test_challenge_that_nobody_answered(network, wg0, user, polkit):
    refused_then_allowed(network, polkit, user, "challenge", ACCESS_DENIED, interactive=True)


def test_polkit_fails(network, wg0, user, polkit):
    refused_then_allowed(network, polkit, user, "error")


def test_polkit_missing(bus, network, start_helper, user):
    from rig import Polkit
    start_helper()
    network.add_tunnel("wg0")
    with Unchanged(network):
        error = error_of(user.install, "wg0")
    assert error.name == ACCESS_DENIED
    assert error.message.startswith("Access denied")
    polkit = Polkit(bus.address)
    assert user.install("wg0")["active"]
    polkit.stop()


def test_polkit_dies_in_mid_check(bus, network, wg0, user, polkit):
    from rig import Polkit
    polkit.default = "hang"
    monitor = network.monitor()
    reply = user.later(user.install, "wg0", interactive=True)
    polkit.wait_for_questions(1)
    polkit.stop()
    assert error_of(reply.result, 10).name == ACCESS_DENIED
    assert monitor.changes() == []
    second = Polkit(bus.address)
    assert user.install("wg0")["active"]
    second.stop()


GARBAGE = {
    "nothing": GLib.Variant("()", ()),
    "a word": GLib.Variant("(s)", ("yes",)),
    "true": GLib.Variant("(b)", (True,)),
    "numbers": GLib.Variant("((uua{ss}))", ((1, 0, {}),)),
    "too short": GLib.Variant("((bb))", ((True, False),)),
    "too long": GLib.Variant("((bba{ss}b))", ((True, False, {}, True),)),
    "not a structure": GLib.Variant("(bba{ss})", (True, False, {})),
    "wrapped": GLib.Variant("(v)", (GLib.Variant("(bba{ss})", (True, False, {})),)),
    "two answers": GLib.Variant("((bba{ss})(bba{ss}))", ((True, False, {}), (True, False, {}))),
    "other details": GLib.Variant("((bba{sv}))", ((True, False, {}),)),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_polkit_answers_garbage(network, wg0, user, polkit, what):
    error = refused_then_allowed(network, polkit, user, GARBAGE[what])
    assert "malformed" in error.message


@pytest.mark.parametrize("interface, options, actions", [
    ("wg0", {}, ["install-clamp"]),
    ("wg0", {"path_mtu": 1300}, ["install-fixed-clamp"]),
    ("br0", {}, ["install-any-clamp"]),
    ("br0", {"path_mtu": 1300}, ["install-any-clamp", "install-fixed-clamp"]),
    ("tap0", {}, ["install-any-clamp"]),
    ("port0", {}, ["install-any-clamp"]),
    ("lo", {}, ["install-any-clamp"]),
    ("*", {}, ["install-any-clamp"]),
])
def test_which_actions_are_asked(network, wg0, user, polkit, interface, options, actions):
    network.add_bridge("br0")
    network.run("ip tuntap add tap0 mode tap; ip tuntap add port0 mode tap; ip link set port0 master br0")
    assert user.install(interface, **options)["active"]
    assert polkit.actions() == actions
    for number, action in enumerate(actions):  # each one alone can refuse it, and nothing is asked after a refusal
        user.remove(interface)
        polkit.questions.clear()
        polkit.verdicts = {ACTION + action: "no"}
        with Unchanged(network):
            assert error_of(user.install, interface, **options).name == ACCESS_DENIED
        assert polkit.actions() == actions[:number + 1]
        polkit.verdicts = {}
        user.install(interface, **options)


def test_root_is_asked_like_anybody(network, wg0, root, polkit):
    refused_then_allowed(network, polkit, root, "no")
    assert polkit.questions[0].subject == ("system-bus-name", {"name": root.name})


def test_nothing_to_ask_for_ones_own_removal_and_the_list(wg0, user, polkit):
    user.install("wg0")
    polkit.default = "no"
    asked = len(polkit.questions)
    user.list()
    user.remove("wg0")
    assert len(polkit.questions) == asked


def test_no_grant_is_remembered(wg0, user, polkit):
    user.install("wg0", path_mtu=1300)
    user.remove("wg0")
    polkit.default = "no"
    assert error_of(user.install, "wg0", path_mtu=1300).name == ACCESS_DENIED


def test_caller_gone_in_mid_check(network, helper, bus, user, other, polkit):
    network.add_tunnel("wg0")
    polkit.default = "hang"
    monitor = network.monitor()
    user.later(user.install, "wg0", interactive=True)
    polkit.wait_for_questions(1)
    user.leave()
    wait.until(lambda: polkit.cancelled, "the question is taken back")
    assert polkit.cancelled == [polkit.questions[0].cancellation]
    polkit.release("yes")  # too late
    assert other.list() == {}
    assert monitor.changes() == []
    polkit.default = "yes"
    assert Caller(bus, "daemon").install("wg0")["active"]


def test_others_are_served_while_a_person_types(wg0, user, other, polkit):
    polkit.verdicts[ACTION + "install-fixed-clamp"] = "hang"
    reply = user.later(user.install, "wg0", path_mtu=1300, interactive=True)
    polkit.wait_for_questions(1)
    assert other.install("wg0")["mode"] == "route"
    other.remove("wg0")
    polkit.release("yes")
    assert reply.result(10)["path-mtu"] == 1300


def test_link_gone_in_mid_check(network, wg0, user, polkit):
    polkit.default = "hang"
    reply = user.later(user.install, "wg0", interactive=True)
    polkit.wait_for_questions(1)
    network.remove_link("wg0")
    with Unchanged(network):
        polkit.release("yes")
        assert error_of(reply.result, 10).name == ERROR + "NoSuchInterface"


def test_something_else_takes_the_name_in_mid_check(network, wg0, user, polkit):
    """A grant for a tunnel does not clamp the bridge that has its name now."""
    polkit.default = "hang"
    reply = user.later(user.install, "wg0", interactive=True)
    polkit.wait_for_questions(1)
    network.remove_link("wg0")
    network.add_bridge("wg0")
    with Unchanged(network):
        polkit.release("yes")
        error = error_of(reply.result, 10)
    assert error.name == ACCESS_DENIED
    assert error.message.startswith("Access denied")
    assert user.list() == {}


def test_reconnect_in_mid_check(network, wg0, user, polkit):
    polkit.default = "hang"
    reply = user.later(user.install, "wg0", interactive=True)
    polkit.wait_for_questions(1)
    network.remove_link("wg0")
    network.add_tunnel("wg0", mtu=1400)
    polkit.release("yes")
    assert reply.result(10)["link-mtu"] == 1400


def test_pending_checks_of_one_user(bus, wg0, user, other, polkit):
    polkit.default = "hang"
    waiting = [user.later(user.install, "wg0", path_mtu=1300 + number, interactive=True) for number in range(4)]
    polkit.wait_for_questions(4)
    assert error_of(user.install, "wg0", interactive=True).name == LIMITS
    assert error_of(Caller(bus, "daemon").install, "wg0").name == LIMITS  # the same user
    later = other.later(other.install, "wg0", interactive=True)  # another one
    polkit.wait_for_questions(5)
    polkit.release("yes")
    assert sorted(reply.result(10)["mine"] for reply in [*waiting, later]) == [["boot"]] * 5
    polkit.default = "yes"
    user.install("wg0")


def test_pending_checks_in_all(bus, wg0, root, polkit):
    polkit.default = "hang"
    people = [Caller(bus, name) for name in ("daemon", "bin", "sys", "games", "man", "lp", "mail", "news")]
    waiting = [person.later(person.install, "wg0", lifetime=lifetime, interactive=True)
               for person in people for lifetime in ("session", "boot", "session", "boot")]
    polkit.wait_for_questions(32)
    error = error_of(root.install, "wg0", interactive=True)
    assert error.name == LIMITS
    polkit.release("yes")
    for reply in waiting:
        assert reply.result(10)["active"]
    polkit.default = "yes"
    assert root.install("wg0")["holders"] == 9
