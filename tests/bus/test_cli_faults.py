# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What airpods does when a daemon is missing, silent, talks rubbish or refuses. The daemons here are mocks, because the
# real ones do not do such things; what the real ones do is in test_cli_mss.py and test_cli_config.py.
import os
import signal

import pytest
from gi.repository import GLib

from fixtures_cli import (HELPER, HELPER_PATH, MANAGER, MANAGER_PATH, OBJECT_MANAGER, cli, mocks,  # noqa: F401
                          session_bus)
from lab import wait

CLAMP = ("dbus.Dictionary({'interface': 'wg0', 'ifindex': dbus.UInt32(7), 'kind': 'wireguard', 'link-mtu': dbus.UInt32(1420),"
         " 'mode': 'route', 'path-mtu': dbus.UInt32(0), 'active': True, 'mine': dbus.Array([], signature='s'),"
         " 'holders': dbus.UInt32(1), 'syn-packets': dbus.UInt64(0), 'since-usec': dbus.UInt64(0)}, signature='sv')")
HANG = "import time\nwhile True: time.sleep(1)"
SHORT = {"SYSTEMD_BUS_TIMEOUT": "1s"}


def hang_and_touch(path):
    return f"open({str(path)!r}, 'w').close()\n{HANG}"


def error(name, message="Something was refused."):
    return f"raise dbus.exceptions.DBusException({message!r}, name={name!r})"


def helper_methods(install="", listing="ret = {}", remove=""):
    return [(HELPER, "InstallClamp", "sa{sv}", "a{sv}", install), (HELPER, "RemoveClamp", "sa{sv}", "", remove),
            (HELPER, "ListClamps", "", "a{sa{sv}}", listing)]


@pytest.mark.parametrize("words", [["mss", "status"], ["mss", "enable", "wg0"], ["mss", "disable", "wg0"]])
def test_no_helper(cli, mocks, words):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", "ret = {}")])
    result = cli(*words)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines() == [
        "airpods: airpods-helper cannot be reached on the system bus.",
        'See "systemctl status airpods-helper"; after installing it, run "sudo systemctl reload dbus".']


@pytest.mark.parametrize("words", [["mss", "check"], ["mss", "enable"], ["vpn"], ["config", "path"], ["config", "show"],
                                   ["config", "validate"]])
def test_no_service(cli, words):  # noqa: F811
    result = cli(*words)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines() == [
        "airpods: airpodsd cannot be reached on the session bus.",
        'Log in as the user who owns the services, and see "systemctl --user status airpodsd".']


def test_a_helper_that_does_not_start_is_missing(cli, session_bus):  # noqa: F811
    session_bus.add_service(HELPER, "/nonexistent/airpods-helper")
    result = cli("mss", "status")
    assert result.code == 1
    assert result.err.splitlines()[0] == "airpods: airpods-helper cannot be reached on the system bus."


@pytest.mark.parametrize("name", ["org.freedesktop.systemd1.UnitMasked", "org.freedesktop.systemd1.NoSuchUnit",
                                  "org.freedesktop.DBus.Error.NameHasNoOwner"])
def test_a_masked_unit_is_a_missing_helper(cli, mocks, name):  # noqa: F811
    mocks(HELPER, HELPER_PATH, helper_methods(listing=error(name)))
    result = cli("mss", "status")
    assert result.code == 1
    assert result.err.splitlines()[0] == "airpods: airpods-helper cannot be reached on the system bus."


def test_naming_the_interface_needs_no_service(cli, mocks):  # noqa: F811
    helper = mocks(HELPER, HELPER_PATH, helper_methods(install=f"ret = {CLAMP}"))
    for words in (["wg0"], ["--all"]):
        result = cli("mss", "enable", *words)
        assert result.code == 0
        assert result.err.splitlines()[0] == "airpods: airpodsd cannot be reached on the session bus."
    assert helper.calls("InstallClamp") == [["wg0", {"lifetime": "boot"}], ["*", {"lifetime": "boot"}]]
    result = cli("mss", "disable", "wg0")
    assert result.code == 0
    assert helper.calls("RemoveClamp") == [["wg0", {}]]


def test_the_path_mtu_goes_to_the_helper_unjudged(cli, mocks):  # noqa: F811
    helper = mocks(HELPER, HELPER_PATH, helper_methods(install=f"ret = {CLAMP}"))
    assert cli("mss", "enable", "wg0", "--path-mtu", "5").code == 0
    assert cli("mss", "enable", "wg0", "--path-mtu=1380").code == 0
    assert helper.calls("InstallClamp") == [["wg0", {"lifetime": "boot", "path-mtu": 5}],
                                            ["wg0", {"lifetime": "boot", "path-mtu": 1380}]]


