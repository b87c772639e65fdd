# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a terminal gets that a pipe does not, and who declines it. The words are the same everywhere.
import re

import pytest

from fixtures_cli import (MANAGER, MANAGER_PATH, OBJECT_MANAGER, PERSON, cli, mocks, session_bus)  # noqa: F401
from terminal import Terminal

TUNNEL = """
ret = {'/org/airpods/Manager1/tunnel/wg0': {'org.airpods.Tunnel1': {
    'Interface': 'wg0', 'Kind': 'wireguard', 'Mtu': dbus.UInt32(1380), 'LinkMtu': dbus.UInt32(1420),
    'Reduced': True, 'CarriesDefault': True, 'Clamp': 'route', 'Policy': 'auto'}}}"""
PLAIN = [
    "INTERFACE KIND       MTU LINK-MTU REDUCED DEFAULT CLAMP POLICY",
    "wg0       wireguard 1380     1420 yes     yes     route auto",
    "",
    "wg0: its packets are smaller than usual (1380 bytes), and airpods adjusts (clamps) the connections that go out through it.",
]


@pytest.fixture
def check(cli, mocks):  # noqa: F811
    """check(TERM="dumb"): what "mss check" prints on a terminal."""
    mocks(MANAGER, MANAGER_PATH, [(OBJECT_MANAGER, "GetManagedObjects", "", "a{oa{sa{sv}}}", TUNNEL)])
    made = []

    def run(*words, **env):
        made.append(Terminal([*PERSON, cli.program, *(words or ("mss", "check"))], {**cli.environment, **env}))
        assert made[-1].end() == 0
        return made[-1].seen

    yield run
    for terminal in made:
        terminal.close()


def test_titles_are_bold_on_a_terminal(check):
    seen = check(TERM="xterm-256color")
    assert "\x1b[1mINTERFACE" in seen
    assert strip(seen) == PLAIN


@pytest.mark.parametrize("env", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}, {}])
def test_plain_where_color_is_not_welcome(check, env):
    seen = check(**env)
    assert "\x1b" not in seen
    assert [line.rstrip() for line in seen.splitlines()] == PLAIN


def test_an_empty_no_color_means_nothing(check):
    assert "\x1b[1m" in check(TERM="xterm", NO_COLOR="")


def test_a_pipe_gets_plain_lines(check, cli):  # noqa: F811
    result = cli("mss", "check", env={"TERM": "xterm-256color"})
    assert [line.rstrip() for line in result.out.splitlines()] == PLAIN


def test_json_is_never_colored(check):
    assert "\x1b" not in check("mss", "check", "--json", TERM="xterm-256color")


def test_a_narrow_terminal_cuts_nothing(check):
    seen = check(TERM="xterm", COLUMNS="20")
    assert strip(seen) == PLAIN


def strip(text):
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]
