# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The laboratory tests itself, with no program of this project: without a clamp the incident happens, the clamp of the
# old guide (outgoing SYNs only) mends downloads alone, and a hand-written one mends all. If these fail, no other result
# of tests/net means anything.
import pytest

from lab import pathmtu, ruleset
from lab.topology import CLIENT, SERVER, TUNNEL_MTU
from lab.transfer import together, transfer

GUIDE = """
table inet airpods {
    chain forward { type filter hook forward priority mangle; policy accept;
        tcp flags & (syn|rst) == syn oifname "wg0" tcp option maxseg size set rt mtu
    }
    chain output { type route hook output priority mangle; policy accept;
        tcp flags & (syn|rst) == syn oifname "wg0" tcp option maxseg size set rt mtu
    }
}
"""


@pytest.fixture(scope="module", autouse=True)
def incident(network):
    network.tunnel.up()
    network.lose_icmp()


@pytest.fixture
def rules(network):
    """Loads a ruleset for one test."""
    yield network.host.nft
    network.host.nft("delete table inet airpods")


def both(network, version, size=300_000):
    """An upload and a download side by side."""
    network.forget_path_mtus()
    return together(lambda: transfer(network.client, SERVER[version], "up", size),
                    lambda: transfer(network.client, SERVER[version], "down", size))


@pytest.mark.parametrize("version", [4, 6])
def test_without_a_clamp_both_directions_stall(network, version):
    upload, download = both(network, version)
    assert (upload.stalled, download.stalled) == (True, True)
    assert (upload.bytes, download.bytes) == (0, 0)
    assert upload.retransmits >= 3


@pytest.mark.parametrize("version", [4, 6])
def test_the_clamp_of_the_old_guide_mends_downloads_only(network, rules, version):
    rules(GUIDE)
    upload, download = both(network, version)
    assert (upload.stalled, download.stalled) == (True, False)
    assert download.sha_ok


@pytest.mark.parametrize("version", [4, 6])
def test_a_clamp_in_both_directions_mends_both(network, rules, version):
    rules(ruleset.BY_HAND.format(interface="wg0"))
    upload, download = both(network, version)
    assert (upload.sha_ok, download.sha_ok) == (True, True)
    assert (upload.bytes, download.bytes) == (300_000, 300_000)


@pytest.mark.parametrize("version", [4, 6])
def test_path_mtus_are_learned_and_forgotten(network, version):
    network.forget_path_mtus()
    with network.far_side.lifted(), network.host_side.lifted():
        upload, download = together(lambda: transfer(network.client, SERVER[version], "up", 300_000),
                                    lambda: transfer(network.client, SERVER[version], "down", 300_000))
    assert (upload.sha_ok, download.sha_ok) == (True, True)
    assert pathmtu.learned(network.client, SERVER[version]) == TUNNEL_MTU
    assert pathmtu.learned(network.server, CLIENT[version]) == TUNNEL_MTU
    network.forget_path_mtus()
    assert pathmtu.learned(network.client, SERVER[version]) == 0
    assert pathmtu.learned(network.server, CLIENT[version]) == 0
