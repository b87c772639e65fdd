# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What airpods says and how it exits where no daemon answers: help, wrong words, root, no bus.
import subprocess

import pytest

from fixtures_cli import PERSON, lonely_cli  # noqa: F401  (a fixture)

VERBS = ["mss check", "mss enable", "mss disable", "mss status", "vpn", "config validate", "config path", "config show",
         "version"]


@pytest.fixture
def cli(lonely_cli):  # noqa: F811
    return lonely_cli


def test_alone_says_how_to_begin(cli):
    result = cli()
    assert result.code == 0
    assert len(result.out.splitlines()) == 3
    assert "airpods help" in result.out
    assert result.err == ""


@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"], ["help", "help"], ["help", "--help"]])
def test_help_lists_every_verb(cli, words):
    result = cli(*words)
    assert (result.code, result.err) == (0, "")
    for verb in VERBS:
        assert f"\n  {verb}" in result.out


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_is_the_same_both_ways(cli, verb):
    by_help, by_option = cli("help", *verb.split()), cli(*verb.split(), "--help")
    assert by_help.code == by_option.code == 0
    assert by_help.out == by_option.out
    assert by_help.out.startswith(f"Usage: airpods {verb}")


def test_help_of_a_group(cli):
    result = cli("help", "mss")
    assert result.code == 0
    assert cli("mss", "--help").out == cli("help", "mss", "--help").out == result.out
    assert [line.split()[1] for line in result.out.splitlines() if line.startswith("  mss")] == [
        "check", "enable", "disable", "status"]
    assert "config" not in result.out


def test_all_means_the_opposite_to_disable(cli):
    assert "--all" in cli("mss", "enable", "--help").out
    assert [line.split(maxsplit=1)[1] for verb in ("enable", "disable")
            for line in cli("mss", verb, "--help").out.splitlines() if line.startswith("  --all")] == [
                "every VPN, now and later", 'take back "airpods mss enable --all"']


def test_what_is_not_in_this_version_is_not_offered(cli):
    assert "--persistent" not in cli("help", "mss", "enable").out


@pytest.mark.parametrize(("words", "sentence"), [
    (["frobnicate"], 'airpods: Unknown command "frobnicate".'),
    (["help", "frobnicate"], 'airpods: Unknown command "frobnicate".'),
    ([""], 'airpods: Unknown command "".'),
    (["mess", "check"], 'airpods: Unknown command "mess"; did you mean "mss"?'),
    (["help", "vpm"], 'airpods: Unknown command "vpm"; did you mean "vpn"?'),
    (["--frobnicate"], 'airpods: Unknown option "--frobnicate".'),
    (["-x"], 'airpods: Unknown option "-x".'),
    (["--versio"], 'airpods: Unknown option "--versio"; did you mean "--version"?'),
    (["mss", "--jso"], 'airpods: Unknown option "--jso".'),
    (["mss", "--version"], 'airpods: Unknown option "--version".'),
    (["mss", "--halp"], 'airpods: Unknown option "--halp"; did you mean "--help"?'),
    (["mss"], 'airpods: "mss" wants one of these words: check, enable, disable, status.'),
    (["mss", "chekc"], 'airpods: Unknown command "mss chekc"; did you mean "mss check"?'),
    (["mss", "clear"], 'airpods: Unknown command "mss clear"; there are check, enable, disable, status.'),
    (["config"], 'airpods: "config" wants one of these words: validate, path, show.'),
    (["mss", "check", "--jsn"], 'airpods: Unknown option "--jsn"; did you mean "--json"?'),
    (["mss", "check", "--all"], 'airpods: Unknown option "--all".'),
    (["mss", "check", "wg0"], 'airpods: "wg0" is one word too many.'),
    (["mss", "enable", "wg0", "wg1"], 'airpods: Only one IFACE, not also "wg1".'),
    (["mss", "enable", "wg0", "--all"], "airpods: Either --all or an interface, not both."),
    (["mss", "disable", "--all", "wg0"], "airpods: Either --all or an interface, not both."),
    (["mss", "enable", "--path-mtu"], "airpods: --path-mtu wants a value: N."),
    (["mss", "enable", "wg0", "--path-mtu", "big"], 'airpods: --path-mtu wants a number of bytes, not "big".'),
    (["mss", "enable", "wg0", "--path-mtu=0"], 'airpods: --path-mtu wants a number of bytes, not "0".'),
    (["mss", "enable", "wg0", "--path-mtu=-5"], 'airpods: --path-mtu wants a number of bytes, not "-5".'),
    (["mss", "enable", "wg0", "--path-mtu=4294967296"], 'airpods: --path-mtu wants a number of bytes, not "4294967296".'),
    (["mss", "enable", "wg0", "--path-mtu=1280", "--path-mtu", "1300"], "airpods: --path-mtu is there twice."),
    (["mss", "status", "--json=yes"], "airpods: --json takes no value."),
])
def test_usage_errors(cli, words, sentence):
    result = cli(*words)
    assert result.code == 2
    assert result.out == ""
    assert result.err.splitlines() == [
        sentence, '"airpods help" lists the commands, "airpods help COMMAND" explains one.']


def test_persistent_is_refused_with_a_reason(cli):
    result = cli("mss", "enable", "--persistent", "wg0")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        'airpods: --persistent is not in this version: what "mss enable" does holds until you undo it, airpods-helper is '
        "restarted or the computer restarts.", "See airpods(1) for the options of this version."]


def test_what_was_typed_is_never_printed_raw(cli):
    result = cli("\x1b]0;owned\x07\u202e\n")
    assert result.code == 2
    assert result.err.splitlines()[0] == r'airpods: Unknown command "\x1b]0;owned\x07\xe2\x80\xae\x0a".'


@pytest.mark.parametrize("words", [["vpn"], ["config", "path"], ["config", "show"], ["config", "validate"]])
def test_root_is_sent_to_the_user(cli, words):
    result = cli(*words, root=True)
    assert (result.code, result.out) == (1, "")
    assert "run it as the user who owns the services" in result.err
    assert "airpods mss" in result.err


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["version"]])
def test_version_needs_no_daemon(cli, words):
    for root in (False, True):
        result = cli(*words, root=root)
        assert (result.code, result.err) == (0, "")
        assert result.out.splitlines() == ["airpods 0.1.0", "airpods-helper does not run"]


def test_version_json(cli):
    assert cli("version", "--json").json == [{"program": "airpods", "version": "0.1.0"},
                                             {"program": "airpods-helper", "version": None}]


@pytest.mark.parametrize("words", [["vpn"], ["config", "path"], ["config", "show"], ["config", "validate"]])
def test_no_session_bus(cli, words):
    result = cli(*words)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[0] == "airpods: airpodsd cannot be reached on the session bus."
    assert len(result.err.splitlines()) == 2


@pytest.mark.parametrize("words", [["mss", "check"], ["mss", "status"], ["mss", "status", "--json"], ["mss", "enable"],
                                   ["mss", "enable", "wg0"], ["mss", "disable", "wg0"]])
def test_no_system_bus(cli, words):
    result = cli(*words)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[0] == "airpods: airpods-helper cannot be reached on the system bus."
    assert len(result.err.splitlines()) == 2


def test_a_full_disk_is_not_success(cli):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([*PERSON, cli.program, "help"], stdout=full, stderr=subprocess.PIPE, env=cli.environment,
                              check=False, text=True)
    assert done.returncode == 1
    assert done.stderr == "airpods: Cannot write to standard output: No space left on device.\n"
