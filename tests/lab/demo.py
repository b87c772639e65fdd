#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The story that scripts/demo tells. Every line that it prints is the outcome of something that was done or measured; the
# first outcome that is not as told makes the exit code 1. Re-executes itself inside private.py.
#
#   demo.py --build DIR [--without-helper]
import argparse
import os
import sys
import textwrap
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import private  # noqa: E402  (stdlib only: the rest is imported inside the namespaces)

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TUNNEL = "wg0"
SMALL, LARGE = 1000, 300_000
SETTLED = ("route", "fixed", "denied", "unavailable")


class Story:
    def __init__(self, build, with_helper):
        from lab.computer import Computer
        from lab.topology import Topology

        self.began = time.monotonic()
        self.faults = []
        self.with_helper = with_helper
        self.masked = "" if with_helper else " (airpods-helper is masked)"
        self.network = Topology(TUNNEL)
        self.network.lose_icmp()
        self.computer = Computer(build, SOURCE, helper=with_helper)

    def check(self, good, fault):
        if not good:
            self.faults.append(fault)
            say(f"   ! {fault}")
        return good

    def move(self, *cells):
        """Runs transfers of (direction, size, IP version) side by side and prints them; returns the results."""
        from lab.topology import SERVER
        from lab.transfer import together, transfer

        self.network.forget_path_mtus()
        results = together(*(lambda cell=cell: transfer(self.network.client, SERVER[cell[2]], cell[0], cell[1])
                             for cell in cells))
        for (direction, size, version), result in zip(cells, results):
            what = f"{size // 1000} kB" if size > 9999 else f"{size} bytes"
            way = "upload" if direction == "up" else "download"
            if result.sha_ok:
                outcome = f"done in {result.seconds * 1000:.0f} ms"
            elif result.stalled:
                outcome = f"HANGS: connected, then {result.bytes} bytes in {result.seconds:.0f} s"
            else:
                outcome = f"failed: {result.error}"
            say(f"   {way:<9}{what:>10}  IPv{version}  {outcome}")
        return results

    def large(self):
        return self.move(*((direction, LARGE, version) for direction in ("up", "down") for version in (4, 6)))

    # --- the chapters -----------------------------------------------------------------------------------------------

    def fault(self):
        network = self.network
        say("1. The VPN is up. airpods is not running.")
        network.tunnel.up()
        small = self.move(*((direction, SMALL, version) for direction in ("up", "down") for version in (4, 6)))
        self.check(all(result.sha_ok for result in small), "1000 bytes should have passed")
        large = self.large()
        self.check(all(result.stalled for result in large), "300 kB should have hung without airpods")
        lost = [hole.eaten(version) for hole in (network.far_side, network.host_side) for version in (4, 6)]
        say(f"   \"packet too big\" messages lost meanwhile: {sum(lost)}")
        self.check(all(lost), "no ICMP message was lost, so that was another fault")
        network.tunnel.down()
        say("   The VPN is down again.\n")

    def cure(self):
        computer, network = self.computer, self.network
        say("2. alice starts airpodsd; the VPN connects. airpods needs no sudo and no password.")
        say("   (There is no login session in here, so polkit would refuse her: a rule made for this demo answers")
        say("   \"yes\" to install-clamp for alice, as polkit does by itself for whoever sits at the computer.)")
        computer.start_airpodsd()
        installed = []
        computer.alice.watch("org.airpods.Helper1", "org.airpods.Helper1", "ClampInstalled",
                             on_signal=lambda: installed.append(time.monotonic()))
        network.tunnel.up()
        ready = time.monotonic()

        from lab import ruleset, wait
        seen = wait.until(lambda: computer.tunnel(TUNNEL), f"airpodsd sees {TUNNEL}")
        say(f"   airpodsd sees VPN {TUNNEL}: kind {seen['Kind']}, packets of {seen['Mtu']} instead of 1500 bytes")
        seen = wait.until(lambda: (now := computer.tunnel(TUNNEL)) and now["Clamp"] in SETTLED and now, "airpodsd decides")
        if self.check(seen["Clamp"] == "route", f"no adjustment in force: airpodsd says \"{seen['Clamp']}\"{self.masked}"):
            wait.until(lambda: installed, "the signal ClampInstalled")
            say(f"   airpods-helper adjusts packet sizes on {TUNNEL}: in force "
                f"{max(0, installed[0] - ready) * 1000:.0f} ms after the VPN was ready")
        self.check((TUNNEL in ruleset.clamped()) == self.with_helper, f"nftables does not agree about {TUNNEL}")
        say("")

        say("3. The same transfers again.")
        large = self.large()
        self.check(all(result.sha_ok for result in large), "300 kB should have passed with airpods")
        if self.with_helper:
            told = computer.clamps().get(TUNNEL, {}).get("syn-packets", 0)
            counted = ruleset.clamped().get(TUNNEL, 0)
            if self.check(told == counted > 0, f"the helper counts {told} packets, nftables {counted}"):
                each = " (two a transfer)" if told == 2 * len(large) else ""
                say(f"   SYN and SYN-ACK packets seen: {told}{each}; nftables counts the same")
            say("   $ airpods mss check")
            for line in computer.airpods("mss", "check").splitlines():
                say(textwrap.fill(line, 120, initial_indent="   ", subsequent_indent="   ") if line else "")
        say("")
        return large

    def end(self):
        computer = self.computer
        from lab import ruleset, wait
        say("4. The VPN goes.")
        removed = []
        computer.alice.watch("org.airpods.Helper1", "org.airpods.Helper1", "ClampRemoved",
                             on_signal=lambda: removed.append(time.monotonic()))
        began = time.monotonic()
        self.network.tunnel.down()
        if self.with_helper:
            wait.until(lambda: removed, "the signal ClampRemoved")
            say(f"   The adjustment is gone {max(0, removed[0] - began) * 1000:.0f} ms after `wg-quick down` began.")
            self.check(computer.clamps() == {}, "a claim is left")
        left = [line.strip() for line in ruleset.everything().splitlines() if TUNNEL in line]
        self.check(not left, f"`nft list ruleset` still names {TUNNEL}: {left}")
        self.check(wait.until(lambda: not computer.tunnels(), "airpodsd forgets the VPN"), "airpodsd still has the VPN")
        if not left:
            say(f"   `nft list ruleset` does not name {TUNNEL}{' any more' if self.with_helper else ''}.")
        say("")

    def tell(self):
        say(PROLOGUE.format(tunnel=TUNNEL, mtu=self.network.tunnel.mtu, what=self.network.tunnel.implementation))
        if not self.with_helper:
            say("   airpods-helper is masked: airpodsd gets nothing adjusted, and 300 kB have to hang to the end.\n")
        try:
            self.fault()
            large = self.cure()
            self.end()
        except Exception as error:  # Whatever it is, what the programs printed explains it best.
            say(f"   ! {error}\n\n{self.computer.diagnosis()}\n\nFAILED.")
            return 1
        self.computer.stop()
        seconds = time.monotonic() - self.began
        if self.faults:
            say(f"FAILED after {seconds:.0f} s: {'; '.join(self.faults)}.")
            return 1
        slowest = max(result.seconds for result in large) * 1000
        say(f"PASSED in {seconds:.0f} s: 300 kB hung both ways without airpods, and took at most {slowest:.0f} ms with it; "
            "nothing is left.")
        return 0


PROLOGUE = """
   client ─── bridge ─── this computer ═══ VPN {tunnel} ({what}, packets of {mtu}) ═══ gateway ─── server

   All of it in throw-away namespaces. The messages that say "packet too big" (ICMP) get lost on both sides, as they do
   behind many VPNs; so what is larger than the VPN's packets vanishes without a word.
"""


def say(line):
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description="What airpods does, on real traffic. See scripts/demo.")
    parser.add_argument("--build", required=True, help="a meson build folder")
    parser.add_argument("--without-helper", action="store_true", help="mask airpods-helper: the transfers hang")
    arguments = parser.parse_args()

    if not private.is_private():
        code = private.run([sys.executable, "-B", *sys.argv])
        if code > 128:
            say("\nStopped. Nothing is left: the namespaces went with their processes.")
        return code
    try:
        story = Story(os.path.abspath(arguments.build), not arguments.without_helper)
    except Exception as error:  # Whatever it is, a person reads it.
        say(f"The network of the demo cannot be made: {error}\n\nFAILED.")
        return 1
    return story.tell()


if __name__ == "__main__":
    sys.exit(main())
