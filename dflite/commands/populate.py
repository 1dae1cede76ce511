"""DEBUG POPULATE: many keys at once, made in slices so that others are served meanwhile."""

from typing import Final

from dflite.engine.blocking import Waiter
from dflite.engine.context import Context
from dflite.store.db import Db

SLICE: Final = 1000  # keys: about a millisecond
SLICE_BYTES: Final = 1 << 20  # of values, another
AT_ONCE: Final = 10 * SLICE
PAUSE_MS: Final = 1


class Populating(Waiter):
    """A client whose keys are being made. It waits for no key, only for the end."""

    def __init__(self, ctx: Context, count: int, prefix: bytes, size: int) -> None:
        super().__init__(ctx.client, ctx.db.index, [], 0, 0)
        self.ctx = ctx
        self.target: Db = ctx.db
        self.made = 0
        self.count = count
        self.prefix = prefix
        self.size = size
        self.given_up = False

    def step(self) -> None:
        """Make some keys, and plan to make more."""
        if self.given_up:
            return
        engine = self.ctx.engine
        end = min(self.made + slice_of(self.size), self.count)
        make_keys(self.target, self.made, end, self.prefix, self.size)
        self.made = end
        if end < self.count:
            engine.timers.at(engine.clock.now_ms + PAUSE_MS, self.step)
        else:
            engine.unblock(self, False)

    def serve(self, key: bytes) -> bool:
        return False

    def time_out(self) -> None:
        self.ctx.reply.ok()

    def left(self) -> None:
        self.given_up = True
        self.ctx.waiter = None


def populate(ctx: Context, count: int, prefix: bytes, size: int) -> None:
    """Make the keys that are not there yet and answer OK, now or when all are made."""
    if count <= AT_ONCE // SLICE * slice_of(size) or not ctx.may_wait:
        make_keys(ctx.db, 0, count, prefix, size)
        ctx.reply.ok()
        return
    waiter = Populating(ctx, count, prefix, size)
    ctx.waiter = waiter
    ctx.engine.timers.at(ctx.engine.clock.now_ms, waiter.step)


def slice_of(size: int) -> int:
    """Keys with values of so many bytes that are made at a time."""
    return max(min(SLICE, SLICE_BYTES // max(size, 1)), 1)


def make_keys(db: Db, start: int, end: int, prefix: bytes, size: int) -> None:
    """Keys prefix:start to prefix:end. Neither replicas nor who listens to events hear of them."""
    for i in range(start, end):
        key = b"%b:%d" % (prefix, i)
        if db.exists(key):
            continue
        value = b"value:%d" % i
        if size:
            value = value[:size].ljust(size, b"\0")
        db.put_string(key, value)
        db.effects.changed += 1
        db.also(key, "")
