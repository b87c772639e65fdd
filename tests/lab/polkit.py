# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The real polkitd on a private system bus, with this project's actions and the rules that a test gives. Without logind
# polkit sees every caller as "any" (nobody has a session), so the defaults never say yes here: what is to be allowed
# without a password needs a rule. Works inside private.py only: it mounts over polkit's folders.
import glob
import os
import shutil

from . import private
from .run import Background, run

BINARIES = ("/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd")
BUS_POLICY = "/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf"

# The answer that an active local session would get from the defaults.
ALLOW_CLAMP = """polkit.addRule(function(action, subject) {{
    if (action.id == "org.airpods.helper.install-clamp" && subject.user == "{user}")
        return polkit.Result.YES;
}});
"""


class Polkit:
    """polkitd, up and on its name. `actions`: policy files besides the system's own; `rules`: JavaScript."""

    def __init__(self, bus, actions=(), rules=""):
        assert private.is_private(), "run this with tests/lab/private.py: it would change the host"
        folder = f"{private.STATE}/polkit"
        shutil.copytree("/usr/share/polkit-1/actions", f"{folder}/actions", dirs_exist_ok=True)
        for path in actions:
            shutil.copy(path, f"{folder}/actions")
        for name in ("etc", "usr"):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
            os.chmod(f"{folder}/{name}", 0o755)
        self.rules = f"{folder}/etc/10-lab.rules"
        self.write_rules(rules)
        for source, target in ((f"{folder}/actions", "/usr/share/polkit-1/actions"),
                               (f"{folder}/etc", "/etc/polkit-1/rules.d"),
                               (f"{folder}/usr", "/usr/share/polkit-1/rules.d")):
            run("mount", "--bind", source, target)

        binary = next(path for path in BINARIES if os.path.exists(path))
        self.process = Background(binary, "--no-debug", env={**os.environ, **bus.environment})
        with bus.connect() as client:
            client.wait_for_name("org.freedesktop.PolicyKit1")

    def write_rules(self, rules):
        """Replaces the rules; a running polkitd reads them again and says so by its signal Changed."""
        with open(self.rules + ".new", "w", encoding="utf-8") as file:
            file.write(rules)
        os.chmod(self.rules + ".new", 0o644)
        os.rename(self.rules + ".new", self.rules)

    def stop(self):
        self.process.stop()


def policies(source):
    """The project's own action files."""
    return sorted(glob.glob(f"{source}/polkit/*.policy"))
