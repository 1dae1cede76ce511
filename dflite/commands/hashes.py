"""Hash commands: setting, reading, counting and deleting fields."""

from typing import Final

from dflite.base.collection_errors import NotFinite
from dflite.base.errors import IncrementOverflow, NotAFloat, WrongArity
from dflite.base.numbers import fits_int64
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
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base import floattext
from dflite.native.values import hash_walks, hashes
from dflite.ops.hashes import delete_fields, increment, increment_float, set_fields, set_if_absent
from dflite.store.db import TYPE_HASH

HASHES: Final = Family("hash", "hash")
SETS: Final = WRITE | DENYOOM | FAST
READS: Final = READONLY | FAST
UNORDERED: Final = ["nondeterministic_output_order"]


# -- setting ---------------------------------------------------------------------------------------


@HASHES.command(
    "HSET key field value [field value ...]",
    arity=-4,
    flags=SETS,
    keys=[KeySpec(RW | UPDATE)],
    since="2.0.0",
    complexity="O(N) in the number of fields",
    summary="Set fields; how many of them are new.",
    lane=True,
)
def cmd_hset(ctx: Context, args: Args) -> None:
    if len(args.argv) % 2:
        raise WrongArity(b"hset")
    key = args.next()
    ctx.reply.integer(set_fields(ctx.db, key, args.argv, 2))


@HASHES.command(
    "HMSET key field value [field value ...]",
    arity=-4,
    flags=SETS,
    keys=[KeySpec(RW | UPDATE)],
    since="2.0.0",
    complexity="O(N) in the number of fields",
    summary="Set fields.",
    deprecated_since="4.0.0",
    replaced_by="`HSET` with multiple field-value pairs",
)
def cmd_hmset(ctx: Context, args: Args) -> None:
    if len(args.argv) % 2:
        raise WrongArity(b"hmset")
    key = args.next()
    set_fields(ctx.db, key, args.argv, 2)
    ctx.reply.ok()


@HASHES.command(
    "HSETNX key field value",
    arity=4,
    flags=SETS,
    keys=[KeySpec(RW | INSERT)],
    since="2.0.0",
    complexity="O(1)",
    summary="Set a field that has no value yet; 1 if it was set.",
)
def cmd_hsetnx(ctx: Context, args: Args) -> None:
    ctx.reply.integer(set_if_absent(ctx.db, args.next(), args.next(), args.next()))


@HASHES.command(
    "HINCRBY key field increment",
    arity=4,
    flags=SETS,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="2.0.0",
    complexity="O(1)",
    summary="Add to the integer of a field; without a value, it begins at 0.",
)
def cmd_hincrby(ctx: Context, args: Args) -> None:
    key, field, delta = args.next(), args.next(), args.integer()
    if not fits_int64(delta):
        raise IncrementOverflow
    ctx.reply.integer(increment(ctx.db, key, field, delta))


@HASHES.command(
    "HINCRBYFLOAT key field increment",
    arity=4,
    flags=SETS,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="2.6.0",
    complexity="O(1)",
    summary="Add to the number of a field, with a fraction; without a value, it begins at 0.",
)
def cmd_hincrbyfloat(ctx: Context, args: Args) -> None:
    key, field, text = args.next(), args.next(), args.next()
    try:
        floattext.add_long_double(b"0", text)
    except floattext.NotAFloat:
        raise NotAFloat from None
    except floattext.NotFinite:
        raise NotFinite from None
    ctx.reply.bulk(increment_float(ctx.db, key, field, text))


@HASHES.command(
    "HDEL key field [field ...]",
    arity=-3,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | DELETE)],
    since="2.0.0",
    complexity="O(N) in the number of fields",
    summary="Delete fields; how many of them were there. An empty hash goes too.",
    lane=True,
)
def cmd_hdel(ctx: Context, args: Args) -> None:
    ctx.reply.integer(delete_fields(ctx.db, args.next(), args.argv, 2))


# -- reading ---------------------------------------------------------------------------------------


