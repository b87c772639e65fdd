#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs one command in private mount, network and process namespaces with an empty /run, so that whatever it does to
# interfaces, firewalls, mounts or processes is gone when it ends, however it ends. Knows nothing of airpods.
# Used by scripts/demo and by every test that needs a network of its own:  private.py COMMAND [ARGUMENT]...
#
# How nothing survives, even SIGKILL. Each link dies with the one before it:
#   1. the caller dies           -> (2) gets SIGKILL, by PR_SET_PDEATHSIG of `setpriv --pdeathsig KILL`
#   2. `unshare` dies            -> (3) gets SIGKILL, by --kill-child
#   3. process 1 of the new process namespace dies -> the kernel kills every process in that namespace
#   4. the last process is gone  -> the kernel drops the network namespaces, the mounts and the tmpfs on /run
# Ctrl-C and SIGTERM reach only the caller, since the rest is in a session of its own; the caller then kills (2).
import os
import signal
import subprocess
import sys

MARK = "AIRPODS_LAB"
STATE = "/run/lab"


class Stopped(Exception):
    """A signal asked us to stop."""


def is_private():
    """Whether this process runs inside namespaces that run() made."""
    return os.environ.get(MARK) == "1" and os.path.isdir(STATE)


def run(command):
    """Runs `command` in new namespaces and returns its exit code, 128 + N when signal N ended it or us."""
    def stop(number, _frame):
        raise Stopped(number)

    if os.geteuid() != 0:
        print("private.py: root is needed to make network namespaces", file=sys.stderr)
        return 1

    child = None
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        for number in numbers:
            signal.signal(number, stop)
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL",
             "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
             sys.executable, os.path.abspath(__file__), "--inside", *command],
            start_new_session=True)
        code = child.wait()
        return code if code >= 0 else 128 - code
    except Stopped as stopped:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        if child:
            child.kill()
            child.wait()
        return 128 + stopped.args[0]


def become_init(command):
    """Process 1 of the new namespace: prepares it, runs `command`, collects orphans, and takes all down with it."""
    os.umask(0o022)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.makedirs(STATE + "/tmp", mode=0o755)
    os.chmod(STATE + "/tmp", 0o1777)
    os.environ[MARK] = "1"
    os.environ["TMPDIR"] = STATE + "/tmp"
    for name in ("DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "NOTIFY_SOCKET"):
        os.environ.pop(name, None)

    first = os.fork()
    if first == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"private.py: {command[0]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    while True:
        pid, status = os.wait()
        if pid == first:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def main(arguments):
    if arguments[:1] == ["--inside"]:
        return become_init(arguments[1:])
    if not arguments:
        print("usage: private.py COMMAND [ARGUMENT]...", file=sys.stderr)
        return 2
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
