"""MONITOR: a line for each request that has run."""

from typing import Final

from dflite.engine.context import Context, Engine
from dflite.engine.secrets import without_secrets

SPECIAL: Final = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}


def feed_monitors(engine: Engine, ctx: Context, argv: list[bytes]) -> None:
    """Tell every monitoring client."""
    client = ctx.client
    seconds, micros = divmod(engine.clock.now_us, 1_000_000)
    origin = f"unix:{client.laddr}" if client.unix_socket else client.addr
    words = b" ".join([quote(word) for word in without_secrets(argv)])
    line = b"%d.%06d [%d %b] %b" % (seconds, micros, ctx.db.index, origin.encode(), words)
    for monitor in engine.monitors:
        # its own request too, but not into the middle of EXEC's reply
        if not monitor.conn.closing and (monitor is not client or ctx.may_wait):
            monitor.conn.reply.simple(line)
            monitor.conn.mark_dirty()


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
