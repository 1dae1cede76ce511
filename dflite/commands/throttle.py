"""CL.THROTTLE: how often something may be done."""

from typing import Final

from dflite.base.errors import NotAnInteger
from dflite.base.numbers import INT64_MAX, UINT64_MAX
from dflite.base.string_errors import ZeroRate
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    FAST,
    RW,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.ops import throttle

STRING: Final = Family("string", "string")


def read_amount(args: Args) -> int:
    """A number that is not negative."""
    number = args.integer()
    if number < 0:
        raise NotAnInteger
    return number


def whole_seconds(ms: int) -> int:
    """Seconds to wait for so many ms, the last one begun counted; -1000 is -1."""
    return ms // 1000 + 1 if ms > 0 else -(-ms // 1000)


@STRING.command(
    "CL.THROTTLE key max-burst count period [quantity]",
    arity=-5,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="1.0.0",
    complexity="O(1)",
    summary="Take a quantity, of which there are count more every period seconds, if it is there: "
    "was it refused, the limit, what is left, seconds until to try again, and until all is back.",
)
def cmd_cl_throttle(ctx: Context, args: Args) -> None:
    key = args.next()
    burst, count, period = read_amount(args), read_amount(args), read_amount(args)
    quantity = read_amount(args) if args.more() else 1
    args.end()
    if burst == INT64_MAX or count == 0 or period > UINT64_MAX // 1000:
        raise NotAnInteger
    interval = period * 1000 // count
    if interval > INT64_MAX:
        raise NotAnInteger
    if interval == 0:
        raise ZeroRate
    taken = throttle.take(ctx.db, key, burst + 1, interval, quantity)
    ctx.reply.integers([
        int(taken.limited),
        burst + 1,
        taken.remaining,
        whole_seconds(taken.retry_ms),
        whole_seconds(taken.reset_ms),
    ])  # fmt: skip
