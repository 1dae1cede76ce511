"""XREAD and XREADGROUP: what is new in streams, and waiting for it."""

from typing import Final

from dflite.base.errors import BadSyntax, NegativeTimeout, TimeoutNotAnInteger, TimeoutOutOfRange
from dflite.base.numbers import INT64_MAX
from dflite.base.stream_errors import (
    GroupOnlyInReadgroup,
    MeaninglessId,
    MissingGroup,
    NewMessagesOnlyInReadgroup,
    NoackOnlyInReadgroup,
    NoStreamOrGroup,
    UnbalancedStreams,
)
from dflite.commands.stream_ids import read_id
from dflite.engine.args import Args
from dflite.engine.blocking import Waiter
from dflite.engine.command import ACCESS, BLOCKING, READONLY, RO, WRITE, Family, KeySpec
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_group import Consumer
from dflite.native.streams.stream_id import MAX_ID
from dflite.native.wire.reply import Reply
from dflite.ops.keys import ANY_VALUE
from dflite.ops.stream_groups import GroupAt, find_group
from dflite.ops.streams import read_stream
from dflite.store.effects import STREAM

STREAMS: Final = Family("stream", "stream")

# What stands for an ID until it is looked up.
NEW: Final = MAX_ID  # `>`, which Redis too keeps as the last ID there may be
LAST: Final = -1  # `+`: so that the last entry is what is new

IN_READGROUP: Final = b" in XREADGROUP with GROUP option"


class Reading:
    """What is to be read from which streams; of a group if `group` is not None."""

    def __init__(self, keys: list[bytes]) -> None:
        self.keys = keys
        self.ids: list[int] = []
        self.count = 0  # entries of each stream; 0 for all
        self.group: bytes | None = None
        self.consumer = b""
        self.noack = False

    def find(self, ctx: Context, key: bytes) -> GroupAt:
        """The group at key."""
        assert self.group is not None
        stream = read_stream(ctx.db, key)
        found = find_group(ctx.db, key, stream, self.group)
        if found is None:
            raise NoStreamOrGroup(key, self.group, IN_READGROUP)
        return found

    def serve(self, ctx: Context) -> bool:
        """Answer what there is to read; False if there is nothing."""
        if self.group is not None:
            return self.serve_group(ctx)
        ready: list[int] = []
        streams: list[Stream] = []
        starts: list[int] = []
        for i in range(len(self.keys)):
            stream = read_stream(ctx.db, self.keys[i])
            if stream is None:
                continue
            number = self.ids[i]
            if number == LAST:
                number = max(stream.last_id - 1, 0)
            if stream.has_behind(number):
                ready.append(i)
                streams.append(stream)
                starts.append(number + 1)
        if not ready:
            return False
        self.head(ctx.reply, len(ready))
        for k in range(len(ready)):
            self.name(ctx.reply, ready[k])
            streams[k].reply_range(ctx.reply, starts[k], MAX_ID, self.count, False)
        return True

    def serve_group(self, ctx: Context) -> bool:
        found = [self.find(ctx, key) for key in self.keys]
        ctx.db.effects.replaced = True
        body = Reply(ctx.reply.resp3)
        served = 0
        for i in range(len(found)):
            at = found[i]
            number = self.ids[i]
            consumer = at.consumer(self.consumer)
            if number != NEW or at.stream.has_behind(at.group.last_id):
                served += 1
                self.name(body, i)
                self.deliver(ctx, body, at, consumer, number)
        if not served:
            return False
        self.head(ctx.reply, served)
        ctx.reply.raw(body.take())
        return True

    def deliver(
        self, ctx: Context, reply: Reply, at: GroupAt, consumer: Consumer, number: int
    ) -> None:
        """Answer one stream's entries: new ones, or those that are pending for the consumer."""
        now = ctx.db.clock.now_ms
        group = at.group
        at.changed()
        if number != NEW:
            group.reply_history(at.stream, reply, consumer, number + 1, self.count, now)
            return
        given: list[int] | None = [] if ctx.db.effects.journaling else None
        group.deliver(at.stream, reply, consumer, self.count, self.noack, now, given)
        if given is not None:
            if not self.noack:
                for each in given:
                    at.journal_claim(each, self.consumer, now, 1)
            at.journal_position()

    def head(self, reply: Reply, streams: int) -> None:
        if reply.resp3:
            reply.map(streams)
        else:
            reply.array(streams)

    def name(self, reply: Reply, i: int) -> None:
        if not reply.resp3:
            reply.array(2)
        reply.bulk(self.keys[i])


