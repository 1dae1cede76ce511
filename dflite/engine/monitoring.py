"""MONITOR: a line for each request that has run."""

from dflite.engine.context import Context, Engine
from dflite.engine.secrets import without_secrets
from dflite.native.bytesops import quote


def feed_monitors(engine: Engine, ctx: Context, argv: list[bytes]) -> None:
    """Tell every monitoring client."""
    client = ctx.client
    seconds, micros = divmod(engine.clock.now_us, 1_000_000)
    origin = f"unix:{client.addr.removesuffix(':0')}" if client.unix_socket else client.addr
    words = b" ".join([quote(word) for word in without_secrets(argv)])
    line = b"%d.%06d [%d %b] %b" % (seconds, micros, ctx.db.index, origin.encode(), words)
    for monitor in engine.monitors:
        # its own request too, but not into the middle of EXEC's reply
        if not monitor.conn.closing and (monitor is not client or ctx.may_wait):
            monitor.conn.reply.simple(line)
            monitor.conn.mark_dirty()
