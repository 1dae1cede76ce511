"""String commands."""

from typing import Final

from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    FAST,
    READONLY,
    RO,
    RW,
    UPDATE,
    VARIABLE_FLAGS,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context

STRING: Final = Family("string", "string")


@STRING.command(
    "GET key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(1)",
    summary="The string at key, or null.",
)
def cmd_get(ctx: Context, args: Args) -> None:
    ctx.reply.bulk_or_null(ctx.db.read_string(args.next()))


@STRING.command(
    "SET key value",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | ACCESS | UPDATE | VARIABLE_FLAGS)],
    since="1.0.0",
    complexity="O(1)",
    summary="Put a string at key.",
)
def cmd_set(ctx: Context, args: Args) -> None:
    key, value = args.next(), args.next()
    ctx.db.put_string(key, value)
    ctx.db.changed(key, "set")
    ctx.reply.ok()
