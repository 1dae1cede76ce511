"""MONITOR: a line for each request that has run."""

from typing import Final

from dflite.engine.context import Context, Engine

HIDDEN: Final = b'"(redacted)"'
SPECIAL: Final = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}


def feed_monitors(engine: Engine, ctx: Context, argv: list[bytes]) -> None:
    """Tell every monitoring client."""
    client = ctx.client
    seconds, micros = divmod(engine.clock.now_us, 1_000_000)
    origin = f"unix:{client.laddr}" if client.unix_socket else client.addr
    line = b"%d.%06d [%d %b] %b" % (
        seconds, micros, ctx.db.index, origin.encode(), b" ".join(shown_words(argv)),
    )  # fmt: skip
    for monitor in engine.monitors:
        if monitor is not client:
            monitor.conn.reply.simple(line)
            monitor.conn.mark_dirty()


def shown_words(argv: list[bytes]) -> list[bytes]:
    """The words of a request as they may be shown: quoted, and without passwords."""
    words = [quote(word) for word in argv]
    name = argv[0].upper()
    if name == b"AUTH":
        for i in range(1, len(words)):
            words[i] = HIDDEN
    elif name == b"HELLO":
        for i in range(2, len(words) - 2):
            if argv[i].upper() == b"AUTH":
                words[i + 1] = words[i + 2] = HIDDEN
    return words


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
