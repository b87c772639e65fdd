# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reload, ValidateConfig, ShowConfig, and noticing changes on disk."""

import os
import signal

import pytest
from fixtures_service import (ERROR, MANAGER, MANAGER_PATH, config, helper, place, session_bus, start, system_bus)  # noqa: F401
from lab import wait
from lab.buses import BusError


def show(daemon):
    return daemon.manager("ShowConfig", "(a{sv})", {})[0]


def show_vpn(daemon):
    """Only what ShowConfig says of [vpn]."""
    shown = show(daemon)
    return shown[shown.index("[vpn]\n"):].split("\n\n")[0] + "\n"


def error_of(call, *arguments):
    with pytest.raises(BusError) as error:
        call(*arguments)
    return error.value


def test_defaults_and_properties(start, xdg):
    daemon = start()
    assert show_vpn(daemon) == '[vpn]\nmss_clamp = "auto" # default\nnotify = "changes" # default\nignore = [] # default\n'
    assert daemon.client.get(MANAGER, MANAGER_PATH, MANAGER, "ConfigPath") == f"{xdg}/config/airpods/config.toml"
    assert daemon.client.get(MANAGER, MANAGER_PATH, MANAGER, "Version") == "0.1.0"


def test_config_path_of_the_environment(start, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[vpn]\nnotify = "never"\n')
    daemon = start(env={"AIRPODS_CONFIG": str(file)})
    assert daemon.client.get(MANAGER, MANAGER_PATH, MANAGER, "ConfigPath") == str(file)
    assert f'notify = "never" # {file}:2\n' in show(daemon)


def test_reload(start, config, xdg):
    daemon = start()
    path = config('# mine\n[vpn]\nmss_clamp = "ask"\nignore = ["tun9"]\n')
    daemon.manager("Reload")
    assert show_vpn(daemon) == (f'[vpn]\nmss_clamp = "ask" # {path}:3\nnotify = "changes" # default\n'
                                f'ignore = ["tun9"] # {path}:4\n')
    # Errors: the last good one stays, and the first of them is what the caller is told.
    config('[vpn]\nmss_clamp = "off"\nnotfy = "never"\nignore = 3\n')
    error = error_of(daemon.manager, "Reload")
    assert error.name == ERROR + "ConfigInvalid"
    assert error.message == f'{path}:3:1: Unknown key "notfy" in [vpn]. Did you mean "notify"?'
    assert show(daemon).startswith(f'# {path} has errors: this is the last good configuration.\n'
                                   f'# See "airpods config validate".\n')
    assert show_vpn(daemon).startswith(f'[vpn]\nmss_clamp = "ask" # {path}:3\n')
    daemon.wait_for_output("The last good configuration stays in force.")
    config('[vpn]\nmss_clamp = "off"\n')
    daemon.manager("Reload")
    assert not show(daemon).startswith("#")
    assert show_vpn(daemon).startswith(f'[vpn]\nmss_clamp = "off" # {path}:2\n')


def test_broken_from_the_start(start, place, helper, config, tmp_path):
    path = config('[vpn]\nmss_clamp = auto\n')
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Policy="off", Clamp="none")
    assert f"{path}:2:13: " in daemon.output()
    assert "airpods does nothing by itself until the configuration is right." in daemon.output()
    assert show(daemon).startswith("# The configuration has errors")
    # Not even where a person once chose "auto"; then the file is repaired.
    daemon.set_policy("tun0", "auto")
    daemon.wait_for("tun0", Policy="auto", Clamp="none")
    config('[vpn]\nmss_clamp = "auto"\n')
    daemon.manager("Reload")
    daemon.wait_for("tun0", Clamp="route")


def test_hangup(start, config):
    daemon = start()
    config('[vpn]\nmss_clamp = "off"\n')
    os.kill(daemon.started.pid, signal.SIGHUP)
    wait.until(lambda: 'mss_clamp = "off"' in show(daemon), "the new value")


def test_noticed_on_disk(start, place, helper, config, xdg):
    """Nothing is there at first, not even the directory; then an editor writes, replaces, breaks and removes the file."""
    daemon = start()
    place.connect("tun0")
    daemon.wait_for("tun0", Clamp="route")
    config('[vpn]\nmss_clamp = "off"\n')
    daemon.wait_for("tun0", Policy="off", Clamp="none")
    helper.wait_for_claims()
    config('[vpn]\nmss_clamp = "auto"\n')
    daemon.wait_for("tun0", Policy="auto", Clamp="route")
    path = config('[vpn]\nmss_clamp = "offf"\n')
    daemon.wait_for_output(f'{path}:2:13: "offf" is not a value of "mss_clamp"')
    assert daemon.tunnel("tun0")["Clamp"] == "route"
    path.write_text('[vpn]\nmss_clamp = "ask"\n')  # in place
    daemon.wait_for("tun0", Policy="ask", Clamp="none")
    config(None)
    daemon.wait_for("tun0", Policy="auto", Clamp="route")
    path.parent.rmdir()
    config('[vpn]\nmss_clamp = "off"\n')  # directory and all
    daemon.wait_for("tun0", Policy="off")


