# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The bookkeeping of scripts/check: what counts as passed, that nothing is lost on the way, and that numbers cannot sink.
import json
import os
import sys
import textwrap

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import count
import results
import sabotage
from case import FAILED, PASSED, SKIPPED, Case, last_line


def outcomes(cases):
    return [(case.name, case.outcome) for case in cases]


def test_tap():
    text = "TAP version 13\n# random seed: x\n1..3\nok 1 /a/one\nok 2 /a/two # SKIP no root\nnot ok 3 /a/three - broken\n"
    assert outcomes(results.from_tap("unit", "a", text)) == [
        ("a:/a/one", PASSED), ("a:/a/two", SKIPPED), ("a:/a/three - broken", FAILED)]


def test_tap_that_ends_early():
    assert outcomes(results.from_tap("unit", "a", "1..2\nok 1 /a/one\n")) == [
        ("a:/a/one", PASSED), ("a: 1 of 2 planned cases ran", FAILED)]


def test_tap_without_a_plan():
    assert outcomes(results.from_tap("unit", "a", "Segmentation fault\n")) == [("a: 0 of None planned cases ran", FAILED)]


def test_tap_bail_out():
    text = "# Start of a\nok 1 /a/one\n**\nERROR:a.c:1:two: x\nBail out! ERROR:a.c:1:two: x\n"
    assert outcomes(results.from_tap("unit", "a", text)) == [("a:/a/one", PASSED), ("a: Bail out! ERROR:a.c:1:two: x", FAILED)]


def test_tap_that_skips_everything():
    assert outcomes(results.from_tap("unit", "a", "1..0 # SKIP no kernel\n")) == [("a", SKIPPED)]


JUNIT = textwrap.dedent("""\
    <?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" tests="4">
    <testcase classname="bus.test_a" name="test_one" time="0.1"/>
    <testcase classname="bus.test_a" name="test_two"><failure message="assert 1 == 2">trace</failure></testcase>
    <testcase classname="bus.test_a" name="test_three"><error message="fixture">trace</error></testcase>
    <testcase classname="bus.test_a" name="test_four[x]"><skipped message="no root"/></testcase>
    </testsuite></testsuites>""")


def test_junit():
    cases = results.from_junit("bus", JUNIT)
    assert outcomes(cases) == [("bus.test_a::test_one", PASSED), ("bus.test_a::test_two", FAILED),
                               ("bus.test_a::test_three", FAILED), ("bus.test_a::test_four[x]", SKIPPED)]
    assert "assert 1 == 2" in cases[1].text and "trace" in cases[1].text


def line(name, result, command, stdout=""):
    return json.dumps({"name": f"airpods:bus / {name}", "result": result, "command": command, "stdout": stdout}) + "\n"


def test_meson_counts_the_cases_of_pytest_and_not_its_files():
    log = line("test_a", "FAIL", ["/usr/bin/python3", "-m", "pytest", "-q", "/src/tests/bus/test_a.py"])
    assert len(results.from_meson("bus", log, [JUNIT])) == 4


@pytest.mark.parametrize("result", ["TIMEOUT", "ERROR", "FAIL", "INTERRUPT", "SKIP"])
def test_meson_file_of_pytest_without_results(result):
    log = line("test_b", result, ["python3", "-m", "pytest", "/src/tests/bus/test_b.py"])
    assert outcomes(results.from_meson("bus", log, [])) == [(f"test_b: {result}", FAILED)]


def test_meson_tap_and_plain_programs():
    log = (line("a", "OK", ["/b/test-a", "--tap"], "1..1\nok 1 /a/one\n") + line("demo", "OK", ["/src/scripts/demo"])
           + line("other", "SKIP", ["/b/other"]) + line("crash", "ERROR", ["/b/crash", "--tap"], "1..1\nok 1 /c/one\n"))
    assert outcomes(results.from_meson("net", log, [])) == [
        ("a:/a/one", PASSED), ("demo", PASSED), ("other", SKIPPED), ("crash:/c/one", PASSED), ("crash: ERROR", FAILED)]


def test_skipped_counts_as_failed_in_the_last_line():
    assert last_line([Case("a", "1"), Case("a", "2", SKIPPED), Case("a", "3", FAILED)]) == "1 passed, 2 failed"


