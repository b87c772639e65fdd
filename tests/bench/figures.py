# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the benchmarks share: the clock, medians, private memory of a process, and the sentence with the target.
import statistics
import sys
import time


def timed(call):
    """Runs call() and returns (its result, milliseconds)."""
    start = time.monotonic()
    result = call()
    return result, (time.monotonic() - start) * 1000


def line(name, samples):
    """Prints median, worst and number of samples, all in milliseconds."""
    print(f"{name:<58} median {statistics.median(samples):7.2f} ms  worst {max(samples):7.2f} ms  of {len(samples)}", flush=True)


def private_kib(pid):
    """Memory that only this process has, in KiB: what it would give back if it ended."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(row.split()[1]) for row in file if row.startswith(("Private_Clean", "Private_Dirty")))


class Targets:
    """Collects which targets were met; done() gives the exit code."""

    def __init__(self):
        self.missed = 0

    def at_least(self, what, value, target):
        self._say(what, value, target, value >= target, "at least")

    def below(self, what, value, target):
        self._say(what, value, target, value < target, "below")

    def _say(self, what, value, target, met, relation):
        self.missed += not met
        print(f"{what}: {value:.2f} (target: {relation} {target:g}) {'met' if met else 'MISSED'}", flush=True)

    def done(self):
        sys.exit(1 if self.missed else 0)
