# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests the tests: each tests/sabotage/*.patch breaks one promise of the programs, and the test named in its header must
# notice. For every patch, in a throw-away copy of the tree that has its own build:
#
#   1. the named test passes on the copy as it is,
#   2. the patch applies and the copy builds,
#   3. the named test fails: an assertion in the test itself, not a crash of the runner and not a fixture,
#   4. the patch is taken back.
#
# There is one copy for each processor, so that only what a patch touches is compiled. Header lines of a patch:
#
#   Promise: one sentence that the programs keep and the patch breaks
#   Test: unit/PROGRAM /gtest/path        or   bus/test_FILE.py::test_name   or   net/test_FILE.py::test_name
import glob
import json
import os
import queue
import re
import shutil
import subprocess
import threading
import xml.etree.ElementTree as xml
from dataclasses import dataclass

import builds
import command
import results
from case import FAILED, Case

PROGRAMS = ("helper/airpods-helper", "service/airpodsd", "cli/airpods")
NOT_COPIED = shutil.ignore_patterns("build", "build-*", ".git", "__pycache__", ".pytest_cache")

_alone = threading.Lock()  # held by tests that meson would not run beside others


class Broken(Exception):
    """The patch or its test cannot be used; the text says why."""


@dataclass
class Patch:
    path: str
    promise: str
    suite: str
    program: str  # of a unit test; else the path of the file below tests/
    case: str     # GTest path, or what stands after the first "::"

    @property
    def name(self):
        return os.path.basename(self.path)[:-len(".patch")]


def read_patch(path):
    """The header of a patch file, or Broken."""
    with open(path, encoding="utf-8") as file:
        header = re.split(r"^(?:diff |--- )", file.read(), maxsplit=1, flags=re.MULTILINE)[0]
    fields = dict(re.findall(r"^(\w+): *(.+?) *$", header, flags=re.MULTILINE))
    if not fields.get("Promise"):
        raise Broken("the header has no 'Promise: …'")
    found = re.fullmatch(r"unit/(?P<unit>\S+) (?P<gtest>/\S+)|(?P<file>(?P<suite>bus|net)/test_\w+\.py)::(?P<node>.+)",
                         fields.get("Test", ""))
    if not found:
        raise Broken("the header has no 'Test: unit/PROGRAM /path' or 'Test: bus/test_x.py::test_y'")
    if found["unit"]:
        return Patch(path, fields["Promise"], "unit", found["unit"], found["gtest"])
    return Patch(path, fields["Promise"], found["suite"], found["file"], found["node"])


class Copy:
    """A copy of the tree with a build of its own, used by one thread at a time."""

    def __init__(self, context, number):
        self.context, self.number = context, number
        self.root = f"{context.root}/sabotage/{number}"
        self.source, self.build = f"{self.root}/tree", f"{self.root}/build"
        self.tests = None

    def log(self, patch):
        return f"{self.context.root}/logs/sabotage/{patch.name}.log"

    def prepare(self):
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.context.source, self.source, symlinks=True, ignore=NOT_COPIED)
        log = f"{self.context.root}/logs/sabotage/copy-{self.number}.log"
        for words in (["meson", "setup", *builds.PLAIN, "-Doptimization=0", self.build, self.source], ["ninja", "-C", self.build, *PROGRAMS]):
            code, output = command.run(words, log=log, env=command.environment(**builds.GCC), timeout=900)
            if code != 0:
                raise Broken(f"the copy of the tree does not build:\n{command.tail(output)}")
        self.tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", self.build],
                                                        env=command.environment(), stdin=subprocess.DEVNULL))

    def make(self, patch):
        """Builds the programs and the unit test in question."""
        wanted = PROGRAMS + ((f"tests/unit/test-{patch.program}",) if patch.suite == "unit" else ())
        code, output = command.run(["ninja", "-C", self.build, *wanted], log=self.log(patch))
        if code != 0:
            raise Broken(f"does not build:\n{command.tail(output)}")

    def apply(self, patch, *options):
        code, output = command.run(["patch", "--strip=1", "--fuzz=0", "--force", "--no-backup-if-mismatch",
                                    "--reject-file=-", f"--input={patch.path}", *options], cwd=self.source, log=self.log(patch))
        if code != 0:
            raise Broken(f"does not apply:\n{output}")

    def try_test(self, patch):
        """Runs the named test alone; returns ("passed" or "failed", output), or raises Broken."""
        words, row = self._command(patch)
        env = command.environment(**row["env"])
        folder = f"{self.root}/results"
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        env["AIRPODS_RESULTS"] = folder
        timeout = row["timeout"] or 600
        if row["is_parallel"]:
            code, output = command.run(words, env=env, cwd=row["workdir"], log=self.log(patch), timeout=timeout)
        else:
            with _alone:
                code, output = command.run(words, env=env, cwd=row["workdir"], log=self.log(patch), timeout=timeout)
        return (gtest_verdict if patch.suite == "unit" else pytest_verdict)(code, output, folder), output

    def _command(self, patch):
        """The command of meson's test of that name or file, narrowed to the one case."""
        for row in self.tests:
            if not any(suite.split(":")[-1] == patch.suite for suite in row["suite"]):
                continue
            if patch.suite == "unit" and row["name"].rsplit("/", 1)[-1].strip() == patch.program:
                return row["cmd"] + ["-p", patch.case], row
            ending = f"/tests/{patch.program}"
            if any(str(word).split("::")[0].endswith(ending) for word in row["cmd"]):
                words = [f"{self.source}{ending}::{patch.case}" if str(word).split("::")[0].endswith(ending) else word
                         for word in row["cmd"]]
                return words + ["-x"], row
        raise Broken(f"meson knows no test {patch.suite}: {patch.program}")


