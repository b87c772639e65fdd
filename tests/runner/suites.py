# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs one suite of `meson test` and counts its cases. A report of a sanitizer fails the suite, even if the test that
# caused it did not look at how its program ended.
import glob
import os
import shutil

import command
import results
from case import FAILED, Case


def run_suite(context, suite, build, multiplier=1):
    """Runs the suite on the build `build`; its cases are of kind `suite`."""
    directory = context.builds.get(build)
    folder = f"{context.root}/results-{suite}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chmod(folder, 0o1777)  # programs under test run as users of their own and write their sanitizer reports here
    sanitizer = f"log_path={folder}/sanitizer:halt_on_error=1:abort_on_error=1:print_stacktrace=1"
    env = command.environment(AIRPODS_RESULTS=folder, ASAN_OPTIONS=f"{sanitizer}:detect_leaks=1:fast_unwind_on_malloc=0",
                              UBSAN_OPTIONS=sanitizer)
    log = f"{context.root}/logs/{suite}.log"
    code, output = command.run(["meson", "test", "-C", directory, "--no-rebuild", "--suite", suite, "--logbase", suite,
                                "--num-processes", str(context.jobs), "--timeout-multiplier", str(multiplier)],
                               log=log, env=env, timeout=1800)
    cases = results.from_meson(suite, _read(f"{directory}/meson-logs/{suite}.json"),
                               [_read(path) for path in sorted(glob.glob(f"{folder}/*.xml"))])
    cases += [Case(suite, f"sanitizer report {os.path.basename(path)}", FAILED, _read(path))
              for path in sorted(glob.glob(f"{folder}/sanitizer.*")) if _is_report(_read(path))]
    if not cases or (code != 0 and all(case.good for case in cases)):
        cases.append(Case(suite, f"meson test --suite {suite} ended with {code}", FAILED, output))
    return cases


def _is_report(text):
    """Not so for a mere remark, such as LeakSanitizer's that a program ended while it looked."""
    return any(word in text for word in ("ERROR:", "SUMMARY:", "runtime error:"))


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
