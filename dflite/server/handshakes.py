"""TLS handshakes that are not through yet: how many there may be, how long, what is said of them.

Whoever shakes hands is nobody's client yet: `maxclients` does not count it, and no password has
been asked. So their number is bounded. One too many costs the place of whoever has waited longest
among those of the address with the most of them: a stranger that opens connections and says nothing
takes no place of others.
"""

import os
import socket
import ssl
import time
from collections.abc import Callable
from logging import WARNING
from typing import Final

from dflite.native.wire.tls_connection import TlsConnection
from dflite.server.logs import NOTICE, Throttle

MOST: Final = 1000  # at a time
LONGEST_S: Final = 10.0
PLAIN_ANSWER: Final = b"-ERR this port speaks TLS: use rediss:// or --tls\r\n"
PLAIN_MEMCACHED_ANSWER: Final = b"SERVER_ERROR this port speaks TLS\r\n"
PLAIN_HTTP_ANSWER: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    b"This port speaks TLS: use https://\n"
)
TLS_ANSWER: Final = b"-ERR this port does not speak TLS: use redis://, without --tls\r\n"
HTTP_METHODS: Final = (b"GET ", b"HEAD", b"POST", b"PUT ", b"OPTI", b"DELE", b"PATC", b"CONN")
# What OpenSSL's reasons mean, for people.
REASONS: Final = {
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not signed by our CA, or no longer valid",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it shows no certificate, which tls_auth_clients asks for",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust our certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not accept our certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not accept our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "our certificate has expired, it says",
    "NO_SHARED_CIPHER": "there is no cipher that both sides take",
    "UNSUPPORTED_PROTOCOL": "it speaks a version of TLS that tls_protocols leaves out",
    "UNEXPECTED_EOF_WHILE_READING": "it left in the middle",
    "WRONG_VERSION_NUMBER": "what it sent is no TLS",
}

Secured = Callable[["Handshake", TlsConnection], None]


class Handshake:
    """The session of a connection until its handshake is through."""

    def __init__(
        self,
        all_of_them: "Handshakes",
        peer: tuple[str, int],
        here: tuple[str, int],
        admin: bool,
        secured: Secured,
    ) -> None:
        self.all_of_them = all_of_them
        self.peer = peer
        self.here = here
        self.admin = admin
        self.on_secured = secured
        self.started = time.monotonic()
        self.told = False  # why it ends
        self.plain_answer = PLAIN_ANSWER
        self.conn: TlsConnection

    @property
    def host(self) -> str:
        return self.peer[0]

    def secured(self, conn: TlsConnection) -> None:
        """The handshake is through."""
        self.all_of_them.forget(self)
        self.all_of_them.completed += 1
        self.on_secured(self, conn)

    def insecure(self, error: OSError) -> None:
        """It failed; the connection closes."""
        self.told = True
        self.all_of_them.failed("error", f"TLS with {self.host} failed: {reason_of(error)}")

    def plaintext(self, first: bytes, fd: int) -> bytes:
        """The connection began with something else than TLS: the answer before it closes."""
        http = first.startswith(HTTP_METHODS)
        self.told = True
        hint = "https://" if http else "rediss:// or --tls"
        self.all_of_them.failed(
            "plaintext",
            f"a client from {self.host} sends plaintext to port {self.here[1]}, which speaks TLS: "
            f"connection closed; it needs {hint}",
        )
        return PLAIN_HTTP_ANSWER if http else self.plain_answer

    def closed(self) -> None:
        """The connection is gone, in the middle, if nobody has said how it ended."""
        if self.all_of_them.forget(self) and not self.told:
            self.all_of_them.count("left")


class Handshakes:
    """All of them, the oldest first."""

    def __init__(self, throttle: Throttle) -> None:
        self.throttle = throttle
        self.going: dict[Handshake, None] = {}
        self.hosts: dict[str, int] = {}
        self.started = 0
        self.completed = 0
        self.failures: dict[str, int] = {}

    def begin(self, handshake: Handshake, conn: TlsConnection) -> None:
        """One more; if it is one too many, another goes."""
        handshake.conn = conn
        self.started += 1
        self.going[handshake] = None
        host = handshake.host
        self.hosts[host] = self.hosts.get(host, 0) + 1
        if len(self.going) > MOST:
            self.drop_one()

    def drop_one(self) -> None:
        """The oldest of the address with the most handshakes loses its place."""
        worst = max(self.hosts, key=self.hosts.__getitem__)
        for handshake in self.going:
            if handshake.host == worst:
                handshake.told = True
                self.failed(
                    "crowded",
                    f"{MOST} TLS handshakes are going on, {self.hosts[worst]} of them with "
                    f"{worst}, which loses the oldest",
                )
                handshake.conn.abort()
                return

    def expire(self) -> None:
        """Close what has taken too long; to be called each second."""
        latest = time.monotonic() - LONGEST_S
        for handshake in list(self.going):
            if handshake.started > latest:
                return
            handshake.told = True
            self.failed(
                "slow",
                f"{handshake.host} has not ended its TLS handshake in {LONGEST_S:.0f} s: "
                "connection closed",
            )
            handshake.conn.abort()

    def forget(self, handshake: Handshake) -> bool:
        """It has ended; was it going on?"""
        if handshake not in self.going:
            return False
        del self.going[handshake]
        host = handshake.host
        self.hosts[host] -= 1
        if not self.hosts[host]:
            del self.hosts[host]
        return True

    def count(self, kind: str) -> None:
        self.failures[kind] = self.failures.get(kind, 0) + 1

    def failed(self, kind: str, sentence: str) -> None:
        """One did not end well: count it, and say so, of a kind once in a while."""
        self.count(kind)
        self.throttle.log(NOTICE if kind == "error" else WARNING, f"tls-{kind}", sentence)

    def hello(self, first: bytes, fd: int) -> bytes:
        """TLS was spoken to a plain port: the answer before the connection closes."""
        with socket.socket(fileno=os.dup(fd)) as sock:
            try:
                peer, here = sock.getpeername(), sock.getsockname()
            except OSError:
                peer = here = None
        where = f"port {here[1]}" if isinstance(here, tuple) else "a Unix socket"
        who = f"a client from {peer[0]}" if isinstance(peer, tuple) and peer else "a client"
        self.count("unspoken")
        self.throttle.warning(
            "tls-unspoken",
            f"{who} speaks TLS to {where}, which does not: connection closed; it needs "
            "redis://, without --tls",
        )
        return TLS_ANSWER

    def reset(self) -> None:
        self.started = len(self.going)
        self.completed = 0
        self.failures.clear()


def reason_of(error: OSError) -> str:
    """Why a handshake failed, in words."""
    if not isinstance(error, ssl.SSLError) or not error.reason:
        return str(error)
    known = REASONS.get(error.reason)
    return known or error.reason.replace("_", " ").lower()
