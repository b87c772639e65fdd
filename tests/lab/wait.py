# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Waiting for a condition with a deadline, while D-Bus signals are delivered. No test sleeps: it waits here.
import time

from gi.repository import GLib


class TimedOut(AssertionError):
    """What a test waited for did not come."""


def until(condition, what, seconds=10.0):
    """Calls `condition` after every event and every 10 ms, returns its first true value; raises TimedOut."""
    context = GLib.MainContext.default()
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {seconds:g} s in vain: {what}")
        tick = GLib.timeout_source_new(10)
        tick.set_callback(lambda *_: False)
        tick.attach(context)
        context.iteration(True)
        tick.destroy()


def dispatch():
    """Delivers the D-Bus signals that have already come."""
    context = GLib.MainContext.default()
    while context.iteration(False):
        pass
