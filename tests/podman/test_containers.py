# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers and networks: what was asked for is what Podman has, and what is not ours stays as it is.
import json
import socket
import urllib.request

import pytest

from lab import users, wait
from lab.run import Background, as_user, run

NETWORK = "airpods_network"
SUBNET = "10.91.7.0/24"


@pytest.fixture(scope="module", autouse=True)
def network(driver, podman):
    driver.run("network-create", NETWORK, SUBNET)
    return driver.one("network", "network", NETWORK)


@pytest.fixture(autouse=True)
def no_containers(podman):
    yield
    podman.podman("rm", "--all", "--force", "--time", "0")


def create(driver, name, *words):
    return driver.one("created", "create", name, f"network={NETWORK}", *words)["id"]


def start(driver, name, *words):
    """A container that does nothing but run, unless `words` say otherwise."""
    words = words if any(word.startswith("command=") for word in words) else (*words, "command=sleep", "command=1000")
    create(driver, name, *words)
    driver.run("start", name)


def printed(podman, name):
    """What a container printed, once it has ended."""
    podman.podman("wait", name)
    return podman.podman("logs", name)


def test_ping_tells_the_generation(driver):
    reply = driver.one("reply", "ping")
    assert reply["version"].split(".")[0] in ("4", "5")
    assert reply["rootless_network"] == {"4": "slirp4netns", "5": "pasta"}[reply["version"].split(".")[0]]


def test_network_is_as_asked(network, podman):
    assert network == {"name": NETWORK, "driver": "bridge", "config": '{"version":1}', "subnets": SUBNET, "mtu": "1380",
                       "dns": "1"}
    told = json.loads(podman.podman("network", "inspect", NETWORK))[0]
    assert told["subnets"][0]["subnet"] == SUBNET
    assert told["labels"] == {"org.airpods.config": '{"version":1}'}


def test_missing_network_is_no_error(driver):
    assert driver.one("reply", "network", "nonsense")["status"] == "404"


def test_network_name_taken(driver):
    name, message = driver.error("network-create", NETWORK, "10.91.8.0/24")
    assert name == "PodmanFailed"
    assert "is taken by another Podman network" in message and "runtime.network_name" in message


def test_life_of_a_container(driver, podman):
    identity = create(driver, "one-0", "service=one", "command=sleep", "command=1000")
    assert driver.one("container", "inspect", "one-0")["state"] == "created"

    assert driver.one("reply", "start", "one-0")["status"] == "204"
    container = driver.one("container", "inspect", "one-0")
    assert container["id"] == identity
    assert (container["state"], container["running"], container["service"]) == ("running", "1", "one")
    assert container["config"] == '{"version":1}'
    assert driver.one("reply", "start", "one-0")["status"] == "304"

    assert driver.one("reply", "stop", "one-0")["status"] == "204"
    container = driver.one("container", "inspect", "one-0")
    assert (container["state"], container["exit_code"]) == ("exited", "137")
    assert driver.one("reply", "stop", "one-0")["status"] == "304"

    driver.run("remove", "one-0")
    assert driver.one("reply", "inspect", "one-0")["status"] == "404"
    assert not podman.exists("container", "one-0")


def test_remove_a_running_one(driver, podman):
    start(driver, "one-0")
    driver.run("remove", "one-0")
    assert not podman.exists("container", "one-0")


def test_everything_as_configured(driver, podman):
    create(driver, "all-0", "service=all", "alias=first", "alias=second", "port=18080:80", "port=18081:81",
           "volume=data:/data", "volume=/mnt/podman/tmp:/tmp/shared:ro", "env=PLAIN=a b=c", "env=QUOTE=\"'\\", "dns=10.9.8.7",
           "pids=77", "memory=67108864", "restart=on-failure", "shm=1048576", "host=elsewhere:10.1.2.3", "label=theirs=1",
           "label=org.airpods.service=stolen", "entrypoint=/bin/sleep", "command=1000")
    driver.run("start", "all-0")
    container = driver.one("container", "inspect", "all-0")
    assert container["service"] == "all"
    assert container["network_mode"] == "bridge"
    assert container["networks"] == NETWORK
    assert sorted(container["aliases"].split()) == ["first", "second"]
    assert container["ports"] == "127.0.0.1:18080:80/tcp 127.0.0.1:18081:81/tcp"
    assert (container["pids_limit"], container["memory_limit"]) == ("77", "67108864")

    told = podman.inspect("all-0")
    assert told["Config"]["Labels"]["theirs"] == "1"
    assert told["HostConfig"]["PidsLimit"] == 77
    assert told["HostConfig"]["RestartPolicy"]["Name"] == "on-failure"
    assert told["HostConfig"]["ShmSize"] == 1048576
    assert told["HostConfig"]["Dns"] == ["10.9.8.7"]
    assert {(mount["Type"], mount["Destination"], mount["RW"]) for mount in told["Mounts"]} == {
        ("volume", "/data", True), ("bind", "/tmp/shared", False)}
    environment = podman.podman("exec", "all-0", "env").splitlines()
    assert "PLAIN=a b=c" in environment and "QUOTE=\"'\\" in environment
    assert "10.1.2.3\telsewhere" in podman.podman("exec", "all-0", "cat", "/etc/hosts")


