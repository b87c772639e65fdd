# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Moves random bytes over TCP between two namespaces and says what became of them: compared by SHA-256, or stalled.
# The conversation is one line, one short answer, then nothing but payload in one write, so that a payload of N bytes
# meets the same segment sizes that a TLS message of N bytes would:
#   upload    client "U N\n"    server "+"          client N bytes     server SHA-256 of what came
#   download  client "D N\n"    server SHA-256      client "+"         server N bytes
# Knows addresses and namespaces, nothing of tunnels or clamps.
import dataclasses
import hashlib
import os
import select
import socket
import struct
import threading
import time

from .netns import Namespace

PORT = 8443
# Long enough for four retransmissions of a lost segment (0.2 + 0.4 + 0.8 + 1.6 s), short enough for a test run.
IDLE_SECONDS = 4.0
TOTAL_SECONDS = 30.0


@dataclasses.dataclass
class Transfer:
    """What became of one transfer. `bytes` is what arrived at the other end (for an upload: what it acknowledged)."""
    direction: str
    size: int
    connected: bool = False
    bytes: int = 0
    sha_ok: bool = False
    seconds: float = 0.0
    stalled: bool = False
    retransmits: int = 0
    error: str = ""


def _tcp_info(sock):
    """(retransmissions, bytes acknowledged) from struct tcp_info of linux/tcp.h."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    retransmits, = struct.unpack_from("=I", info, 100)
    acked, = struct.unpack_from("=Q", info, 120)
    return retransmits, acked


def _family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Server:
    """Answers transfers on every address of a namespace, one thread a connection, until close()."""

    def __init__(self, namespace: Namespace, port=PORT):
        self._listener = namespace.socket(socket.AF_INET6, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._listener.bind(("::", port))
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    @staticmethod
    def _serve(connection):
        connection.settimeout(TOTAL_SECONDS)
        try:
            with connection, connection.makefile("rb") as incoming:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                direction, size = incoming.readline().split()
                if direction == b"U":
                    connection.sendall(b"+")
                    connection.sendall(hashlib.sha256(incoming.read(int(size))).digest())
                else:
                    payload = os.urandom(int(size))
                    connection.sendall(hashlib.sha256(payload).digest())
                    incoming.read(1)
                    connection.sendall(payload)
        except (OSError, ValueError):
            pass  # The client gave up; it is the one that reports.


def transfer(namespace, address, direction, size, *, port=PORT, idle=IDLE_SECONDS, total=TOTAL_SECONDS):
    """One upload ("up") or download ("down") of `size` random bytes from `namespace`; returns a Transfer.

    It has stalled when the connection was made and then no byte moved for `idle` seconds, or it took over `total`.
    """
    result = Transfer(direction, size)
    start = time.monotonic()
    with namespace.socket(_family(address), socket.SOCK_STREAM) as sock:
        try:
            sock.settimeout(idle)
            sock.connect((address, port))
            result.connected = True
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            move = _upload if direction == "up" else _download
            move(sock, result, start, idle, total)
        except TimeoutError:
            result.stalled = result.connected
            result.error = "no byte moved" if result.connected else "no answer to the connection request"
        except OSError as error:
            result.error = error.strerror or str(error)
        if result.connected:
            result.retransmits = _tcp_info(sock)[0]
        if not result.sha_ok:
            # Reset, or the kernel would go on sending what is stuck and disturb the next transfer's counters.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    result.seconds = time.monotonic() - start
    return result


def _read(sock, size, result=None, until=None):
    data = bytearray()
    while len(data) < size:
        if until is not None and time.monotonic() > until:
            raise TimeoutError
        piece = sock.recv(min(65536, size - len(data)))
        if not piece:
            raise ConnectionError("closed by the other end")
        data += piece
        if result is not None:
            result.bytes = len(data)
    return bytes(data)


def _upload(sock, result, start, idle, total):
    payload = os.urandom(result.size)
    sock.sendall(b"U %d\n" % result.size)
    _read(sock, 1)
    before = _tcp_info(sock)[1]
    rest, digest, last_progress = memoryview(payload), b"", time.monotonic()
    sock.setblocking(False)
    while len(digest) < 32:
        readable, writable, _ = select.select([sock], [sock] if rest else [], [], 0.05)
        if writable:
            rest = rest[sock.send(rest):]
        if readable:
            piece = sock.recv(32 - len(digest))
            if not piece:
                raise ConnectionError("closed by the other end")
            digest += piece
        acked, now = _acknowledged(sock, before, result.size), time.monotonic()
        if acked > result.bytes:
            result.bytes, last_progress = acked, now
        if now - last_progress > idle or now - start > total:
            raise TimeoutError
    result.bytes = _acknowledged(sock, before, result.size)
    result.sha_ok = digest == hashlib.sha256(payload).digest()


def _acknowledged(sock, before, size):
    return min(size, max(0, _tcp_info(sock)[1] - before))


def _download(sock, result, start, idle, total):
    sock.sendall(b"D %d\n" % result.size)
    digest = _read(sock, 32)
    sock.sendall(b"+")
    payload = _read(sock, result.size, result, start + total)
    result.sha_ok = hashlib.sha256(payload).digest() == digest


def together(*calls):
    """Runs functions at the same time, each in a thread of its own, and returns their results in order."""
    results = [None] * len(calls)

    def call(index):
        results[index] = calls[index]()

    threads = [threading.Thread(target=call, args=(index,), daemon=True) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
