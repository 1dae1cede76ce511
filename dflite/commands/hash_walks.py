"""Hash commands that walk a hash or draw from it."""

import random
from typing import Final

from dflite.base.collection_errors import CountOutOfRange, CountTooLarge
from dflite.base.errors import BadSyntax
from dflite.base.numbers import INT64_MAX
from dflite.commands.scanning import answer_scan, read_cursor, read_element_options
from dflite.engine.args import Args
from dflite.engine.command import ACCESS, READONLY, RO, Family, KeySpec
from dflite.engine.context import Context
from dflite.engine.long_reply import LongReply
from dflite.native.keyspace.table import Table
from dflite.native.values import hash_walks, hashes
from dflite.store.db import TYPE_HASH

HASHES: Final = Family("hash", "hash")
CHANGING: Final = ["nondeterministic_output"]


@HASHES.command(
    "HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.8.0",
    complexity="O(COUNT) a call, O(N) for all fields",
    summary="Some fields with their values, and the cursor that goes on behind them.",
    tips=CHANGING,
)
def cmd_hscan(ctx: Context, args: Args) -> None:
    key = args.next()
    cursor = read_cursor(args.next())
    if not ctx.db.reads_type(key, TYPE_HASH):
        answer_scan(ctx, 0, [])
        return
    options = read_element_options(args, True)
    cursor, found = hash_walks.scan(
        ctx.db.table(key), key, cursor, options.count, options.pattern, options.values
    )
    answer_scan(ctx, cursor, found)


@HASHES.command(
    "HRANDFIELD key [count [WITHVALUES]]",
    arity=-2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="6.2.0",
    complexity="O(N) in the number of fields returned",
    summary="A field drawn at random, or several; with a negative count some perhaps twice.",
    tips=CHANGING,
)
def cmd_hrandfield(ctx: Context, args: Args) -> None:
    key = args.next()
    if not args.more():
        there = ctx.db.reads_type(key, TYPE_HASH)
        drawn = hash_walks.random_field(ctx.db.table(key), key) if there else None
        ctx.reply.bulk_or_null(None if drawn is None else drawn[0])
        return
    count = args.integer()
    if count < -INT64_MAX:
        raise CountOutOfRange
    values = False
    if args.more():
        if args.word() != b"WITHVALUES":
            raise BadSyntax
        values = True
        args.end()
        if abs(count) > INT64_MAX // 2:
            raise CountTooLarge
    if not ctx.db.reads_type(key, TYPE_HASH) or count == 0:
        ctx.reply.array(0)
        return
    table = ctx.db.table(key)
    if count < 0:
        answer_with_repeats(ctx, table, key, -count, values)
    else:
        answer_pairs(ctx, draw_distinct(table, key, count), values)


def draw_distinct(table: Table, key: bytes, count: int) -> list[bytes]:
    """Fields and values in turns, no field twice; all of them if there are no more than `count`."""
    living = hashes.count_living(table, key)
    if count * 3 > living:
        found = hash_walks.items(table, key)
        if count >= living:
            return found
        chosen = random.sample(range(0, len(found), 2), count)
        return [found[i + k] for i in chosen for k in (0, 1)]
    drawn: dict[bytes, bytes] = {}
    while len(drawn) < count:
        pair = hash_walks.random_field(table, key)
        assert pair is not None
        drawn[pair[0]] = pair[1]
    return [part for field, value in drawn.items() for part in (field, value)]


def answer_with_repeats(ctx: Context, table: Table, key: bytes, count: int, values: bool) -> None:
    """`count` fields, each drawn from all."""
    if hashes.count_living(table, key) == 0:
        ctx.reply.array(0)
        return
    reply = LongReply(ctx, count, values)
    n = reply.next()
    while n:
        for _ in range(n):
            pair = hash_walks.random_field(table, key)
            assert pair is not None
            answer_pair(ctx, pair[0], pair[1], values)
        n = reply.next()


def answer_pairs(ctx: Context, pairs: list[bytes], values: bool) -> None:
    """Fields, or fields with their values: RESP3 pairs them, RESP2 has them in turns."""
    count = len(pairs) // 2
    ctx.reply.array(2 * count if values and not ctx.reply.resp3 else count)
    for i in range(0, len(pairs), 2):
        answer_pair(ctx, pairs[i], pairs[i + 1], values)


def answer_pair(ctx: Context, field: bytes, value: bytes, values: bool) -> None:
    if values and ctx.reply.resp3:
        ctx.reply.array(2)
    ctx.reply.bulk(field)
    if values:
        ctx.reply.bulk(value)
