# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Running other programs: one that must succeed, and one that stays in the background until the lab ends.
# Background programs die with the process that started them, so an aborted test leaves none, even outside private.py.
import os
import subprocess
import tempfile


class CommandFailed(Exception):
    """A program that had to succeed did not; the message holds what it printed."""


def run(*command, text=None, env=None, seconds=60):
    """Runs a command to its end, feeds it `text`, returns its standard output; raises CommandFailed."""
    try:
        done = subprocess.run(command, input=text, env=env, timeout=seconds, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError as error:
        raise CommandFailed(f"{command[0]} is not installed") from error
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Background:
    """A program that runs until stop(). What it prints is kept in `output()`."""

    def __init__(self, *command, env=None, user=None, pass_fds=()):
        self.command = command
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(as_user(user) + ["setpriv", "--pdeathsig", "KILL", *command],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=env, pass_fds=pass_fds)

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def output(self):
        return os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def stop(self, seconds=10):
        """SIGTERM, then SIGKILL after `seconds`. Returns the exit code."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def kill(self):
        self.process.kill()
        return self.process.wait()


def as_user(user):
    """The words that go before a command to run it as `user`, a name; nothing for None."""
    if user is None:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
