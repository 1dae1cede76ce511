"""String commands about numbers in text."""

from typing import Final

from dflite.base.errors import DecrementOverflow
from dflite.base.numbers import INT64_MIN
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
from dflite.ops.strings import increment, increment_float

STRING: Final = Family("string", "string")
COUNTS: Final = WRITE | DENYOOM | FAST
COUNTER: Final = RW | ACCESS | UPDATE


@STRING.command(
    "INCR key",
    arity=2,
    flags=COUNTS,
    keys=[KeySpec(COUNTER)],
    since="1.0.0",
    complexity="O(1)",
    summary="Add 1 to the integer at key; where there is none, it begins at 0.",
    lane=True,
)
def cmd_incr(ctx: Context, args: Args) -> None:
    ctx.reply.integer(increment(ctx.db, args.next(), 1))


@STRING.command(
    "DECR key",
    arity=2,
    flags=COUNTS,
    keys=[KeySpec(COUNTER)],
    since="1.0.0",
    complexity="O(1)",
    summary="Take 1 from the integer at key; where there is none, it begins at 0.",
    lane=True,
)
def cmd_decr(ctx: Context, args: Args) -> None:
    ctx.reply.integer(increment(ctx.db, args.next(), -1))


@STRING.command(
    "INCRBY key increment",
    arity=3,
    flags=COUNTS,
    keys=[KeySpec(COUNTER)],
    since="1.0.0",
    complexity="O(1)",
    summary="Add to the integer at key; where there is none, it begins at 0.",
)
def cmd_incrby(ctx: Context, args: Args) -> None:
    key, delta = args.next(), args.integer()
    ctx.reply.integer(increment(ctx.db, key, delta))


@STRING.command(
    "DECRBY key decrement",
    arity=3,
    flags=COUNTS,
    keys=[KeySpec(COUNTER)],
    since="1.0.0",
    complexity="O(1)",
    summary="Take from the integer at key; where there is none, it begins at 0.",
)
def cmd_decrby(ctx: Context, args: Args) -> None:
    key, delta = args.next(), args.integer()
    if delta == INT64_MIN:
        raise DecrementOverflow
    ctx.reply.integer(increment(ctx.db, key, -delta))


@STRING.command(
    "INCRBYFLOAT key increment",
    arity=3,
    flags=COUNTS,
    keys=[KeySpec(COUNTER)],
    since="2.6.0",
    complexity="O(1)",
    summary="Add to the number at key, with a fraction; where there is none, it begins at 0.",
)
def cmd_incrbyfloat(ctx: Context, args: Args) -> None:
    ctx.reply.bulk(increment_float(ctx.db, args.next(), args.next()))
