"""The first words on a link to a primary, said one after the other."""

from typing import Final

from dflite.replication.handshake import Greeting, Refused
from dflite.server.link_problems import ALERT, MAY_SPEAK_TLS, SPEAKS_TLS
from dflite.server.wire import LinkLost, Wire
from dflite.settings.settings import Settings

WANTS_TLS: Final = b"speaks TLS"  # in what a port of dflite's answers to plain words


async def introduce(
    wire: Wire, settings: Settings, port: int, mark: str, patience_s: float
) -> Greeting:
    """Say all of it; Refused or LinkLost tell what is in the way."""
    greeting = Greeting(
        settings.masteruser, settings.masterauth, port, settings.replica_announce_ip, mark
    )
    for name, data in greeting.steps:
        wire.send(data)
        try:
            answer = await wire.line(patience_s)
        except LinkLost:
            if name == "PING" and not settings.tls_replication and wire.lost is not None:
                explain_silence(bytes(wire.came))
            raise
        if name == "PING" and answer.startswith(b"-") and WANTS_TLS in answer:
            raise Refused(SPEAKS_TLS)
        greeting.answered(name, answer)
    return greeting


def explain_silence(came: bytes) -> None:
    """LinkLost for who closed the connection instead of answering the first word."""
    if came.startswith(ALERT):
        raise LinkLost(SPEAKS_TLS)
    if not came:
        raise LinkLost(MAY_SPEAK_TLS)
