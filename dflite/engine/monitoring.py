"""MONITOR: a line for each request that has run."""

from typing import Final

from dflite.engine.context import Context, Engine
from dflite.engine.secrets import without_secrets
from dflite.native.base.bytesops import quote

MOST_BYTES: Final = 32 * 1024 * 1024  # that may wait for a client that does not read


def feed_monitors(engine: Engine, ctx: Context, argv: list[bytes], origin: str = "") -> None:
    """Tell every monitoring client; of a command that a script runs, `origin` is lua."""
    client = ctx.client
    seconds, micros = divmod(engine.clock.now_us, 1_000_000)
    if not origin:
        origin = f"unix:{client.addr.removesuffix(':0')}" if client.unix_socket else client.addr
    words = b" ".join([quote(word) for word in without_secrets(argv)])
    line = b"%d.%06d [%d %b] %b" % (seconds, micros, ctx.db.index, origin.encode(), words)
    for monitor in engine.monitors.copy():
        conn = monitor.conn
        # its own request too, but not into the middle of EXEC's reply
        if conn.closing or (monitor is client and not ctx.may_wait):
            continue
        if conn.unsent > MOST_BYTES:
            conn.flush()
            if conn.unsent > MOST_BYTES:
                engine.cut_off(monitor)
                continue
        conn.reply.simple(line)
        conn.mark_dirty()