def gtest_verdict(code, output, _folder):
    """A failed assertion of GTest says "Bail out! ERROR:" and g_test_fail() "not ok"; a crash of the program says neither."""
    ran = [case for case in results.from_tap("unit", "", output) if case.name.startswith(":/")]
    if code == 0 and ran and all(case.good for case in ran):
        return "passed"
    if code != 0 and re.search(r"^(Bail out! .*\bERROR:|not ok \d+ /)", output, flags=re.MULTILINE):
        return "failed"
    raise Broken(f"the named test did not run to a verdict (exit code {code}, {len(ran)} cases):\n{command.tail(output, 40)}")


def pytest_verdict(code, output, folder):
    cases = [case for path in glob.glob(f"{folder}/*.xml") for case in xml.parse(path).getroot().iter("testcase")]
    words = [{child.tag for child in case} & {"failure", "error", "skipped"} for case in cases]
    if code == 0 and words and not any(words):
        return "passed"
    if code == 1 and any("failure" in word for word in words):
        return "failed"
    raise Broken(f"the named test did not run to a verdict (exit code {code}, {len(cases)} cases):\n{command.tail(output, 40)}")


def judge(copy, patch):
    """The case of one patch."""
    applied = False
    name = f"{patch.name} ({patch.promise})"
    try:
        copy.make(patch)
        before, output = copy.try_test(patch)
        if before != "passed":
            raise Broken(f"the named test fails without the patch:\n{command.tail(output)}")
        copy.apply(patch)
        applied = True
        copy.make(patch)
        after, output = copy.try_test(patch)
        if after == "failed":
            return Case("sabotage", name)
        return Case("sabotage", name, FAILED, f"{patch.case} passes although the promise is broken:\n{command.tail(output)}")
    except Broken as error:
        return Case("sabotage", name, FAILED, str(error))
    finally:
        if applied:
            copy.apply(patch, "--reverse")


def sabotage_stage(context, only=()):
    cases, patches = [], queue.Queue()
    for path in sorted(glob.glob(f"{context.source}/tests/sabotage/*.patch")):
        if only and os.path.basename(path)[:-len(".patch")] not in only:
            continue
        try:
            patches.put(read_patch(path))
        except Broken as error:
            cases.append(Case("sabotage", os.path.basename(path), FAILED, str(error)))
    if patches.empty() and not cases:
        return [Case("sabotage", "there is no such patch", FAILED)]

    def work(number):
        copy = Copy(context, number)
        try:
            copy.prepare()
        except Broken as error:
            cases.append(Case("sabotage", f"copy {number}", FAILED, str(error)))
            return
        while True:
            try:
                patch = patches.get_nowait()
            except queue.Empty:
                return
            try:
                cases.append(judge(copy, patch))
            except Broken as error:  # the patch could not be taken back, so this copy is of no use any more
                cases.append(Case("sabotage", patch.name, FAILED, str(error)))
                return

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(context.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while not patches.empty():
        cases.append(Case("sabotage", patches.get().name, FAILED, "not run: no copy of the tree was usable"))
    shutil.rmtree(f"{context.root}/sabotage", ignore_errors=True)
    return sorted(cases, key=lambda case: case.name)