def test_list_holds_only_ours(driver, podman):
    start(driver, "one-0", "service=one", "alias=one", "port=18080:80")
    podman.podman("run", "--detach", "--name", "theirs", "localhost/lab", "sleep", "1000")
    listed = driver.one("container", "list")
    assert (listed["name"], listed["service"], listed["state"], listed["ports"], listed["networks"], listed["running"]) == (
        "one-0", "one", "running", "127.0.0.1:18080:80/tcp", NETWORK, "1")
    assert {container["name"] for container in driver.find("container", "list-all")} == {"one-0", "theirs"}


@pytest.mark.parametrize("verb", ["start", "stop", "remove"])
def test_unlabelled_is_never_changed(driver, podman, verb):
    podman.podman("run", "--detach", "--name", "theirs", "localhost/lab", "sleep", "1000")
    before = podman.inspect("theirs")
    assert driver.error(verb, "theirs") == (
        "PodmanFailed", f"The container theirs was not made by airpods and is left alone; \"podman\" itself can {verb} it.")
    after = podman.inspect("theirs")
    assert (after["Id"], after["State"]["Pid"]) == (before["Id"], before["State"]["Pid"])


def test_unlabelled_network_is_never_removed(driver, podman):
    podman.podman("network", "create", "theirs")
    assert driver.error("network-remove", "theirs")[0] == "PodmanFailed"
    assert podman.exists("network", "theirs")
    podman.podman("network", "rm", "theirs")


def test_name_taken(driver, podman):
    podman.podman("create", "--name", "one-0", "localhost/lab")
    name, message = driver.error("create", "one-0", f"network={NETWORK}")
    assert name == "PodmanFailed"
    assert message.startswith("The container's name is taken by one that airpods did not make;")


