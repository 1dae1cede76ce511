"""XGROUP, XACK and XPENDING: consumer groups of a stream, and what is pending in them."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.numbers import INT64_MAX
from dflite.base.server_errors import SubcommandOrArity
from dflite.base.stream_errors import (
    BadEntriesRead,
    GroupExists,
    NoStreamOrGroup,
    NoSuchGroup,
    XgroupNeedsKey,
)
from dflite.commands.stream_ids import read_bound, read_end, read_id, read_ids, read_start
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
    FAST,
    INSERT,
    LOADING,
    READONLY,
    RO,
    RW,
    STALE,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.native.base.bytesops import format_int
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_group import Consumer
from dflite.native.streams.stream_id import id_text
from dflite.ops.stream_groups import (
    UNKNOWN,
    GroupAt,
    acknowledge,
    create_consumer,
    create_group,
    delete_consumer,
    destroy_group,
    find_group,
    move_group,
)
from dflite.ops.streams import find_stream, read_stream

STREAMS: Final = Family("stream", "stream")
VARYING: Final = ["nondeterministic_output"]

XGROUP: Final = STREAMS.container(
    "XGROUP",
    since="5.0.0",
    summary="Consumer groups of a stream, and their consumers.",
)


class GroupOptions:
    """MKSTREAM and ENTRIESREAD, behind the fifth word of XGROUP CREATE and XGROUP SETID."""

    def __init__(self, args: Args, may_create: bool) -> None:
        self.create = False
        self.entries_read = UNKNOWN
        words = Args(args.argv, 5)
        while words.more():
            word = words.word()
            if word == b"MKSTREAM" and may_create:
                self.create = True
            elif word == b"ENTRIESREAD" and words.more():
                self.entries_read = words.integer()
                if self.entries_read < 0 and self.entries_read != UNKNOWN:
                    raise BadEntriesRead
            else:
                raise SubcommandOrArity(args.argv)


def needed_stream(ctx: Context, key: bytes) -> Stream:
    stream = find_stream(ctx.db, key)
    if stream is None:
        raise XgroupNeedsKey
    return stream


def needed_group(ctx: Context, args: Args) -> GroupAt:
    """The group that the next two arguments name."""
    key, name = args.next(), args.next()
    found = find_group(ctx.db, key, needed_stream(ctx, key), name)
    if found is None:
        raise NoSuchGroup(key, name)
    return found


@STREAMS.command(
    "XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]",
    arity=-5,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | INSERT, begin=2)],
    since="5.0.0",
    complexity="O(1)",
    summary="Make a group that has read up to an ID, with MKSTREAM the stream too.",
)
def cmd_xgroup_create(ctx: Context, args: Args) -> None:
    options = GroupOptions(args, True)
    key, name, text = args.next(), args.next(), args.next()
    stream = find_stream(ctx.db, key)
    if stream is None and not options.create:
        raise XgroupNeedsKey
    if len(args.argv) > 8:
        raise SubcommandOrArity(args.argv)
    last_id = 0
    if text != b"$":
        last_id = read_id(text)
    elif stream is not None:
        last_id = stream.last_id
    if not create_group(ctx.db, key, stream, name, last_id, options.entries_read):
        raise GroupExists
    ctx.reply.ok()


@STREAMS.command(
    "XGROUP SETID key group <id | $> [ENTRIESREAD entries-read]",
    arity=-5,
    flags=WRITE,
    keys=[KeySpec(RW | UPDATE, begin=2)],
    since="5.0.0",
    complexity="O(1)",
    summary="Let a group have read up to another ID.",
)
def cmd_xgroup_setid(ctx: Context, args: Args) -> None:
    options = GroupOptions(args, False)
    found = needed_group(ctx, args)
    if len(args.argv) not in (5, 7):
        raise SubcommandOrArity(args.argv)
    text = args.next()
    last_id = found.stream.last_id if text == b"$" else read_bound(text, 0)
    move_group(found, last_id, options.entries_read)
    ctx.reply.ok()


@STREAMS.command(
    "XGROUP DESTROY key group",
    arity=4,
    flags=WRITE,
    keys=[KeySpec(RW | DELETE, begin=2)],
    since="5.0.0",
    complexity="O(N) in the number of entries that are pending",
    summary="Take a group away with all it knows.",
)
def cmd_xgroup_destroy(ctx: Context, args: Args) -> None:
    key, name = args.next(), args.next()
    found = find_group(ctx.db, key, needed_stream(ctx, key), name)
    if found is None:
        ctx.reply.integer(0)
    else:
        destroy_group(found)
        ctx.reply.integer(1)


@STREAMS.command(
    "XGROUP CREATECONSUMER key group consumer",
    arity=5,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | INSERT, begin=2)],
    since="6.2.0",
    complexity="O(1)",
    summary="Make a consumer of a group, if there is none of that name.",
)
def cmd_xgroup_createconsumer(ctx: Context, args: Args) -> None:
    found = needed_group(ctx, args)
    name = args.next()
    if name in found.group.consumers:
        ctx.reply.integer(0)
    else:
        create_consumer(found, name)
        ctx.reply.integer(1)


@STREAMS.command(
    "XGROUP DELCONSUMER key group consumer",
    arity=5,
    flags=WRITE,
    keys=[KeySpec(RW | DELETE, begin=2)],
    since="5.0.0",
    complexity="O(N) in the number of entries that are pending for it",
    summary="Take a consumer away; how many entries were pending for it.",
)
def cmd_xgroup_delconsumer(ctx: Context, args: Args) -> None:
    found = needed_group(ctx, args)
    ctx.reply.integer(delete_consumer(found, args.next()))


@STREAMS.command(
    "XGROUP HELP",
    arity=2,
    flags=LOADING | STALE,
    since="5.0.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_xgroup_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, XGROUP)


# -- what is pending -------------------------------------------------------------------------------


@STREAMS.command(
    "XACK key group id [id ...]",
    arity=-4,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | UPDATE)],
    since="5.0.0",
    complexity="O(1) for each ID",
    summary="Entries are dealt with and pending no longer; how many were pending.",
)
def cmd_xack(ctx: Context, args: Args) -> None:
    key, name = args.next(), args.next()
    found = find_group(ctx.db, key, read_stream(ctx.db, key), name)
    if found is None:
        ctx.reply.integer(0)
    else:
        ctx.reply.integer(acknowledge(found, read_ids(args)))


@STREAMS.command(
    "XPENDING key group [[IDLE min-idle-time] start end count [consumer]]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="5.0.0",
    complexity="O(N) in the number of entries answered; O(1) without a range, and O(M) in the "
    "number of consumers",
    summary="What is pending in a group: how much, or entry by entry.",
    tips=VARYING,
)
def cmd_xpending(ctx: Context, args: Args) -> None:
    key, name = args.next(), args.next()
    if not args.more():
        write_summary(ctx, existing_group(ctx, key, name))
        return
    if not 3 <= args.left() <= 6:
        raise BadSyntax
    min_idle = 0
    if args.peek().upper() == b"IDLE":
        args.at += 1
        min_idle = args.integer()
        if args.left() < 3:
            raise BadSyntax
    first, last = args.next(), args.next()
    count = max(args.integer(), 0)
    start, end = read_start(first), read_end(last)
    consumer = args.next() if args.more() else None
    found = existing_group(ctx, key, name)
    reader: Consumer | None = None
    if consumer is not None:
        reader = found.group.consumers.get(consumer)
        if reader is None:
            ctx.reply.array(0)
            return
    now = ctx.db.now_ms()
    latest = min(max(now - min_idle, -INT64_MAX), INT64_MAX) if min_idle else INT64_MAX
    entries = found.group.pending_from(start, end, count, reader, latest)
    ctx.reply.array(len(entries))
    for number, owner, time_ms, deliveries in entries:
        ctx.reply.array(4)
        ctx.reply.bulk(id_text(number))
        ctx.reply.bulk(owner.name)
        ctx.reply.integer(max(now - time_ms, 0))
        ctx.reply.integer(deliveries)


def existing_group(ctx: Context, key: bytes, name: bytes) -> GroupAt:
    found = find_group(ctx.db, key, read_stream(ctx.db, key), name)
    if found is None:
        raise NoStreamOrGroup(key, name)
    return found


def write_summary(ctx: Context, found: GroupAt) -> None:
    """How many entries are pending, the first and the last of them, and how many for whom."""
    group = found.group
    reply = ctx.reply
    reply.array(4)
    reply.integer(group.pending_count)
    if group.pending_count == 0:
        reply.null()
        reply.null()
        reply.null_array()
        return
    reply.bulk(id_text(group.first_pending))
    reply.bulk(id_text(group.last_pending))
    names = sorted([name for name, each in group.consumers.items() if each.pending_count])
    reply.array(len(names))
    for name in names:
        reply.array(2)
        reply.bulk(name)
        reply.bulk(format_int(group.consumers[name].pending_count))
