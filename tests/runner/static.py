# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The stages that look at the source without running it: clang-format, clang-tidy, gcc -fanalyzer, and the files that are
# not C (XML, units, scripts), with the house rules that a program can check.
import concurrent.futures
import glob
import json
import os
import re
import shlex

import builds
import command
from case import FAILED, PASSED, Case, verdict

PROGRAMS = ("shared", "helper", "service", "cli")
ANALYZED = ("shared", "helper")
HELPER_EXPOSURE = 15  # tenths; systemd-analyze security: 0 is best, a root daemon without any confinement has 96


def format_stage(context):
    """clang-format with our .clang-format: a difference is an error."""
    files = builds.sources(context.source, PROGRAMS + ("tests",), (".c", ".h", ".cc"))
    code, output = command.run(["clang-format", "--dry-run", "-Werror", *files], cwd=context.source,
                               log=f"{context.root}/logs/format.log")
    return [verdict("format", f"clang-format: {len(files)} files", code, output)]


def _compilations(directory, folders, source):
    """(path, command line as words, folder) of each file of ours in a build's compile_commands.json, each file once."""
    with open(f"{directory}/compile_commands.json", encoding="utf-8") as file:
        entries = json.load(file)
    seen = {}
    for entry in entries:
        path = os.path.relpath(os.path.realpath(os.path.join(entry["directory"], entry["file"])), os.path.realpath(source))
        if path.split("/", 1)[0] in folders:
            seen.setdefault(path, (path, shlex.split(entry["command"]), entry["directory"]))
    return [seen[path] for path in sorted(seen)]


def _in_parallel(context, function, items):
    with concurrent.futures.ThreadPoolExecutor(context.jobs) as pool:
        return list(pool.map(function, items))


def tidy_stage(context):
    """clang-tidy over the programs; needs the compile commands of a clang build, since gcc's flags are unknown to it."""
    directory = context.builds.get("clang")

    def tidy(item):
        path = item[0]
        code, output = command.run(["clang-tidy", "--quiet", "-p", directory, f"{context.source}/{path}"],
                                   log=f"{context.root}/logs/tidy/{path.replace('/', '-')}.log", timeout=300)
        return verdict("tidy", path, code, command.tail(output))
    return _in_parallel(context, tidy, _compilations(directory, PROGRAMS, context.source))


def analyzer_stage(context):
    """gcc's own analyzer over what runs with a privilege. It understands C, not C++."""
    directory = context.builds.get("gcc")

    def analyze(item):
        path, words, folder = item
        words = words[:words.index("-o")] + words[words.index("-o") + 2:]
        code, output = command.run(words + ["-fanalyzer", "-Werror", "-o", "/dev/null"], cwd=folder,
                                   log=f"{context.root}/logs/analyzer/{path.replace('/', '-')}.log", timeout=300)
        return verdict("analyzer", path, code, command.tail(output))
    items = [item for item in _compilations(directory, ANALYZED, context.source) if item[0].endswith(".c")]
    return _in_parallel(context, analyze, items)


def files_stage(context):
    return [*_xml(context), *_units(context), *_scripts(context), *_house_rules(context)]


def _xml(context):
    files = [path for path in builds.sources(context.source, ("dbus", "polkit"), (".xml", ".conf", ".policy"))]
    for path in files:
        code, output = command.run(["xmllint", "--noout", "--nonet", path], cwd=context.source,
                                   log=f"{context.root}/logs/files.log")
        yield verdict("files", f"well-formed: {path}", code, output)


def _units(context):
    """The units as they are installed, below a root of their own, where what they start exists."""
    directory, log = context.builds.get("gcc"), f"{context.root}/logs/files.log"
    root = f"{context.root}/installed"
    code, output = command.run(["meson", "install", "-C", directory, "--no-rebuild", "--destdir", root], log=log)
    yield verdict("files", "meson install", code, output)
    # The unit names programs below the prefix; systemd-analyze wants to find them, so it gets the ones just installed.
    for unit, user in (("airpods-helper.service", False), ("airpodsd.service", True)):
        found = glob.glob(f"{root}/**/{unit}", recursive=True)
        if len(found) != 1:
            yield Case("files", f"unit: {unit}", FAILED, f"installed {len(found)} times below {root}")
            continue
        with open(found[0], encoding="utf-8") as file:
            text = file.read()
        copy = f"{context.root}/units/{unit}"
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(copy, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^(Exec\w+=)(/\S+)", lambda m: m[1] + (root + m[2] if os.path.exists(root + m[2]) else m[2]),
                              text, flags=re.MULTILINE))
        code, output = command.run(["systemd-analyze", "verify", "--man=no", "--user" if user else "--system", copy],
                                   log=log)
        ours = "\n".join(line for line in output.splitlines() if unit in line)
        yield Case("files", f"unit: {unit}", FAILED if ours else PASSED, ours)
    code, output = command.run(["systemd-analyze", "security", "--offline=true", f"--threshold={HELPER_EXPOSURE}",
                                f"{context.root}/units/airpods-helper.service"], log=log)
    yield verdict("files", f"exposure of the helper's unit at most {HELPER_EXPOSURE / 10}", code, command.tail(output))


def _scripts(context):
    for path in sorted(glob.glob(f"{context.source}/scripts/*") + glob.glob(f"{context.source}/.ci/*")):
        name = os.path.relpath(path, context.source)
        if path.endswith(".md"):
            continue
        with open(path, encoding="utf-8") as file:
            first = file.readline()
        if "python" in first:
            yield _parses(path, name)
        else:
            code, output = command.run(["bash", "-n", path], log=f"{context.root}/logs/files.log")
            yield verdict("files", f"parses: {name}", code, output)
    for name in builds.sources(context.source, ("tests", "scripts"), (".py",)):
        yield _parses(f"{context.source}/{name}", name)


def _parses(path, name):
    try:
        with open(path, encoding="utf-8") as file:
            compile(file.read(), path, "exec")
    except SyntaxError as error:
        return Case("files", f"parses: {name}", FAILED, str(error))
    return Case("files", f"parses: {name}")


def _house_rules(context):
    """The programs meet on D-Bus only; every source file says its licence first; a daemon's main.c is short."""
    crossing, unlicensed, long_main = [], [], []
    for path in builds.sources(context.source, PROGRAMS + ("tests",), (".c", ".h", ".cc", ".py")):
        with open(f"{context.source}/{path}", encoding="utf-8") as file:
            lines = file.read().splitlines()
        if not any("SPDX-License-Identifier: LGPL-2.1-or-later" in line for line in lines[:3]) and lines:
            unlicensed.append(path)
        top = path.split("/", 1)[0]
        if top in PROGRAMS:
            others = [name for name in PROGRAMS if name not in (top, "shared")]
            crossing += [f"{path}: {line}" for line in lines if re.match(r'\s*#\s*include\s+["<](\.\./)*(%s)/' % "|".join(others), line)]
        if path in ("helper/main.c", "service/main.c") and len(lines) > 60:
            long_main.append(f"{path}: {len(lines)} lines")
    for name, found in (("no program includes another's headers", crossing), ("each source file has its SPDX line", unlicensed),
                        ("main.c of a daemon has at most 60 lines", long_main)):
        yield Case("files", name, FAILED if found else PASSED, "\n".join(found))
