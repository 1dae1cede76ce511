"""WAIT and WAITAOF: until others, or disks, have what this connection wrote."""

from typing import Final

from dflite.base.conversation_errors import NoAppendOnlyFile, NotBetweenZeroAndOne
from dflite.base.errors import NegativeTimeout, NotPositive, TimeoutNotAnInteger, TimeoutOutOfRange
from dflite.base.numbers import INT64_MAX
from dflite.base.replication_errors import WaitaofOnReplica, WaitOnReplica
from dflite.engine.args import Args
from dflite.engine.command import BLOCKING, Family
from dflite.engine.context import Context
from dflite.engine.copies import CopyWaiter
from dflite.engine.replication import LOG, Replication
from dflite.native.base.bytesops import parse_int
from dflite.native.wire.reply import Reply

WAITING: Final = Family("generic", "connection")
OF_SHARDS: Final = ["request_policy:all_shards", "response_policy:agg_min"]


@WAITING.command(
    "WAIT numreplicas timeout",
    arity=3,
    flags=BLOCKING,
    since="3.0.0",
    complexity="O(1)",
    summary="Wait until so many replicas have what this connection wrote, or time is up; how many "
    "have it.",
    tips=OF_SHARDS,
)
def cmd_wait(ctx: Context, args: Args) -> None:
    if ctx.engine.replication.primary is not None:
        raise WaitOnReplica
    replicas = args.integer()
    timeout_ms = read_timeout(ctx, args)
    wait(ctx, replicas, timeout_ms, False, False)


@WAITING.command(
    "WAITAOF numlocal numreplicas timeout",
    arity=4,
    flags=BLOCKING,
    since="7.2.0",
    complexity="O(1)",
    summary="As WAIT, for files on disk: this node's own and those of replicas.",
    tips=OF_SHARDS,
)
def cmd_waitaof(ctx: Context, args: Args) -> None:
    replication = ctx.engine.replication
    if replication.primary is not None:
        raise WaitaofOnReplica
    files = args.integer()
    if not 0 <= files <= 1:
        raise NotBetweenZeroAndOne
    replicas = parse_int(args.next())
    if replicas is None or replicas < 0:
        raise NotPositive
    timeout_ms = read_timeout(ctx, args)
    if files and LOG not in replication.wanted_by:
        raise NoAppendOnlyFile
    wait(ctx, replicas, timeout_ms, True, files > 0)


def read_timeout(ctx: Context, args: Args) -> int:
    """Milliseconds; 0 is for ever."""
    milliseconds = parse_int(args.next())
    if milliseconds is None:
        raise TimeoutNotAnInteger
    if milliseconds < 0:
        raise NegativeTimeout
    if milliseconds > INT64_MAX - ctx.engine.clock.now_ms:
        raise TimeoutOutOfRange
    return milliseconds


def wait(ctx: Context, replicas: int, timeout_ms: int, files_too: bool, own_file: bool) -> None:
    """Answer at once if that is enough already, or if the client must not wait."""
    client = ctx.client
    replication = ctx.engine.replication
    deadline_ms = ctx.engine.clock.now_ms + timeout_ms if timeout_ms else 0
    answer = Answer(ctx.reply, replication, files_too)
    offset = client.conn.write_offset
    waiter = CopyWaiter(client, ctx.db.index, deadline_ms, offset, replicas, answer.__call__)
    waiter.files_too = files_too
    waiter.own_file = own_file
    if waiter.is_enough(replication) or not ctx.may_wait:
        waiter.time_out()
    else:
        waiter.on_left = Left(ctx).__call__
        ctx.waiter = waiter
        replication.asked = True


class Answer:
    """How many copies there are of the stream up to an offset, as WAIT or WAITAOF says it."""

    def __init__(self, reply: Reply, replication: Replication, files_too: bool) -> None:
        self.reply = reply
        self.replication = replication
        self.files_too = files_too

    def __call__(self, offset: int) -> None:
        replication = self.replication
        if self.files_too:
            own = LOG in replication.wanted_by and replication.file_offset >= offset
            self.reply.integers([int(own), replication.count_synced(offset)])
        else:
            self.reply.integer(replication.count_acked(offset))


class Left:
    """A client waits for copies no more."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def __call__(self) -> None:
        self.ctx.waiter = None
