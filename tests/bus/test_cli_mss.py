# SPDX-License-Identifier: LGPL-2.1-or-later
#
# airpods mss and airpods vpn with everything real: airpodsd, the helper, polkitd, a tunnel; as Alice, as Bob, as root,
# with and without a session bus. Runs in tests/lab/private.py. Alice may clamp tunnels without a password.
import contextlib
import json
import os
import pwd
import shutil
import time

import pytest
from gi.repository import GLib

from fixtures_cli import airpods, computer_with, folder  # noqa: F401  (fixtures)
from lab import netns, users, wait
from lab.tun import Tun

CONFIG = '[vpn]\nnotify = "never"\n'
VPN = "wg0-mullvad"
EVERYBODY = {"all-users": GLib.Variant("b", True)}
HINT = {
    "InvalidInterface": 'Names are 1 to 15 letters, digits and . _ @ + -; "ip link" lists them.',
    "NoSuchInterface": "\"ip link\" lists the interfaces; a VPN's interface exists only while it is connected.",
    "InvalidMtu": "Give a packet size from 576 to 65535 bytes.",
}


@pytest.fixture(scope="module")
def computer(computer_with):  # noqa: F811
    made = computer_with()
    made.start_airpodsd(CONFIG)
    return made


@pytest.fixture(scope="module")
def host():
    return netns.Namespace()


def drop_all(computer):
    for interface in computer.clamps():
        with contextlib.suppress(Exception):
            computer.remove(interface, EVERYBODY, computer.root)


@pytest.fixture(autouse=True)
def clean(computer):
    """Each test begins and ends without a tunnel, a claim or a remembered policy."""
    yield
    wait.until(lambda: computer.tunnels() == {}, "the tunnels of the test before are forgotten")
    drop_all(computer)
    wait.until(lambda: computer.clamps() == {}, "the claims of the test before are gone")


@contextlib.contextmanager
def tunnel(host, computer, name=VPN, mtu=1380, route="default", clamp=None):
    """A tunnel as airpodsd sees it; waits until its clamp is as given. Its policy is "auto" again when it goes."""
    device = Tun(host, name)
    try:
        host.ip("link", "set", name, "mtu", str(mtu), "up")
        host.ip("route", "add", route, "dev", name)
        computer.wait_for_clamp(name, clamp or ("route" if mtu < 1500 else "none"))
        yield
        if (tunnel_now := computer.tunnel(name)) and tunnel_now["Policy"] != "auto":
            set_policy(computer, name, "auto")
    finally:
        device.close()


def set_policy(computer, name, policy):
    from lab.computer import MANAGER, MANAGER_PATH, TUNNEL, encoded
    computer.session.set(MANAGER, f"{MANAGER_PATH}/tunnel/{encoded(name)}", TUNNEL, "Policy", GLib.Variant("s", policy))


def index_of(host, name):
    return json.loads(host.ip("-j", "link", "show", name))[0]["ifindex"]


# --- looking --------------------------------------------------------------------------------------------------------

def test_without_a_vpn(airpods):  # noqa: F811
    for words in (["mss", "check"], ["vpn"]):
        assert airpods(*words).out == (
            'No VPN is up, apart from any that "ignore" in [vpn] of the configuration names.\n')
        assert airpods(*words, "--json").out == "[]\n"
        assert airpods(*words).code == airpods(*words, "--json").code == 0


def test_without_a_clamp(airpods):  # noqa: F811
    for user in ("alice", "root"):
        result = airpods("mss", "status", user=user)
        assert result.code == 0
        assert result.out.splitlines()[-1] == "Nothing is adjusted (clamped) on this computer."
        result = airpods("mss", "status", "--json", user=user)
        assert (result.code, result.out) == (0, "[]\n")


