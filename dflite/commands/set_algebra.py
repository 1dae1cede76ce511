"""Set commands that combine sets: what all have, what any has, what only the first has."""

from typing import Final

from dflite.base.collection_errors import LimitNegative, NoNumberOfKeys, TooManyKeys
from dflite.base.errors import BadSyntax
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    MOVABLE_KEYS,
    OW,
    READONLY,
    RO,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.native.values.set_algebra import count_intersection
from dflite.ops.sets import DIFFERENCE, INTERSECTION, UNION, combine, readable, store_combined

SETS: Final = Family("set", "set")
UNORDERED: Final = ["nondeterministic_output_order"]
SOURCES: Final = [KeySpec(RO | ACCESS, last=-1)]
TARGET_AND_SOURCES: Final = [KeySpec(OW | UPDATE), KeySpec(RO | ACCESS, begin=2, last=-1)]
EACH_WITH_EACH: Final = "O(N*M) at worst: members of the smallest set, times sets"
ALL_MEMBERS: Final = "O(N) in the number of members of all sets"


def answer_combined(ctx: Context, keys: list[bytes], how: int) -> None:
    members = combine(readable(ctx.db, keys), how)
    reply = ctx.reply
    reply.set(len(members))
    for member in members:
        reply.bulk(member)


@SETS.command(
    "SINTER key [key ...]",
    arity=-2,
    flags=READONLY,
    keys=SOURCES,
    since="1.0.0",
    complexity=EACH_WITH_EACH,
    summary="The members that all of the sets have.",
    tips=UNORDERED,
)
def cmd_sinter(ctx: Context, args: Args) -> None:
    answer_combined(ctx, args.rest(), INTERSECTION)


@SETS.command(
    "SUNION key [key ...]",
    arity=-2,
    flags=READONLY,
    keys=SOURCES,
    since="1.0.0",
    complexity=ALL_MEMBERS,
    summary="The members that any of the sets has.",
    tips=UNORDERED,
)
def cmd_sunion(ctx: Context, args: Args) -> None:
    answer_combined(ctx, args.rest(), UNION)


@SETS.command(
    "SDIFF key [key ...]",
    arity=-2,
    flags=READONLY,
    keys=SOURCES,
    since="1.0.0",
    complexity=ALL_MEMBERS,
    summary="The members of the first set that none of the others has.",
    tips=UNORDERED,
)
def cmd_sdiff(ctx: Context, args: Args) -> None:
    answer_combined(ctx, args.rest(), DIFFERENCE)


@SETS.command(
    "SINTERSTORE destination key [key ...]",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=TARGET_AND_SOURCES,
    since="1.0.0",
    complexity=EACH_WITH_EACH,
    summary="Store the members that all of the sets have; how many they are.",
)
def cmd_sinterstore(ctx: Context, args: Args) -> None:
    ctx.reply.integer(store_combined(ctx.db, args.next(), args.rest(), INTERSECTION))


@SETS.command(
    "SUNIONSTORE destination key [key ...]",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=TARGET_AND_SOURCES,
    since="1.0.0",
    complexity=ALL_MEMBERS,
    summary="Store the members that any of the sets has; how many they are.",
)
def cmd_sunionstore(ctx: Context, args: Args) -> None:
    ctx.reply.integer(store_combined(ctx.db, args.next(), args.rest(), UNION))


@SETS.command(
    "SDIFFSTORE destination key [key ...]",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=TARGET_AND_SOURCES,
    since="1.0.0",
    complexity=ALL_MEMBERS,
    summary="Store the members of the first set that none of the others has; how many they are.",
)
def cmd_sdiffstore(ctx: Context, args: Args) -> None:
    ctx.reply.integer(store_combined(ctx.db, args.next(), args.rest(), DIFFERENCE))


@SETS.command(
    "SINTERCARD numkeys key [key ...] [LIMIT limit]",
    arity=-3,
    flags=READONLY | MOVABLE_KEYS,
    keys=[KeySpec(RO | ACCESS, numkeys=0, first=1)],
    since="7.0.0",
    complexity=EACH_WITH_EACH,
    summary="How many members all of the sets have, counted up to a limit.",
)
def cmd_sintercard(ctx: Context, args: Args) -> None:
    count = parse_int(args.next())
    if count is None or count < 1:
        raise NoNumberOfKeys
    if count > args.left():
        raise TooManyKeys
    keys = [args.next() for _ in range(count)]
    limit: int | None = 0
    while args.more():
        if args.word() != b"LIMIT":
            raise BadSyntax
        limit = parse_int(args.next())
        if limit is None or limit < 0:
            raise LimitNegative
    ctx.reply.integer(count_intersection(readable(ctx.db, keys), limit or 0))