def test_ignore(start, place, helper, config):
    config('[vpn]\nignore = ["tun0"]\n')
    daemon = start()
    place.connect("tun0")
    place.connect("tun1", address="10.65.0.2/32", route="10.0.0.0/8")
    daemon.wait_for("tun1", Clamp="route")
    assert sorted(daemon.tunnels()) == ["tun1"]
    config('[vpn]\nignore = ["tun1"]\n')
    daemon.manager("Reload")
    daemon.wait_for("tun0", Clamp="route")
    daemon.wait_for_no("tun1")
    helper.wait_for_claims("tun0")


def test_services_of_both_files_are_shown(start, config):
    path = config('[services.ollama]\npids_limit = 100\n')
    shown = show(start())
    assert "\n[services.ollama]\nenabled = true # default\n" in shown
    assert f"\npids_limit = 100 # {path}:2\n" in shown
    assert '\nimage = "docker.io/ollama/ollama:latest" # built in\n' in shown
    assert shown.endswith(
        '# Known and not part of "airpods start" until you mention them: open-webui, comfyui, llamacpp\n')


def test_what_only_the_whole_can_tell(start, config):
    daemon = start()
    path = config('[services.a]\nimage = "x.y/a"\nports = ["80"]\n[services.b]\nimage = "x.y/b"\nports = ["80"]\n')
    assert error_of(daemon.manager, "Reload").message == f'{path}:6:10: Port 80 of the host is also a port of service "a".'


# --- ValidateConfig -----------------------------------------------------------------------------------------------------


def test_validate(start, config, tmp_path):
    path = config('[vpn]\nmss_clamp = "off"\n')
    daemon = start()
    assert daemon.manager("ValidateConfig", "(s)", "") == ([],)
    assert daemon.manager("ValidateConfig", "(s)", str(path)) == ([],)
    other = tmp_path / "other.toml"
    other.write_text('[dependencies]\n[vpn]\nnotify = "sometimes"\n')
    assert daemon.manager("ValidateConfig", "(s)", str(other)) == ([
        {"file": str(other), "line": 1, "column": 2, "severity": "warning",
         "message": "Section [dependencies] no longer applies: airpods needs nothing but Podman."},
        {"file": str(other), "line": 3, "column": 10, "severity": "error",
         "message": '"sometimes" is not a value of "notify": use "changes", "always" or "never".'}],)
    assert f'mss_clamp = "off" # {path}:2' in show(daemon)  # nothing changed


@pytest.mark.parametrize("kind, message", [
    ("missing", "There is no such file."), ("directory", "This is a directory, not a file."),
    ("fifo", "This is not a regular file."), ("device", "This is not a regular file."),
    ("socket", "This is not a regular file."), ("huge", "The file is larger than 256 KiB.")])
def test_validate_what_is_no_file(start, tmp_path, kind, message):
    import socket
    path = tmp_path / "x"
    bound = socket.socket(socket.AF_UNIX)
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = "/dev/zero"
    elif kind == "socket":
        bound.bind(str(path))
    elif kind == "huge":
        path.write_bytes(b"#" * (256 * 1024 + 1))
    daemon = start()
    assert daemon.manager("ValidateConfig", "(s)", str(path)) == ([
        {"file": str(path), "line": 0, "column": 0, "severity": "error", "message": message}],)
    bound.close()


def test_a_fifo_as_the_configuration(start, tmp_path):
    path = tmp_path / "fifo.toml"
    os.mkfifo(path)
    daemon = start(env={"AIRPODS_CONFIG": str(path)})
    assert error_of(daemon.manager, "Reload").message == f"{path}: This is not a regular file."
    assert daemon.manager("ValidateConfig", "(s)", "")[0][0]["message"] == "This is not a regular file."


def test_validate_bytes_that_are_no_text(start, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b'[vpn]\nnotify = "\xff\xfe\x00"\n')
    daemon = start()
    (problem,), = daemon.manager("ValidateConfig", "(s)", str(path))
    assert (problem["line"], problem["column"], problem["severity"]) == (2, 11, "error")


@pytest.mark.parametrize("path", ["config.toml", "../x", "~/x", " "])
def test_validate_wants_an_absolute_path(start, path):
    error = error_of(start().manager, "ValidateConfig", "(s)", path)
    assert error.name == ERROR + "ConfigInvalid"
    assert error.message == "The path of the configuration file is not absolute."


def test_show_knows_no_options(start):
    from gi.repository import GLib
    daemon = start()
    error = error_of(daemon.manager, "ShowConfig", "(a{sv})", {"format": GLib.Variant("s", "json")})
    assert (error.name, error.message) == (ERROR + "InvalidOption", 'ShowConfig has no option "format".')
    assert show(daemon).startswith("[meta]")