def test_alias_resolves_from_another_container(driver, podman):
    start(driver, "server-0", "service=server", "alias=database")
    address = podman.inspect("server-0")["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
    create(driver, "client-0", "command=nslookup", "command=database")
    driver.run("start", "client-0")
    assert f"Address: {address}" in printed(podman, "client-0")


def test_port_answers_on_loopback_only(driver, podman):
    create(driver, "web-0", "port=18090:80", "command=httpd", "command=-f", "command=-h", "command=/bin")
    driver.run("start", "web-0")
    with urllib.request.urlopen("http://127.0.0.1:18090/busybox", timeout=10) as answer:
        assert answer.read(4) == b"\x7fELF"
    run("ip", "address", "replace", "192.0.2.1/32", "dev", "lo")
    with socket.socket() as probe:
        assert probe.connect_ex(("192.0.2.1", 18090)) != 0


def test_host_mode_has_the_hosts_network(driver, podman):
    start(driver, "host-0", "mode=host", "port=18080:80", "alias=unused")
    container = driver.one("container", "inspect", "host-0")
    assert (container["network_mode"], container["ports"], container["aliases"]) == ("host", "", "")


def test_port_in_use_is_named(driver, podman):
    holder = Background("/bin/busybox", "nc", "-l", "-p", "18070", user=users.ALICE, env=podman.environment)
    wait.until(lambda: "18070" in run("ss", "-tln"), "the holder of the port")
    create(driver, "web-0", "port=18070:80", "command=sleep", "command=1000")
    assert driver.error("start", "web-0") == (
        "PortInUse", f"Port 18070 is in use by busybox (process {holder.pid}); stop that or give the service another host port.")
    assert driver.one("container", "inspect", "web-0")["running"] == "0"
    holder.stop()


def test_port_in_use_by_another_user(driver, podman):
    with socket.create_server(("127.0.0.1", 18070)):
        create(driver, "web-0", "port=18070:80", "command=sleep", "command=1000")
        assert driver.error("start", "web-0") == (
            "PortInUse", "Port 18070 is in use by a program of the user root; stop that or give the service another host port.")


def test_privileged_port(driver, podman):
    run("sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=1024")
    create(driver, "web-0", "port=80:80", "command=sleep", "command=1000")
    name, message = driver.error("start", "web-0")
    assert name == "PodmanFailed" and message.startswith("Port 80 is reserved for root on this computer;")


def test_image_is_gone(driver):
    name, message = driver.error("create", "one-0", f"network={NETWORK}", "image=localhost/nonsense:latest")
    assert name == "ImageNotFound" and "\"airpods pull\" brings it" in message


def test_command_is_missing(driver):
    create(driver, "one-0", "command=/nonsense")
    name, message = driver.error("start", "one-0")
    assert name == "PodmanFailed" and message.startswith("The container's command does not exist in its image;")


def test_network_is_gone(driver):
    name, message = driver.error("create", "one-0", "network=nonsense")
    assert name == "PodmanFailed" and message.startswith("The container's network is gone;")


def test_no_limit_is_refused(driver):
    assert driver.error("create", "one-0", f"network={NETWORK}", "service=one", "pids=0") == (
        "ConfigInvalid", "services.one.pids_limit is 0; give a number from 1 to 1000000.")


def test_logs_of_both_streams(driver, podman):
    create(driver, "talk-0", "command=sh", "command=-c",
           "command=echo first; echo second >&2; dd if=/dev/zero bs=1000 count=200 2>/dev/null; echo; echo last")
    driver.run("start", "talk-0")
    podman.podman("wait", "talk-0")
    lines = driver.find("line", "logs", "talk-0")
    assert [line["text"] for line in lines if line["stream"] == "err"] == ["second"]
    out = [line["text"] for line in lines if line["stream"] == "out"]
    assert (out[0], out[-1]) == ("first", "last")
    assert {line["timed"] for line in lines if line["text"] in ("first", "second", "last")} == {"1"}


def test_logs_follow(driver, podman):
    create(driver, "talk-0", "command=sh", "command=-c", "command=echo first; while [ ! -e /go ]; do sleep 0.01; done; echo second; sleep 1000")
    driver.run("start", "talk-0")
    follower = driver.background("logs", "talk-0", "2")
    wait.until(lambda: "first" in follower.output(), "the first line")
    assert follower.running()
    podman.podman("exec", "talk-0", "mkdir", "/go")
    wait.until(lambda: not follower.running(), "the second line, which ends the driver")
    assert '"text":"second"' in follower.output()


def test_logs_follow_ends_with_the_container(driver, podman):
    start(driver, "talk-0")
    follower = driver.background("logs", "talk-0", "1000")
    driver.run("remove", "talk-0")
    wait.until(lambda: not follower.running(), "the end of the log")
    assert follower.process.returncode == 0 and '"what":"end"' in follower.output()


def test_logs_of_nobody(driver):
    assert driver.error("logs", "nonsense") == (
        "ServiceNotFound", "There is no container nonsense; \"airpods status\" lists what there is.")


def test_events(driver, podman):
    watcher = driver.background("events", "one-0")
    wait.until(lambda: "subscribed" in watcher.output(), "the subscription")
    start(driver, "one-0", "service=one")
    driver.run("remove", "one-0")
    wait.until(lambda: not watcher.running(), "the event of the removal")
    events = [json.loads(line) for line in watcher.output().splitlines()][1:]
    ours = [event["action"] for event in events if event["type"] == "container" and event["name"] == "one-0"]
    assert [action for action in ours if action in ("create", "start", "died", "remove")] == ["create", "start", "died", "remove"]
    assert {event["service"] for event in events if event["name"] == "one-0" and event["action"] == "create"} == {"one"}


def test_user_sees_the_same(podman):
    """The lab itself: what the driver talks to is alice's own Podman, without root."""
    assert run(*as_user(users.ALICE), "podman", "info", "--format", "{{.Host.Security.Rootless}}",
               env=podman.environment).strip() == "true"