@pytest.mark.parametrize(("name", "code"), [
    ("org.airpods.Error.ConfigInvalid", 1),
    ("org.airpods.Error.HelperDenied", 4),
    ("org.airpods.Error.HelperUnavailable", 1),
    ("org.airpods.Error.InvalidInterface", 2),
    ("org.airpods.Error.NoSuchInterface", 3),
    ("org.airpods.Error.InvalidMtu", 2),
    ("org.airpods.Error.InvalidOption", 2),
    ("org.airpods.Error.KernelUnsupported", 1),
    ("org.freedesktop.DBus.Error.AccessDenied", 4),
    ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", 4),
    ("org.freedesktop.DBus.Error.LimitsExceeded", 1),
    ("org.example.Unheard.Of", 1),
])
def test_each_error_has_its_exit_code_and_a_hint(cli, mocks, name, code):  # noqa: F811
    mocks(HELPER, HELPER_PATH, helper_methods(install=error(name, "No, because of the moon.")))
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", "ret = {}")])
    result = cli("mss", "enable", "wg0")
    assert (result.code, result.out) == (code, "")
    lines = result.err.splitlines()
    assert lines[0] == "airpods: No, because of the moon."
    assert len(lines) == (1 if name == "org.example.Unheard.Of" else 2)


def test_an_error_without_words_gets_the_sentence_of_the_table(cli, mocks):  # noqa: F811
    mocks(HELPER, HELPER_PATH, helper_methods(listing=error("org.airpods.Error.KernelUnsupported", "")))
    assert cli("mss", "status").err.splitlines()[0] == "airpods: The kernel refused the rules; nothing was changed."


def test_what_a_daemon_says_is_never_printed_raw(cli, mocks):  # noqa: F811
    mocks(HELPER, HELPER_PATH, helper_methods(listing=error("org.example.Bad", "\x1b[2Jgone\nairpods: done")))
    assert cli("mss", "status").err == "airpods: \\x1b[2Jgone\\x0aairpods: done\n"


@pytest.mark.parametrize("words", [["mss", "status"], ["mss", "enable", "wg0"]])
def test_a_silent_helper_is_a_time_out(cli, mocks, words):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", "ret = {}")])
    mocks(HELPER, HELPER_PATH, helper_methods(install=HANG, listing=HANG))
    result = cli(*words, env=SHORT)
    assert (result.code, result.out) == (5, "")
    assert result.err.splitlines()[0] == "airpods: No answer came in time."
    assert len(result.err.splitlines()) == 2


def test_a_silent_service_is_a_time_out(cli, mocks):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", HANG)])
    assert cli("mss", "check", env=SHORT).code == 5


def test_a_service_that_does_not_come_up_is_a_time_out(cli, mocks):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}",
                                   error("org.freedesktop.DBus.Error.TimedOut", "Failed to activate service."))])
    result = cli("mss", "check")
    assert result.code == 5
    assert result.err.splitlines()[0] == "airpods: No answer came in time."


def test_version_does_not_wait_for_a_silent_daemon(cli, mocks, tmp_path):  # noqa: F811
    mock = mocks(HELPER, HELPER_PATH, [(HELPER, "ListClamps", "", "a{sa{sv}}", hang_and_touch(tmp_path / "called"))],
                 {HELPER: {"Version": GLib.Variant("s", "9.9")}})
    assert cli("version").out.splitlines()[-1] == "airpods-helper 9.9"
    # The mock does one thing at a time: while it does not answer this call, it answers no other.
    caller = cli.start("mss", "status")
    wait.until((tmp_path / "called").exists, "the helper has stopped answering")
    result = cli("version")
    assert result.code == 0
    assert result.out.splitlines()[-1] == "airpods-helper does not run"
    mock.stop()
    caller.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_a_call(cli, mocks, tmp_path, number):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", "ret = {}")])
    mock = mocks(HELPER, HELPER_PATH, helper_methods(install=hang_and_touch(tmp_path / "called")))
    process = cli.start("mss", "enable", "wg0")
    wait.until((tmp_path / "called").exists, "the helper is asked")
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert out == b""
    assert err.decode().splitlines() == ["airpods: Cancelled.", '"airpods mss status" shows what is in force.']
    assert mock.process.poll() is None


