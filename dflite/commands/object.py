"""OBJECT: how a value is kept, and since when it was not used."""

from typing import Final, cast

from dflite.base.errors import NoFrequencies, NoIdleTimes
from dflite.engine.args import Args
from dflite.engine.command import LOADING, READONLY, RO, STALE, Family, KeySpec
from dflite.engine.context import Context
from dflite.engine.help import help_lines
from dflite.native.keyspace.uses import BY_FREQUENCY
from dflite.store.db import (
    TYPE_HASH,
    TYPE_LIST,
    TYPE_SET,
    TYPE_STRING,
    TYPE_ZSET,
    Db,
    Value,
)

KEYS: Final = Family("generic", "keyspace")
CHANGING: Final = ["nondeterministic_output"]
SECOND: Final = KeySpec(RO, begin=2)

EMBEDDED: Final = 44  # a string up to this length is "embstr" unless it has grown
ENC_INT: Final = 1  # Table.encoding_of
ENC_GROWN: Final = 2
ENC_PACKED: Final = 4
ENC_INTS: Final = 5

# Redis' names of what lies in the keyspace's entries, by type and encoding; a value beside them
# says its own, and the name of a string depends on its length too.
INLINE_NAMES: Final = {
    (TYPE_LIST, ENC_PACKED): b"listpack",
    (TYPE_SET, ENC_PACKED): b"listpack",
    (TYPE_SET, ENC_INTS): b"intset",
    (TYPE_ZSET, ENC_PACKED): b"listpack",
    (TYPE_HASH, ENC_PACKED): b"listpack",
}

OBJECT: Final = KEYS.container(
    "OBJECT",
    since="2.2.3",
    summary="How values are kept.",
)


def is_there(ctx: Context, args: Args) -> bytes | None:
    """The next argument if it is a key that is there; else null is answered."""
    key = args.next()
    db = ctx.db
    if db.exists(key):
        db.hits += 1
        return key
    db.misses += 1  # which is no event: nobody wanted the value
    ctx.reply.null()
    return None


@KEYS.command(
    "OBJECT ENCODING key",
    arity=3,
    flags=READONLY,
    keys=[SECOND],
    since="2.2.3",
    complexity="O(1)",
    summary="The name of the form in which key's value is kept.",
    tips=CHANGING,
)
def cmd_object_encoding(ctx: Context, args: Args) -> None:
    key = is_there(ctx, args)
    if key is not None:
        ctx.reply.bulk(encoding_name(ctx.db, key))


def encoding_name(db: Db, key: bytes) -> bytes:
    """Redis' name of the form of key's value, which has to be there."""
    table = db.table(key)
    kind = table.type_of(key)
    form = table.encoding_of(key)
    if kind != TYPE_STRING:
        name = INLINE_NAMES.get((kind, form))
        return cast(Value, table.read(key, False)).encoding if name is None else name
    if form == ENC_INT:
        return b"int"
    if form == ENC_GROWN or table.string_length(key) > EMBEDDED:
        return b"raw"
    return b"embstr"


@KEYS.command(
    "OBJECT FREQ key",
    arity=3,
    flags=READONLY,
    keys=[SECOND],
    since="4.0.0",
    complexity="O(1)",
    summary="How often key is used, on a logarithmic scale; for eviction by LFU.",
    tips=CHANGING,
)
def cmd_object_freq(ctx: Context, args: Args) -> None:
    key = is_there(ctx, args)
    if key is None:
        return
    uses = ctx.engine.eviction.evictor.uses
    if uses.mode != BY_FREQUENCY:
        raise NoFrequencies
    ctx.reply.integer(uses.frequency_of(ctx.db.table(key).stamp(key)))


@KEYS.command(
    "OBJECT IDLETIME key",
    arity=3,
    flags=READONLY,
    keys=[SECOND],
    since="2.2.3",
    complexity="O(1)",
    summary="Seconds since key was last read or changed.",
    tips=CHANGING,
)
def cmd_object_idletime(ctx: Context, args: Args) -> None:
    key = is_there(ctx, args)
    if key is None:
        return
    if ctx.engine.eviction.evictor.uses.mode == BY_FREQUENCY:
        raise NoIdleTimes
    ctx.reply.integer(ctx.db.table(key).idle_seconds(key))


@KEYS.command(
    "OBJECT REFCOUNT key",
    arity=3,
    flags=READONLY,
    keys=[SECOND],
    since="2.2.3",
    complexity="O(1)",
    summary="How many keys share the value: always 1.",
    tips=CHANGING,
)
def cmd_object_refcount(ctx: Context, args: Args) -> None:
    if is_there(ctx, args) is not None:
        ctx.reply.integer(1)


@KEYS.command(
    "OBJECT HELP",
    arity=2,
    flags=LOADING | STALE,
    since="6.2.0",
    complexity="O(1)",
    summary="These lines.",
)
def cmd_object_help(ctx: Context, args: Args) -> None:
    lines = help_lines(OBJECT)
    ctx.reply.array(len(lines))
    for line in lines:
        ctx.reply.simple(line)