def test_check(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        result = airpods("mss", "check")
        assert (result.code, result.err) == (0, "")
        lines = result.out.splitlines()
        assert lines[0].split() == ["INTERFACE", "KIND", "MTU", "LINK-MTU", "REDUCED", "DEFAULT", "CLAMP", "POLICY"]
        assert lines[1].split() == ["wg0-mullvad", "tun", "1380", "1380", "yes", "yes", "route", "auto"]
        assert lines[2:] == ["", "wg0-mullvad: its packets are smaller than usual (1380 bytes), and airpods adjusts (clamps) "
                                 "the connections that go out through it."]
        result = airpods("mss", "check", "--json")
        assert (result.code, result.err) == (0, "")
        assert result.json == [{"interface": "wg0-mullvad", "kind": "tun", "mtu": 1380, "link_mtu": 1380, "reduced": True,
                                "carries_default": True, "clamp": "route", "policy": "auto"}]


def test_check_and_vpn_list_every_tunnel_by_name(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer, "tun9", mtu=1500, route="9.9.9.0/24"), tunnel(host, computer):
        for words in (["mss", "check"], ["vpn"]):
            assert [(row["interface"], row["reduced"], row["carries_default"], row["clamp"])
                    for row in airpods(*words, "--json").json] == [
                        ("tun9", False, False, "none"), ("wg0-mullvad", True, True, "route")]
        assert airpods("mss", "check").out.splitlines()[-2] == (
            "tun9: its packets are not smaller than usual (1500 bytes), so airpods does not adjust anything.")


def test_vpn_says_what_the_policy_means(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        sentence = airpods("vpn").out.splitlines()[-1]
        assert sentence.endswith("Policy auto: airpods adjusts by itself while packets are smaller than usual.")
        row = airpods("vpn", "--json").json[0]
        assert row.pop("meaning") == sentence
        assert row == airpods("mss", "check", "--json").json[0]
        set_policy(computer, VPN, "off")
        computer.wait_for_clamp(VPN, "none")
        assert airpods("vpn").out.splitlines()[-1].endswith("Policy off: airpods leaves this VPN alone.")
        assert "REDUCED" in airpods("vpn").out


def test_status(airpods, computer, host):  # noqa: F811
    before = time.time()
    with tunnel(host, computer):
        computer.install(VPN)
        rows = airpods("mss", "status", "--json").json
        assert len(rows) == 1
        since = rows[0].pop("since_usec") / 1e6
        assert before - 1 <= since <= time.time()
        assert rows == [{"interface": "wg0-mullvad", "ifindex": index_of(host, VPN), "kind": "tun", "link_mtu": 1380,
                         "mode": "route", "path_mtu": 0, "active": True, "mine": ["boot"], "holders": 1, "syn_packets": 0}]
        result = airpods("mss", "status")
        assert (result.code, result.err) == (0, "")
        head, row = result.out.splitlines()
        assert head.split() == ["INTERFACE", "KIND", "LINK-MTU", "MODE", "PATH-MTU", "ACTIVE", "MINE", "HELD-BY",
                                "SYN-PACKETS", "SINCE"]
        assert row.split() == ["wg0-mullvad", "tun", "1380", "route", "-", "yes", "boot", "1", "user", "0",
                                   *time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(since)).split()]


def test_status_for_root_names_the_owners(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        result = airpods("mss", "status", "--json", user="root")
        assert result.code == 0
        assert result.err == "Running as root: this is what airpods-helper adjusts (clamps), not a list of the VPNs.\n"
        assert result.json[0]["owners"] == [pwd.getpwnam(users.ALICE).pw_uid]
        assert result.json[0]["mine"] == []
        result = airpods("mss", "status", user="root")
        assert result.out.splitlines()[0] == (
            "Running as root: this is what airpods-helper adjusts (clamps), not a list of the VPNs.")
        assert "alice" in result.out.splitlines()[2].split()


def test_check_without_a_session_bus_lists_the_clamps(airpods, computer, host):  # noqa: F811
    sentence = "There is no session bus: this is what airpods-helper adjusts (clamps), not a list of the VPNs."
    with tunnel(host, computer):
        for words in (["mss", "check"], ["mss", "status"]):
            result = airpods(*words, session=False)
            assert (result.code, result.err) == (0, "")
            assert result.out.splitlines()[0] == sentence
            result = airpods(*words, "--json", session=False)
            assert (result.code, result.err) == (0, sentence + "\n")
            assert [row["interface"] for row in result.json] == ["wg0-mullvad"]
            assert result.json[0]["syn_packets"] == 0


# --- enable ---------------------------------------------------------------------------------------------------------

def test_enable_makes_a_claim_that_outlives_the_automatic_one(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        result = airpods("mss", "enable", VPN)
        assert (result.code, result.err) == (0, "")
        assert result.out.splitlines() == [
            "wg0-mullvad: airpods adjusts (clamps) the connections that go out through it to 1380 bytes, for all users. "
            "This holds until you undo it, airpods-helper is restarted or the computer restarts.",
            "Undo: airpods mss disable wg0-mullvad"]
        assert airpods("mss", "status", "--json").json[0]["mine"] == ["boot"]
        # Once more changes nothing.
        assert airpods("mss", "enable", VPN).code == 0
        assert airpods("mss", "status", "--json").json[0]["mine"] == ["boot"]
    wait.until(lambda: computer.tunnels() == {}, "the tunnel is forgotten")
    row = airpods("mss", "status", "--json").json[0]
    assert (row["interface"], row["ifindex"], row["active"], row["mine"]) == ("wg0-mullvad", 0, False, ["boot"])
    # What sleeps may be asked for again, and is described as it is.
    assert "when it is there again" in airpods("mss", "enable", VPN).out


def test_enable_json(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        result = airpods("mss", "enable", VPN, "--json")
        assert result.code == 0
        assert result.json == airpods("mss", "status", "--json").json
        assert "Undo: airpods mss disable wg0-mullvad" in result.err


def test_enable_without_a_name_takes_every_reduced_tunnel(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer, "tun8", mtu=1400, route="8.8.0.0/16"), tunnel(host, computer, "tun9", 1500, "9.9.9.0/24"), \
            tunnel(host, computer):
        result = airpods("mss", "enable")
        assert (result.code, result.err) == (0, "")
        assert {row["interface"]: row["mine"] for row in airpods("mss", "status", "--json").json} == {
            "tun8": ["boot"], "wg0-mullvad": ["boot"]}


def test_enable_without_a_reduced_tunnel(airpods, computer, host):  # noqa: F811
    sentence = "airpods: No VPN with smaller packets is up, so there is nothing to adjust."
    result = airpods("mss", "enable")
    assert (result.code, result.out, result.err.splitlines()[0]) == (3, "", sentence)
    with tunnel(host, computer, "tun9", 1500):
        assert airpods("mss", "enable").code == 3
        # By name it is adjusted all the same.
        assert airpods("mss", "enable", "tun9").code == 0
        assert "but somebody asked airpods to adjust" in airpods("mss", "check").out


def test_enable_puts_the_policy_back(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        set_policy(computer, VPN, "off")
        computer.wait_for_clamp(VPN, "none")
        result = airpods("mss", "enable", VPN)
        assert result.code == 0
        assert "wg0-mullvad: its policy was off and is auto again." in result.out.splitlines()
        assert computer.tunnel(VPN)["Policy"] == "auto"
        set_policy(computer, VPN, "ask")
        assert "policy" not in airpods("mss", "enable", VPN).out
        assert computer.tunnel(VPN)["Policy"] == "ask"


@pytest.mark.parametrize("name", ["", "abcdefghijklmnop", "../x", "eth0;x", "w\u00fc", "wg0\n", "-- -x"])
def test_bad_names_are_usage_errors(airpods, computer, name):  # noqa: F811
    words = name.split(" ") if name.startswith("--") else [name]
    for verb in ("enable", "disable"):
        result = airpods("mss", verb, *words)
        assert (result.code, result.out) == (2, "")
        assert result.err.splitlines()[1:] == [HINT["InvalidInterface"]]
    assert computer.clamps() == {}


def test_a_name_that_is_not_utf8_cannot_even_be_sent(airpods):  # noqa: F811
    for verb in ("enable", "disable"):
        result = airpods("mss", verb, os.fsdecode(b"wg\xff"))
        assert (result.code, result.out) == (2, "")
        assert result.err.splitlines() == ["airpods: This is not the name of a network interface.", HINT["InvalidInterface"]]


def test_an_interface_that_is_not_there(airpods):  # noqa: F811
    result = airpods("mss", "enable", "wg9")
    assert (result.code, result.out) == (3, "")
    assert result.err.splitlines()[1:] == [HINT["NoSuchInterface"]]


def test_a_size_that_cannot_be(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        for size in ("575", "65536"):
            result = airpods("mss", "enable", VPN, "--path-mtu", size)
            assert (result.code, result.out) == (2, "")
            assert result.err.splitlines()[1:] == [HINT["InvalidMtu"]]
        assert airpods("mss", "enable", "--all", "--path-mtu", "1300").code == 2


def test_what_needs_a_password_is_denied_without_a_terminal(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        for words, user in ((["--path-mtu", "1300", VPN], "alice"), (["--all"], "alice"), ([VPN], "bob"), (["lo"], "alice")):
            result = airpods("mss", "enable", *words, user=user, session=user == "alice")
            assert (result.code, result.out) == (4, "")
            assert result.err.startswith("airpods: Access denied")
            assert len(result.err.splitlines()) == 2
        assert airpods("mss", "status", "--json").json[0]["mine"] == []


def test_root_may_do_everything(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        assert airpods("mss", "enable", VPN, "--path-mtu", "1300", user="root").code == 0
        assert airpods("mss", "status", "--json", user="root").json[0]["path_mtu"] == 1300
        assert airpods("mss", "enable", "lo", user="root").code == 0
        result = airpods("mss", "enable", "--all", user="root")
        assert result.code == 0
        assert result.out.splitlines() == [
            "Every VPN, now and later: airpods adjusts (clamps) the connections that go out through it, for all users. "
            "This holds until you undo it, airpods-helper is restarted or the computer restarts.",
            "Undo: sudo airpods mss disable --all"]
        assert set(computer.clamps()) == {"*", "lo", VPN}
        assert '"*" is every VPN, now and later.' in airpods("mss", "status").out
        result = airpods("mss", "disable", "--all", user="root")
        assert result.code == 0
        assert result.out.splitlines() == ["Every VPN, now and later: what you asked for is undone.",
                                           "Undo: sudo airpods mss enable --all"]
        assert set(computer.clamps()) == {"lo", VPN}


# --- disable --------------------------------------------------------------------------------------------------------

def test_disable_drops_the_claim_and_the_automatic_one(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        airpods("mss", "enable", VPN)
        result = airpods("mss", "disable", VPN)
        assert (result.code, result.err) == (0, "")
        assert result.out.splitlines() == [
            "wg0-mullvad: what you asked for is undone, and airpods leaves this VPN alone from now on (policy off).",
            "Undo: airpods mss enable wg0-mullvad"]
        assert computer.clamps() == {}
        assert computer.tunnel(VPN)["Policy"] == "off"
        # The undo that it names does undo it.
        assert airpods("mss", "enable", VPN).code == 0
        computer.wait_for_clamp(VPN)
        assert computer.tunnel(VPN)["Policy"] == "auto"


def test_disable_without_a_claim_is_fine(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        # Only the first time there is something to undo.
        for undo in (["Undo: airpods mss enable wg0-mullvad"], []):
            result = airpods("mss", "disable", VPN)
            assert (result.code, result.err) == (0, "")
            assert result.out.splitlines() == [
                "wg0-mullvad: you had asked for nothing here, and airpods leaves this VPN alone from now on (policy off).", *undo]
            assert computer.clamps() == {}
    for word, sentence in (("wg9", "wg9: there is no such interface now, and you had asked for nothing here."),
                           ("lo", "lo: you had asked for nothing here."),
                           ("--all", "Every VPN, now and later: you had asked for nothing here.")):
        result = airpods("mss", "disable", word)
        assert (result.code, result.out, result.err) == (0, sentence + "\n", "")


def test_disable_says_who_holds_it_still(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        airpods("mss", "enable", VPN)
        airpods("mss", "enable", VPN, user="root")
        result = airpods("mss", "disable", VPN)
        assert result.code == 0
        assert result.out.splitlines()[1] == (
            'wg0-mullvad: still adjusted (clamped), because it is held by 1 user; "sudo airpods mss disable" ends every '
            "adjustment of every user.")
        # Nobody else's was touched, and root learns the name.
        airpods("mss", "enable", VPN)
        result = airpods("mss", "disable", VPN, user="root")
        assert result.out.splitlines() == [
            "wg0-mullvad: what you asked for is undone.",
            'wg0-mullvad: still adjusted (clamped), because it is held by alice; "sudo airpods mss disable" ends every '
            "adjustment of every user.",
            "Undo: sudo airpods mss enable wg0-mullvad"]


def test_disable_json(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        airpods("mss", "enable", VPN)
        airpods("mss", "enable", VPN, user="root")
        assert airpods("mss", "disable", VPN, "--json").json == [
            {"interface": "wg0-mullvad", "removed": True, "policy": "off", "holders": 1}]
        assert airpods("mss", "disable", VPN, "--json").json == [
            {"interface": "wg0-mullvad", "removed": False, "policy": "off", "holders": 1}]
    assert airpods("mss", "disable", "wg9", "--json").json == [
        {"interface": "wg9", "removed": False, "policy": "", "holders": 0}]


def test_disable_without_a_name(airpods, computer, host):  # noqa: F811
    result = airpods("mss", "disable")
    assert (result.code, result.out) == (0, "Nothing is adjusted (clamped) here, so there is nothing to undo.\n")
    assert airpods("mss", "disable", "--json").out == "[]\n"
    with tunnel(host, computer, "tun8", mtu=1400, route="8.8.0.0/16"), tunnel(host, computer, "tun9", 1500, "9.9.9.0/24"):
        airpods("mss", "enable", "tun9")
        airpods("mss", "enable", "tun9", user="root")
        assert airpods("mss", "disable", "--json").json == [
            {"interface": "tun8", "removed": False, "policy": "off", "holders": 0},
            {"interface": "tun9", "removed": True, "policy": "off", "holders": 1}]
        set_policy(computer, "tun9", "auto")


def test_root_without_a_name_drops_everybodys(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        airpods("mss", "enable", VPN)
        airpods("mss", "enable", user="root")
        assert airpods("mss", "enable", VPN, user="root").code == 0
        assert set(computer.clamps()) == {"*", VPN}
        result = airpods("mss", "disable", user="root")
        assert (result.code, result.err) == (0, "")
        assert result.out.splitlines() == [
            "Every VPN, now and later: what everybody asked for (root) is undone.",
            "Undo: sudo airpods mss enable --all",
            "wg0-mullvad: what everybody asked for (root, alice) is undone.",
            "Undo: sudo airpods mss enable wg0-mullvad"]
        assert computer.clamps() == {}
        # airpodsd does not fight that, and "vpn" does not say that it does.
        computer.wait_for_clamp(VPN, "none")
        assert airpods("vpn").out.splitlines()[-1] == (
            "wg0-mullvad: its packets are smaller than usual (1380 bytes), and airpods does not adjust the connections that go "
            'out through it: "airpods mss enable wg0-mullvad" changes that. Policy auto: airpods would adjust by itself, but an '
            'administrator ended that until the VPN connects again, or the configuration has errors ("airpods config validate").')
        assert computer.tunnel(VPN)["Policy"] == "auto"


# --- no session bus -------------------------------------------------------------------------------------------------

def test_without_a_session_bus_the_helper_alone_is_asked(airpods, computer, host):  # noqa: F811
    with tunnel(host, computer):
        assert airpods("mss", "enable", VPN, session=False).code == 0
        assert airpods("mss", "status", "--json", session=False).json[0]["mine"] == ["boot"]
        # Without a name it is every tunnel, which Alice may not do by herself.
        result = airpods("mss", "enable", session=False)
        assert (result.code, result.out) == (4, "")
        assert airpods("mss", "disable", session=False).code == 0
        assert airpods("mss", "status", "--json", session=False).json[0]["mine"] == []
        assert computer.tunnel(VPN)["Policy"] == "auto"
    for words in (["vpn"], ["config", "path"]):
        assert airpods(*words, session=False).code == 1


# --- the script of the guide ----------------------------------------------------------------------------------------

def test_the_words_of_the_guide(airpods, computer, host):  # noqa: F811
    script = f"{computer.source}/scripts/mss-clamping"
    copy = f"{computer.programs}/mss-clamping"
    with open(script, "rb") as source, open(copy, "wb") as file:
        file.write(source.read())
    os.chmod(copy, 0o755)

    def say(*words, user="alice"):
        result = airpods(*words, program=copy, user=user, env={"AIRPODS": f"{computer.programs}/airpods"})
        assert result.code == 0, result
        return result.out

    with tunnel(host, computer):
        assert "wg0-mullvad: its packets are smaller than usual" in say("check")
        assert "Every VPN" in say("enable", user="root")
        assert set(computer.clamps()) == {"*", VPN}
        assert "wg0-mullvad" in say("enable", "wg0-mullvad", user="root")
        assert computer.clamps()[VPN]["holders"] == 2
        assert "wg0-mullvad" in say("status")
        say("disable", user="root")
        assert computer.clamps() == {}
        # Without sudo, for what Alice may do.
        say("enable", "wg0-mullvad")
        assert computer.clamps()[VPN]["active"]
        say("disable", "wg0-mullvad")
        assert computer.clamps() == {}


def test_the_script_passes_exit_codes_on_and_knows_its_words(airpods, computer):  # noqa: F811
    script = f"{computer.source}/scripts/mss-clamping"
    here = {"AIRPODS": f"{computer.programs}/airpods"}
    assert airpods("enable", "wg9", program=script, user="root", env=here).code == 3
    assert airpods("enable", "--persistent", program=script, user="root", env=here).code == 2
    for words in ([], ["frobnicate"]):
        result = airpods(*words, program=script, user="root", env=here)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("Usage: mss-clamping check | enable [IFACE] | status | disable [IFACE]\n")
    result = airpods("--help", program=script, user="root", env=here)
    assert (result.code, result.err) == (0, "")


def test_the_script_finds_the_installed_program(airpods, computer):  # noqa: F811
    path = f"{computer.programs}:/usr/bin:/bin:/usr/sbin:/sbin"
    result = airpods("status", program=f"{computer.source}/scripts/mss-clamping", user="root", env={"PATH": path})
    assert result.code == 0
    assert "Nothing is adjusted" in result.out


def test_the_script_finds_the_program_of_its_checkout(airpods, computer, folder):  # noqa: F811
    for path in ("scripts", "build", "build/cli", "build-demo", "build-demo/cli"):
        (folder / path).mkdir()
        (folder / path).chmod(0o755)
    shutil.copy(f"{computer.source}/scripts/mss-clamping", folder / "scripts")
    elsewhere = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    script = str(folder / "scripts/mss-clamping")
    missing = airpods("status", program=script, env=elsewhere)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.splitlines() == [
        f"mss-clamping: airpods is not installed, and {folder}/build/cli/airpods has not been built. To build it:",
        f"cd {folder} && meson setup build && meson compile -C build"]
    for path in ("build-demo/cli", "build/cli"):
        shutil.copy(f"{computer.programs}/airpods", folder / path)
        assert airpods("status", program=script, env=elsewhere).out == "Nothing is adjusted (clamped) on this computer.\n"
        (folder / path / "airpods").unlink()
    shutil.copy(f"{computer.programs}/airpods", folder / "build/cli")
    # Also by a link to it, as people put into ~/bin.
    (folder / "link").symlink_to(script)
    assert airpods("status", program=str(folder / "link"), env=elsewhere).code == 0
