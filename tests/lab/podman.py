# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Real rootless Podman without an init system, as user alice, inside private.py and after users.make(). It needs four
# things that a distribution with systemd gives: sub-uids, /dev/net/tun, a writable cgroup (crun refuses the hybrid
# layout, so a cgroup2 mount of the lab's own; it has no pids controller where another hierarchy owns that one), and
# storage outside /run, which Podman covers with a mount of its own while it sets up networks.
import glob
import json
import os
import pwd
import shutil

from . import private, users
from .run import Background, as_user, run

SUBIDS = 2000000
HOME = "/mnt/podman"
CGROUPS = "/sys/fs/cgroup"
IMAGE = "localhost/lab:latest"
APPLETS = ("sh", "sleep", "cat", "echo", "wget", "nc", "httpd", "nslookup", "env", "ip", "id", "ls", "dd", "mkdir")


def prepare(name=users.ALICE):
    """Gives the user what rootless containers need; once in each private.py."""
    assert private.is_private(), "run this with tests/lab/private.py: it would change the host"
    user = pwd.getpwnam(name)
    # Podman enters the folder of its caller anew in its user namespace; root's own folders are closed to the user.
    os.chdir("/")
    run("mount", "--make-rshared", "/")
    for database in ("subuid", "subgid"):
        path = f"{private.STATE}/users/{database}"
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{name}:{SUBIDS}:65536\n")
        run("mount", "--bind", path, f"/etc/{database}")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/dev/net")
    run("mknod", "-m", "666", "/dev/net/tun", "c", "10", "200")
    run("mount", "-t", "tmpfs", "-o", "mode=755,size=1g", "tmpfs", os.path.dirname(HOME))
    for folder in (HOME, f"{HOME}/.config/containers", f"{HOME}/tmp"):
        os.makedirs(folder)
    _write(f"{HOME}/.config/containers/storage.conf", '[storage]\ndriver = "overlay"\n')
    _write(f"{HOME}/.config/containers/registries.conf",
           'unqualified-search-registries = []\n[[registry]]\nlocation = "localhost"\ninsecure = true\n')
    run("chown", "-R", f"{name}:{name}", HOME)
    _enter_cgroup(user)


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _enter_cgroup(user):
    """Moves this process, and so everything that it starts, to a cgroup that the user may divide further."""
    run("umount", "--recursive", CGROUPS)
    run("mount", "-t", "cgroup2", "cgroup2", CGROUPS)
    # Folders of labs that have ended are empty; those of a lab that runs cannot be removed.
    for folder in sorted(glob.glob(f"{CGROUPS}/airpods-lab-*/**/", recursive=True), reverse=True):
        try:
            os.rmdir(folder)
        except OSError:
            pass
    folder = f"{CGROUPS}/airpods-lab-{os.stat('/proc/self/ns/pid').st_ino}"
    os.makedirs(f"{folder}/programs")
    for path in (folder, *glob.glob(f"{folder}/cgroup.*"), f"{folder}/programs", *glob.glob(f"{folder}/programs/cgroup.*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    _write(f"{folder}/programs/cgroup.procs", str(os.getpid()))


def environment(name=users.ALICE, **more):
    return users.environment(name, **{"HOME": HOME, "XDG_CONFIG_HOME": f"{HOME}/.config", "TMPDIR": f"{HOME}/tmp",
                                      "XDG_DATA_HOME": f"{HOME}/.local/share", **more})


class RootlessPodman:
    """Alice's Podman. start() runs the API service on `socket`; podman() runs one command."""

    def __init__(self, socket=None):
        self.environment = environment()
        self.socket = socket or f"{self.environment['XDG_RUNTIME_DIR']}/podman/podman.sock"
        self.service = None

    def podman(self, *words, text=None, seconds=60):
        return run(*as_user(users.ALICE), "podman", *words, text=text, env=self.environment, seconds=seconds)

    def inspect(self, name):
        return json.loads(self.podman("container", "inspect", name))[0]

    def exists(self, kind, name):
        names = self.podman(kind, "ls", *(["--all"] if kind == "container" else []), "--format",
                            "{{.Names}}" if kind == "container" else "{{.Name}}").split()
        return name in names

    def start(self):
        """Runs the API service; the socket is listened on before this returns, connections wait until it is ready."""
        os.makedirs(os.path.dirname(self.socket), exist_ok=True)
        shutil.chown(os.path.dirname(self.socket), users.ALICE, users.ALICE)
        self.service = Background("podman", "system", "service", "--time", "0", f"unix://{self.socket}",
                                  user=users.ALICE, env=self.environment)

    def stop(self):
        if self.service:
            self.service.stop()
            self.service = None

    def import_image(self, name=IMAGE, extra_bytes=0):
        """An image with a static busybox, and `extra_bytes` that do not compress."""
        folder = f"{HOME}/tmp/image"
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(f"{folder}/bin")
        shutil.copy("/bin/busybox", f"{folder}/bin/busybox")
        for applet in APPLETS:
            os.symlink("busybox", f"{folder}/bin/{applet}")
        if extra_bytes:
            with open(f"{folder}/extra", "wb") as file:
                file.write(os.urandom(extra_bytes))
        run("chmod", "-R", "a+rX", folder)
        self.podman("import", "--quiet", "--change", "CMD=/bin/sh", self._tar(folder), name)

    def _tar(self, folder):
        path = f"{folder}.tar"
        run("tar", "-C", folder, "-cf", path, ".")
        os.chmod(path, 0o644)
        return path

    def clean(self):
        """Removes every container and network."""
        self.podman("rm", "--all", "--force", "--time", "0")
        self.podman("network", "prune", "--force")
