"""Dragonfly's commands about when members of sets, or fields of hashes, expire."""

from typing import Final

from dflite.base.errors import NotAnInteger, WrongType
from dflite.commands.deadlines import in_seconds, remaining
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
from dflite.native.values.element_deadlines import field_deadline, member_deadline
from dflite.ops import field_deadlines, member_deadlines
from dflite.ops.field_deadlines import NO_FIELD
from dflite.store.db import TYPE_HASH, TYPE_SET

SETS: Final = Family("set", "set")
ELEMENTS: Final = Family("generic")
KEYS: Final = Family("generic", "keyspace")
LONGEST: Final = (1 << 28) - 1  # seconds: all that Dragonfly takes
NO_KEY: Final = -2
NO_SUCH_FIELD: Final = -3


def read_seconds(args: Args, least: int) -> int:
    """How long something is to live."""
    seconds = args.integer()
    if not least <= seconds <= LONGEST:
        raise NotAnInteger
    return seconds


@SETS.command(
    "SADDEX key [KEEPTTL] <seconds | PXAT unix-time-milliseconds> member [member ...]",
    arity=-4,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | INSERT)],
    since="1.0.0",
    complexity="O(N) in the number of members",
    summary="Add members that expire; how many of them are new. Old ones get another deadline, "
    "unless they keep theirs.",
)
def cmd_saddex(ctx: Context, args: Args) -> None:
    key = args.next()
    keep = args.peek().upper() == b"KEEPTTL"
    if keep:
        args.next()
    if args.peek().upper() == b"PXAT":
        args.next()
        deadline = args.integer()
        if deadline < 0:
            raise NotAnInteger
    else:
        deadline = ctx.db.now_ms() + read_seconds(args, 1) * 1000
    members = [args.next(), *args.rest()]
    ctx.reply.integer(member_deadlines.add(ctx.db, key, members, deadline, keep))


@ELEMENTS.command(
    "FIELDEXPIRE key seconds field [field ...]",
    arity=-4,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | UPDATE)],
    since="1.0.0",
    complexity="O(N) in the number of fields",
    summary="Let fields of a hash, or members of a set, expire: 1 for each that will, 2 for each "
    "that is gone at once, -2 for each that is not there.",
    acl="hash set",
)
def cmd_fieldexpire(ctx: Context, args: Args) -> None:
    key = args.next()
    deadline = ctx.db.now_ms() + read_seconds(args, 0) * 1000
    fields = args.rest()
    kind = ctx.db.type_of(key)
    if kind == TYPE_HASH:
        ctx.reply.integers(field_deadlines.set_deadlines(ctx.db, key, fields, deadline))
    elif kind == TYPE_SET:
        ctx.reply.integers(member_deadlines.set_deadlines(ctx.db, key, fields, deadline))
    elif kind == 0:
        ctx.reply.integers([NO_FIELD] * len(fields))
    else:
        raise WrongType


@KEYS.command(
    "FIELDTTL key field",
    arity=3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(1)",
    summary="Seconds until a hash's field, or a set's member, expires; -1 if it never does, -3 "
    "without such a field, -2 without such a key.",
)
def cmd_fieldttl(ctx: Context, args: Args) -> None:
    key, field = args.next(), args.next()
    kind = ctx.db.read_type(key, True)
    table = ctx.db.table(key)
    if kind == TYPE_HASH:
        deadline = field_deadline(table, key, field)
    elif kind == TYPE_SET:
        deadline = member_deadline(table, key, field)
    elif kind == 0:
        ctx.reply.integer(NO_KEY)
        return
    else:
        raise WrongType
    if deadline == NO_FIELD:
        ctx.reply.integer(NO_SUCH_FIELD)
    else:
        ctx.reply.integer(in_seconds(remaining(ctx, deadline)))
