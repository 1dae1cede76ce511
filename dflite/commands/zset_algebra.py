"""Sorted set commands that combine several: unions, intersections, differences."""

from typing import Final

from dflite.base.collection_errors import LimitNegative, NeedsInputKey, WeightNotAFloat
from dflite.base.errors import BadSyntax
from dflite.base.numbers import INT64_MAX, read_int_between
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    OW,
    READONLY,
    RO,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.floattext import parse_float
from dflite.native.sorted_sets.zset_algebra import (
    AGGREGATE_MAX,
    AGGREGATE_MIN,
    AGGREGATE_SUM,
    count_common,
)
from dflite.native.sorted_sets.zset_algebra import answer as answer_zset
from dflite.ops.zsets import (
    DIFFERENCE,
    INTERSECTION,
    STORE_EVENTS,
    UNION,
    check_sources,
    combine,
    sources_of,
    store,
)

ZSETS: Final = Family("sorted-set", "sortedset")

AGGREGATES: Final = {b"SUM": AGGREGATE_SUM, b"MIN": AGGREGATE_MIN, b"MAX": AGGREGATE_MAX}
READ: Final = [KeySpec(RO | ACCESS, numkeys=0, first=1)]
STORED: Final = [KeySpec(OW | UPDATE), KeySpec(RO | ACCESS, begin=2, numkeys=0, first=1)]
UNION_COST: Final = "O(N+M*log(M)) for N members of all of them and M of the result"
INTERSECTION_COST: Final = "O(N*K+M*log(M)) for K of which the smallest has N, and M of the result"
DIFFERENCE_COST: Final = "O(N*K+M*log(M)) for K of which the first has N, and M of the result"


class Request:
    """What is to be combined, and how. That the keys hold what can be is checked on the way."""

    def __init__(self, ctx: Context, args: Args, command: bytes, how: int, stores: bool) -> None:
        self.keys = read_keys(ctx, args, command)
        self.weights = [1.0] * len(self.keys)
        self.aggregate = AGGREGATE_SUM
        self.scores = False
        weighs = how != DIFFERENCE
        while args.more():
            word = args.word()
            if weighs and word == b"WEIGHTS" and args.left() >= len(self.keys):
                self.weights = [read_weight(args.next()) for _ in self.keys]
            elif weighs and word == b"AGGREGATE" and args.more():
                aggregate = AGGREGATES.get(args.word())
                if aggregate is None:
                    raise BadSyntax
                self.aggregate = aggregate
            elif word == b"WITHSCORES" and not stores:
                self.scores = True
            else:
                raise BadSyntax


def read_keys(ctx: Context, args: Args, command: bytes) -> list[bytes]:
    """How many keys there are, and the keys, at which there are sorted sets, sets or nothing."""
    count = args.integer()
    if count < 1:
        raise NeedsInputKey(command)
    if count > args.left():
        raise BadSyntax
    keys = args.argv[args.at : args.at + count]
    args.at += count
    check_sources(ctx.db, keys)
    return keys


def read_weight(text: bytes) -> float:
    weight = parse_float(text)
    if weight is None:
        raise WeightNotAFloat
    return weight


# -- answering -------------------------------------------------------------------------------------


def answer_combined(ctx: Context, args: Args, command: bytes, how: int) -> None:
    request = Request(ctx, args, command, how, False)
    zset = combine(ctx.db, request.keys, request.weights, how, request.aggregate)
    answer_zset(zset, ctx.reply, request.scores)


@ZSETS.command(
    "ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] "
    "[AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
    arity=-3,
    flags=READONLY,
    keys=READ,
    since="6.2.0",
    complexity=UNION_COST,
    summary="The members that any of the sorted sets has.",
)
def cmd_zunion(ctx: Context, args: Args) -> None:
    answer_combined(ctx, args, b"zunion", UNION)


@ZSETS.command(
    "ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] "
    "[AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
    arity=-3,
    flags=READONLY,
    keys=READ,
    since="6.2.0",
    complexity=INTERSECTION_COST,
    summary="The members that all of the sorted sets have.",
)
def cmd_zinter(ctx: Context, args: Args) -> None:
    answer_combined(ctx, args, b"zinter", INTERSECTION)


@ZSETS.command(
    "ZDIFF numkeys key [key ...] [WITHSCORES]",
    arity=-3,
    flags=READONLY,
    keys=READ,
    since="6.2.0",
    complexity=DIFFERENCE_COST,
    summary="The members of the first sorted set that none of the others has.",
)
def cmd_zdiff(ctx: Context, args: Args) -> None:
    answer_combined(ctx, args, b"zdiff", DIFFERENCE)


@ZSETS.command(
    "ZINTERCARD numkeys key [key ...] [LIMIT limit]",
    arity=-3,
    flags=READONLY,
    keys=READ,
    since="7.0.0",
    complexity="O(N*K) for K of which the smallest has N",
    summary="How many members all of the sorted sets have, counted up to a limit.",
)
def cmd_zintercard(ctx: Context, args: Args) -> None:
    keys = read_keys(ctx, args, b"zintercard")
    limit: int | None = 0
    while args.more():
        if args.word() != b"LIMIT" or not args.more():
            raise BadSyntax
        limit = read_int_between(args.next(), 0, INT64_MAX)
        if limit is None:
            raise LimitNegative
    sources = sources_of(ctx.db, keys, [1.0] * len(keys))
    ctx.reply.integer(count_common(sources, limit or 0))


# -- storing ---------------------------------------------------------------------------------------


def store_combined(ctx: Context, args: Args, command: bytes, how: int) -> None:
    target = args.next()
    request = Request(ctx, args, command, how, True)
    zset = combine(ctx.db, request.keys, request.weights, how, request.aggregate)
    ctx.reply.integer(store(ctx.db, target, zset, STORE_EVENTS[how]))


@ZSETS.command(
    "ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] "
    "[AGGREGATE <SUM | MIN | MAX>]",
    arity=-4,
    flags=WRITE | DENYOOM,
    keys=STORED,
    since="2.0.0",
    complexity=UNION_COST,
    summary="Store the members that any of the sorted sets has; how many they are.",
)
def cmd_zunionstore(ctx: Context, args: Args) -> None:
    store_combined(ctx, args, b"zunionstore", UNION)


@ZSETS.command(
    "ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] "
    "[AGGREGATE <SUM | MIN | MAX>]",
    arity=-4,
    flags=WRITE | DENYOOM,
    keys=STORED,
    since="2.0.0",
    complexity=INTERSECTION_COST,
    summary="Store the members that all of the sorted sets have; how many they are.",
)
def cmd_zinterstore(ctx: Context, args: Args) -> None:
    store_combined(ctx, args, b"zinterstore", INTERSECTION)


@ZSETS.command(
    "ZDIFFSTORE destination numkeys key [key ...]",
    arity=-4,
    flags=WRITE | DENYOOM,
    keys=STORED,
    since="6.2.0",
    complexity=DIFFERENCE_COST,
    summary="Store the members of the first sorted set that none of the others has; how many "
    "they are.",
)
def cmd_zdiffstore(ctx: Context, args: Args) -> None:
    store_combined(ctx, args, b"zdiffstore", DIFFERENCE)
