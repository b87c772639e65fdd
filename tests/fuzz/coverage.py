#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How much of the code that it is for does each fuzz target's corpus reach? Builds the targets with clang's source-based
# coverage, replays the corpora, and prints the line coverage of each file. Ends with 1 when one is below the limit.
#
#   tests/fuzz/coverage.py [--dir FOLDER] [TARGET]...
import argparse
import glob
import json
import os
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = 80  # percent of lines

# The files that a target is for.
FILES = {
    "cli-replies": ["cli/record-bus.c", "cli/record.c", "cli/json.c", "cli/escape.c"],
    "config": ["service/config.c", "service/toml.cc", "shared/suggest.c"],
    "dbus-arguments": ["helper/arguments.c"],
    "helper-replies": ["service/clamp-read.c"],
    "podman-logs": ["service/podman/log-frames.c", "service/podman/lines.c"],
    "podman-replies": ["service/podman/json-read.c", "service/podman/container-info.c", "service/podman/event-line.c",
                       "service/podman/pull-line.c", "service/podman/network-info.c"],
    "rtnetlink": ["shared/link.c", "service/routes.c", "service/tunnel.c"],
    "state": ["service/state.c"],
}


class Failed(Exception):
    """A command did not do what it had to; the text says which and how."""


def run(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


def build(directory):
    flags = "-fprofile-instr-generate -fcoverage-mapping"
    env = {**os.environ, "CC": "clang", "CXX": "clang++", "LLVM_PROFILE_FILE": f"{directory}/unused.profraw"}
    os.makedirs(directory, exist_ok=True)
    if not os.path.exists(f"{directory}/build.ninja"):
        run("meson", "setup", "-Doptimization=0", f"-Dc_args={flags}", f"-Dcpp_args={flags}", f"-Dc_link_args={flags}",
            f"-Dcpp_link_args={flags}", directory, SOURCE, env=env)
    run("ninja", "-C", directory, "fuzz-targets")


def lines(directory, target):
    """{file: percent of lines} after a replay of the corpus."""
    program, raw, data = (f"{directory}/tests/fuzz/replay-{target}", f"{directory}/{target}.profraw",
                          f"{directory}/{target}.profdata")
    run(program, f"{SOURCE}/tests/fuzz/corpus/{target}", env={**os.environ, "LLVM_PROFILE_FILE": raw})
    run("llvm-profdata", "merge", "-sparse", raw, "-o", data)
    report = json.loads(run("llvm-cov", "export", "-summary-only", f"-instr-profile={data}", program))
    return {os.path.relpath(one["filename"], SOURCE): one["summary"]["lines"]["percent"]
            for one in report["data"][0]["files"]}


def measure(directory, targets):
    """Prints a line a file; True when each is covered well enough."""
    good = True
    for target in targets:
        found = lines(directory, target)
        for file in FILES[target]:
            percent = found.get(file, 0.0)
            enough = percent >= LIMIT
            good = good and enough
            print(f"{target}: {file}: {percent:.1f} % of lines{'' if enough else f', less than {LIMIT} %'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description="Line coverage of the fuzz corpora.")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--dir", default=f"{SOURCE}/build/coverage", help="where to build (default: %(default)s)")
    options = parser.parse_args()
    try:
        directory = os.path.abspath(options.dir)
        build(directory)
        built = {os.path.basename(path)[len("replay-"):] for path in glob.glob(f"{directory}/tests/fuzz/replay-*")
                 if os.path.isfile(path)}
        if built != set(FILES):
            raise Failed(f"targets and FILES of this script differ: {' '.join(sorted(built ^ set(FILES)))}")
        unknown = set(options.targets) - built
        if unknown:
            raise Failed(f"no such target: {' '.join(sorted(unknown))}")
        return 0 if measure(directory, options.targets or sorted(built)) else 1
    except Failed as failed:
        print(failed)
        return 1


if __name__ == "__main__":
    sys.exit(main())
