# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A real OpenVPN tunnel, point to point with a static key, between two namespaces that already reach each other.
from . import wait
from .private import STATE
from .run import run

PORT = 1194


class OpenVpn:
    """Device `name` in `user`, `far_name` in `gateway`; it carries `routes` (networks) on the user's side."""

    def __init__(self, user, name, gateway, far_name, endpoint, *, near, far, routes=(), mtu=1400):
        key = f"{STATE}/{name}.key"
        run("openvpn", "--genkey", "secret", key)
        common = ["openvpn", "--proto", "udp", "--dev-type", "tun", "--tun-mtu", str(mtu), "--secret", key,
                  "--cipher", "AES-256-CBC", "--port", str(PORT)]
        version = run("openvpn", "--version").split()[1]
        if tuple(int(part) for part in version.split(".")[:2]) >= (2, 7):
            common.append("--allow-deprecated-insecure-static-crypto")
        self.far = gateway.background(*common, "--dev", far_name, "--ifconfig", far, near)
        self.near = user.background(*common, "--dev", name, "--ifconfig", near, far, "--remote", endpoint,
                                    *(word for route in routes for word in ("--route", *route)))
        self.name = name

    def wait_until_up(self):
        wait.until(lambda: "Initialization Sequence Completed" in self.near.output() or not self.near.running(),
                   f"OpenVPN on {self.name}: {self.near.output()}", 15)
        assert self.near.running(), self.near.output()

    def stop(self):
        self.near.stop()
        self.far.stop()
