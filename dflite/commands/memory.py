"""MEMORY: what a key takes, what the whole takes, and giving back what is free."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.commands.scanning import read_cursor
from dflite.engine.args import Args
from dflite.engine.command import (
    ADMIN,
    FAST,
    LOADING,
    READONLY,
    RO,
    RW,
    STALE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.engine.memory import MemoryFigures, examine
from dflite.native.base.allocator import allocator_report, release_free_memory
from dflite.native.keyspace.memory import BACKLOG, FUNCTIONS, REPLICAS, SCRIPTS
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import Value
from dflite.native.wire.reply import Reply
from dflite.store.db import TYPE_NAMES

SERVER: Final = Family("server")
KEYS_A_CALL: Final = 100
MOST_KEYS_A_CALL: Final = 1000
VARYING: Final = "nondeterministic_output"
ALL_SHARDS: Final = "request_policy:all_shards"
TIPS: Final = [VARYING, ALL_SHARDS, "response_policy:special"]

MEMORY: Final = SERVER.container(
    "MEMORY",
    since="4.0.0",
    summary="The use of memory: of a key, of the whole server.",
)


@SERVER.command(
    "MEMORY DOCTOR",
    arity=2,
    flags=0,
    since="4.0.0",
    complexity="O(1)",
    summary="A report on what is odd about the use of memory, with advice.",
    tips=TIPS,
)
def cmd_memory_doctor(ctx: Context, args: Args) -> None:
    ctx.reply.verbatim(examine(ctx.host.memory()).encode())


@SERVER.command(
    "MEMORY HELP",
    arity=2,
    flags=LOADING | STALE,
    since="4.0.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_memory_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, MEMORY)


@SERVER.command(
    "MEMORY MALLOC-STATS",
    arity=2,
    flags=LOADING,
    since="4.0.0",
    complexity="O(N) in the number of free blocks",
    summary="What the C library tells about its allocator.",
    tips=TIPS,
)
def cmd_memory_malloc_stats(ctx: Context, args: Args) -> None:
    ctx.reply.bulk(allocator_report() or b"Stats not supported for the current allocator")


@SERVER.command(
    "MEMORY PURGE",
    arity=2,
    flags=LOADING,
    since="4.0.0",
    complexity="O(N) in the number of free blocks",
    summary="Give free memory back to the operating system.",
    tips=[ALL_SHARDS, "response_policy:all_succeeded"],
)
def cmd_memory_purge(ctx: Context, args: Args) -> None:
    release_free_memory()
    ctx.reply.ok()


@SERVER.command(
    "MEMORY STATS",
    arity=2,
    flags=0,
    since="4.0.0",
    complexity="O(N) in the number of databases",
    summary="The use of memory in figures, most of them bytes.",
    tips=TIPS,
)
def cmd_memory_stats(ctx: Context, args: Args) -> None:
    memory = ctx.host.memory()
    counts = memory_counts(memory)
    ratios = [
        ("dataset.percentage", memory.dataset_percentage),
        ("peak.percentage", memory.peak_percentage),
        # there is no telling what the C library holds from what is resident
        ("allocator-fragmentation.ratio", 1.0),
        ("allocator-rss.ratio", 1.0),
        ("rss-overhead.ratio", 1.0),
        ("fragmentation", memory.fragmentation),
    ]
    databases = [db for db in memory.databases if db.keys]
    reply = ctx.reply
    reply.map(len(counts) + len(databases) + len(ratios))
    for name, number in counts:
        reply.bulk(name.encode())
        reply.integer(number)
    for db in databases:
        reply.bulk(b"db.%d" % db.index)
        reply.map(2)
        write_count(reply, b"overhead.hashtable.main", db.table_bytes)
        # deadlines stand in the entries: there is no second table
        write_count(reply, b"overhead.hashtable.expires", 0)
    for name, ratio in ratios:
        reply.bulk(name.encode())
        reply.double(ratio)


def memory_counts(memory: MemoryFigures) -> list[tuple[str, int]]:
    """What is a whole number, by Redis' names."""
    net = max(memory.used - memory.startup, 0)
    return [
        ("peak.allocated", memory.peak),
        ("total.allocated", memory.used),
        ("startup.allocated", memory.startup),
        ("replication.backlog", memory.kind(BACKLOG)),
        ("clients.slaves", memory.kind(REPLICAS)),
        ("clients.normal", memory.of_clients),
        ("cluster.links", 0),
        ("aof.buffer", 0),
        ("lua.caches", memory.kind(SCRIPTS)),
        ("functions.caches", memory.kind(FUNCTIONS)),
        ("overhead.db.hashtable.lut", memory.table_bytes),
        ("overhead.db.hashtable.rehashing", 0),  # tables grow by segments, never as a whole
        ("overhead.total", memory.overhead),
        ("db.dict.rehashing.count", 0),
        ("keys.count", memory.keys),
        ("keys.bytes-per-key", net // memory.keys if memory.keys else 0),
        ("dataset.bytes", memory.dataset),
        ("allocator.allocated", memory.used),
        ("allocator.active", memory.resident),
        ("allocator.resident", memory.resident),
        ("allocator.muzzy", 0),
        ("allocator-fragmentation.bytes", 0),
        ("allocator-rss.bytes", 0),
        ("rss-overhead.bytes", 0),
        ("fragmentation.bytes", memory.resident - memory.used),
    ]


def write_count(reply: Reply, name: bytes, number: int) -> None:
    reply.bulk(name)
    reply.integer(number)


@SERVER.command(
    "MEMORY USAGE key [SAMPLES count]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO, begin=2)],
    since="4.0.0",
    complexity="O(1)",
    summary="Bytes that a key takes with its value, as the allocator counts them. Nothing is "
    "estimated, so SAMPLES makes no difference.",
)
def cmd_memory_usage(ctx: Context, args: Args) -> None:
    key = args.next()
    while args.more():
        if args.word() != b"SAMPLES" or args.integer() < 0:
            raise BadSyntax
    if not ctx.db.exists(key):
        ctx.reply.null()
        return
    ctx.reply.integer(bytes_of_key(ctx.db.table(key), key))


def bytes_of_key(table: Table, key: bytes) -> int:
    """Bytes of the entry, of its slot and of its value."""
    value = table.read(key, False)
    return table.memory_of(key) + (value.memory if isinstance(value, Value) else 0)


@SERVER.command(
    "MEMORY SCAN cursor [COUNT count]",
    arity=-3,
    flags=READONLY | ADMIN,
    since="1.0.0",
    complexity="O(1) for every call",
    summary="As SCAN, with each key's type, bytes and seconds without use; for reports.",
    tips=[VARYING],
)
def cmd_memory_scan(ctx: Context, args: Args) -> None:
    cursor = read_cursor(args.next())
    count = KEYS_A_CALL
    while args.more():
        if args.word() != b"COUNT":
            raise BadSyntax
        count = args.integer()
        if count < 1:
            raise BadSyntax
    db = ctx.db
    cursor, keys = ctx.keyspace.scan(db, cursor, min(count, MOST_KEYS_A_CALL), None, 0)
    reply = ctx.reply
    reply.array(2)
    reply.bulk(b"%d" % cursor)
    reply.array(4 * len(keys))
    for key in keys:
        table = db.table(key)
        reply.bulk(key)
        reply.bulk(TYPE_NAMES[table.type_of(key)].encode())
        reply.integer(bytes_of_key(table, key))
        reply.integer(table.idle_seconds(key))


@SERVER.command(
    "SHRINK key",
    arity=2,
    flags=WRITE | FAST,
    keys=[KeySpec(RW)],
    since="1.0.0",
    complexity="O(1)",
    summary="Give back memory that key's value grew into and does not need; how many bytes.",
)
def cmd_shrink(ctx: Context, args: Args) -> None:
    key = args.next()
    if ctx.db.exists(key):
        ctx.reply.integer(ctx.db.table(key).shrink_entry(key))
    else:
        ctx.reply.null()
