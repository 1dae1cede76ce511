"""HTTP on the RESP port."""

from dflite.server.figures import Figures


def respond(figures: Figures, method: str, path: str) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK\n"
