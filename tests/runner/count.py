# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares how many cases ran with tests/case-count, so that no test disappears unnoticed. The file has one line a kind,
# "unit 52". Fewer cases than the line says is a failure; more is fine and printed, so that the file can be raised. The sum
# of the file's lines never sinks from one commit to the next: a case may move from one suite to another.
import collections
import subprocess

from case import FAILED, Case

FILE = "tests/case-count"


def parse(text):
    """{kind: number}; a line that is neither a comment nor "kind number" raises ValueError."""
    rows = {}
    for line in text.splitlines():
        line = line.split("#", 1)[0].strip()
        if line:
            kind, number = line.split()
            rows[kind] = int(number)
    return rows


def compare(rows, cases, complete):
    """(cases, sentences) for a run whose kinds are those of `cases`; all kinds of the file, when the run was complete."""
    ran = collections.Counter(case.kind for case in cases)
    found, told = [], []
    for kind in sorted(set(ran) | set(rows if complete else ())):
        expected, number = rows.get(kind, 0), ran.get(kind, 0)
        text = f"{kind}: {number} cases ran, {FILE} says {expected}"
        found.append(Case("count", text, FAILED if number < expected else "passed",
                          "Cases have disappeared. The number may only rise." if number < expected else ""))
        if number > expected:
            told.append(f"{FILE}: please raise the line of {kind} to: {kind} {number}")
    return found, told


def shrunk(rows, history):
    """The case that the sum is not below that of any earlier version of the file; None without any."""
    best = max((sum(parse(text).values()) for text in history), default=None)
    if best is None:
        return None
    now = sum(rows.values())
    return Case("count", f"the sum of {FILE} is {now}, it has been {best}", FAILED if now < best else "passed",
                "The number of cases may only rise." if now < best else "")


def earlier_versions(source):
    """Texts of the file in the last commits that changed it; none outside a git checkout."""
    def git(*words):
        done = subprocess.run(["git", "-C", source, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        return done.stdout if done.returncode == 0 else ""
    return [text for commit in git("log", "-n", "20", "--format=%H", "--", FILE).split()
            if (text := git("show", f"{commit}:{FILE}"))]


def count_stage(context, cases, complete):
    try:
        with open(f"{context.source}/{FILE}", encoding="utf-8") as file:
            rows = parse(file.read())
    except (OSError, ValueError) as error:
        return [Case("count", FILE, FAILED, str(error))], []
    found, told = compare(rows, cases, complete)
    sum_case = shrunk(rows, earlier_versions(context.source))
    return found + ([sum_case] if sum_case else []), told
