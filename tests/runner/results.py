# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Turns what test programs leave behind into cases: TAP on the output of a GTest program, JUnit files of pytest, and
# meson's own list of what it ran. Pure: text in, cases out.
import json
import re
import xml.etree.ElementTree as xml

from case import FAILED, PASSED, SKIPPED, Case

_TAP = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*([^#]*)(#\s*(SKIP|TODO)\b)?", re.IGNORECASE)


def from_tap(kind, program, output):
    """The cases of one TAP stream. A plan that was not kept to, or no plan, is a failed case of its own."""
    cases, planned, skip_all, bailed = [], None, False, False
    for line in output.splitlines():
        plan = re.match(r"^1\.\.(\d+)(\s*#\s*SKIP)?", line, re.IGNORECASE)
        if plan:
            planned, skip_all = int(plan.group(1)), bool(plan.group(2))
            continue
        if line.startswith("Bail out!"):
            cases.append(Case(kind, f"{program}: {line}", FAILED, output))
            bailed = True
            continue
        found = _TAP.match(line)
        if found:
            outcome = SKIPPED if found.group(3) else FAILED if found.group(1) else PASSED
            cases.append(Case(kind, f"{program}:{found.group(2).strip()}", outcome, "" if outcome == PASSED else output))
    if skip_all:
        cases.append(Case(kind, program, SKIPPED, output))
    elif not bailed and planned != len(cases):
        cases.append(Case(kind, f"{program}: {len(cases)} of {planned} planned cases ran", FAILED, output))
    return cases


def from_junit(kind, text):
    """The cases of one JUnit file as pytest writes it."""
    cases = []
    for element in xml.fromstring(text).iter("testcase"):
        name = "::".join(part for part in (element.get("classname"), element.get("name")) if part)
        bad = [child for child in element if child.tag in ("failure", "error")]
        skipped = [child for child in element if child.tag == "skipped"]
        outcome = FAILED if bad else SKIPPED if skipped else PASSED
        cases.append(Case(kind, name, outcome, "\n".join(_words(child) for child in bad + skipped)))
    return cases


def _words(element):
    return "\n".join(part for part in (element.get("message"), element.text) if part)


def from_meson(kind, log, junit):
    """
    All cases of one `meson test`: `log` is the text of its testlog.json, `junit` the texts of the JUnit files that were
    written meanwhile. Meson counts a file of pytest as one test; its cases come from `junit`, and meson's own line only
    matters if it is bad although no case is (a time-out, a crash, a file that cannot be imported).
    """
    cases = [case for text in junit for case in from_junit(kind, text)]
    bad_files = {case.name.split("::", 1)[0].rsplit(".", 1)[-1] for case in cases if not case.good}
    for line in log.splitlines():
        test = json.loads(line)
        output = (test.get("stdout") or "") + (test.get("stderr") or "")
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        name = test["name"].rsplit(" / ", 1)[-1]
        words = [str(word) for word in test["command"]]
        if "--tap" in words:
            found = from_tap(kind, name, test.get("stdout") or "")
            cases += found
            if not good and all(case.good for case in found):
                cases.append(Case(kind, f"{name}: {test['result']}", FAILED, output))
        elif "pytest" in words:
            stem = next((word.rsplit("/", 1)[-1].split(".py", 1)[0] for word in words if ".py" in word
                         and word.rsplit("/", 1)[-1].startswith("test_")), name)
            if not good and stem not in bad_files:
                cases.append(Case(kind, f"{name}: {test['result']}", FAILED, output))
        else:
            outcome = PASSED if good else SKIPPED if test["result"] == "SKIP" else FAILED
            cases.append(Case(kind, name, outcome, output))
    return cases
