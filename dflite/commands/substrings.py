"""String commands about parts of a value."""

from typing import Final

from dflite.base.conversation_errors import OutOfMemory
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
LONG_ADDITION: Final = 64 * 1024


def longest_string(ctx: Context) -> int:
    """How long a string may become."""
    most = ctx.host.setting("max_bulk_len")
    assert isinstance(most, int)
    return most


def demand_room(ctx: Context, key: bytes, length: int) -> None:
    """Refuse to make the string at key longer than the memory limit lets all values be together.

    A request of a few bytes can ask for that, by its offset. What a primary says is done.
    """
    engine = ctx.engine
    if engine.may_hold(length) or ctx.client.primary:
        return
    if not ctx.db.is_string(key) or ctx.db.string_length(key) < length:
        engine.rejected_for_memory += 1
        raise OutOfMemory


def demand_room_behind(ctx: Context, key: bytes, addition: bytes) -> None:
    """As `demand_room`, for what is added; a short one was admitted, and adds little."""
    if len(addition) >= LONG_ADDITION and ctx.db.is_string(key):
        demand_room(ctx, key, ctx.db.string_length(key) + len(addition))


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
    key, tail = args.next(), args.next()
    demand_room_behind(ctx, key, tail)
    ctx.reply.integer(append(ctx.db, key, tail, longest_string(ctx)))


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
    key, head = args.next(), args.next()
    demand_room_behind(ctx, key, head)
    ctx.reply.integer(prepend(ctx.db, key, head, longest_string(ctx)))


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
    most = longest_string(ctx)
    if value and offset + len(value) <= most:
        demand_room(ctx, key, offset + len(value))
    ctx.reply.integer(set_range(ctx.db, key, offset, value, most))


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
