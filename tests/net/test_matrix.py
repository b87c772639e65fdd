# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The incident with and without the real helper's clamp: {IPv4, IPv6} x {no clamp, clamp} x upload 1540, 1815, 300 kB and
# download 300 kB, over WireGuard at 1380, ICMP "too big" lost both ways. Payload is random and compared by SHA-256.
# 1540 and 1815 bytes are what a TLS ClientHello with a post-quantum key share takes: two segments, the first full.
import pytest
from gi.repository import GLib

from lab import ruleset, wait
from lab.topology import SERVER
from lab.transfer import transfer

CELLS = [("up", 1540), ("up", 1815), ("up", 300_000), ("down", 300_000)]
SESSION = {"lifetime": GLib.Variant("s", "session")}


@pytest.fixture(scope="module", autouse=True)
def incident(network):
    network.tunnel.up()
    network.lose_icmp()


@pytest.fixture
def no_clamp(computer):
    assert not ruleset.clamped()


@pytest.fixture(scope="class")
def clamp(computer):
    """wg0 clamped by the helper, as alice's session claim."""
    with computer.system_bus.connect("alice") as client:
        clamp = computer.install("wg0", SESSION, client=client)
        assert clamp["mode"] == "route" and clamp["active"] is True
        yield clamp
        computer.remove("wg0", client=client)
    assert ruleset.clamped() == {}


def move(network, version, direction, size):
    network.forget_path_mtus()
    return transfer(network.client, SERVER[version], direction, size)


def eaten(network, version):
    """How many "too big" messages were lost so far that would have mended an upload, or a download."""
    return {"up": network.host_side.eaten(version), "down": network.far_side.eaten(version)}


# The tests of a module run in this order: without the clamp first.
@pytest.mark.parametrize("version", [4, 6])
class TestWithoutClamp:
    @pytest.mark.parametrize("direction,size", CELLS)
    def test_stalls(self, network, no_clamp, version, direction, size):
        before = eaten(network, version)
        result = move(network, version, direction, size)
        assert result.connected
        assert result.stalled and not result.sha_ok
        assert result.bytes == 0
        # It is the ICMP of this very direction that was lost.
        after = eaten(network, version)
        assert {side: after[side] > before[side] for side in after} == {"up": direction == "up", "down": direction == "down"}

    @pytest.mark.parametrize("direction", ["up", "down"])
    def test_1000_bytes_pass(self, network, no_clamp, version, direction):
        result = move(network, version, direction, 1000)
        assert (result.sha_ok, result.bytes, result.stalled) == (True, 1000, False)

    @pytest.mark.parametrize("direction", ["up", "down"])
    def test_passes_once_icmp_is_let_through(self, network, no_clamp, version, direction):
        with network.far_side.lifted(), network.host_side.lifted():
            result = move(network, version, direction, 300_000)
        assert (result.sha_ok, result.bytes) == (True, 300_000)
        assert eaten(network, version) == {"up": 0, "down": 0}
        # And stalls again as soon as it is lost again.
        assert move(network, version, direction, 300_000).stalled
        assert eaten(network, version)[direction] > 0


@pytest.mark.parametrize("version", [4, 6])
class TestWithClamp:
    @pytest.mark.parametrize("direction,size", [*CELLS, ("up", 1000), ("down", 1000)])
    def test_passes(self, network, computer, clamp, version, direction, size):
        lost = eaten(network, version)
        before = computer.clamps()["wg0"]["syn-packets"]
        result = move(network, version, direction, size)
        assert (result.connected, result.sha_ok, result.bytes, result.stalled) == (True, True, size, False)
        # Nothing was too big: no message had to be made.
        assert eaten(network, version) == lost
        # The SYN that left and the SYN-ACK that came; the kernel's own counter says the same.
        assert computer.clamps()["wg0"]["syn-packets"] == before + 2
        assert ruleset.clamped()["wg0"] == before + 2


def test_the_fault_is_back_when_the_clamp_is_gone(network, computer):
    with computer.system_bus.connect("alice") as client:
        computer.install("wg0", SESSION, client=client)
        assert move(network, 4, "up", 1540).sha_ok
    # Its bus name is gone, and the claim with it.
    wait.until(lambda: computer.clamps() == {}, "the session claim of a caller who left")
    assert ruleset.clamped() == {}
    assert move(network, 4, "up", 1540).stalled
