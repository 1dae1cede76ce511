"""Sorted set commands about ranges: by rank, by score, by member; reading, counting, removing."""

from typing import Final

from dflite.base.collection_errors import (
    BoundNotAFloat,
    BoundNotAMember,
    LimitNeedsRange,
    NoScoresByLex,
)
from dflite.base.errors import BadSyntax, NotAnInteger
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
    FAST,
    OW,
    READONLY,
    RO,
    RW,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.native.sorted_sets.zset_ranges import read_bound
from dflite.native.sorted_sets.zsets import SHAPE_MEMBERS, SHAPE_SCORES
from dflite.ops.zset_ranges import (
    EVERYTHING,
    Choice,
    MemberRange,
    NoRange,
    Range,
    RankRange,
    ScoreRange,
    answer,
    count,
    remove,
    store_range,
)

ZSETS: Final = Family("sorted-set", "sortedset")

# What a range is about.
UNSAID: Final = 0
BY_RANK: Final = 1
BY_SCORE: Final = 2
BY_MEMBER: Final = 3
KINDS: Final = {b"BYSCORE": BY_SCORE, b"BYLEX": BY_MEMBER}

READ: Final = [KeySpec(RO | ACCESS)]
REMOVED: Final = [KeySpec(RW | DELETE)]
READ_COST: Final = "O(log(N)+M) for M members answered of N"
REMOVE_COST: Final = "O(log(N)+M*log(N)) for M members removed of N"
SINCE_ZRANGE: Final = "6.2.0"  # took over from the others


# -- reading requests ------------------------------------------------------------------------------


def read_rank(text: bytes) -> int:
    rank = parse_int(text)
    if rank is None:
        raise NotAnInteger
    return rank


def read_score(text: bytes) -> tuple[float, bool]:
    """A score, and whether it is left out."""
    left_out = text[:1] == b"("
    score = read_bound(text[1:] if left_out else text)
    if score is None:
        raise BoundNotAFloat
    return score, left_out


def read_member(text: bytes) -> tuple[bytes | None, bool]:
    """A member, and whether it is left out; None for - and +."""
    if text[:1] in (b"-", b"+") and text[1:2] in (b"", b"\x00"):
        return None, False
    if text[:1] not in (b"(", b"["):
        raise BoundNotAMember
    return text[1:], text[:1] == b"("


def read_range(kind: int, low: bytes, high: bytes) -> Range:
    """What stands between two bounds."""
    if kind == BY_SCORE:
        least, least_left_out = read_score(low)
        most, most_left_out = read_score(high)
        return ScoreRange(least, least_left_out, most, most_left_out)
    if kind == BY_MEMBER:
        first, first_left_out = read_member(low)
        last, last_left_out = read_member(high)
        if low[:1] == b"+" or high[:1] == b"-":
            return NoRange()
        return MemberRange(first, first_left_out, last, last_left_out)
    return RankRange(read_rank(low), read_rank(high))


class Request:
    """What a command of the ZRANGE kind asks for; its keys were read before.

    `kind` and `reverse` are what the command says itself; of ZRANGE the options say it.
    """

    def __init__(self, args: Args, kind: int, reverse: bool, stores: bool = False) -> None:
        low, high = args.next(), args.next()
        chosen = kind != UNSAID
        offset, limit = 0, EVERYTHING
        self.shape = SHAPE_MEMBERS
        while args.more():
            word = args.word()
            if word == b"WITHSCORES" and not stores:
                self.shape = SHAPE_SCORES
            elif word == b"LIMIT" and args.left() >= 2:
                offset, limit = args.integer(), args.integer()
            elif word == b"REV" and not chosen and not reverse:
                reverse = True
            elif word in KINDS and kind == UNSAID:
                kind = KINDS[word]
            else:
                raise BadSyntax
        by_rank = kind in (UNSAID, BY_RANK)
        if limit != EVERYTHING and by_rank:
            raise LimitNeedsRange
        if self.shape == SHAPE_SCORES and kind == BY_MEMBER:
            raise NoScoresByLex
        if reverse and not by_rank:
            low, high = high, low
        if by_rank:
            offset = 0
        self.choice = Choice(read_range(kind, low, high), reverse, offset, limit)


# -- reading ---------------------------------------------------------------------------------------


def answer_range(ctx: Context, args: Args, kind: int, reverse: bool) -> None:
    key = args.next()
    request = Request(args, kind, reverse)
    answer(ctx.db, key, request.choice, ctx.reply, request.shape)


@ZSETS.command(
    "ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
    arity=-4,
    flags=READONLY,
    keys=READ,
    since="1.2.0",
    complexity=READ_COST,
    summary="The members of a range, by rank, score or name, in either order.",
    lane=True,
)
def cmd_zrange(ctx: Context, args: Args) -> None:
    answer_range(ctx, args, UNSAID, False)


@ZSETS.command(
    "ZREVRANGE key start stop [WITHSCORES]",
    arity=-4,
    flags=READONLY,
    keys=READ,
    since="1.2.0",
    complexity=READ_COST,
    summary="The members of a range of ranks, counted and answered from the end.",
    deprecated_since=SINCE_ZRANGE,
    replaced_by="`ZRANGE` with the `REV` argument",
)
def cmd_zrevrange(ctx: Context, args: Args) -> None:
    answer_range(ctx, args, BY_RANK, True)


