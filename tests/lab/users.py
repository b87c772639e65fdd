# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Users that exist only in the lab: the helper's own user and two people. The host's /etc/passwd and /etc/group stay as
# they are; copies with these users are bind-mounted over them in the lab's own mount namespace.
import os
import pwd

from . import private
from .run import run

HELPER = "airpods-helper"
ALICE = "alice"
BOB = "bob"
# Above what Debian gives to packages and people, below what it reserves.
FIRST_UID = 61400


def make():
    """Adds the three users; call it once, inside private.py."""
    assert private.is_private(), "run this with tests/lab/private.py: it would change the host"
    folder = f"{private.STATE}/users"
    os.makedirs(folder, exist_ok=True)
    names = (HELPER, ALICE, BOB)
    lines = {"passwd": "{name}:x:{uid}:{uid}::{home}:/bin/sh\n", "group": "{name}:x:{uid}:\n"}
    for database, line in lines.items():
        with open(f"/etc/{database}", encoding="utf-8") as file:
            kept = [entry for entry in file if entry.split(":", 1)[0] not in names]
        with open(f"{folder}/{database}", "w", encoding="utf-8") as file:
            file.writelines(kept)
            for index, name in enumerate(names):
                file.write(line.format(name=name, uid=FIRST_UID + index, home=f"{folder}/{name}"))
        run("mount", "--bind", f"{folder}/{database}", f"/etc/{database}")
    for name in (ALICE, BOB):
        user = pwd.getpwnam(name)
        for path in (user.pw_dir, runtime_dir(name)):
            os.makedirs(path)
            os.chown(path, user.pw_uid, user.pw_gid)
            os.chmod(path, 0o700)


def runtime_dir(name):
    return f"/run/user/{pwd.getpwnam(name).pw_uid}"


def environment(name, **more):
    """A small, fixed environment for a program of user `name`."""
    home = pwd.getpwnam(name).pw_dir
    return {"HOME": home, "USER": name, "LOGNAME": name, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "XDG_RUNTIME_DIR": runtime_dir(name), "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_STATE_HOME": f"{home}/.local/state", "XDG_DATA_HOME": f"{home}/.local/share",
            "LC_ALL": "C.UTF-8", **{key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")},
            **more}
