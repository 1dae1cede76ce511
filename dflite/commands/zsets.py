"""Sorted set commands about members: adding, removing, asking, drawing by chance, walking.

Ranges are in zset_ranges.py, popping in zset_pops.py, combining in zset_algebra.py.
"""

import random
from typing import Final

from dflite.base.collection_errors import (
    CountOutOfRange,
    CountTooLarge,
    ExistsAndNot,
    OneIncrement,
    ScoreConditionsClash,
)
from dflite.base.errors import BadSyntax, NotAFloat, WrongArity
from dflite.base.numbers import INT64_MAX
from dflite.commands.scanning import ScanOptions, answer_scan, read_cursor, read_option
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
    FAST,
    READONLY,
    RO,
    RW,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.engine.long_reply import LongReply
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.sorted_sets.zsets import IF_ABSENT, IF_GREATER, IF_LESS, IF_PRESENT, INCREMENT
from dflite.ops.zsets import add, increment, remove, score_of, size
from dflite.store.db import TYPE_ZSET

ZSETS: Final = Family("sorted-set", "sortedset")

ANSWER_CHANGED: Final = 1 << 8  # ZADD's CH; the others say how a score is set
ADD_OPTIONS: Final = {
    b"NX": IF_ABSENT,
    b"XX": IF_PRESENT,
    b"GT": IF_GREATER,
    b"LT": IF_LESS,
    b"INCR": INCREMENT,
    b"CH": ANSWER_CHANGED,
}
CLASHES: Final = (IF_ABSENT | IF_GREATER, IF_ABSENT | IF_LESS, IF_GREATER | IF_LESS)


# -- adding and removing ---------------------------------------------------------------------------


@ZSETS.command(
    "ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
    arity=-4,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | UPDATE)],
    since="1.2.0",
    complexity="O(log(N)) for each member",
    summary="Add members with scores, or give members other scores.",
    lane=True,
)
def cmd_zadd(ctx: Context, args: Args) -> None:
    key = args.next()
    how = read_add_options(args)
    scores = zsets.read_scores(args.argv, args.at)
    if scores is None:
        raise NotAFloat
    members = args.argv[args.at + 1 :: 2]
    if how & INCREMENT:
        score = increment(ctx.db, key, scores[0], members[0], how & ~ANSWER_CHANGED)
        if score is None:
            ctx.reply.null()
        else:
            ctx.reply.double(score)
        return
    added = add(ctx.db, key, scores, members, how & ~ANSWER_CHANGED)
    ctx.reply.integer(added.new + (added.changed if how & ANSWER_CHANGED else 0))


def read_add_options(args: Args) -> int:
    """How scores are set; scores and members in pairs are left."""
    how = 0
    while args.more():
        option = ADD_OPTIONS.get(args.word(), 0)
        if option == 0:
            args.back()
            break
        how |= option
    if args.left() == 0 or args.left() % 2:
        raise BadSyntax
    if how & IF_ABSENT and how & IF_PRESENT:
        raise ExistsAndNot
    for clash in CLASHES:
        if how & clash == clash:
            raise ScoreConditionsClash
    if how & INCREMENT and args.left() > 2:
        raise OneIncrement
    return how


@ZSETS.command(
    "ZINCRBY key increment member",
    arity=4,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="1.2.0",
    complexity="O(log(N))",
    summary="Add to a member's score, which is 0 where there is none; the sum.",
)
def cmd_zincrby(ctx: Context, args: Args) -> None:
    key, delta, member = args.next(), args.float(), args.next()
    score = increment(ctx.db, key, delta, member)
    assert score is not None
    ctx.reply.double(score)


@ZSETS.command(
    "ZREM key member [member ...]",
    arity=-3,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | DELETE)],
    since="1.2.0",
    complexity="O(log(N)) for each member",
    summary="Remove members; how many of them were there.",
    lane=True,
)
def cmd_zrem(ctx: Context, args: Args) -> None:
    ctx.reply.integer(remove(ctx.db, args.next(), args.rest()))


# -- asking ----------------------------------------------------------------------------------------


@ZSETS.command(
    "ZCARD key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO)],
    since="1.2.0",
    complexity="O(1)",
    summary="How many members there are.",
)
def cmd_zcard(ctx: Context, args: Args) -> None:
    ctx.reply.integer(size(ctx.db, args.next()))


@ZSETS.command(
    "ZSCORE key member",
    arity=3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="1.2.0",
    complexity="O(1)",
    summary="A member's score, or null.",
    lane=True,
)
def cmd_zscore(ctx: Context, args: Args) -> None:
    score = score_of(ctx.db, args.next(), args.next())
    if score is None:
        ctx.reply.null()
    else:
        ctx.reply.double(score)