GARBAGE_CLAMPS = [
    ("s", "ret = 'hello'"),
    ("", ""),
    ("as", "ret = ['wg0']"),
    ("a{ss}", "ret = {'wg0': 'route'}"),
    # A key that is missing, one of another type, and nothing at all.
    ("a{sa{sv}}", f"ret = {{'wg0': {CLAMP}}}\ndel ret['wg0']['mode']"),
    ("a{sa{sv}}", f"ret = {{'wg0': {CLAMP}}}\nret['wg0']['ifindex'] = 'seven'"),
    ("a{sa{sv}}", f"ret = {{'wg0': {CLAMP}}}\nret['wg0']['mine'] = dbus.Array([dbus.UInt32(1)], signature='u')"),
    ("a{sa{sv}}", "ret = {'wg0': dbus.Dictionary({}, signature='sv')}"),
]


@pytest.mark.parametrize(("signature", "code"), GARBAGE_CLAMPS)
def test_garbage_from_the_helper(cli, mocks, signature, code):  # noqa: F811
    mocks(HELPER, HELPER_PATH, [(HELPER, "ListClamps", "", signature, code)])
    for words in (["mss", "status"], ["mss", "status", "--json"]):
        result = cli(*words)
        assert (result.code, result.out) == (1, "")
        assert result.err.splitlines() == [
            "airpods: airpods-helper sent an answer that cannot be understood.",
            'The programs may be of different versions: "airpods version" shows them.']


def test_a_later_helper_may_say_more(cli, mocks):  # noqa: F811
    mocks(HELPER, HELPER_PATH, [(HELPER, "ListClamps", "", "a{sa{sv}}",
                                 f"ret = {{'wg0': {CLAMP}}}\nret['wg0']['phase-of-moon'] = dbus.Array([1], signature='i')")])
    assert cli("mss", "status", "--json").json == [{
        "interface": "wg0", "ifindex": 7, "kind": "wireguard", "link_mtu": 1420, "mode": "route", "path_mtu": 0,
        "active": True, "mine": [], "holders": 1, "syn_packets": 0, "since_usec": 0}]


GARBAGE_TUNNELS = [
    ("s", "ret = 'hello'"),
    ("", ""),
    ("a{oa{ss}}", "ret = {'/org/airpods/Manager1/tunnel/wg0': {'org.airpods.Tunnel1': 'x'}}"),
    ("a{oa{sa{sv}}}", "ret = {'/org/airpods/Manager1/tunnel/wg0': {'org.airpods.Tunnel1': {'Mtu': 'small'}}}"),
    ("a{oa{sa{sv}}}", "ret = {'/org/airpods/Manager1/tunnel/wg0': {'org.airpods.Tunnel1': {'Interface': 'wg0'}}}"),
]


@pytest.mark.parametrize(("signature", "code"), GARBAGE_TUNNELS)
def test_garbage_from_the_service(cli, mocks, signature, code):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", signature, code)])
    for words in (["mss", "check", "--json"], ["vpn"]):
        result = cli(*words)
        assert (result.code, result.out) == (1, "")
        assert result.err.splitlines()[0] == "airpods: airpodsd sent an answer that cannot be understood."


