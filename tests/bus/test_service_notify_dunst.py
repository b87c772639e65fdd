# SPDX-License-Identifier: LGPL-2.1-or-later
"""Notifications against a real server: dunst, on an X server of its own."""

import json
import os
import subprocess

import pytest
from fixtures_service import NOTIFICATIONS, config, helper, place, session_bus, start, system_bus  # noqa: F401
from lab import wait

DUNSTRC = """[global]
    history_length = 100
    dmenu = {folder}/menu
[urgency_normal]
    timeout = 0
[log]
    summary = "*"
    script = {folder}/log-shown
"""


class Dunst:
    def __init__(self, bus, folder):
        self.folder = folder
        (folder / "dunstrc").write_text(DUNSTRC.format(folder=folder))
        # dunst's menu program: a line "#LABEL (SUMMARY) [ID,KEY]" for each action comes in, the chosen one goes out.
        (folder / "menu").write_text(f"#!/bin/sh\ngrep -F \"#$(cat {folder}/label) (\"\n")
        (folder / "menu").chmod(0o755)
        self.environment = {**os.environ, **bus.environment}
        # dunst runs this for each notification that it shows, with APPLICATION SUMMARY BODY ICON URGENCY.
        (folder / "log-shown").write_text(f"#!/bin/sh\nprintf '%s\\037%s\\036' \"$2\" \"$3\" >>{folder}/shown\n")
        (folder / "log-shown").chmod(0o755)
        read, write = os.pipe()
        self.display = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "Xvfb", "-displayfd", str(write), "-screen", "0",
                                         "640x480x24", "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as number:
            self.environment["DISPLAY"] = f":{number.readline().strip()}"
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "dunst", "-config", str(folder / "dunstrc")],
                                        env=self.environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.client = bus.connect()
        self.client.wait_for_name(NOTIFICATIONS)

    def ctl(self, *words):
        return subprocess.run(["dunstctl", *words], env=self.environment, check=True, capture_output=True, text=True).stdout

    def displayed(self):
        return int(self.ctl("count", "displayed")) + int(self.ctl("count", "waiting"))

    def wait_for_displayed(self, number):
        wait.until(lambda: self.displayed() == number, f"{number} notifications on the screen")

    def press(self, label):
        """Chooses an action of the notifications on the screen in dunst's menu, as a person does with the keyboard."""
        (self.folder / "label").write_text(label)
        self.ctl("context")

    def shown(self):
        """Everything that was shown, oldest first, as (summary, body)."""
        file = self.folder / "shown"
        return [tuple(entry.split("\37")) for entry in file.read_text().split("\36")[:-1]] if file.exists() else []

    def history(self):
        """What was shown and is closed, oldest first, as (summary, body)."""
        entries = json.loads(self.ctl("history"))["data"][0]
        return [(entry["summary"]["data"], entry["body"]["data"]) for entry in reversed(entries)]

    def stop(self):
        for process in (self.process, self.display):
            process.kill()
            process.wait()


@pytest.fixture
def dunst(session_bus, tmp_path):
    made = Dunst(session_bus, tmp_path)
    yield made
    made.stop()


def test_first_connect_shows_one_and_the_same_reconnect_none(start, place, helper, dunst, xdg):
    daemon = start()
    assert dunst.displayed() == 0
    place.connect("wg0-mullvad")
    dunst.wait_for_displayed(1)
    file = xdg / "state" / "airpods" / "tunnels"
    wait.until(lambda: file.exists() and "told=adjusted" in file.read_text(), "the memory")
    dunst.ctl("close-all")
    dunst.wait_for_displayed(0)
    ((title, body),) = dunst.history()
    assert title == "VPN wg0-mullvad connected"
    assert body.startswith("Its packets are smaller than usual (1380 instead of 1500). airpods adjusts connections")

    place.disconnect("wg0-mullvad")
    daemon.wait_for_no("wg0-mullvad")
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    # Another VPN's is the next that comes: there was none in between.
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    dunst.wait_for_displayed(1)
    dunst.ctl("close-all")
    dunst.wait_for_displayed(0)
    assert [title for title, _ in dunst.history()] == ["VPN wg0-mullvad connected", "VPN tun1 connected"]


def test_always_replaces(start, place, helper, dunst, config, xdg):
    config('[vpn]\nnotify = "always"\n')
    daemon = start()
    for number in range(3):
        place.connect("wg0-mullvad", mtu=1380 - number)
        daemon.wait_for("wg0-mullvad", Clamp="route", Mtu=1380 - number)
        place.disconnect("wg0-mullvad")
        daemon.wait_for_no("wg0-mullvad")
    place.connect("wg0-mullvad", mtu=1300)
    daemon.wait_for("wg0-mullvad", Clamp="route")
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    dunst.wait_for_displayed(2)  # never more than one for each VPN
    dunst.ctl("close-all")
    dunst.wait_for_displayed(0)
    assert sorted(body.split("(")[1].split(" ")[0] for _, body in dunst.history()) == ["1300", "1380"]


def test_never(start, place, helper, dunst, config):
    config('[vpn]\nnotify = "never"\n')
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    config('[vpn]\nnotify = "changes"\n')
    daemon.manager("Reload")
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    dunst.wait_for_displayed(1)
    dunst.ctl("close-all")
    dunst.wait_for_displayed(0)
    assert [title for title, _ in dunst.history()] == ["VPN tun1 connected"]


def test_not_for_this_vpn(start, place, helper, dunst):
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    dunst.wait_for_displayed(1)
    dunst.press("Not for this VPN")
    daemon.wait_for("wg0-mullvad", Policy="off", Clamp="none")
    helper.wait_for_claims()


def test_details(start, place, helper, dunst):
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    dunst.wait_for_displayed(1)
    dunst.press("Details")
    title, body = wait.until(lambda: dunst.shown()[1:], "a second notification")[0]
    assert title == "VPN wg0-mullvad"
    assert body.startswith("Interface wg0-mullvad (tun)\nPackets up to 1380 bytes; the link carries 1380, the usual is 1500\n")
    dunst.press("Not for this VPN")  # the button is on this one as well
    daemon.wait_for("wg0-mullvad", Policy="off", Clamp="none")


def test_adjust(start, place, helper, dunst, config):
    config('[vpn]\nmss_clamp = "ask"\n')
    daemon = start()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="none")
    dunst.wait_for_displayed(1)
    dunst.press("Adjust")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    assert [call.interactive for call in helper.installs()] == [True]


def test_dunst_dies(start, place, helper, dunst):
    daemon = start()
    dunst.process.kill()
    dunst.process.wait()
    place.connect("wg0-mullvad")
    daemon.wait_for("wg0-mullvad", Clamp="route")
    assert daemon.started.terminate() == 0
