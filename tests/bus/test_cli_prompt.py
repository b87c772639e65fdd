# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A person at a terminal, the real polkitd, its real text agent and PAM: who is asked for a password, what follows from
# each answer, and who is not asked. Runs in tests/lab/private.py, where an administrator with a known password exists.
import contextlib
import ctypes
import os
import subprocess

import pytest
from gi.repository import GLib

from fixtures_cli import computer_with  # noqa: F401  (a fixture)
from lab import private, users, wait
from lab.run import as_user, run
from terminal import Terminal

PASSWORD = "correct horse"
# Alice is never allowed without a password, and Bob is the one administrator.
RULES = 'polkit.addAdminRule(function(action, subject) { return ["unix-user:bob"]; });\n'
PROMPT = "Password: "
# Without airpodsd on the session bus, which says so first.
NOTE = "airpods: airpodsd cannot be reached on the session bus.\n"


@pytest.fixture(scope="module")
def computer(computer_with):  # noqa: F811
    made = computer_with(rules=RULES)
    libcrypt = ctypes.CDLL("libcrypt.so.1")  # PAM's own
    libcrypt.crypt.restype = ctypes.c_char_p
    hashed = libcrypt.crypt(PASSWORD.encode(), b"$6$salt$").decode()
    shadow = f"{private.STATE}/shadow"
    with open("/etc/shadow", encoding="utf-8") as source, open(shadow, "w", encoding="utf-8") as file:
        file.write(source.read() + "".join(f"{name}:{entry}:19000:0:99999:7:::\n"
                                           for name, entry in ((users.ALICE, "*"), (users.BOB, hashed))))
    os.chmod(shadow, 0o600)
    run("mount", "--bind", shadow, "/etc/shadow")
    run("ip", "tuntap", "add", "wg0", "mode", "tun")
    run("ip", "link", "set", "wg0", "mtu", "1380", "up")
    return made


@pytest.fixture(autouse=True)
def clean(computer):
    yield
    for interface in computer.clamps():
        computer.remove(interface, {"all-users": GLib.Variant("b", True)}, computer.root)
    assert computer.clamps() == {}
    assert agents() == []


@pytest.fixture
def at_terminal(computer):
    """at_terminal("mss", "enable", "wg0"): alice types that."""
    made = []

    def start(*words, out=None, user=users.ALICE, **env):
        settings = [f"{key}={value}" for key, value in env.items()]
        made.append(Terminal([*as_user(user), "env", *settings, f"{computer.programs}/airpods", *words],
                             computer.environment, out))
        return made[-1]

    yield start
    for terminal in made:
        terminal.close()


