# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A VPN that comes and goes: the automatic claim of the real airpodsd comes and goes with it, however fast, and nothing
# of it is ever left behind.
import pwd

import pytest

from lab import ruleset, wait
from lab.tun import Tun

TIMES = 50


@pytest.fixture(scope="module", autouse=True)
def airpodsd(network, computer):
    computer.start_airpodsd()


def nothing_left(computer):
    return computer.tunnels() == {} and computer.clamps() == {} and ruleset.clamped() == {}


def test_the_claim_follows_the_tunnel(network, computer):
    network.tunnel.up()
    assert computer.wait_for_clamp("wg0", "route")["Reduced"] is True
    clamp = computer.clamps()["wg0"]
    assert (clamp["mode"], clamp["path-mtu"], clamp["link-mtu"], clamp["active"]) == ("route", 0, 1380, True)
    assert (clamp["holders"], clamp["owners"]) == (1, [pwd.getpwnam("alice").pw_uid])
    assert ruleset.clamped() == {"wg0": 0}
    network.tunnel.down()
    wait.until(lambda: nothing_left(computer), "claim, rules and tunnel are gone")


def test_a_tunnel_that_is_not_reduced_is_not_clamped(network, computer):
    wide, narrow = Tun(network.host, "tun-wide"), Tun(network.host, "tun-narrow")
    network.host.up("tun-wide", 1500)
    network.host.ip("route", "add", "198.18.1.0/24", "dev", "tun-wide")
    network.host.up("tun-narrow", 1400)
    network.host.ip("route", "add", "198.18.2.0/24", "dev", "tun-narrow")
    computer.wait_for_clamp("tun-narrow", "route")
    assert computer.tunnel("tun-wide")["Clamp"] == "none"
    assert set(computer.clamps()) == {"tun-narrow"}
    wide.close()
    narrow.close()
    wait.until(lambda: nothing_left(computer), "claim, rules and tunnels are gone")


def test_flapping_50_times_leaves_no_claim(network, computer):
    """Every other time it goes before airpodsd had time to decide, or just while it decides."""
    installed = computer.root.watch("org.airpods.Helper1", "org.airpods.Helper1", "ClampInstalled")
    for turn in range(TIMES):
        network.tunnel.up()
        if turn % 2 == 0:
            computer.wait_for_clamp("wg0", "route")
            assert set(ruleset.clamped()) == {"wg0"}
        elif turn % 4 == 1:
            wait.until(lambda: computer.tunnel("wg0"), "airpodsd sees wg0")
        network.tunnel.down()
    wait.until(lambda: nothing_left(computer), "claim, rules and tunnel are gone")
    assert len(installed) >= TIMES // 2
    # And it still works.
    network.tunnel.up()
    computer.wait_for_clamp("wg0", "route")
    network.tunnel.down()
    wait.until(lambda: nothing_left(computer), "claim, rules and tunnel are gone")


def test_airpodsd_that_goes_takes_its_claim_along(network, computer):
    network.tunnel.up()
    computer.wait_for_clamp("wg0", "route")
    computer.airpodsd.kill()
    wait.until(lambda: computer.clamps() == {} and ruleset.clamped() == {}, "the claim of a killed airpodsd")
    # A new one finds the tunnel that is already up, and claims again.
    computer.start_airpodsd()
    computer.wait_for_clamp("wg0", "route")
    assert computer.stop_airpodsd() == 0
    wait.until(lambda: computer.clamps() == {} and ruleset.clamped() == {}, "the claim of a stopped airpodsd")
    network.tunnel.down()
