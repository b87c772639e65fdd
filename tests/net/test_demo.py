# SPDX-License-Identifier: LGPL-2.1-or-later
#
# scripts/demo, from outside: it passes, it fails when the helper is masked, and whether it ends, fails, is interrupted
# or is killed, the host is as before: interfaces, namespaces, mounts, packet filter, users, processes, temporary files.
import os
import re
import signal
import subprocess

import pytest

from lab import wait


def host():
    """What the demo could have touched, as text that is equal when nothing was."""
    def output(*command):
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def content(path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    return {
        "links": output("ip", "-o", "link", "show"),
        "addresses": [line for line in output("ip", "-o", "address").splitlines() if "valid_lft forever" in line],
        "namespaces": output("ip", "netns"),
        "rules": output("ip", "rule") + output("ip", "-6", "rule"),
        "routes": output("ip", "route", "show", "table", "all", "proto", "static"),
        "nftables": output("nft", "list", "ruleset"),
        "users": content("/etc/passwd") + content("/etc/group"),
        "polkit": sorted(os.listdir("/usr/share/polkit-1/actions")) + sorted(os.listdir("/etc/polkit-1/rules.d")),
        "mounts": content("/proc/self/mounts"),
        "forwarding": content("/proc/sys/net/ipv4/ip_forward") + content("/proc/sys/net/ipv6/conf/all/forwarding"),
        "runtime": sorted(os.listdir("/run")),
    }


def namespace_of(pid):
    """The process namespace of a process, as the target of /proc/PID/ns/pid; None when it has just gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None


def members(namespace):
    """The processes in a process namespace."""
    return [pid for pid in filter(str.isdigit, os.listdir("/proc")) if namespace_of(pid) == namespace]


def descendants(pid):
    """All processes below `pid`."""
    children = {}
    for other in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{other}/stat", encoding="utf-8", errors="replace") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(other))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


@pytest.fixture
def untouched(tmp_path):
    """Compares the host before and after. The demo's temporary files go to a folder that must be empty after it."""
    before = host()
    yield tmp_path
    assert host() == before
    assert os.listdir(tmp_path) == []


class Demo:
    """scripts/demo with the programs under test, its output read as it comes."""

    def __init__(self, source, build, folder, *options):
        self.process = subprocess.Popen(
            [f"{source}/scripts/demo", "--build", build, *options], text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(folder)})
        self.lines = []
        self.read_until("1. The VPN is up")
        theirs = {namespace_of(pid) for pid in descendants(self.process.pid)} - {namespace_of("self"), None}
        assert len(theirs) == 1, f"the demo should run in one process namespace: {theirs}"
        self.namespace, = theirs
        assert len(members(self.namespace)) >= 4, "its buses and its polkitd are not where they should be"

    def read_until(self, word):
        for line in self.process.stdout:
            self.lines.append(line)
            if word in line:
                return
        raise AssertionError(f"the demo ended without saying {word!r}:\n{''.join(self.lines)}")

    def finish(self):
        """The exit code and all of the output. No process of it may be left."""
        self.lines.extend(self.process.stdout)
        code = self.process.wait(60)
        wait.until(lambda: not members(self.namespace), "the processes of the demo are gone")
        return code, "".join(self.lines)


def outcomes(text):
    """[(chapter, direction, size, IP version, first word of the outcome)]"""
    chapter, found = 0, []
    for line in text.splitlines():
        if heading := re.match(r"(\d)\. ", line):
            chapter = int(heading.group(1))
        if cell := re.match(r" +(upload|download) +(\d+) (kB|bytes) +IPv([46]) +(\w+)", line):
            size = int(cell.group(2)) * (1000 if cell.group(3) == "kB" else 1)
            found.append((chapter, cell.group(1), size, int(cell.group(4)), cell.group(5)))
    return sorted(found)


def told(chapter, size, word):
    return [(chapter, direction, size, version, word) for direction in ("download", "upload") for version in (4, 6)]


def test_the_demo_passes(source, build, untouched):
    code, text = Demo(source, build, untouched).finish()
    assert code == 0, text
    assert outcomes(text) == sorted(told(1, 1000, "done") + told(1, 300_000, "HANGS") + told(3, 300_000, "done"))
    assert re.search(r"^PASSED in \d+ s: ", text, re.MULTILINE)
    assert "FAILED" not in text


def test_without_the_helper_both_transfers_hang(source, build, untouched):
    code, text = Demo(source, build, untouched, "--without-helper").finish()
    assert code == 1, text
    assert outcomes(text) == sorted(told(1, 1000, "done") + told(1, 300_000, "HANGS") + told(3, 300_000, "HANGS"))
    assert re.search(r"^FAILED after \d+ s: ", text, re.MULTILINE)
    assert 'airpodsd says "unavailable" (airpods-helper is masked)' in text


def without(capability):
    """Root without one capability, also where a container manager has handed it down as inheritable and ambient."""
    return ["setpriv", "--inh-caps=-all", "--ambient-caps=-all", f"--bounding-set=-{capability}"]


# A container without these capabilities, and a folder that is none: one sentence, before anything is done.
@pytest.mark.parametrize("words, folder, code, sentence", [
    (without("sys_admin"), None, 1,
     "demo: network namespaces cannot be made here (unshare: unshare failed: Operation not permitted): it needs root with "
     "CAP_SYS_ADMIN and CAP_NET_ADMIN, and /dev/net/tun. With Docker: docker run --privileged\n"),
    (without("net_admin"), None, 1,
     "demo: a VPN cannot be set up here (RTNETLINK answers: Operation not permitted): it needs root with "
     "CAP_SYS_ADMIN and CAP_NET_ADMIN, and /dev/net/tun. With Docker: docker run --privileged\n"),
    ([], "/nonexistent", 2,
     "demo: there is no helper/airpods-helper in /nonexistent: is it a build folder? "
     "(meson setup /nonexistent && meson compile -C /nonexistent)\n"),
], ids=["no-sys-admin", "no-net-admin", "no-build-folder"])
def test_where_it_cannot_run_it_says_so(source, build, untouched, words, folder, code, sentence):
    done = subprocess.run([*words, f"{source}/scripts/demo", "--build", folder or build], check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "LC_ALL": "C", "TMPDIR": str(untouched)})
    assert (done.returncode, done.stdout) == (code, sentence)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
@pytest.mark.parametrize("when", ["upload   1000 bytes", "3. The same transfers"])
def test_stopped_half_way_it_leaves_nothing(source, build, untouched, how, when):
    demo = Demo(source, build, untouched)
    demo.read_until(when)
    # Ctrl-C reaches every process of the terminal's group; the others one process.
    if how == signal.SIGINT:
        os.killpg(demo.process.pid, how)
    else:
        os.kill(demo.process.pid, how)
    code, text = demo.finish()
    assert code == (-how if how == signal.SIGKILL else 128 + how), text
    assert "PASSED" not in text
