# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The builds that the stages share. Each is made once, when the first stage asks for it; a build that failed is an
# exception for each of them.
import glob
import os

import command

PLAIN = ("-Db_colorout=never",)
STRICT = PLAIN + ("--fatal-meson-warnings", "--werror")
SANITIZE = ("-Db_sanitize=address,undefined", "-Doptimization=1")
GCC = {"CC": "gcc", "CXX": "g++"}
CLANG = {"CC": "clang", "CXX": "clang++"}

# name: compiler, options of meson setup, targets (none: all)
BUILDS = {
    "gcc": (GCC, STRICT, ()),
    "clang": (CLANG, STRICT, ()),
    "sanitized": (GCC, STRICT + SANITIZE, ()),
    # b_lundef: clang's sanitizers are linked into programs only.
    "fuzz": (CLANG, PLAIN + SANITIZE + ("-Dfuzz=true", "-Db_lundef=false"), ("fuzz-targets",)),
}


class BuildFailed(Exception):
    """The text is the output of the build."""


class Builds:
    def __init__(self, source, root):
        self.source, self.root = source, root
        self.done = {}

    def directory(self, name):
        return f"{self.root}/{name}"

    def get(self, name):
        """The build directory, up to date."""
        if name not in self.done:
            try:
                self._make(name)
                self.done[name] = None
            except BuildFailed as error:
                self.done[name] = str(error)
        if self.done[name] is not None:
            raise BuildFailed(f"the build '{name}' failed:\n{self.done[name]}")
        return self.directory(name)

    def _make(self, name):
        compiler, options, targets = BUILDS[name]
        directory, env, log = self.directory(name), command.environment(**compiler), f"{self.root}/logs/build-{name}.log"
        if not os.path.exists(f"{directory}/build.ninja"):
            code, output = command.run(["meson", "setup", *options, directory, self.source], log=log, env=env)
            if code != 0:
                raise BuildFailed(command.tail(output, 40))
        code, output = command.run(["ninja", "-C", directory, *targets], log=log, env=env, timeout=900)
        if code != 0:
            raise BuildFailed(command.tail(output, 40))


def sources(source, folders, suffixes):
    """Paths of source files below these folders, relative to `source`, sorted."""
    return sorted(os.path.relpath(path, source) for folder in folders for suffix in suffixes
                  for path in glob.glob(f"{source}/{folder}/**/*{suffix}", recursive=True))
