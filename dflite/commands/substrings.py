"""String commands about parts of a value."""

from typing import Final

from dflite.base.errors import OffsetOutOfRange
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    FAST,
    INSERT,
    READONLY,
    RO,
    RW,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.ops.strings import append, get_range, prepend, set_range

STRING: Final = Family("string", "string")


def longest_string(ctx: Context) -> int:
    """How long a string may become."""
    most = ctx.host.setting("max_bulk_len")
    assert isinstance(most, int)
    return most


@STRING.command(
    "APPEND key value",
    arity=3,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | INSERT)],
    since="2.0.0",
    complexity="O(1) for a short value, as room is kept for the next ones",
    summary="Add to the end of the string at key; its new length.",
)
def cmd_append(ctx: Context, args: Args) -> None:
    ctx.reply.integer(append(ctx.db, args.next(), args.next(), longest_string(ctx)))


@STRING.command(
    "PREPEND key value",
    arity=3,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | INSERT)],
    since="1.0.0",
    complexity="O(N) in the length of the new string",
    summary="Add to the beginning of the string at key; its new length.",
)
def cmd_prepend(ctx: Context, args: Args) -> None:
    ctx.reply.integer(prepend(ctx.db, args.next(), args.next(), longest_string(ctx)))


@STRING.command(
    "STRLEN key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO)],
    since="2.2.0",
    complexity="O(1)",
    summary="The length of the string at key; 0 where there is none.",
)
def cmd_strlen(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.reply.integer(ctx.db.string_length(key) if ctx.db.reads_string(key) else 0)


@STRING.command(
    "SETRANGE key offset value",
    arity=4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | UPDATE)],
    since="2.2.0",
    complexity="O(M) in the length of the value",
    summary="Overwrite a part of the string at key, which grows as needed; its new length.",
)
def cmd_setrange(ctx: Context, args: Args) -> None:
    key, offset, value = args.next(), args.integer(), args.next()
    if offset < 0:
        raise OffsetOutOfRange
    ctx.reply.integer(set_range(ctx.db, key, offset, value, longest_string(ctx)))


@STRING.command(
    "GETRANGE key start end",
    arity=4,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.4.0",
    complexity="O(N) in the length of the reply",
    summary="A part of the string at key; negative positions count from its end.",
)
def cmd_getrange(ctx: Context, args: Args) -> None:
    key, start, end = args.next(), args.integer(), args.integer()
    ctx.reply.bulk(get_range(ctx.db, key, start, end))


@STRING.command(
    "SUBSTR key start end",
    arity=4,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(N) in the length of the reply",
    summary="A part of the string at key, under GETRANGE's old name.",
    deprecated_since="2.0.0",
    replaced_by="`GETRANGE`",
)
def cmd_substr(ctx: Context, args: Args) -> None:
    cmd_getrange(ctx, args)
