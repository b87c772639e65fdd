# SPDX-License-Identifier: LGPL-2.1-or-later
#
# scripts/check. Runs the stages in order, prints what did not pass, and ends with the line "N passed, N failed".
import argparse
import dataclasses
import os
import shutil
import sys
import time

import command
import case as bookkeeping
from builds import BuildFailed
from case import FAILED, SKIPPED, Case, verdict
from context import Context
from count import count_stage
from fuzzing import coverage_stage, fuzz_stage, planted_stage
from sabotage import sabotage_stage
from static import analyzer_stage, files_stage, format_stage, tidy_stage
from suites import run_suite

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build_stage(name):
    def build(context):
        log = f"{context.root}/logs/build-{name}.log"
        shutil.rmtree(context.builds.directory(name), ignore_errors=True)
        if os.path.exists(log):
            os.unlink(log)
        context.builds.get(name)
        return [Case(name, f"build with {name}")]
    return build


def runner_stage(context):
    """The tests of the bookkeeping itself; one case, since its parts are what counts the others."""
    code, output = command.run(["/usr/bin/python3", "-m", "pytest", "-q", f"{SOURCE}/tests/runner"],
                               log=f"{context.root}/logs/runner.log")
    return [verdict("runner", "tests/runner", code, command.tail(output))]


def replay_stage(context):
    """Of a kind of its own, since it can run without the stage that fuzzes."""
    return [dataclasses.replace(case, kind="replay") for case in run_suite(context, "fuzz", "sanitized", 3)]


# name: title, function. QUICK is what takes a minute.
STAGES = {
    "runner": ("the bookkeeping of this check", runner_stage),
    "format": ("clang-format", format_stage),
    "gcc": ("build with gcc, every warning an error", build_stage("gcc")),
    "clang": ("build with clang, every warning an error", build_stage("clang")),
    "files": ("XML, units, scripts, house rules", files_stage),
    "tidy": ("clang-tidy", tidy_stage),
    "analyzer": ("gcc -fanalyzer over helper/ and shared/", analyzer_stage),
    "unit": ("unit tests under ASan and UBSan", lambda context: run_suite(context, "unit", "sanitized", 3)),
    "bus": ("bus tests under ASan and UBSan", lambda context: run_suite(context, "bus", "sanitized", 3)),
    "net": ("real tunnels in namespaces, and the demo both ways", lambda context: run_suite(context, "net", "gcc")),
    "podman": ("real rootless Podman under ASan and UBSan", lambda context: run_suite(context, "podman", "sanitized", 3)),
    "replay": ("fuzz corpora as tests, with gcc's ASan and UBSan", replay_stage),
    "fuzz": ("fuzz corpora, then 20 s each target", fuzz_stage),
    "coverage": ("each corpus reaches 80 % of the lines that it is for", coverage_stage),
    "planted": ("each target finds a planted bug within 60 s", planted_stage),
    "sabotage": ("each broken promise must be noticed", sabotage_stage),
}
QUICK = {
    "runner": STAGES["runner"],
    "format": STAGES["format"],
    "gcc": STAGES["gcc"],
    "files": STAGES["files"],
    "unit": ("unit tests", lambda context: run_suite(context, "unit", "gcc")),
    "bus": ("bus tests", lambda context: run_suite(context, "bus", "gcc")),
}


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/check", description="Builds and tests everything.",
                                     epilog="Stages: " + ", ".join(f"{name} ({title})" for name, (title, _) in STAGES.items()))
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="only these stages")
    parser.add_argument("--quick", action="store_true", help="one build, unit and bus tests without sanitizers")
    parser.add_argument("--dir", default=f"{SOURCE}/build-check", help="where to build and to log (default: %(default)s)")
    options = parser.parse_args()
    stages = dict(QUICK if options.quick else STAGES)
    if options.quick and os.geteuid() != 0:
        del stages["bus"]  # callers of several users are needed
    unknown = [name for name in options.stages if name not in stages]
    if unknown:
        parser.error(f"no such stage: {', '.join(unknown)}; there are: {', '.join(stages)}")
    return options, {name: stages[name] for name in stages if not options.stages or name in options.stages}


def run_stage(context, name, title, function):
    print(f"== {name}: {title}", flush=True)
    start = time.monotonic()
    try:
        cases = function(context)
    except BuildFailed as error:
        cases = [Case(name, f"{name}: no build", FAILED, str(error))]
    for one in cases:
        if not one.good:
            print(f"--- {'SKIPPED, which counts as failed' if one.outcome == SKIPPED else 'FAILED'}: {one.name}")
            print("\n".join(f"    {line}" for line in command.tail(one.text).splitlines()))
        elif one.note:
            print(f"   {one.name}: {one.note}")
    print(f"   {bookkeeping.last_line(cases)} ({time.monotonic() - start:.0f} s)", flush=True)
    return cases


def cannot_run(stages, log):
    """Why stages that make namespaces cannot run here, or None. Asked first: a thousand failures would say it worse."""
    if not {"bus", "net", "sabotage"} & set(stages):
        return None
    code, output = command.run(["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "test", "-c", "/dev/net/tun"], log=log)
    if os.geteuid() == 0 and code == 0:
        return None
    return ("network namespaces cannot be made here: it needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN, and /dev/net/tun "
            f"(with Docker: docker run --privileged; without root: --quick). {output.strip()}")


def main():
    options, stages = arguments()
    complete = not options.quick and not options.stages
    command.stop_on_signals()
    os.umask(0o022)  # users of the tests' own read the build
    context = Context(SOURCE, os.path.abspath(options.dir))
    cases, start = [], time.monotonic()
    if why := cannot_run(stages, f"{context.root}/logs/namespaces.log"):
        print(f"scripts/check: {why}\n0 passed, 1 failed")
        return 1
    try:
        for name, (title, function) in stages.items():
            cases += run_stage(context, name, title, function)
        told = []

        def count(_context):
            found, more = count_stage(context, cases, complete)
            told.extend(more)
            return found
        if not options.quick:
            cases += run_stage(context, "count", "no case has disappeared", count)
        for sentence in told:
            print(f"   {sentence}")
        if options.quick:
            print("   --quick: no clang, no static analysis, no sanitizers, no real tunnels, no fuzzing, no sabotage"
                  + ("" if "bus" in stages else ", no bus tests without root"))
    except KeyboardInterrupt:
        cases.append(Case("check", "interrupted", FAILED))
    print(f"{time.monotonic() - start:.0f} s; logs in {context.root}/logs")
    print(bookkeeping.last_line(cases), flush=True)
    return 0 if cases and all(case.good for case in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
