# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs commands: without standard input, in a process group of their own, with a deadline, and with their output in a log
# file. When the check is interrupted, all of them are killed. Used by every stage.
import os
import signal
import subprocess
import threading

_running = set()
_lock = threading.Lock()
_stopped = False

TIMED_OUT = 124  # what timeout(1) returns
INTERRUPTED = 130


def environment(**more):
    """The same environment for everybody: Debian's own programs first, no bus of the person who started this."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("DBUS_", "XDG_", "AIRPODS_", "PYTEST_", "MESON", "NOTIFY_", "DISPLAY", "WAYLAND_"))
            and key not in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CPPFLAGS", "MAKEFLAGS", "PYTHONPATH")}
    kept.update(PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL="C.UTF-8", CI="true",
                PYTHONDONTWRITEBYTECODE="1")
    kept.update(more)
    return kept


def run(command, *, log, cwd=None, env=None, timeout=600):
    """Returns (exit code, output). The log file is appended to; what stands there already is not returned."""
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "ab") as file:
        file.write(f"$ {' '.join(map(str, command))}\n".encode())
        file.flush()
        start = file.tell()
        if _stopped:
            return INTERRUPTED, "(not run: interrupted)\n"
        try:
            process = subprocess.Popen([str(word) for word in command], cwd=cwd, env=env or environment(),
                                       stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
        except OSError as error:
            return 127, f"{command[0]}: {error.strerror}\n"
        with _lock:
            _running.add(process)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = TIMED_OUT
            file.write(f"\n(killed: not done after {timeout} s)\n".encode())
        finally:
            _end(process)
            with _lock:
                _running.discard(process)
    with open(log, "rb") as file:
        file.seek(start)
        return code, file.read().decode("utf-8", "replace")


def _end(process):
    """Also what the command left behind in its process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def stop_on_signals():
    """At SIGINT and SIGTERM: kill all commands, start no other, and raise KeyboardInterrupt in the main thread."""
    def stop(_number, _frame):
        global _stopped
        _stopped = True
        for process in list(_running):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        raise KeyboardInterrupt
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def tail(text, lines=120):
    parts = text.rstrip("\n").split("\n")
    if len(parts) > lines:
        parts = [f"(… {len(parts) - lines} lines before; see the log)"] + parts[-lines:]
    return "\n".join(parts)
