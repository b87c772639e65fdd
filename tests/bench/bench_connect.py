# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a tunnel's settled MTU to the clamp in force, through airpodsd, dbus-daemon, polkitd and the helper.

The clock starts when the kernel has set the MTU and stops when the kernel says that the set element is in force. The tunnel has
settled before: the wait for a new tunnel to settle is a choice, not a speed.
"""
import fcntl
import os
import socket
import struct
import sys
import time

SOURCE, BUILD = os.environ["AIRPODS_SOURCE"], os.environ["AIRPODS_BUILD"]
sys.path[:0] = [f"{SOURCE}/tests", f"{SOURCE}/tests/bench"]
from figures import Targets, line, private_kib  # noqa: E402
from lab import wait  # noqa: E402
from lab.computer import MANAGER, Computer  # noqa: E402
from lab.netns import Namespace  # noqa: E402
from lab.tun import Tun  # noqa: E402
from nft_events import NEW_SET_ELEMENT, ElementEvents  # noqa: E402

ROUNDS = 200
SIOCSIFMTU = 0x8922
# The helper allows one user 20 changes a second, and a round makes two.
PAUSE = 0.11


def set_mtu(control, name, mtu):
    fcntl.ioctl(control, SIOCSIFMTU, struct.pack("16si20x", name.encode(), mtu))


def main():
    targets = Targets()
    host = Namespace()
    computer = Computer(BUILD, SOURCE)
    tun = Tun(host, "tun0")
    host.address("tun0", "10.9.0.2/24")
    host.up("tun0", 1500)
    host.ip("route", "add", "default", "dev", "tun0")
    computer.start_airpodsd('[vpn]\nnotify = "never"\n')
    wait.until(lambda: computer.tunnel("tun0"), "the tunnel is seen")

    events, control = ElementEvents(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    samples = []
    for _ in range(ROUNDS):
        set_mtu(control, "tun0", 1380)
        start = time.monotonic()
        end = events.wait(NEW_SET_ELEMENT, "tun0")
        assert end is not None, computer.diagnosis()
        samples.append((end - start) * 1000)
        computer.wait_for_clamp("tun0", "route")
        set_mtu(control, "tun0", 1500)
        computer.wait_for_clamp("tun0", "none")
        time.sleep(PAUSE)

    line("settled MTU to clamp in force", samples)
    for _ in range(1000):
        computer.tunnels()
    targets.below("private memory of airpodsd after 1,000 calls, MiB", private_kib(computer.session.pid_of(MANAGER)) / 1024, 6)
    tun.close()
    computer.stop()
    targets.done()


main()
