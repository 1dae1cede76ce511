"""MONITOR: a line for each request that is about to run."""

from typing import Final

from dflite.engine.context import Context, Engine

SECRETS: Final = (b"AUTH", b"HELLO", b"ACL", b"CONFIG", b"MIGRATE")  # never shown with arguments
SPECIAL: Final = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}


def feed_monitors(engine: Engine, ctx: Context, argv: list[bytes]) -> None:
    """Tell every monitoring client."""
    client = ctx.client
    if argv[0].upper() in SECRETS:
        return
    seconds, micros = divmod(engine.clock.now_us, 1_000_000)
    origin = f"unix:{client.laddr}" if client.unix_socket else client.addr
    line = b"%d.%06d [%d %b] %b" % (
        seconds, micros, ctx.db.index, origin.encode(), b" ".join([quote(word) for word in argv]),
    )  # fmt: skip
    for monitor in engine.monitors:
        if monitor is not client:
            engine.contexts[monitor.id].reply.simple(line)
            monitor.conn.schedule()


def quote(word: bytes) -> bytes:
    """A word in double quotes, what is not printable escaped."""
    out = bytearray(b'"')
    for byte in word:
        special = SPECIAL.get(byte)
        if special is not None:
            out += special
        elif 32 <= byte < 127:
            out.append(byte)
        else:
            out += b"\\x%02x" % byte
    out += b'"'
    return bytes(out)
