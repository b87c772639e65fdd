# SPDX-License-Identifier: LGPL-2.1-or-later
"""One clamp through the helper against the recipe that people type: two iptables rules, each checked and then added.

Both sides in one run, alternating, on an interface that was never clamped before, read back after each step. The helper's side
is the whole way: a real dbus-daemon, the helper as its own user, a real polkitd that is asked every time.
"""
import os
import statistics
import sys

SOURCE, BUILD = os.environ["AIRPODS_SOURCE"], os.environ["AIRPODS_BUILD"]
sys.path[:0] = [f"{SOURCE}/tests", f"{SOURCE}/tests/bench"]
from figures import Targets, line, private_kib, timed  # noqa: E402
from lab.computer import HELPER, Computer  # noqa: E402
from lab.netns import Namespace  # noqa: E402
from lab.run import run  # noqa: E402
from lab.tun import Tun  # noqa: E402

# Below the 64 claims of one user.
ROUNDS = 60
RULE = "-o {} -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"
CHAINS = ("FORWARD", "OUTPUT")


def recipe(interface):
    """The two lines as they are published, without the sudo in front of them."""
    rule = RULE.format(interface)
    for chain in CHAINS:
        run("sh", "-lc", f"iptables -t mangle -C {chain} {rule} 2>/dev/null || iptables -t mangle -A {chain} {rule}")


def main():
    targets = Targets()
    host = Namespace()
    computer = Computer(BUILD, SOURCE)
    tuns = []
    for index in range(ROUNDS):
        tuns.append(Tun(host, f"wg{index}"))
        host.up(f"wg{index}", 1380)

    # Both sides have their programs in the page cache and their tables in the kernel.
    computer.clamps()
    run("sh", "-c", "iptables -t mangle -L >/dev/null")

    ours, theirs = [], []
    for tun in tuns:
        clamp, milliseconds = timed(lambda name=tun.name: computer.install(name))
        ours.append(milliseconds)
        assert clamp["active"] and clamp["mode"] == "route", clamp
        assert f'"{tun.name}"' in run("nft", "list", "table", "inet", "airpods")

        theirs.append(timed(lambda name=tun.name: recipe(name))[1])
        for chain in CHAINS:
            run("sh", "-c", f"iptables -t mangle -C {chain} {RULE.format(tun.name)}")

    line("InstallClamp (dbus-daemon, polkitd, nftables)", ours)
    line("recipe: sh -lc 'iptables -C || iptables -A', twice", theirs)
    targets.at_least("recipe / InstallClamp, medians", statistics.median(theirs) / statistics.median(ours), 5)

    for _ in range(1000):
        computer.clamps()
    targets.below("private memory of airpods-helper after 1,000 calls, MiB", private_kib(computer.root.pid_of(HELPER)) / 1024, 2)
    computer.stop()
    targets.done()


main()
