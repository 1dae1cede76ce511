"""WAIT and WAITAOF: until others have what this connection wrote. There are no others yet."""

from typing import Final

from dflite.base.conversation_errors import NoAppendOnlyFile, NotBetweenZeroAndOne
from dflite.base.errors import NegativeTimeout, NotPositive, TimeoutNotAnInteger, TimeoutOutOfRange
from dflite.base.numbers import INT64_MAX
from dflite.engine.args import Args
from dflite.engine.blocking import Waiter
from dflite.engine.command import BLOCKING, Family
from dflite.engine.context import Context
from dflite.native.bytesops import parse_int

WAITING: Final = Family("generic", "connection")
OF_SHARDS: Final = ["request_policy:all_shards", "response_policy:agg_min"]
REPLICAS: Final = 0  # that have acknowledged anything
FILES: Final = 0  # of this node, to which anything was written


class CopyWaiter(Waiter):
    """A client that waits until enough copies exist, which no key tells."""

    def __init__(self, ctx: Context, deadline_ms: int, files_too: bool) -> None:
        super().__init__(ctx.client, ctx.db.index, [], 0, deadline_ms)
        self.ctx = ctx
        self.files_too = files_too

    def time_out(self) -> None:
        answer(self.ctx, self.files_too)

    def left(self) -> None:
        self.ctx.waiter = None


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
    replicas = args.integer()
    timeout_ms = read_timeout(ctx, args)
    wait(ctx, replicas, timeout_ms, False)


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
    files = args.integer()
    if not 0 <= files <= 1:
        raise NotBetweenZeroAndOne
    replicas = parse_int(args.next())
    if replicas is None or replicas < 0:
        raise NotPositive
    timeout_ms = read_timeout(ctx, args)
    if files:
        raise NoAppendOnlyFile
    wait(ctx, replicas, timeout_ms, True)


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


def wait(ctx: Context, replicas: int, timeout_ms: int, files_too: bool) -> None:
    """Answer at once if that is enough already, or if the client must not wait."""
    if replicas <= REPLICAS or not ctx.may_wait:
        answer(ctx, files_too)
    else:
        deadline_ms = ctx.engine.clock.now_ms + timeout_ms if timeout_ms else 0
        ctx.waiter = CopyWaiter(ctx, deadline_ms, files_too)


def answer(ctx: Context, files_too: bool) -> None:
    if files_too:
        ctx.reply.integers([FILES, REPLICAS])
    else:
        ctx.reply.integer(REPLICAS)
