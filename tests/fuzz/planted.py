#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Does fuzzing find bugs? Each tests/fuzz/planted/TARGET.patch puts one into the code that the target is for. In a throw-away
# copy of the tree with a build of its own, for each patch:
#
#   1. the patch applies and the target builds,
#   2. the files of the corpus that trip over the bug by themselves are left out,
#   3. from the others, fuzzing finds the bug within 60 seconds,
#   4. the patch is taken back.
#
# Prints a line a target; ends with 1 when a bug was not found.
#
#   tests/fuzz/planted.py [--dir FOLDER] [--seed N] [TARGET]...
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECONDS = 60
SLOW = 45  # what a step besides the fuzzing may take, for a build on a busy machine times ten
ENV = {**os.environ, "CC": "clang", "CXX": "clang++", "ASAN_OPTIONS": "detect_leaks=1",
       "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


class Failed(Exception):
    """The text says what did not go as it must."""


def run(command, cwd, seconds=SLOW * 10):
    """(exit code, output)"""
    try:
        done = subprocess.run(command, cwd=cwd, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{command[0]}: not done after {seconds} s") from error
    return done.returncode, done.stdout


def must(command, cwd):
    code, output = run(command, cwd)
    if code != 0:
        raise Failed(f"{' '.join(command)}: exit code {code}\n{output[-4000:]}")


class Copy:
    def __init__(self, root):
        self.source, self.build, self.work = f"{root}/tree", f"{root}/build", f"{root}/work"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(SOURCE, self.source, symlinks=True,
                        ignore=shutil.ignore_patterns("build", "build-*", ".git", "__pycache__", ".pytest_cache"))
        # b_lundef: clang's sanitizers are linked into programs only.
        must(["meson", "setup", "-Dfuzz=true", "-Db_sanitize=address,undefined", "-Doptimization=1", "-Db_lundef=false",
              self.build, self.source], SOURCE)
        must(["ninja", "-C", self.build, "fuzz-targets"], SOURCE)

    def apply(self, patch, *options):
        must(["patch", "--strip=1", "--fuzz=0", "--force", "--no-backup-if-mismatch", "--reject-file=-", f"--input={patch}",
              *options], self.source)

    def make(self, target):
        must(["ninja", "-C", self.build, f"tests/fuzz/fuzz-{target}"], SOURCE)

    def seeds(self, target):
        """(files that the program still gets through, how many it does not)"""
        seeds, left_out = sorted(glob.glob(f"{SOURCE}/tests/fuzz/corpus/{target}/*")), 0
        if not seeds:
            raise Failed("no corpus")
        while seeds:
            code, output = run([f"{self.build}/tests/fuzz/fuzz-{target}", *seeds], self.work)
            if code == 0:
                break
            started = re.findall(r"^Running: (.*)$", output, flags=re.MULTILINE)
            if not started or started[-1] not in seeds:
                raise Failed(f"the replay ended with {code}\n{output[-4000:]}")
            at = seeds.index(started[-1])
            seeds, left_out = seeds[:at] + seeds[at + 1:], left_out + 1
        return seeds, left_out

    def fuzz(self, target, seeds, seed):
        """Seconds until the bug was found, and what libFuzzer called it."""
        corpus = f"{self.work}/corpus"
        shutil.rmtree(self.work)
        os.makedirs(corpus)
        for path in seeds:
            shutil.copy(path, corpus)
        dictionary = f"{self.source}/tests/fuzz/{target}.dict"
        options = [f"-dict={dictionary}"] if os.path.exists(dictionary) else []
        start = time.monotonic()
        code, output = run([f"{self.build}/tests/fuzz/fuzz-{target}", f"-max_total_time={SECONDS}", "-timeout=10", f"-seed={seed}",
                            *options, corpus], self.work, SECONDS + SLOW)
        seconds = time.monotonic() - start
        summary = re.findall(r"^(?:SUMMARY: .*|.*Assertion `.*' failed.*)$", output, flags=re.MULTILINE)
        if code == 0 or not summary or not glob.glob(f"{self.work}/*-*"):
            raise Failed(f"not found in {SECONDS} s\n{output[-1000:]}")
        return seconds, summary[0]


def prove(copy, patch, seed):
    target = os.path.basename(patch)[:-len(".patch")]
    copy.apply(patch)
    try:
        copy.make(target)
        os.makedirs(copy.work, exist_ok=True)
        seeds, left_out = copy.seeds(target)
        seconds, summary = copy.fuzz(target, seeds, seed)
        print(f"{target}: found after {seconds:.1f} s, from {len(seeds)} files ({left_out} show it themselves): {summary}",
              flush=True)
    finally:
        copy.apply(patch, "--reverse")


def main():
    parser = argparse.ArgumentParser(description="Planted bugs that fuzzing must find.")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--dir", default=f"{SOURCE}/build/planted", help="where to copy and build (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of libFuzzer's random numbers (default: %(default)s)")
    options = parser.parse_args()
    patches = {os.path.basename(path)[:-len(".patch")]: path for path in sorted(glob.glob(f"{SOURCE}/tests/fuzz/planted/*.patch"))}
    targets = {os.path.basename(path) for path in glob.glob(f"{SOURCE}/tests/fuzz/corpus/*")}
    failed = sorted((set(options.targets) or targets) - set(patches))
    for target in failed:
        print(f"{target}: no planted bug")
    try:
        copy = Copy(os.path.abspath(options.dir))
    except Failed as error:
        print(error)
        return 1
    for target, patch in patches.items():
        if options.targets and target not in options.targets:
            continue
        try:
            prove(copy, patch, options.seed)
        except Failed as error:
            print(f"{target}: {error}", flush=True)
            failed.append(target)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
