"""Set commands about one set, or two: adding, removing, asking, moving, drawing by chance.

Those that combine sets are in set_algebra.py.
"""

from typing import Final

from dflite.base.collection_errors import CountOutOfRange
from dflite.base.errors import NotAnInteger, NotPositive
from dflite.base.numbers import INT64_MAX
from dflite.commands.scanning import answer_scan, read_cursor, read_element_options
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
    FAST,
    INSERT,
    READONLY,
    RO,
    RW,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.engine.long_reply import LongReply
from dflite.native.base.bytesops import parse_int
from dflite.native.values import set_draws, set_walks, sets
from dflite.ops.sets import add, move, pop, pop_many, remove
from dflite.store.db import TYPE_SET

SETS: Final = Family("set", "set")


# -- adding and removing ---------------------------------------------------------------------------


@SETS.command(
    "SADD key member [member ...]",
    arity=-3,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | INSERT)],
    since="1.0.0",
    complexity="O(N) in the number of members",
    summary="Add members; how many of them are new.",
    lane=True,
)
def cmd_sadd(ctx: Context, args: Args) -> None:
    ctx.reply.integer(add(ctx.db, args.next(), args.argv, 2))


@SETS.command(
    "SREM key member [member ...]",
    arity=-3,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | DELETE)],
    since="1.0.0",
    complexity="O(N) in the number of members",
    summary="Remove members; how many of them were there.",
    lane=True,
)
def cmd_srem(ctx: Context, args: Args) -> None:
    ctx.reply.integer(remove(ctx.db, args.next(), args.argv, 2))


@SETS.command(
    "SMOVE source destination member",
    arity=4,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | DELETE), KeySpec(RW | INSERT, begin=2)],
    since="1.0.0",
    complexity="O(1)",
    summary="Move a member from one set to another; 1 if it was there.",
)
def cmd_smove(ctx: Context, args: Args) -> None:
    ctx.reply.integer(move(ctx.db, args.next(), args.next(), args.next()))


# -- asking ----------------------------------------------------------------------------------------


@SETS.command(
    "SISMEMBER key member",
    arity=3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO)],
    since="1.0.0",
    complexity="O(1)",
    summary="1 if the set has this member.",
)
def cmd_sismember(ctx: Context, args: Args) -> None:
    key, member = args.next(), args.next()
    there = ctx.db.reads_type(key, TYPE_SET) and sets.contains(ctx.db.table(key), key, member)
    ctx.reply.integer(there)


@SETS.command(
    "SMISMEMBER key member [member ...]",
    arity=-3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="6.2.0",
    complexity="O(N) in the number of members asked for",
    summary="1 or 0 for each of the members.",
)
def cmd_smismember(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.db.reads_type(key, TYPE_SET)
    table = ctx.db.table(key)
    ctx.reply.integers([int(sets.contains(table, key, member)) for member in args.rest()])


@SETS.command(
    "SCARD key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO)],
    since="1.0.0",
    complexity="O(1)",
    summary="How many members the set has.",
    lane=True,
)
def cmd_scard(ctx: Context, args: Args) -> None:
    key = args.next()
    there = ctx.db.reads_type(key, TYPE_SET)
    ctx.reply.integer(sets.count(ctx.db.table(key), key) if there else 0)


@SETS.command(
    "SMEMBERS key",
    arity=2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(N) in the number of members",
    summary="All members.",
    tips=["nondeterministic_output_order"],
)
def cmd_smembers(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.db.reads_type(key, TYPE_SET)
    set_walks.answer_members(ctx.db.table(key), key, ctx.reply)


@SETS.command(
    "SSCAN key cursor [MATCH pattern] [COUNT count]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.8.0",
    complexity="O(COUNT) a call, O(N) for all members",
    summary="Some members, and the cursor that goes on behind them; 0 begins and ends.",
    tips=["nondeterministic_output"],
)
def cmd_sscan(ctx: Context, args: Args) -> None:
    key = args.next()
    cursor = read_cursor(args.next())
    if not ctx.db.reads_type(key, TYPE_SET):
        answer_scan(ctx, 0, [])
        return
    options = read_element_options(args)
    table = ctx.db.table(key)
    cursor, found = set_walks.scan(table, key, cursor, options.count, options.pattern)
    answer_scan(ctx, cursor, found)


# -- by chance -------------------------------------------------------------------------------------


@SETS.command(
    "SPOP key [count]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | DELETE)],
    since="1.0.0",
    complexity="O(1), or O(N) in the number of members popped",
    summary="Take a member out by chance, or some, and answer it.",
    tips=["nondeterministic_output"],
    lane=True,
)
def cmd_spop(ctx: Context, args: Args) -> None:
    key = args.next()
    if not args.more():
        if not pop(ctx.db, key, ctx.reply):
            ctx.reply.null()
        return
    word = args.next()
    args.end()
    count = parse_int(word)
    if count is None or count < 0:
        raise NotPositive
    popped = pop_many(ctx.db, key, count)
    ctx.reply.set(len(popped))
    for member in popped:
        ctx.reply.bulk(member)


@SETS.command(
    "SRANDMEMBER key [count]",
    arity=-2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(1), or O(N) in the number of members drawn",
    summary="A member by chance, or some: different ones, or with a negative count any.",
    tips=["nondeterministic_output"],
)
def cmd_srandmember(ctx: Context, args: Args) -> None:
    key = args.next()
    table = ctx.db.table(key)
    if not args.more():
        ctx.db.reads_type(key, TYPE_SET)
        ctx.reply.bulk_or_null(set_draws.draw_one(table, key))
        return
    word = args.next()
    args.end()
    count = parse_int(word)
    if count is None:
        raise NotAnInteger
    if count < -INT64_MAX:
        raise CountOutOfRange
    ctx.db.reads_type(key, TYPE_SET)
    if count < 0 and sets.count(table, key):
        reply = LongReply(ctx, -count)
        n = reply.next()
        while n:
            set_draws.answer_draws(table, key, n, ctx.reply)
            n = reply.next()
    else:
        ctx.reply.bulks(set_draws.sample(table, key, max(count, 0)))
