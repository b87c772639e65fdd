# SPDX-License-Identifier: LGPL-2.1-or-later
#
# scripts/fuzz: the fuzz stage of scripts/check with more time, and with libFuzzer's own figures.
import argparse
import os
import sys

import command
from case import last_line
from check import SOURCE, run_stage
from context import Context
from fuzzing import coverage_stage, fuzz_stage, planted_stage


def main():
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description="Fuzzes each target.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="only these targets")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default: %(default)s)")
    parser.add_argument("--dir", default=f"{SOURCE}/build-check", help="where to build and to log (default: %(default)s)")
    options = parser.parse_args()
    command.stop_on_signals()
    context = Context(SOURCE, os.path.abspath(options.dir))
    try:
        cases = run_stage(context, "fuzz", f"fuzz corpora, then {options.seconds} s each target",
                          lambda context: fuzz_stage(context, options.seconds, options.targets))
        if not options.targets:
            cases += run_stage(context, "coverage", "each corpus reaches 80 % of the lines that it is for", coverage_stage)
            cases += run_stage(context, "planted", "each target finds a planted bug within 60 s", planted_stage)
    except KeyboardInterrupt:
        return 130
    print(last_line(cases))
    return 0 if all(case.good for case in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
