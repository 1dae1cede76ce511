"""INFO."""

from dflite.server.figures import Figures


def render(figures: Figures, sections: list[str]) -> bytes:
    return b"# Server\r\nredis_version:7.4.0\r\n"
