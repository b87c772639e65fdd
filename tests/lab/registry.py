# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A real registry (Debian's docker-registry) on loopback, filled with skopeo, and a way to let it die in the middle of a
# transfer. Works inside private.py; knows nothing of airpods.
import os
import shutil
import socket
import threading
import time

from . import wait
from .run import Background, run

# bcrypt of "secret", for user "alice".
HTPASSWD = "alice:$2b$05$mnbpKz.CoEEGk0PTbvFyFuG2jPwxPBGFlbttISm/EXtiNR2Jf/Ws.\n"

CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
{auth}
"""


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Registry:
    """Listens on 127.0.0.1:`port`; with `password` only alice, "secret", may read or write."""

    def __init__(self, folder, port=5000, password=False):
        self.folder, self.port = folder, port
        os.makedirs(f"{folder}/data", exist_ok=True)
        auth = ""
        if password:
            with open(f"{folder}/htpasswd", "w", encoding="ascii") as file:
                file.write(HTPASSWD)
            auth = f"auth: {{htpasswd: {{realm: lab, path: {folder}/htpasswd}}}}"
        with open(f"{folder}/config.yml", "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=folder, port=port, auth=auth))
        self.process = Background("docker-registry", "serve", f"{folder}/config.yml")
        wait.until(lambda: _answers(port), f"docker-registry on port {port}: {self.process.output()}")

    def stop(self):
        self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Relay:
    """Passes connections on to `target` until `limit` bytes have come back. Then it dies: it neither answers nor listens;
    or, `stuck`, it says nothing more and `abandoned` tells whether the client has gone. A slow one needs `seconds` for
    every `of` bytes."""

    def __init__(self, port, target, limit=1 << 60, stuck=False, seconds=0, of=1):
        self.target, self.left, self.stuck, self.abandoned = target, limit, stuck, False
        self.pause = seconds / of
        self.listener = socket.create_server(("127.0.0.1", port))
        self.lock = threading.Lock()
        self.open = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def dead(self):
        return self.left <= 0

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            self.open += [client, server]
            threading.Thread(target=self._copy, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._copy, args=(server, client, True), daemon=True).start()

    def _copy(self, source, sink, counted):
        try:
            while data := source.recv(16384):
                if counted:
                    with self.lock:
                        self.left -= len(data)
                    if self.dead:
                        break
                    time.sleep(self.pause * len(data))
                sink.sendall(data)
            if not self.dead:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if self.dead and self.stuck:
            self.abandoned = self.abandoned or not counted
        elif self.dead:
            self.stop()

    def stop(self):
        with self.lock:
            self.left = 0
            ends, self.open = self.open, []
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
