"""XINFO: what there is to know about a stream, its groups and their consumers."""

from typing import Final

from dflite.base.errors import NoSuchKey
from dflite.base.numbers import INT64_MAX
from dflite.base.server_errors import SubcommandOrArity
from dflite.base.stream_errors import NoSuchGroup
from dflite.engine.args import Args
from dflite.engine.command import ACCESS, LOADING, READONLY, RO, STALE, Family, KeySpec
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_group import Group
from dflite.native.streams.stream_id import MAX_ID, id_text
from dflite.native.streams.stream_radix import radix_tree_nodes
from dflite.native.wire.reply import Reply
from dflite.ops.stream_groups import UNKNOWN
from dflite.ops.streams import read_stream

STREAMS: Final = Family("stream", "stream")
SECOND: Final = KeySpec(RO | ACCESS, begin=2)
USUAL_COUNT: Final = 10

XINFO: Final = STREAMS.container(
    "XINFO",
    since="5.0.0",
    summary="Figures of streams and their consumer groups.",
)


def existing_stream(ctx: Context, key: bytes) -> Stream:
    stream = read_stream(ctx.db, key)
    if stream is None:
        raise NoSuchKey
    return stream


@STREAMS.command(
    "XINFO CONSUMERS key group",
    arity=4,
    flags=READONLY,
    keys=[SECOND],
    since="5.0.0",
    complexity="O(N) in the number of consumers",
    summary="The consumers of a group: what is pending, and how long they have been idle.",
    tips=["nondeterministic_output"],
)
def cmd_xinfo_consumers(ctx: Context, args: Args) -> None:
    key, name = args.next(), args.next()
    stream = existing_stream(ctx, key)
    group = None if stream.groups is None else stream.groups.get(name)
    if group is None:
        raise NoSuchGroup(key, name)
    now = ctx.db.now_ms()
    reply = ctx.reply
    reply.array(len(group.consumers))
    for consumer_name in sorted(group.consumers):
        consumer = group.consumers[consumer_name]
        reply.map(4)
        write_text(reply, b"name", consumer.name)
        write_number(reply, b"pending", consumer.pending_count)
        write_number(reply, b"idle", max(now - consumer.seen_ms, 0))
        inactive = -1 if consumer.active_ms == -1 else now - consumer.active_ms
        write_number(reply, b"inactive", inactive)


@STREAMS.command(
    "XINFO GROUPS key",
    arity=3,
    flags=READONLY,
    keys=[SECOND],
    since="5.0.0",
    complexity="O(N) in the number of groups",
    summary="The consumer groups of a stream: what they have read, and what they have not.",
)
def cmd_xinfo_groups(ctx: Context, args: Args) -> None:
    stream = existing_stream(ctx, args.next())
    groups = stream.groups or {}
    reply = ctx.reply
    reply.array(len(groups))
    for name in sorted(groups):
        group = groups[name]
        reply.map(6)
        write_text(reply, b"name", name)
        write_number(reply, b"consumers", len(group.consumers))
        write_number(reply, b"pending", group.pending_count)
        write_position(reply, stream, group)


@STREAMS.command(
    "XINFO STREAM key [FULL [COUNT count]]",
    arity=-3,
    flags=READONLY,
    keys=[SECOND],
    since="5.0.0",
    complexity="O(1)",
    summary="Figures of a stream; with FULL its groups, and the first entries of everything too.",
)
def cmd_xinfo_stream(ctx: Context, args: Args) -> None:
    stream = existing_stream(ctx, args.next())
    full = args.more()
    count = USUAL_COUNT
    if full:
        if args.left() not in (1, 3) or args.word() != b"FULL":
            raise SubcommandOrArity(args.argv)
        if args.more():
            if args.word() != b"COUNT":
                raise SubcommandOrArity(args.argv)
            count = args.integer()
            if count < 0:
                count = USUAL_COUNT
    reply = ctx.reply
    reply.map(9 if full else 10)
    write_number(reply, b"length", len(stream))
    write_number(reply, b"radix-tree-keys", stream.node_count)
    write_number(reply, b"radix-tree-nodes", radix_tree_nodes(stream))
    write_text(reply, b"last-generated-id", id_text(stream.last_id))
    write_text(reply, b"max-deleted-entry-id", id_text(stream.max_deleted_id))
    write_number(reply, b"entries-added", stream.entries_added)
    write_text(reply, b"recorded-first-entry-id", id_text(stream.first_id))
    if full:
        reply.bulk(b"entries")
        stream.reply_range(reply, 0, MAX_ID, count, False)
        write_groups(reply, stream, count)
        return
    write_number(reply, b"groups", len(stream.groups) if stream.groups is not None else 0)
    reply.bulk(b"first-entry")
    write_entry(reply, stream, stream.first_entry_id())
    reply.bulk(b"last-entry")
    write_entry(reply, stream, stream.last_entry_id())


@STREAMS.command(
    "XINFO HELP",
    arity=2,
    flags=LOADING | STALE,
    since="5.0.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_xinfo_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, XINFO)


def write_number(reply: Reply, name: bytes, number: int) -> None:
    reply.bulk(name)
    reply.integer(number)


def write_text(reply: Reply, name: bytes, text: bytes) -> None:
    reply.bulk(name)
    reply.bulk(text)


def write_entry(reply: Reply, stream: Stream, number: int) -> None:
    """An entry, null without an ID."""
    if number < 0:
        reply.null()
    else:
        stream.reply_one(reply, number)


def write_position(reply: Reply, stream: Stream, group: Group) -> None:
    """How far a group has read."""
    write_text(reply, b"last-delivered-id", id_text(group.last_id))
    reply.bulk(b"entries-read")
    if group.entries_read == UNKNOWN:
        reply.null()
    else:
        reply.integer(group.entries_read)
    reply.bulk(b"lag")
    lag = group.lag(stream)
    if lag is None:
        reply.null()
    else:
        reply.integer(lag)


def write_groups(reply: Reply, stream: Stream, count: int) -> None:
    """All groups and consumers, with at most `count` of each one's pending entries (0: all)."""
    groups = stream.groups or {}
    most = count or -1
    reply.bulk(b"groups")
    reply.array(len(groups))
    for name in sorted(groups):
        group = groups[name]
        reply.map(7)
        write_text(reply, b"name", name)
        write_position(reply, stream, group)
        write_number(reply, b"pel-count", group.pending_count)
        reply.bulk(b"pending")
        pending = group.pending_from(0, MAX_ID, most, None, INT64_MAX)
        reply.array(len(pending))
        for number, owner, time_ms, deliveries in pending:
            reply.array(4)
            reply.bulk(id_text(number))
            reply.bulk(owner.name)
            reply.integer(time_ms)
            reply.integer(deliveries)
        reply.bulk(b"consumers")
        reply.array(len(group.consumers))
        for consumer_name in sorted(group.consumers):
            write_consumer(reply, group, consumer_name, most)


def write_consumer(reply: Reply, group: Group, name: bytes, most: int) -> None:
    consumer = group.consumers[name]
    reply.map(5)
    write_text(reply, b"name", name)
    write_number(reply, b"seen-time", consumer.seen_ms)
    write_number(reply, b"active-time", consumer.active_ms)
    write_number(reply, b"pel-count", consumer.pending_count)
    reply.bulk(b"pending")
    pending = group.pending_from(0, MAX_ID, most, consumer, INT64_MAX)
    reply.array(len(pending))
    for number, _owner, time_ms, deliveries in pending:
        reply.array(3)
        reply.bulk(id_text(number))
        reply.integer(time_ms)
        reply.integer(deliveries)