@ZSETS.command(
    "ZMSCORE key member [member ...]",
    arity=-3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="6.2.0",
    complexity="O(N) in the number of members asked for",
    summary="The scores of several members, null where there is none.",
)
def cmd_zmscore(ctx: Context, args: Args) -> None:
    key, members = args.next(), args.rest()
    ctx.db.reads_type(key, TYPE_ZSET)
    zsets.reply_scores(ctx.db.table(key), key, members, ctx.reply)


@ZSETS.command(
    "ZRANK key member [WITHSCORE]",
    arity=-3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="2.0.0",
    complexity="O(log(N))",
    summary="How many members stand before this one.",
    lane=True,
)
def cmd_zrank(ctx: Context, args: Args) -> None:
    answer_rank(ctx, args, b"zrank", False)


@ZSETS.command(
    "ZREVRANK key member [WITHSCORE]",
    arity=-3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="2.0.0",
    complexity="O(log(N))",
    summary="How many members stand behind this one.",
)
def cmd_zrevrank(ctx: Context, args: Args) -> None:
    answer_rank(ctx, args, b"zrevrank", True)


def answer_rank(ctx: Context, args: Args, command: bytes, reverse: bool) -> None:
    key, member = args.next(), args.next()
    with_score = args.more()
    if args.left() > 1:
        raise WrongArity(command)
    if with_score and args.word() != b"WITHSCORE":
        raise BadSyntax
    rank, score = -1, 0.0
    if ctx.db.reads_type(key, TYPE_ZSET):
        rank, score = zsets.rank(ctx.db.table(key), key, member, reverse)
    if with_score and rank < 0:
        ctx.reply.null_array()
    elif rank < 0:
        ctx.reply.null()
    elif with_score:
        ctx.reply.array(2)
        ctx.reply.integer(rank)
        ctx.reply.double(score)
    else:
        ctx.reply.integer(rank)


# -- drawing and walking ---------------------------------------------------------------------------


@ZSETS.command(
    "ZRANDMEMBER key [count [WITHSCORES]]",
    arity=-2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="6.2.0",
    complexity="O(N*log(M)) for N members drawn of M",
    summary="A member by chance, or some: different ones, or with a negative count any.",
    tips=["nondeterministic_output"],
)
def cmd_zrandmember(ctx: Context, args: Args) -> None:
    key = args.next()
    table = ctx.db.table(key)
    if not args.more():
        if ctx.db.reads_type(key, TYPE_ZSET):
            drawn = random.randrange(zsets.size(table, key))
            ctx.reply.bulk(zset_ranges.pairs(table, key, drawn, 1)[0][0])
        else:
            ctx.reply.null()
        return
    count = args.integer()
    if count < -INT64_MAX:
        raise CountOutOfRange
    shape = zsets.SHAPE_MEMBERS
    if args.more():
        if args.word() != b"WITHSCORES":
            raise BadSyntax
        args.end()
        if abs(count) > INT64_MAX // 2:
            raise CountTooLarge
        shape = zsets.SHAPE_SCORES
    if not ctx.db.reads_type(key, TYPE_ZSET):
        ctx.reply.array(0)
        return
    members = zsets.size(table, key)
    if count < 0:
        reply = LongReply(ctx, -count, shape != zsets.SHAPE_MEMBERS)
        n = reply.next()
        while n:
            zset_ranges.reply_drawn(table, key, ctx.reply, n, shape)
            n = reply.next()
    elif count >= members:
        zset_ranges.reply_ranks(table, key, ctx.reply, 0, members, False, shape)
    else:
        ranks = random.sample(range(members), count)
        zset_ranges.reply_chosen(table, key, ctx.reply, ranks, shape)


@ZSETS.command(
    "ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.8.0",
    complexity="O(COUNT) a call, O(N) for all members",
    summary="Some members with their scores, and the cursor that goes on behind them.",
    tips=["nondeterministic_output"],
)
def cmd_zscan(ctx: Context, args: Args) -> None:
    key = args.next()
    cursor = read_cursor(args.next())
    if not ctx.db.reads_type(key, TYPE_ZSET):
        answer_scan(ctx, 0, [])
        return
    options = ScanOptions()
    scores = True
    while args.more():
        word = args.word()
        if word == b"NOSCORES":
            scores = False
        else:
            read_option(args, word, options)
    cursor, found = zset_ranges.scan(
        ctx.db.table(key), key, cursor, options.count, options.pattern, scores
    )
    answer_scan(ctx, cursor, found)
