# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Pulling from a real registry: progress, and one clear sentence for each way to fail.
import base64
import json
import os

import pytest

from lab import podman as lab_podman
from lab import private, users, wait
from lab.registry import Registry, Relay
from lab.run import run

FOLDER = f"{private.STATE}/registries"
BIG = 3_000_000  # bytes that do not compress
CLOSED = 5999    # nobody listens here


@pytest.fixture(scope="module")
def registry(podman):
    """localhost:5000 has lab:v1 (one layer) and big:v1."""
    made = Registry(f"{FOLDER}/open")
    podman.import_image("localhost/big:latest", BIG)
    for name in ("lab", "big"):
        podman.podman("push", "--quiet", f"localhost/{name}:latest", f"localhost:5000/{name}:v1")
    podman.podman("rmi", "localhost/big:latest")
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def nothing_pulled(podman):
    yield
    pulled = [name for name in podman.podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()
              if name.startswith("localhost:")]
    if pulled:
        podman.podman("rmi", *pulled)


def test_progress_and_result(driver, registry, podman):
    """Podman tells the bytes of a part once a second, so the registry is a slow one; the layer has 5 MB."""
    relay = Relay(5006, 5000, seconds=2.5, of=BIG)
    results = driver.run("pull", "localhost:5006/big:v1")
    relay.stop()
    progress = [result for result in results if result["what"] == "progress"]
    assert (progress[0]["parts"], progress[0]["done"], progress[0]["bytes"]) == ("0/1", "0", "0")
    under_way = [result for result in progress if 0 < int(result["done"]) < int(result["bytes"])]
    assert under_way and all(BIG < int(result["bytes"]) < BIG + 3_000_000 for result in under_way)
    fractions = [float(result["fraction"]) for result in progress]
    assert fractions == sorted(fractions) and 0 < float(under_way[0]["fraction"]) < 0.99
    assert progress[-1]["parts"] == "2/2"
    assert results[-1] == {"what": "pulled"}
    identity = podman.podman("image", "inspect", "--format", "{{.Id}}", "localhost:5006/big:v1").strip()
    assert driver.one("image", "image", "localhost:5006/big:v1")["id"] == identity


def test_again_brings_nothing(driver, registry):
    driver.run("pull", "localhost:5000/big:v1")
    assert driver.find("progress", "pull", "localhost:5000/big:v1")[0]["parts"] == "1/1"


def test_missing_image_is_no_error_to_ask_for(driver):
    assert driver.one("reply", "image", "localhost:5000/big:v1")["status"] == "404"


def test_missing_tag(driver, registry):
    assert driver.error("pull", "localhost:5000/big:v2") == (
        "ImageNotFound", "There is no image \"localhost:5000/big:v2\" in the registry localhost:5000; check its name and tag "
                         "in the configuration.")


def test_missing_repository(driver, registry):
    assert driver.error("pull", "localhost:5000/nonsense:v1")[0] == "ImageNotFound"


def test_missing_digest(driver, registry):
    assert driver.error("pull", f"localhost:5000/big@sha256:{'0' * 64}")[0] == "ImageNotFound"


@pytest.mark.parametrize("name", ["UPPER/x", "a b", "x::y"])
def test_no_name(driver, name):
    assert driver.error("pull", name) == (
        "ImageNotFound", f"\"{name}\" is no name of an image; give one like docker.io/ollama/ollama:latest.")


def test_short_name_is_dockers(driver):
    """There is no internet in the lab: the sentence says whom Podman asked."""
    assert "the registry docker.io cannot be reached" in driver.error("pull", "shortname")[1]


def test_registry_refuses_connections(driver):
    assert driver.error("pull", f"localhost:{CLOSED}/big:v1") == (
        "PodmanFailed", f"The image \"localhost:{CLOSED}/big:v1\" cannot be pulled because the registry localhost:{CLOSED} cannot "
                        "be reached; check its name and your connection, then try again.")


def test_registry_name_does_not_resolve(driver):
    assert "the registry registry.invalid cannot be reached" in driver.error("pull", "registry.invalid/big:v1")[1]


def test_registry_dies_half_way(driver, registry, podman):
    relay = Relay(5001, 5000, BIG // 2)
    assert driver.error("pull", "localhost:5001/big:v1") == (
        "PodmanFailed", "Pulling \"localhost:5001/big:v1\" broke off because the registry localhost:5001 ended the connection "
                        "half-way; try again, layers that are complete are kept.")
    assert relay.dead
    assert driver.one("reply", "image", "localhost:5001/big:v1")["status"] == "404"


def test_no_credentials(driver, podman, registry):
    closed = Registry(f"{FOLDER}/closed", 5002, password=True)
    name, message = driver.error("pull", "localhost:5002/lab:v1")
    assert name == "PodmanFailed"
    assert message.endswith("then log in with \"podman login localhost:5002\".")
    closed.stop()


def test_credentials_wrong_and_right(driver, podman, registry):
    """What `podman login` keeps is used; here it is written by hand, since a wrong password could not log in."""
    closed = Registry(f"{FOLDER}/closed", 5003, password=True)
    file = f"{lab_podman.HOME}/.docker/config.json"
    os.makedirs(os.path.dirname(file), exist_ok=True)

    def log_in(password):
        with open(file, "w", encoding="ascii") as config:
            secret = base64.b64encode(f"alice:{password}".encode()).decode()
            json.dump({"auths": {"localhost:5003": {"auth": secret}}}, config)
        run("chown", "-R", f"{users.ALICE}:{users.ALICE}", os.path.dirname(file))

    log_in("secret")
    podman.podman("push", "--quiet", "localhost/lab:latest", "localhost:5003/lab:v1")
    log_in("wrong")
    name, message = driver.error("pull", "localhost:5003/lab:v1")
    assert name == "PodmanFailed" and "podman login localhost:5003" in message
    log_in("secret")
    assert driver.one("pulled", "pull", "localhost:5003/lab:v1") == {}
    os.unlink(file)
    closed.stop()


def test_disk_full(driver, registry, podman):
    mount = os.path.dirname(lab_podman.HOME)
    used = os.statvfs(mount)
    room = (used.f_blocks - used.f_bfree) * used.f_frsize + BIG // 2
    run("mount", "-o", f"remount,size={room}", mount)
    try:
        name, message = driver.error("pull", "localhost:5000/big:v1")
    finally:
        run("mount", "-o", "remount,size=1g", mount)
    assert name == "PodmanFailed"
    assert message.startswith("Pulling \"localhost:5000/big:v1\" from localhost:5000 stopped because the disk with Podman's storage is full;")
    assert driver.one("reply", "image", "localhost:5000/big:v1")["status"] == "404"
    assert driver.one("pulled", "pull", "localhost:5000/big:v1") == {}


def test_cancel_stops_podman_too(driver, registry):
    """The registry falls silent in the middle of a layer; the end of our connection is that of Podman's to the registry."""
    relay = Relay(5004, 5000, BIG // 2, stuck=True)
    pull = driver.background("pull", "localhost:5004/big:v1")
    wait.until(lambda: relay.dead, "the middle of the layer")
    assert pull.running() and not relay.abandoned
    pull.kill()
    wait.until(lambda: relay.abandoned, "the end of Podman's connection to the registry", 30)
    relay.stop()
    assert driver.one("reply", "image", "localhost:5004/big:v1")["status"] == "404"


def test_cancel_from_within_a_callback(driver, registry):
    assert driver.run("pull-cancel", "localhost:5000/big:v1")[-1] == {"what": "cancelled"}