class ReadWaiter(Waiter):
    """A client that waits for something new in streams."""

    def __init__(self, ctx: Context, reading: Reading, deadline_ms: int) -> None:
        # a group's reader also has to know when the stream or the group is gone
        kinds = STREAM if reading.group is None else ANY_VALUE
        super().__init__(ctx.client, ctx.db.index, reading.keys, kinds, deadline_ms)
        self.ctx = ctx
        self.reading = reading
        self.at_streams = True

    def serve(self, key: bytes) -> bool:
        return self.reading.serve(self.ctx)

    def time_out(self) -> None:
        self.ctx.reply.null_array()

    def left(self) -> None:
        self.ctx.waiter = None


@STREAMS.command(
    "XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
    arity=-4,
    flags=READONLY | BLOCKING,
    keys=[KeySpec(RO | ACCESS, begin=1, keyword="STREAMS", last=-1, limit=2)],
    since="5.0.0",
    complexity="O(N) in the number of entries answered, and O(log M) in those of each stream",
    summary="The entries behind an ID in each of several streams; `$` is the last ID so far.",
)
def cmd_xread(ctx: Context, args: Args) -> None:
    read(ctx, args, False)


@STREAMS.command(
    "XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS "
    "key [key ...] id [id ...]",
    arity=-7,
    flags=WRITE | BLOCKING,
    keys=[KeySpec(RO | ACCESS, begin=4, keyword="STREAMS", last=-1, limit=2)],
    since="5.0.0",
    complexity="O(N) in the number of entries answered, and O(log M) in those of each stream",
    summary="The entries that no consumer of a group has got yet (`>`), or those that are pending "
    "for one.",
)
def cmd_xreadgroup(ctx: Context, args: Args) -> None:
    read(ctx, args, True)


def read(ctx: Context, args: Args, in_group: bool) -> None:
    count = 0
    deadline_ms = -1
    noack = False
    group: bytes | None = None
    consumer = b""
    keys: list[bytes] = []
    while not keys:
        word = args.word()
        left = args.left()
        if word == b"STREAMS" and left:
            if left % 2:
                symbol = b">" if in_group else b"$"
                raise UnbalancedStreams(b"xreadgroup" if in_group else b"xread", symbol)
            keys = args.argv[args.at : args.at + left // 2]
            args.at += left // 2
        elif word == b"BLOCK" and left:
            deadline_ms = read_deadline(ctx, args.next())
        elif word == b"COUNT" and left:
            count = max(args.integer(), 0)
        elif word == b"GROUP" and left >= 2:
            if not in_group:
                raise GroupOnlyInReadgroup
            group, consumer = args.next(), args.next()
        elif word == b"NOACK":
            if not in_group:
                raise NoackOnlyInReadgroup
            noack = True
        else:
            raise BadSyntax
    if in_group and group is None:
        raise MissingGroup
    reading = Reading(keys)
    reading.count = count
    reading.group = group
    reading.consumer = consumer
    reading.noack = noack
    for key in keys:
        reading.ids.append(read_position(ctx, reading, key, args.next()))
    if reading.serve(ctx):
        return
    if deadline_ms < 0 or not ctx.may_wait:
        ctx.reply.null_array()
    else:
        ctx.waiter = ReadWaiter(ctx, reading, deadline_ms)


def read_deadline(ctx: Context, text: bytes) -> int:
    """Until when to wait, in Unix ms, of the milliseconds from now; 0 is for ever."""
    timeout_ms = parse_int(text)
    if timeout_ms is None:
        raise TimeoutNotAnInteger
    if timeout_ms < 0:
        raise NegativeTimeout
    if timeout_ms == 0:
        return 0
    deadline_ms = ctx.engine.clock.now_ms + timeout_ms
    if deadline_ms > INT64_MAX:
        raise TimeoutOutOfRange
    return deadline_ms


def read_position(ctx: Context, reading: Reading, key: bytes, text: bytes) -> int:
    """The ID behind which a stream is to be read."""
    if reading.group is not None:
        reading.find(ctx, key)
        if text in (b"$", b"+"):
            raise MeaninglessId(text)
        if text == b">":
            return NEW
        return read_id(text)
    stream = read_stream(ctx.db, key)
    if text == b"$":
        return 0 if stream is None else stream.last_id
    if text == b"+":
        return LAST
    if text == b">":
        raise NewMessagesOnlyInReadgroup
    return read_id(text)
