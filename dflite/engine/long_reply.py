"""Replies as long as a request says, whatever is stored: SRANDMEMBER key -1000000000.

They are written in slices, and given up, with the connection, where they outgrow what a client may
leave unread.
"""

from typing import Final

from dflite.engine.context import Context

SLICE: Final = 64  # elements that are written between two looks at the length
MOST_BYTES: Final = 1 << 30  # where client-output-buffer-limit sets no limit


class LongReply:
    """An array of `count` elements, or of `count` pairs: in RESP2 they lie flat in it.

    n = reply.next()
    while n:
        ...  # write n elements
        n = reply.next()
    """

    def __init__(
        self, ctx: Context, count: int, pairs: bool = False, most: int = MOST_BYTES
    ) -> None:
        self.ctx = ctx
        self.left = count
        self.most = ctx.client.conn.limits.output_buffer or most
        self.start = ctx.reply.mark()
        ctx.reply.array(2 * count if pairs and not ctx.reply.resp3 else count)

    def next(self) -> int:
        """How many elements are to be written now; 0 when there is nothing more to do."""
        if len(self.ctx.reply) > self.most:
            self.ctx.reply.rollback(self.start)
            self.ctx.engine.cut_off(self.ctx.client)
            self.left = 0
        n = min(self.left, SLICE)
        self.left -= n
        return n
