"""FAILOVER and REPLTAKEOVER: a primary and a replica change places, asked for on either side."""

from typing import Final

from dflite.base.errors import BadSyntax, NotPositive
from dflite.base.replication_errors import (
    FailoverOnReplica,
    NoTakeover,
    TimeoutNotPositive,
)
from dflite.engine.args import Args
from dflite.engine.command import ADMIN, NOSCRIPT, STALE, Family
from dflite.engine.context import Context
from dflite.native.wire.connection import HELD_OTHER

REPLICATION: Final = Family("server")
SWITCHES: Final = ADMIN | NOSCRIPT | STALE


@REPLICATION.command(
    "FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]",
    arity=-1,
    flags=SWITCHES,
    since="6.2.0",
    complexity="O(1)",
    summary="Let a replica that has everything be the primary, and follow it.",
)
def cmd_failover(ctx: Context, args: Args) -> None:
    target: tuple[str, int] | None = None
    force = False
    timeout_ms = 0
    if args.left() == 1 and args.peek().upper() == b"ABORT":
        ctx.host.abort_failover()
        ctx.reply.ok()
        return
    while args.more():
        word = args.word()
        if word == b"TIMEOUT" and args.more() and not timeout_ms:
            timeout_ms = args.integer()
            if timeout_ms <= 0:
                raise TimeoutNotPositive
        elif word == b"TO" and args.left() > 1 and target is None:
            host = args.next().decode("utf-8", "surrogateescape")
            target = (host, args.integer())
        elif word == b"FORCE" and not force:
            force = True
        else:
            raise BadSyntax
    if ctx.engine.replication.primary is not None:
        raise FailoverOnReplica
    ctx.host.begin_failover(target, force, timeout_ms)
    ctx.reply.ok()


class Takeover:
    """A client that waits until this node is the primary, or cannot be."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def __call__(self, problem: str) -> None:
        reply = self.ctx.reply
        if problem:
            reply.error(NoTakeover(problem.encode()).wire())
        else:
            reply.ok()
        self.ctx.client.conn.release(HELD_OTHER)


@REPLICATION.command(
    "REPLTAKEOVER seconds [SAVE]",
    arity=-2,
    flags=SWITCHES,
    since="1.6.0",
    complexity="O(1)",
    summary="On a replica: be the primary, when everything that was acknowledged is here.",
)
def cmd_repltakeover(ctx: Context, args: Args) -> None:
    seconds = args.integer()
    if seconds <= 0:
        raise NotPositive
    save = False
    if args.more():
        if args.word() != b"SAVE" or args.more():
            raise BadSyntax
        save = True
    if ctx.engine.replication.primary is None:
        # as Dragonfly: who repeats it after a lost answer is told that it is done
        ctx.host.log("notice", "REPLTAKEOVER: this node is the primary already")
        ctx.reply.ok()
        return
    ctx.client.conn.hold(HELD_OTHER)
    ctx.host.take_over(seconds, save, Takeover(ctx).__call__)
