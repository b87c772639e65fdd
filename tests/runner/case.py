# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One executed case and what became of it: the only thing that stages hand back. Knows no stage.
from dataclasses import dataclass

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass
class Case:
    kind: str  # row of tests/case-count: "unit", "bus", "net", "sabotage" …
    name: str
    outcome: str = PASSED
    text: str = ""  # what to print when it did not pass
    note: str = ""  # what to print in any case

    @property
    def good(self):
        """A skipped case has proved nothing, so it is not good."""
        return self.outcome == PASSED


def verdict(kind, name, code, text):
    """The case of one command: passed if and only if it ended with 0."""
    return Case(kind, name, PASSED if code == 0 else FAILED, text)


def last_line(cases):
    passed = sum(case.good for case in cases)
    return f"{passed} passed, {len(cases) - passed} failed"