def test_count_file():
    assert count.parse("# a comment\nunit 12\nbus 3  # more\n\n") == {"unit": 12, "bus": 3}
    with pytest.raises(ValueError):
        count.parse("unit twelve\n")


def test_fewer_cases_than_the_file_says_is_a_failure():
    cases, told = count.compare({"unit": 2}, [Case("unit", "1")], complete=False)
    assert [case.outcome for case in cases] == [FAILED] and not told


def test_more_cases_are_welcome_and_told():
    cases, told = count.compare({"unit": 1}, [Case("unit", "1"), Case("unit", "2")], complete=False)
    assert [case.outcome for case in cases] == [PASSED]
    assert told == ["tests/case-count: please raise the line of unit to: unit 2"]


def test_a_suite_that_did_not_run_at_all():
    ran = [Case("unit", "1")]
    assert all(case.good for case in count.compare({"unit": 1, "net": 9}, ran, complete=False)[0])
    assert [case.outcome for case in count.compare({"unit": 1, "net": 9}, ran, complete=True)[0]] == [FAILED, PASSED]


def test_the_sum_never_sinks_but_cases_may_move():
    history = ["unit 5\nbus 5\n", "unit 4\nbus 2\n"]
    assert count.shrunk({"unit": 2, "bus": 8}, history).outcome == PASSED
    assert count.shrunk({"unit": 5, "bus": 4}, history).outcome == FAILED
    assert count.shrunk({"unit": 1}, []) is None


PATCH = """\
Promise: the rules look both ways
Test: {test}

diff --git a/helper/x.c b/helper/x.c
--- a/helper/x.c
+++ b/helper/x.c
@@ -1 +1 @@
-Test: not a header
+x
"""


@pytest.mark.parametrize("test, suite, program, case", [
    ("unit/ruleset /ruleset/both-ways", "unit", "ruleset", "/ruleset/both-ways"),
    ("bus/test_a.py::test_one", "bus", "bus/test_a.py", "test_one"),
    ("net/test_b.py::test_two[ipv6-up]", "net", "net/test_b.py", "test_two[ipv6-up]"),
])
def test_patch_header(tmp_path, test, suite, program, case):
    path = tmp_path / "one.patch"
    path.write_text(PATCH.format(test=test))
    patch = sabotage.read_patch(str(path))
    assert (patch.name, patch.promise) == ("one", "the rules look both ways")
    assert (patch.suite, patch.program, patch.case) == (suite, program, case)


@pytest.mark.parametrize("test", ["", "bus/test_a.py", "unit/a", "lab/test_a.py::x", "unit/a b"])
def test_patch_header_that_names_no_test(tmp_path, test):
    path = tmp_path / "one.patch"
    path.write_text(PATCH.format(test=test))
    with pytest.raises(sabotage.Broken):
        sabotage.read_patch(str(path))


@pytest.mark.parametrize("code, output, verdict", [
    (0, "1..1\nok 1 /a/one\n", "passed"),
    (-6, "# Start of a\n**\nERROR:a.c:1:one: x\nBail out! ERROR:a.c:1:one: x\n", "failed"),
])
def test_gtest_verdict(code, output, verdict):
    assert sabotage.gtest_verdict(code, output, None) == verdict


@pytest.mark.parametrize("code, output", [(0, "1..0\n"), (-11, "1..1\n"), (-6, "helper/a.c:3: x: Assertion `y' failed.\n"), (0, "1..1\nok 1 /a/one # SKIP\n"), (127, "")])
def test_gtest_without_a_verdict(code, output):
    with pytest.raises(sabotage.Broken):
        sabotage.gtest_verdict(code, output, None)


def junit_file(folder, *children):
    cases = "".join(f'<testcase name="t">{child}</testcase>' for child in children)
    (folder / "one.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return str(folder)


def test_pytest_verdict(tmp_path):
    assert sabotage.pytest_verdict(0, "", junit_file(tmp_path, "")) == "passed"
    assert sabotage.pytest_verdict(1, "", junit_file(tmp_path, "<failure/>")) == "failed"


@pytest.mark.parametrize("code, children", [(1, ["<error/>"]), (0, []), (0, ["<skipped/>"]), (4, []), (2, ["<failure/>"])])
def test_pytest_without_a_verdict(tmp_path, code, children):
    with pytest.raises(sabotage.Broken):
        sabotage.pytest_verdict(code, "", junit_file(tmp_path, *children))
