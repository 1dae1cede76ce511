"""Commands about keys, whatever they hold.

Those about deadlines are in deadlines.py, walks over all keys in scanning.py.
"""

from typing import Final

from dflite.base.conversation_errors import NotAnInt32
from dflite.base.errors import BadSyntax, DatabaseOutOfRange, SameObject
from dflite.base.numbers import INT32_MAX, INT32_MIN
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
    FAST,
    INSERT,
    OW,
    READONLY,
    RM,
    RO,
    RW,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.ops import keys as key_ops
from dflite.store.db import TYPE_NAMES, Db

KEYS: Final = Family("generic", "keyspace")
SUM_OF_SHARDS: Final = ["request_policy:multi_shard", "response_policy:agg_sum"]


@KEYS.command(
    "DEL key [key ...]",
    arity=-2,
    flags=WRITE,
    keys=[KeySpec(RM | DELETE, last=-1)],
    since="1.0.0",
    complexity="O(N) in the number of keys and of what they hold",
    summary="Remove keys; how many there were.",
    tips=SUM_OF_SHARDS,
    lane=True,
)
def cmd_del(ctx: Context, args: Args) -> None:
    ctx.reply.integer(key_ops.delete_keys(ctx.db, args.rest()))


@KEYS.command(
    "UNLINK key [key ...]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(RM | DELETE, last=-1)],
    since="4.0.0",
    complexity="O(1) a key; the memory is given back later",
    summary="Remove keys at once, and free what they held later; how many there were.",
    tips=SUM_OF_SHARDS,
)
def cmd_unlink(ctx: Context, args: Args) -> None:
    ctx.reply.integer(key_ops.delete_keys(ctx.db, args.rest()))


@KEYS.command(
    "STICK key [key ...]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | UPDATE, last=-1)],
    since="1.0.0",
    complexity="O(N) in the number of keys",
    summary="Exempt keys from eviction; how many were there and not exempt yet.",
)
def cmd_stick(ctx: Context, args: Args) -> None:
    ctx.reply.integer(key_ops.stick(ctx.db, args.rest()))


@KEYS.command(
    "EXISTS key [key ...]",
    arity=-2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO, last=-1)],
    since="1.0.0",
    complexity="O(N) in the number of keys",
    summary="How many of the keys are there; a key named twice counts twice.",
    tips=SUM_OF_SHARDS,
    lane=True,
)
def cmd_exists(ctx: Context, args: Args) -> None:
    found = 0
    for key in args.rest():
        if ctx.db.read_type(key):
            found += 1
    ctx.reply.integer(found)


@KEYS.command(
    "TOUCH key [key ...]",
    arity=-2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO, last=-1)],
    since="3.2.1",
    complexity="O(N) in the number of keys",
    summary="Mark keys as used now; how many are there.",
    tips=SUM_OF_SHARDS,
)
def cmd_touch(ctx: Context, args: Args) -> None:
    found = 0
    for key in args.rest():
        if ctx.db.read_type(key):
            ctx.db.table(key).touch(key)  # for a client with NO-TOUCH too
            found += 1
    ctx.reply.integer(found)


@KEYS.command(
    "TYPE key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO)],
    since="1.0.0",
    complexity="O(1)",
    summary="The name of the type of what key holds, or none.",
)
def cmd_type(ctx: Context, args: Args) -> None:
    ctx.reply.simple(TYPE_NAMES[ctx.db.read_type(args.next())].encode())


@KEYS.command(
    "RENAME key newkey",
    arity=3,
    flags=WRITE,
    keys=[KeySpec(RW | ACCESS | DELETE), KeySpec(OW | UPDATE, begin=2)],
    since="1.0.0",
    complexity="O(1)",
    summary="Give a key another name, in the place of what has that name.",
)
def cmd_rename(ctx: Context, args: Args) -> None:
    key_ops.rename(ctx.db, args.next(), args.next(), False)
    ctx.reply.ok()


@KEYS.command(
    "RENAMENX key newkey",
    arity=3,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | DELETE), KeySpec(OW | INSERT, begin=2)],
    since="1.0.0",
    complexity="O(1)",
    summary="Give a key another name if nothing has that name.",
)
def cmd_renamenx(ctx: Context, args: Args) -> None:
    ctx.reply.integer(key_ops.rename(ctx.db, args.next(), args.next(), True))


@KEYS.command(
    "COPY source destination [DB destination-db] [REPLACE]",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RO | ACCESS), KeySpec(OW | UPDATE, begin=2)],
    since="6.2.0",
    complexity="O(N) in the number of elements; O(1) for a string",
    summary="Copy what a key holds, its deadline too, to another key or database.",
)
def cmd_copy(ctx: Context, args: Args) -> None:
    source, destination = args.next(), args.next()
    target = ctx.db
    replace = False
    while args.more():
        word = args.word()
        if word == b"REPLACE":
            replace = True
        elif word == b"DB":
            target = read_database(ctx, args)
        else:
            raise BadSyntax
    if target is ctx.db and source == destination:
        raise SameObject
    copied = ctx.db.read_type(source, True) and key_ops.copy(
        ctx.db, source, target, destination, replace
    )
    ctx.reply.integer(bool(copied))


@KEYS.command(
    "MOVE key db",
    arity=3,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="1.0.0",
    complexity="O(1)",
    summary="Move a key to another database, if that has no such key.",
)
def cmd_move(ctx: Context, args: Args) -> None:
    key = args.next()
    target = read_database(ctx, args)
    if target is ctx.db:
        raise SameObject
    ctx.reply.integer(key_ops.move(ctx.db, key, target))


def read_database(ctx: Context, args: Args) -> Db:
    """The database of which the next argument is the number."""
    index = args.integer()
    if not INT32_MIN <= index <= INT32_MAX:
        raise NotAnInt32
    if not 0 <= index < len(ctx.keyspace.dbs):
        raise DatabaseOutOfRange
    return ctx.keyspace.dbs[index]