def agents():
    """The processes of pkttyagent that there are."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
                if file.read() == "pkttyagent\n":
                    found.append(int(pid))
    return found


def wait_until_asked(terminal):
    """The agent prints its prompt, then stops the echo and throws away what was typed before; and then it reads."""
    terminal.wait_for(PROMPT)
    wait.until(lambda: not terminal.echoes(), "the terminal echoes no more")


def test_the_password_opens_the_door(computer, at_terminal):
    terminal = at_terminal("mss", "enable", "wg0")
    wait_until_asked(terminal)
    assert "VPN interface wg0" in terminal.seen
    assert "Authenticating as: bob" in terminal.seen
    terminal.type(PASSWORD + "\n")
    assert terminal.end() == 0
    assert "wg0: airpods adjusts (clamps) the connections that go out through it to 1380 bytes" in terminal.seen
    assert PASSWORD not in terminal.seen
    assert terminal.echoes()
    assert computer.clamps()["wg0"]["active"]


def test_a_fixed_size_is_named_in_the_prompt(computer, at_terminal):
    terminal = at_terminal("mss", "enable", "wg0", "--path-mtu", "1300")
    wait_until_asked(terminal)
    assert "on the VPN interface wg0 to 1300 bytes" in terminal.seen
    terminal.type(PASSWORD + "\n")
    assert terminal.end() == 0
    assert computer.clamps()["wg0"]["path-mtu"] == 1300


def test_dismissing_is_denied(computer, at_terminal):
    terminal = at_terminal("mss", "enable", "wg0")
    wait_until_asked(terminal)
    terminal.type("\x04")
    assert terminal.end() == 4
    assert "airpods: Access denied" in terminal.seen
    assert terminal.echoes()
    assert computer.clamps() == {}
    # The same, made right.
    terminal = at_terminal("mss", "enable", "wg0")
    wait_until_asked(terminal)
    terminal.type(PASSWORD + "\n")
    assert terminal.end() == 0


def test_a_wrong_password_is_denied(computer, at_terminal):
    terminal = at_terminal("mss", "enable", "wg0")
    wait_until_asked(terminal)
    terminal.type("wrong horse\n")
    assert terminal.end() == 4
    assert "airpods: Access denied" in terminal.seen
    assert computer.clamps() == {}


def test_ctrl_c_at_the_prompt_cancels_and_the_terminal_echoes_again(computer, at_terminal):
    terminal = at_terminal("mss", "enable", "wg0")
    wait_until_asked(terminal)
    terminal.type("\x03")
    assert terminal.end() == 130
    assert terminal.seen.splitlines()[-2:] == ["airpods: Cancelled.", '"airpods mss status" shows what is in force.']
    assert terminal.echoes()
    assert agents() == []
    assert computer.clamps() == {}


def test_killing_airpods_takes_the_agent_along(computer, at_terminal):
    terminal = at_terminal("mss", "enable", "wg0")
    wait_until_asked(terminal)
    assert len(agents()) == 1
    terminal.process.kill()
    wait.until(lambda: agents() == [], "the agent is gone")
    assert computer.clamps() == {}


def test_outside_a_session_one_is_asked_although_the_user_has_one(computer, at_terminal):
    """polkit ignores a fallback agent where it finds no session, and it looks at the process, not at the user."""
    folder = "/run/systemd/users"
    os.makedirs(folder, exist_ok=True)
    state = f"{folder}/{computer.environment['XDG_RUNTIME_DIR'].rpartition('/')[2]}"
    with open(state, "w", encoding="ascii") as file:
        file.write("NAME=alice\nSTATE=active\nDISPLAY=1\n")
    try:
        terminal = at_terminal("mss", "enable", "wg0")
        wait_until_asked(terminal)
        terminal.type("\x03")
        assert terminal.end() == 130
    finally:
        os.unlink(state)


def test_nobody_is_hurried_while_typing(computer, at_terminal):
    """The time-out that every other call has, here one second, does not apply while a person types."""
    terminal = at_terminal("mss", "enable", "wg0", SYSTEMD_BUS_TIMEOUT="1s")
    wait_until_asked(terminal)
    with pytest.raises(wait.TimedOut):
        wait.until(lambda: terminal.process.poll() is not None, "airpods gives up", 2.5)
    terminal.type(PASSWORD + "\n")
    assert terminal.end() == 0


def test_the_answer_may_go_to_a_pipe(computer, at_terminal, tmp_path):
    with open(tmp_path / "out", "w+", encoding="utf-8") as out:
        terminal = at_terminal("mss", "enable", "wg0", "--json", out=out)
        wait_until_asked(terminal)
        terminal.type(PASSWORD + "\n")
        assert terminal.end() == 0
        out.seek(0)
        text = out.read()
    assert text.startswith("[\n") and text.endswith("]\n")
    assert "AUTHENTICATI" not in text


def test_without_a_terminal_nobody_is_asked(computer):
    done = subprocess.run([*as_user(users.ALICE), f"{computer.programs}/airpods", "mss", "enable", "wg0"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, env=computer.environment, check=False,
                          timeout=30)
    assert done.returncode == 4
    assert "airpods: Access denied" in done.stderr
    assert done.stdout == ""


def test_without_an_agent_nobody_is_asked(computer, at_terminal, tmp_path):
    terminal = at_terminal("mss", "enable", "wg0", PATH=str(tmp_path))
    assert terminal.end() == 4
    assert terminal.seen.startswith(NOTE)
    assert "airpods: Access denied" in terminal.seen
    assert "Password" not in terminal.seen


def test_a_background_job_is_not_stopped(computer, at_terminal):
    """In the background, reading the terminal would stop the agent for good, so nobody is asked there."""
    script = f"set -m; {computer.programs}/airpods mss enable wg0 & wait $!; echo code $?"
    terminal = Terminal([*as_user(users.ALICE), "sh", "-c", script], computer.environment)
    try:
        terminal.wait_for("code 4")
        assert "Password" not in terminal.seen
    finally:
        terminal.close()


def test_root_is_never_asked(computer, at_terminal):
    terminal = at_terminal("mss", "enable", "wg0", user="root")
    assert terminal.end() == 0
    assert "Password" not in terminal.seen
    assert computer.clamps()["wg0"]["owners"] == [0]


def test_a_prompt_needs_no_reason_to_list(computer, at_terminal):
    for words in (["mss", "status"], ["mss", "disable", "wg0"]):
        terminal = at_terminal(*words)
        assert terminal.end() == 0
        assert "Password" not in terminal.seen