def test_a_tunnel_with_a_hostile_name_is_printed_harmlessly(cli, mocks):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", """
ret = {'/org/airpods/Manager1/tunnel/x': {'org.airpods.Tunnel1': {
    'Interface': '\\x1b[31mwg0', 'Kind': 'wire\\nguard', 'Mtu': dbus.UInt32(1380), 'LinkMtu': dbus.UInt32(1420),
    'Reduced': True, 'CarriesDefault': False, 'Clamp': 'none', 'Policy': 'ask'}}}""")])
    result = cli("vpn")
    assert result.code == 0
    assert "\x1b" not in result.out
    assert len(result.out.splitlines()) == 4
    assert cli("vpn", "--json").json[0]["interface"] == "\x1b[31mwg0"


SENTENCES = {
    ("none", True): 'wg0: its packets are smaller than usual (1380 bytes), and airpods does not adjust the connections that go '
                    'out through it: "airpods mss enable wg0" changes that.',
    ("requested", True): "wg0: its packets are smaller than usual (1380 bytes), and airpods is asking for permission to adjust "
                         "the connections that go out through it.",
    ("route", True): "wg0: its packets are smaller than usual (1380 bytes), and airpods adjusts (clamps) the connections that "
                     "go out through it.",
    ("fixed", True): "wg0: its packets are smaller than usual (1380 bytes), and airpods adjusts (clamps) the connections that "
                     "go out through it.",
    ("denied", True): "wg0: its packets are smaller than usual (1380 bytes), but airpods was not allowed to adjust the "
                      'connections that go out through it: "airpods mss enable wg0" asks for a password.',
    ("unavailable", True): "wg0: its packets are smaller than usual (1380 bytes), but airpods cannot adjust the connections "
                           "that go out through it: airpods-helper does not answer or the kernel refuses.",
    ("none", False): "wg0: its packets are not smaller than usual (1380 bytes), so airpods does not adjust anything.",
    ("route", False): "wg0: its packets are not smaller than usual (1380 bytes), but somebody asked airpods to adjust (clamp) "
                      "the connections that go out through it.",
}


@pytest.mark.parametrize(("clamp", "reduced"), SENTENCES)
def test_each_state_of_a_tunnel_has_its_sentence(cli, mocks, clamp, reduced):  # noqa: F811
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", f"""
ret = {{'/org/airpods/Manager1/tunnel/wg0': {{'org.airpods.Tunnel1': {{
    'Interface': 'wg0', 'Kind': 'wireguard', 'Mtu': dbus.UInt32(1380), 'LinkMtu': dbus.UInt32(1420),
    'Reduced': {reduced}, 'CarriesDefault': True, 'Clamp': {clamp!r}, 'Policy': 'auto'}}}}}}""")])
    result = cli("mss", "check")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1] == SENTENCES[clamp, reduced]
    assert cli("mss", "check", "--json").json == [{
        "interface": "wg0", "kind": "wireguard", "mtu": 1380, "link_mtu": 1420, "reduced": reduced, "carries_default": True,
        "clamp": clamp, "policy": "auto"}]


def test_another_config_than_the_service_reads_is_mentioned(cli, mocks, tmp_path):  # noqa: F811
    ours, theirs = tmp_path / "ours.toml", tmp_path / "theirs.toml"
    mocks(MANAGER, MANAGER_PATH, properties={MANAGER: {"ConfigPath": GLib.Variant("s", str(theirs))}})
    result = cli("config", "path", env={"AIRPODS_CONFIG": str(ours)})
    assert (result.code, result.out) == (0, f"{theirs}\n")
    assert result.err == (f'airpods: AIRPODS_CONFIG is "{ours}" here, but airpodsd reads "{theirs}": it takes the variable '
                          "from its own environment when it starts.\n")
    # The same file by another name is the same file, and so is one that is named relative to here.
    theirs.write_text("")
    os.symlink(theirs, ours)
    assert cli("config", "path", env={"AIRPODS_CONFIG": str(ours)}).err == ""
    assert cli("config", "path", env={"AIRPODS_CONFIG": "theirs.toml"}, cwd=tmp_path).err == ""
    assert cli("config", "path", env={"AIRPODS_CONFIG": ""}).err == ""


def test_root_never_uses_a_session_bus(cli, mocks):  # noqa: F811
    service = mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", "ret = {}")])
    helper = mocks(HELPER, HELPER_PATH, helper_methods(install=f"ret = {CLAMP}", listing=f"ret = {{'wg0': {CLAMP}}}"))
    for words in (["mss", "check"], ["mss", "status"], ["mss", "enable"], ["mss", "disable"], ["version"]):
        assert cli(*words, root=True).code == 0
    assert service.calls("GetManagedObjects") == []
    assert service.calls("Get") == []
    assert helper.calls("InstallClamp") == [["*", {"lifetime": "boot"}]]
    assert helper.calls("RemoveClamp") == [["wg0", {"all-users": True}]]


def test_an_airpodsd_of_ones_own_is_explained(cli, mocks):  # noqa: F811
    """To its own user, too, the helper does not say who holds what: MINE is empty where airpodsd asked."""
    note = ('MINE is what you asked for yourself ("airpods mss enable"). What airpodsd asks for by itself is not in it, but its '
            "user is counted in HELD-BY.")
    listing = f"ret = {{'wg0': {CLAMP}}}"
    helper = mocks(HELPER, HELPER_PATH, helper_methods(listing=listing))
    assert cli("mss", "status").out.splitlines()[-2:] == ["", note]
    # What is one's own, or is named, needs no explanation.
    for more in ("ret['wg0']['mine'] = dbus.Array(['boot'], signature='s')",
                 "ret['wg0']['owners'] = dbus.Array([dbus.UInt32(1000)], signature='u')"):
        helper.add(HELPER, "ListClamps", "", "a{sa{sv}}", f"{listing}\n{more}")
        assert len(cli("mss", "status").out.splitlines()) == 2