@HASHES.command(
    "HGET key field",
    arity=3,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="2.0.0",
    complexity="O(1)",
    summary="The value of a field, or null.",
    lane=True,
)
def cmd_hget(ctx: Context, args: Args) -> None:
    key = args.next()
    if ctx.db.reads_type(key, TYPE_HASH):
        ctx.reply.bulk_or_null(hashes.get(ctx.db.table(key), key, args.next()))
    else:
        ctx.reply.null()


@HASHES.command(
    "HMGET key field [field ...]",
    arity=-3,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="2.0.0",
    complexity="O(N) in the number of fields",
    summary="The values of fields, null for those without.",
    lane=True,
)
def cmd_hmget(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.db.reads_type(key, TYPE_HASH)
    ctx.reply.array(args.left())
    hashes.answer_many(ctx.db.table(key), key, ctx.reply, args.argv, args.at)


@HASHES.command(
    "HGETALL key",
    arity=2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.0.0",
    complexity="O(N) in the number of fields",
    summary="All fields and their values.",
    tips=UNORDERED,
    lane=True,
)
def cmd_hgetall(ctx: Context, args: Args) -> None:
    key = args.next()
    if not ctx.db.reads_type(key, TYPE_HASH):
        ctx.reply.map(0)
        return
    table = ctx.db.table(key)
    ctx.reply.map(hashes.count_living(table, key))
    hash_walks.answer_all(table, key, ctx.reply, True, True)


@HASHES.command(
    "HKEYS key",
    arity=2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.0.0",
    complexity="O(N) in the number of fields",
    summary="All fields.",
    tips=UNORDERED,
)
def cmd_hkeys(ctx: Context, args: Args) -> None:
    answer_all(ctx, args, True, False)


@HASHES.command(
    "HVALS key",
    arity=2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.0.0",
    complexity="O(N) in the number of fields",
    summary="The values of all fields.",
    tips=UNORDERED,
)
def cmd_hvals(ctx: Context, args: Args) -> None:
    answer_all(ctx, args, False, True)


def answer_all(ctx: Context, args: Args, fields: bool, values: bool) -> None:
    key = args.next()
    if not ctx.db.reads_type(key, TYPE_HASH):
        ctx.reply.array(0)
        return
    table = ctx.db.table(key)
    ctx.reply.array(hashes.count_living(table, key))
    hash_walks.answer_all(table, key, ctx.reply, fields, values)


@HASHES.command(
    "HLEN key",
    arity=2,
    flags=READS,
    keys=[KeySpec(RO)],
    since="2.0.0",
    complexity="O(1)",
    summary="How many fields there are, those counted that are due but not deleted yet.",
)
def cmd_hlen(ctx: Context, args: Args) -> None:
    key = args.next()
    there = ctx.db.reads_type(key, TYPE_HASH)
    ctx.reply.integer(hashes.length(ctx.db.table(key), key) if there else 0)


@HASHES.command(
    "HSTRLEN key field",
    arity=3,
    flags=READS,
    keys=[KeySpec(RO)],
    since="3.2.0",
    complexity="O(1)",
    summary="Bytes of the value of a field; 0 without one.",
)
def cmd_hstrlen(ctx: Context, args: Args) -> None:
    key, field = args.next(), args.next()
    there = ctx.db.reads_type(key, TYPE_HASH)
    length = hashes.value_length(ctx.db.table(key), key, field) if there else 0
    ctx.reply.integer(max(length, 0))


@HASHES.command(
    "HEXISTS key field",
    arity=3,
    flags=READS,
    keys=[KeySpec(RO)],
    since="2.0.0",
    complexity="O(1)",
    summary="1 if the field has a value, else 0.",
)
def cmd_hexists(ctx: Context, args: Args) -> None:
    key, field = args.next(), args.next()
    there = ctx.db.reads_type(key, TYPE_HASH)
    ctx.reply.integer(there and hashes.value_length(ctx.db.table(key), key, field) >= 0)
