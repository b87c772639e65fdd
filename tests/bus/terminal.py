# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A person at a terminal: a program on a pseudo terminal of its own, what it printed there, and typing. Knows no program.
import fcntl
import os
import pty
import subprocess
import termios

from lab import wait


class Terminal:
    """Runs `words` on a new controlling terminal; standard output goes elsewhere when `out` is given."""

    def __init__(self, words, env, out=None):
        self.main, side = pty.openpty()
        os.set_blocking(self.main, False)
        self.echo_before = self._echo(side)
        self.process = subprocess.Popen(words, stdin=side, stdout=side if out is None else out, stderr=side, env=env,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        # Kept open, so that the settings of the terminal can be looked at when the program has gone.
        self.side = side
        self.seen = ""

    @staticmethod
    def _echo(descriptor):
        return bool(termios.tcgetattr(descriptor)[3] & termios.ECHO)

    def echoes(self):
        return self._echo(self.side)

    def read(self):
        """Everything that was printed so far."""
        try:
            while data := os.read(self.main, 65536):
                self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        except (BlockingIOError, OSError):
            pass
        return self.seen

    def wait_for(self, text, seconds=20):
        try:
            wait.until(lambda: text in self.read(), text, seconds)
        except wait.TimedOut as error:
            raise AssertionError(f"{error}; the terminal shows:\n{self.seen}") from None

    def type(self, text):
        os.write(self.main, text.encode())

    def end(self, seconds=20):
        """Waits for the end of the program, and returns its exit code."""
        wait.until(lambda: (self.read(), self.process.poll() is not None)[1],
                   f"{self.process.args} ends; the terminal shows:\n{self.seen}", seconds)
        self.read()
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.main)
        os.close(self.side)