@ZSETS.command(
    "ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]",
    arity=-4,
    flags=READONLY,
    keys=READ,
    since="1.0.5",
    complexity=READ_COST,
    summary="The members of a range of scores.",
    deprecated_since=SINCE_ZRANGE,
    replaced_by="`ZRANGE` with the `BYSCORE` argument",
)
def cmd_zrangebyscore(ctx: Context, args: Args) -> None:
    answer_range(ctx, args, BY_SCORE, False)


@ZSETS.command(
    "ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]",
    arity=-4,
    flags=READONLY,
    keys=READ,
    since="2.2.0",
    complexity=READ_COST,
    summary="The members of a range of scores, the highest first.",
    deprecated_since=SINCE_ZRANGE,
    replaced_by="`ZRANGE` with the `REV` and `BYSCORE` arguments",
)
def cmd_zrevrangebyscore(ctx: Context, args: Args) -> None:
    answer_range(ctx, args, BY_SCORE, True)


@ZSETS.command(
    "ZRANGEBYLEX key min max [LIMIT offset count]",
    arity=-4,
    flags=READONLY,
    keys=READ,
    since="2.8.9",
    complexity=READ_COST,
    summary="The members between two names, where all scores are equal.",
    deprecated_since=SINCE_ZRANGE,
    replaced_by="`ZRANGE` with the `BYLEX` argument",
)
def cmd_zrangebylex(ctx: Context, args: Args) -> None:
    answer_range(ctx, args, BY_MEMBER, False)


@ZSETS.command(
    "ZREVRANGEBYLEX key max min [LIMIT offset count]",
    arity=-4,
    flags=READONLY,
    keys=READ,
    since="2.8.9",
    complexity=READ_COST,
    summary="The members between two names, where all scores are equal, the last first.",
    deprecated_since=SINCE_ZRANGE,
    replaced_by="`ZRANGE` with the `REV` and `BYLEX` arguments",
)
def cmd_zrevrangebylex(ctx: Context, args: Args) -> None:
    answer_range(ctx, args, BY_MEMBER, True)


@ZSETS.command(
    "ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
    arity=-5,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE), KeySpec(RO | ACCESS, begin=2)],
    since="6.2.0",
    complexity="O(log(N)+M) for M members stored of N",
    summary="Store the members of a range, by rank, score or name; how many they are.",
)
def cmd_zrangestore(ctx: Context, args: Args) -> None:
    target, key = args.next(), args.next()
    request = Request(args, UNSAID, False, True)
    ctx.reply.integer(store_range(ctx.db, target, key, request.choice))


# -- counting --------------------------------------------------------------------------------------


@ZSETS.command(
    "ZCOUNT key min max",
    arity=4,
    flags=READONLY | FAST,
    keys=READ,
    since="2.0.0",
    complexity="O(log(N))",
    summary="How many members a range of scores has.",
)
def cmd_zcount(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.reply.integer(count(ctx.db, key, read_range(BY_SCORE, args.next(), args.next())))


@ZSETS.command(
    "ZLEXCOUNT key min max",
    arity=4,
    flags=READONLY | FAST,
    keys=READ,
    since="2.8.9",
    complexity="O(log(N))",
    summary="How many members there are between two names, where all scores are equal.",
)
def cmd_zlexcount(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.reply.integer(count(ctx.db, key, read_range(BY_MEMBER, args.next(), args.next())))


# -- removing --------------------------------------------------------------------------------------


def remove_range(ctx: Context, args: Args, kind: int, event: str) -> None:
    key = args.next()
    ctx.reply.integer(remove(ctx.db, key, read_range(kind, args.next(), args.next()), event))


@ZSETS.command(
    "ZREMRANGEBYRANK key start stop",
    arity=4,
    flags=WRITE,
    keys=REMOVED,
    since="2.0.0",
    complexity=REMOVE_COST,
    summary="Remove the members of a range of ranks; how many there were.",
)
def cmd_zremrangebyrank(ctx: Context, args: Args) -> None:
    remove_range(ctx, args, BY_RANK, "zremrangebyrank")


@ZSETS.command(
    "ZREMRANGEBYSCORE key min max",
    arity=4,
    flags=WRITE,
    keys=REMOVED,
    since="1.2.0",
    complexity=REMOVE_COST,
    summary="Remove the members of a range of scores; how many there were.",
)
def cmd_zremrangebyscore(ctx: Context, args: Args) -> None:
    remove_range(ctx, args, BY_SCORE, "zremrangebyscore")


@ZSETS.command(
    "ZREMRANGEBYLEX key min max",
    arity=4,
    flags=WRITE,
    keys=REMOVED,
    since="2.8.9",
    complexity=REMOVE_COST,
    summary="Remove the members between two names, where all scores are equal; how many there "
    "were.",
)
def cmd_zremrangebylex(ctx: Context, args: Args) -> None:
    remove_range(ctx, args, BY_MEMBER, "zremrangebylex")
