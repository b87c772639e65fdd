# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Fixtures of the network tests. All but test_demo.py run inside tests/lab/private.py, one file to one run, so each file
# has a network of its own and leaves nothing:
#   AIRPODS_BUILD=build AIRPODS_SOURCE=. tests/lab/private.py /usr/bin/python3 -m pytest tests/net/test_matrix.py
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import private  # noqa: E402

OUTSIDE = "test_demo.py"


def pytest_collection_modifyitems(items):
    outside = [item for item in items if item.path.name == OUTSIDE]
    if outside != items and not private.is_private():
        raise pytest.UsageError("these tests change interfaces and firewalls: run them with tests/lab/private.py")
    if outside and private.is_private():
        raise pytest.UsageError(f"{OUTSIDE} looks at the host: run it without tests/lab/private.py")


@pytest.fixture(scope="session")
def build():
    return os.environ["AIRPODS_BUILD"]


@pytest.fixture(scope="session")
def source():
    return os.environ["AIRPODS_SOURCE"]


@pytest.fixture(scope="module")
def network():
    """The topology of the incident; the tunnel is not up yet."""
    from lab.topology import Topology
    return Topology()


@pytest.fixture(scope="module")
def computer(build, source):
    """Alice's computer: system bus, polkitd, the helper on demand, her session bus; airpodsd is not started yet."""
    from lab.computer import Computer
    made = Computer(build, source)
    yield made
    made.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test also shows what the daemons printed."""
    report = (yield).get_result()
    made = item.funcargs.get("computer") if hasattr(item, "funcargs") else None
    if report.failed and made is not None:
        report.sections.append(("what the daemons printed", made.diagnosis()))
