"""Databases as a whole: their size, emptying them, exchanging them."""

from typing import Final

from dflite.base.errors import BadSyntax, DatabaseOutOfRange
from dflite.base.numbers import INT32_MAX, INT32_MIN, read_int_between
from dflite.base.server_errors import InvalidFirstDatabase, InvalidSecondDatabase
from dflite.engine.args import Args
from dflite.engine.command import FAST, READONLY, WRITE, Family
from dflite.engine.context import Context
from dflite.engine.flushing import flush, let_waiters_look

DATABASES: Final = Family("server", "keyspace")
ALL_SHARDS: Final = ["request_policy:all_shards", "response_policy:all_succeeded"]


@DATABASES.command(
    "DBSIZE",
    arity=1,
    flags=READONLY | FAST,
    since="1.0.0",
    complexity="O(1)",
    summary="How many keys the selected database holds.",
    tips=["request_policy:all_shards", "response_policy:agg_sum"],
)
def cmd_dbsize(ctx: Context, args: Args) -> None:
    ctx.reply.integer(len(ctx.db))


@DATABASES.command(
    "FLUSHALL [ASYNC | SYNC]",
    arity=-1,
    flags=WRITE,
    since="1.0.0",
    complexity="O(1); memory is given back in slices, O(N) in the number of keys",
    summary="Remove every key of every database.",
    acl="dangerous",
    tips=ALL_SHARDS,
)
def cmd_flushall(ctx: Context, args: Args) -> None:
    read_flush_mode(args)
    flush(ctx.engine, ctx.keyspace.dbs)
    ctx.host.flushed_all()
    # also of an empty keyspace: a replica's may not be
    ctx.db.replicate_as(args.argv)
    ctx.reply.ok()


@DATABASES.command(
    "FLUSHDB [ASYNC | SYNC]",
    arity=-1,
    flags=WRITE,
    since="1.0.0",
    complexity="O(1); memory is given back in slices, O(N) in the number of keys",
    summary="Remove every key of the selected database.",
    acl="dangerous",
    tips=ALL_SHARDS,
)
def cmd_flushdb(ctx: Context, args: Args) -> None:
    read_flush_mode(args)
    flush(ctx.engine, [ctx.db])
    ctx.db.replicate_as(args.argv)
    ctx.reply.ok()


def read_flush_mode(args: Args) -> None:
    """ASYNC and SYNC differ in when memory is given back; here that is always bit by bit."""
    if args.more() and args.word() not in (b"ASYNC", b"SYNC"):
        raise BadSyntax
    args.end()


@DATABASES.command(
    "SWAPDB index1 index2",
    arity=3,
    flags=WRITE | FAST,
    since="4.0.0",
    complexity="O(N) in the number of clients that watch or wait for keys of the two",
    summary="Exchange the keys of two databases: who has selected one sees the other's.",
    acl="dangerous",
)
def cmd_swapdb(ctx: Context, args: Args) -> None:
    first = read_int_between(args.next(), INT32_MIN, INT32_MAX)
    if first is None:
        raise InvalidFirstDatabase
    second = read_int_between(args.next(), INT32_MIN, INT32_MAX)
    if second is None:
        raise InvalidSecondDatabase
    dbs = ctx.keyspace.dbs
    if not (0 <= first < len(dbs) and 0 <= second < len(dbs)):
        raise DatabaseOutOfRange
    if first != second:
        watching = ctx.engine.watching
        watching.touch_database(dbs[first], dbs[second])
        watching.touch_database(dbs[second], dbs[first])
        ctx.keyspace.swap(first, second)
        let_waiters_look(ctx.engine, dbs[first])
        let_waiters_look(ctx.engine, dbs[second])
    ctx.engine.effects.changed += 1
    ctx.reply.ok()
