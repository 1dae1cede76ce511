"""HTTP on the port of RESP: is it alive, is it ready, its metrics. One request a connection.

    /healthz   200 as long as the process answers
    /readyz    200 if commands are served, else 503 and why not
    /metrics   the figures in Prometheus' text format
    /          what there is

None of it needs a password: it tells figures, no data.
"""

from collections.abc import Iterator
from http import HTTPStatus
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

from dflite import __version__
from dflite.server import metrics
from dflite.server.figures import Figures

PLAIN: Final = "text/plain; charset=utf-8"
ALLOWED: Final = ("GET", "HEAD")
INDEX: Final = """\
dflite {version}: {state}, up for {uptime} s, {clients} clients, {keys} keys

/healthz   alive?
/readyz    ready for commands?
/metrics   for Prometheus
"""


def respond(figures: Figures, method: str, target: str, status: int) -> Iterator[bytes]:
    """The response in pieces; an error if `status` is not 0. A long one ends by closing."""
    if status:
        return short(status, "GET", b"")
    if method not in ALLOWED:
        return short(HTTPStatus.METHOD_NOT_ALLOWED, "GET", b"")
    path = path_of(target)
    if path == "/metrics":
        start = head(HTTPStatus.OK, metrics.CONTENT_TYPE)
        return iter([start]) if method == "HEAD" else chain([start], metrics.pieces(figures))
    if path == "/healthz":
        return short(HTTPStatus.OK, method, b"")
    if path == "/readyz":
        reason = figures.why_not_ready()
        if reason:
            text = f"not ready: {reason}\n".encode("utf-8", "replace")
            return short(HTTPStatus.SERVICE_UNAVAILABLE, method, text)
        return short(HTTPStatus.OK, method, b"")
    if path == "/":
        return short(HTTPStatus.OK, method, index(figures))
    return short(HTTPStatus.NOT_FOUND, method, b"")


def short(status: int, method: str, body: bytes) -> Iterator[bytes]:
    """A response whose length is known. Without a body, it says what the status says."""
    body = body or f"{HTTPStatus(status).phrase}\n".encode()
    lines = [f"Content-Length: {len(body)}"]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: " + ", ".join(ALLOWED))
    start = head(status, PLAIN, *lines)
    return iter([start if method == "HEAD" else start + body])


def head(status: int, kind: str, *lines: str) -> bytes:
    """The status line and the headers, with the empty line behind them."""
    return "\r\n".join(
        [
            f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}",
            f"Content-Type: {kind}",
            *lines,
            "Cache-Control: no-store",
            "Connection: close",
            "",
            "",
        ]
    ).encode()


def path_of(target: str) -> str:
    """The path of a request's target, which may be a whole URL or have a query."""
    try:
        return urlsplit(target).path or "/"
    except ValueError:
        return target


def index(figures: Figures) -> bytes:
    reason = figures.why_not_ready()
    return INDEX.format(
        version=__version__,
        state=f"not ready ({reason})" if reason else "ready",
        uptime=figures.uptime_s(),
        clients=len(figures.executor.clients),
        keys=sum(len(db) for db in figures.keyspace.dbs),
    ).encode()
