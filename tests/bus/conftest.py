# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Fixtures of the bus tests. Each test has a bus of its own with a polkit that allows everything until the test says
# otherwise, a network namespace of its own, and fresh XDG directories. One bus plays both parts: the helper runs with
# --session on it, and what asks for a system bus is sent there as well.
#   AIRPODS_BUILD=build AIRPODS_SOURCE=. /usr/bin/python3 -m pytest tests/bus/test_helper_calls.py
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab.buses import PrivateBus  # noqa: E402
from rig import HELPER, Caller, Network, Polkit  # noqa: E402

# Two ordinary users that every Debian has.
USER, OTHER = "daemon", "nobody"


@pytest.fixture(autouse=True)
def xdg(tmp_path, monkeypatch):
    """Fresh directories; nothing of the person who runs the tests is read or written."""
    for name in ("CONFIG", "STATE", "DATA", "CACHE", "RUNTIME"):
        path = tmp_path / name.lower()
        path.mkdir(mode=0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR" if name == "RUNTIME" else f"XDG_{name}_HOME", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AIRPODS_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def bus(monkeypatch, xdg):
    with PrivateBus("session") as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.address)
        yield made


@pytest.fixture
def bus_address(bus):
    return bus.address


@pytest.fixture
def polkit(bus):
    made = Polkit(bus.address)
    yield made
    made.stop()


@pytest.fixture
def network(tmp_path):
    made = Network(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def start_helper(bus, network):
    """start_helper("--idle-seconds=1") starts the helper in the namespace and waits for its name.

    One that still runs when the test ends is stopped and must leave in good order; in a build with sanitizers that is
    also when leaks show.
    """
    made = []

    def start(*words):
        made.append(network.start(f"{os.environ['AIRPODS_BUILD']}/helper/airpods-helper", "--session", *words,
                                  env={"DBUS_SESSION_BUS_ADDRESS": bus.address}))
        with bus.connect() as client:
            client.wait_for_name(HELPER)
        return made[-1]
    yield start
    for one in made:
        assert not one.running() or one.terminate() == 0
        assert "Sanitizer" not in one.output() and "runtime error" not in one.output()


@pytest.fixture
def helper(start_helper, polkit):
    """The helper, with a polkit that allows everything."""
    return start_helper()


@pytest.fixture
def user(bus):
    """An ordinary user who calls the helper."""
    return Caller(bus, USER)


@pytest.fixture
def other(bus):
    """Another ordinary user."""
    return Caller(bus, OTHER)


@pytest.fixture
def root(bus):
    return Caller(bus)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test also shows what the programs in the namespace printed."""
    report = (yield).get_result()
    network = item.funcargs.get("network") if hasattr(item, "funcargs") else None
    if report.failed and network is not None:
        for started in network.started:
            report.sections.append((started.log, started.output()))
