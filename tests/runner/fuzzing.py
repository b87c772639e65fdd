# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Replays each fuzz target's corpus and then fuzzes it for a while. A target is an executable tests/fuzz/fuzz-NAME of a build
# with -Dfuzz=true; its corpus is tests/fuzz/corpus/NAME and its dictionary, if there is one, tests/fuzz/NAME.dict. Used by
# scripts/check and scripts/fuzz.
import concurrent.futures
import glob
import os
import re
import shutil

import command
from case import FAILED, Case, verdict


def targets(directory):
    """Names of the targets in a build directory, without the "fuzz-"."""
    return sorted(os.path.basename(path)[len("fuzz-"):] for path in glob.glob(f"{directory}/tests/fuzz/fuzz-*")
                  if os.path.isfile(path) and os.access(path, os.X_OK))


def fuzz_stage(context, seconds=20, only=()):
    directory = context.builds.get("fuzz")
    names = targets(directory)
    unknown = sorted(set(only) - set(names))
    if unknown or not names:
        return [Case("fuzz", f"no such target: {', '.join(unknown) or 'none was built'}", FAILED,
                     f"There are: {' '.join(names)}")]
    with concurrent.futures.ThreadPoolExecutor(context.jobs) as pool:
        found = pool.map(lambda name: _one(context, directory, name, seconds), only or names)
        return [case for cases in found for case in cases]


def _script(context, name):
    """The case of a script below tests/fuzz, with what it prints."""
    code, output = command.run(["/usr/bin/python3", f"{context.source}/tests/fuzz/{name}.py", "--dir", f"{context.root}/{name}"],
                               log=f"{context.root}/logs/{name}.log", timeout=900)
    case = verdict(name, f"tests/fuzz/{name}.py", code, command.tail(output))
    case.note = "".join(f"\n      {line}" for line in output.splitlines())
    return [case]


def coverage_stage(context):
    """Whether the corpora still reach the code that they are for."""
    return _script(context, "coverage")


def planted_stage(context):
    """Whether fuzzing finds a bug when there is one."""
    return _script(context, "planted")


def _one(context, directory, name, seconds):
    program, corpus = f"{directory}/tests/fuzz/fuzz-{name}", f"{context.source}/tests/fuzz/corpus/{name}"
    log, work = f"{context.root}/logs/fuzz-{name}.log", f"{context.root}/fuzzing/{name}"
    seeds = sorted(path for path in glob.glob(f"{corpus}/*") if os.path.isfile(path))
    if not seeds:
        return [Case("fuzz", f"{name}: replay", FAILED, f"no corpus in {corpus}")]
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(f"{work}/found")
    os.makedirs(f"{work}/new")
    env = command.environment(ASAN_OPTIONS="abort_on_error=1:detect_leaks=1", UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    code, output = command.run([program, *seeds], log=log, env=env, cwd=work, timeout=300)
    cases = [verdict("fuzz", f"{name}: replay of {len(seeds)} files", code, command.tail(output))]
    if code == 0 and seconds > 0:
        dictionary = f"{context.source}/tests/fuzz/{name}.dict"
        words = [f"-dict={dictionary}"] if os.path.exists(dictionary) else []
        code, output = command.run([program, *words, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024",
                                    "-print_final_stats=1", f"-artifact_prefix={work}/found/", f"{work}/new", corpus],
                                   log=log, env=env, cwd=work, timeout=seconds + 120)
        # libFuzzer's line for each new input says nothing about what went wrong.
        output = re.sub(r"^#\d+\t.*\n", "", output, flags=re.MULTILINE)
        kept = "".join(f"\nthe input is in {path}" for path in glob.glob(f"{work}/found/*"))
        case = verdict("fuzz", f"{name}: {seconds} s", code, command.tail(output, 60) + kept)
        case.note = next((line for line in reversed(output.splitlines()) if line.startswith("Done ")), "")
        cases.append(case)
    return cases
