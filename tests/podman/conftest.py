# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Fixtures of the tests with a real rootless Podman. Each file runs in namespaces of its own:
#   AIRPODS_BUILD=build AIRPODS_SOURCE=. tests/lab/private.py /usr/bin/python3 -m pytest tests/podman/test_containers.py
import json
import os
import shutil
import subprocess

import pytest

from lab import podman as lab_podman
from lab import private, users
from lab.run import Background, as_user

PROGRAM = f"{private.STATE}/driver"


def pytest_collection_modifyitems(items):
    if items and not private.is_private():
        raise pytest.UsageError("these tests mount and run containers: run them with tests/lab/private.py")


class Driver:
    """The driver program on one socket, as alice. Results are lists of {"what": …}."""

    def __init__(self, socket, environment):
        self.socket, self.environment = socket, environment

    def command(self, *words):
        return [PROGRAM, self.socket, *words]

    def run(self, *words, code=0, seconds=60, **environment):
        """Runs one verb to its end; `code` is what it must exit with."""
        more = ["/usr/bin/env", *(f"{name}={value}" for name, value in environment.items())]
        done = subprocess.run([*as_user(users.ALICE), *more, *self.command(*words)], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=seconds, check=False)
        assert done.returncode == code, f"{words}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def find(self, what, *words, **options):
        """The results of kind `what`."""
        return [{key: value for key, value in result.items() if key != "what"}
                for result in self.run(*words, **options) if result["what"] == what]

    def one(self, what, *words, **options):
        found = self.find(what, *words, **options)
        assert len(found) == 1, found
        return found[0]

    def error(self, *words, **options):
        """(name without its prefix, message) of a verb that fails."""
        found = self.one("error", *words, code=1, **options)
        return found["name"].removeprefix("org.airpods.Error."), found["message"]

    def background(self, *words):
        return Background(*self.command(*words), user=users.ALICE, env=self.environment)


@pytest.fixture(scope="session")
def computer():
    """Users, and what rootless Podman needs; nothing runs yet."""
    users.make()
    lab_podman.prepare()
    shutil.copy(f"{os.environ['AIRPODS_BUILD']}/tests/podman/driver", PROGRAM)


@pytest.fixture(scope="session")
def podman(computer):
    """Alice's Podman with its API service, and an image with a busybox."""
    made = lab_podman.RootlessPodman()
    made.start()
    made.import_image()
    yield made
    made.podman("rm", "--all", "--force", "--time", "0")
    made.stop()


@pytest.fixture(scope="session")
def driver(podman):
    return Driver(podman.socket, podman.environment)
