"""Sorted set commands that pop members from an end, and those that wait for one."""

from typing import Final

from dflite.base.errors import BadSyntax, NotPositive
from dflite.base.numbers import INT64_MAX, read_int_between
from dflite.commands.popping import read_pop_count, read_pop_keys
from dflite.engine.args import Args
from dflite.engine.command import ACCESS, BLOCKING, DELETE, FAST, RW, WRITE, Family, KeySpec
from dflite.engine.context import Context
from dflite.native.sorted_sets.zsets import SHAPE_BARE, SHAPE_FLAT, SHAPE_PAIRS, SHAPE_SCORES
from dflite.ops.zsets import pop, replicate_pop
from dflite.store.db import TYPE_ZSET
from dflite.store.effects import ZSET

ZSETS: Final = Family("sorted-set", "sortedset")

POPPED: Final = RW | ACCESS | DELETE
POP_COST: Final = "O(M*log(N)) for M members popped of N"
KEYS_AND_POP_COST: Final = "O(K+M*log(N)) for K keys and M members popped of N"
ENDS: Final = {b"MIN": False, b"MAX": True}


@ZSETS.command(
    "ZPOPMIN key [count]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(POPPED)],
    since="5.0.0",
    complexity=POP_COST,
    summary="Remove the members with the lowest scores, and answer them with these.",
    lane=True,
)
def cmd_zpopmin(ctx: Context, args: Args) -> None:
    answer_pop(ctx, args, False)


@ZSETS.command(
    "ZPOPMAX key [count]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(POPPED)],
    since="5.0.0",
    complexity=POP_COST,
    summary="Remove the members with the highest scores, and answer them with these.",
)
def cmd_zpopmax(ctx: Context, args: Args) -> None:
    answer_pop(ctx, args, True)


def answer_pop(ctx: Context, args: Args, highest: bool) -> None:
    key = args.next()
    count: int | None = 1
    shape = SHAPE_FLAT
    if args.more():
        word = args.next()
        args.end()
        count = read_int_between(word, 0, INT64_MAX)
        shape = SHAPE_SCORES
    if count is None:
        raise NotPositive
    if ctx.db.is_type(key, TYPE_ZSET):
        pop(ctx.db, key, count, highest, ctx.reply, shape)
    else:
        ctx.reply.array(0)


class Pop:
    """How a waiter for a sorted set is served, or ZMPOP is: with key and member, or members."""

    def __init__(self, highest: bool, count: int) -> None:
        self.highest = highest
        self.count = count  # 0: one, answered beside the key

    def serve(self, ctx: Context, key: bytes) -> bool:
        db = ctx.db
        if not db.is_type(key, TYPE_ZSET):
            return False
        reply = ctx.reply
        reply.array(2 if self.count else 3)
        reply.bulk(key)
        if self.count:
            popped = pop(db, key, self.count, self.highest, reply, SHAPE_PAIRS)
            replicate_pop(db, key, self.highest, popped)
        else:
            pop(db, key, 1, self.highest, reply, SHAPE_BARE)
            replicate_pop(db, key, self.highest)
        return True


@ZSETS.command(
    "BZPOPMIN key [key ...] timeout",
    arity=-3,
    flags=WRITE | BLOCKING | FAST,
    keys=[KeySpec(POPPED, last=-2)],
    since="5.0.0",
    complexity="O(log(N))",
    summary="Remove the member with the lowest score of the first sorted set there is, or wait "
    "for one.",
)
def cmd_bzpopmin(ctx: Context, args: Args) -> None:
    wait_for_one(ctx, args, False)


@ZSETS.command(
    "BZPOPMAX key [key ...] timeout",
    arity=-3,
    flags=WRITE | BLOCKING | FAST,
    keys=[KeySpec(POPPED, last=-2)],
    since="5.0.0",
    complexity="O(log(N))",
    summary="Remove the member with the highest score of the first sorted set there is, or wait "
    "for one.",
)
def cmd_bzpopmax(ctx: Context, args: Args) -> None:
    wait_for_one(ctx, args, True)


def wait_for_one(ctx: Context, args: Args, highest: bool) -> None:
    keys = args.argv[args.at : -1]
    args.at += len(keys)
    timeout_ms = args.timeout_ms()
    ctx.serve_or_wait(keys, ZSET, timeout_ms, Pop(highest, 0).serve)


def read_pop(args: Args) -> Pop:
    """The end and the count, at the end of a request."""
    highest = ENDS.get(args.word())
    if highest is None:
        raise BadSyntax
    return Pop(highest, read_pop_count(args))


@ZSETS.command(
    "ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]",
    arity=-4,
    flags=WRITE,
    keys=[KeySpec(POPPED, numkeys=0, first=1)],
    since="7.0.0",
    complexity=KEYS_AND_POP_COST,
    summary="Remove members from an end of the first sorted set there is.",
)
def cmd_zmpop(ctx: Context, args: Args) -> None:
    keys = read_pop_keys(args)
    how = read_pop(args)
    for key in keys:
        if how.serve(ctx, key):
            return
    ctx.reply.null_array()


@ZSETS.command(
    "BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
    arity=-5,
    flags=WRITE | BLOCKING,
    keys=[KeySpec(POPPED, begin=2, numkeys=0, first=1)],
    since="7.0.0",
    complexity=KEYS_AND_POP_COST,
    summary="Remove members from an end of the first sorted set there is, or wait for one.",
)
def cmd_bzmpop(ctx: Context, args: Args) -> None:
    timeout = Args([args.next()], 0)
    keys = read_pop_keys(args)
    how = read_pop(args)
    timeout_ms = timeout.timeout_ms()  # the last to be looked at
    ctx.serve_or_wait(keys, ZSET, timeout_ms, how.serve)
