"""HTTP on the port of RESP: is it alive, is it ready, its metrics. One request a connection.

    /healthz   200 as long as the process answers
    /readyz    200 if commands are served, 503 while data are loaded or the node is ending
    /metrics   the figures in Prometheus' text format
    /          what there is

None of it needs a password: it tells figures, no data.
"""

from http import HTTPStatus
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


def respond(figures: Figures, method: str, target: str, status: int) -> bytes:
    """The whole response; an error if `status` is not 0."""
    body = b""
    kind = PLAIN
    if status == 0:
        if method in ALLOWED:
            status, kind, body = find_page(figures, path_of(target))
        else:
            status = HTTPStatus.METHOD_NOT_ALLOWED
    phrase = HTTPStatus(status).phrase
    body = body or f"{phrase}\n".encode()
    head = [
        f"HTTP/1.1 {status} {phrase}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        head.append("Allow: " + ", ".join(ALLOWED))
    shown = b"" if method == "HEAD" else body
    return "\r\n".join([*head, "", ""]).encode() + shown


def path_of(target: str) -> str:
    """The path of a request's target, which may be a whole URL or have a query."""
    try:
        return urlsplit(target).path or "/"
    except ValueError:
        return target


def find_page(figures: Figures, path: str) -> tuple[int, str, bytes]:
    """Status, content type and body; without a body, the status says it all."""
    if path == "/healthz":
        return HTTPStatus.OK, PLAIN, b""
    if path == "/readyz":
        ready = figures.is_ready()
        return HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, PLAIN, b""
    if path == "/metrics":
        return HTTPStatus.OK, metrics.CONTENT_TYPE, metrics.render(figures)
    if path == "/":
        return HTTPStatus.OK, PLAIN, index(figures)
    return HTTPStatus.NOT_FOUND, PLAIN, b""


def index(figures: Figures) -> bytes:
    return INDEX.format(
        version=__version__,
        state="ready" if figures.is_ready() else "not ready",
        uptime=figures.uptime_s(),
        clients=len(figures.executor.clients),
        keys=sum(len(db) for db in figures.keyspace.dbs),
    ).encode()
