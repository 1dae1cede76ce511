"""Transactions: requests that are queued and run together, unless something watched has changed."""

from typing import Final

from dflite.base.conversation_errors import (
    DiscardWithoutMulti,
    ExecAborted,
    ExecWithoutMulti,
    NestedMulti,
    WatchInsideMulti,
)
from dflite.engine.args import Args
from dflite.engine.command import (
    ALLOW_BUSY,
    FAST,
    LOADING,
    NO_MULTI,
    NOSCRIPT,
    RO,
    SKIP_SLOWLOG,
    STALE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context

TRANSACTION: Final = Family("transactions", "transaction")
ANYTIME: Final = NOSCRIPT | LOADING | STALE


@TRANSACTION.command(
    "MULTI",
    arity=1,
    flags=ANYTIME | FAST | NO_MULTI | ALLOW_BUSY,
    since="1.2.0",
    complexity="O(1)",
    summary="Queue the requests that follow, for EXEC.",
)
def cmd_multi(ctx: Context, args: Args) -> None:
    client = ctx.client
    if client.queue is not None:
        raise NestedMulti
    client.start_queue()
    ctx.reply.ok()


@TRANSACTION.command(
    "EXEC",
    arity=1,
    flags=ANYTIME | SKIP_SLOWLOG,
    since="1.2.0",
    complexity="That of the commands in it",
    summary="Run what is queued, at once; null if a watched key has changed.",
)
def cmd_exec(ctx: Context, args: Args) -> None:
    client = ctx.client
    engine = ctx.engine
    queue = client.queue
    if queue is None:
        raise ExecWithoutMulti
    if client.queue_broken:
        engine.end_transaction(client)
        raise ExecAborted
    if engine.watching.is_broken(client, ctx.keyspace.dbs):
        ctx.reply.null_array()
    else:
        # what is watched may change now, by this client's own requests
        engine.watching.unwatch(client)
        ctx.reply.array(len(queue))
        engine.run_queued(ctx, queue)
    engine.end_transaction(client)


@TRANSACTION.command(
    "DISCARD",
    arity=1,
    flags=ANYTIME | FAST | ALLOW_BUSY,
    since="2.0.0",
    complexity="O(N) in the number of queued commands",
    summary="Drop what is queued, and forget what is watched.",
)
def cmd_discard(ctx: Context, args: Args) -> None:
    if ctx.client.queue is None:
        raise DiscardWithoutMulti
    ctx.engine.end_transaction(ctx.client)
    ctx.reply.ok()


@TRANSACTION.command(
    "WATCH key [key ...]",
    arity=-2,
    flags=ANYTIME | FAST | NO_MULTI | ALLOW_BUSY,
    keys=[KeySpec(RO, last=-1)],
    since="2.2.0",
    complexity="O(1) for every key.",
    summary="Let the next EXEC do nothing if one of the keys changes before it.",
)
def cmd_watch(ctx: Context, args: Args) -> None:
    client = ctx.client
    if client.queue is not None:
        raise WatchInsideMulti
    if not client.watch_broken:  # else EXEC will refuse whatever happens
        for key in args.rest():
            ctx.engine.watching.watch(client, ctx.db, key)
        ctx.engine.observers_changed()
    ctx.reply.ok()


@TRANSACTION.command(
    "UNWATCH",
    arity=1,
    flags=ANYTIME | FAST | ALLOW_BUSY,
    since="2.2.0",
    complexity="O(1)",
    summary="Forget what is watched.",
)
def cmd_unwatch(ctx: Context, args: Args) -> None:
    ctx.engine.watching.unwatch(ctx.client)
    ctx.engine.observers_changed()
    ctx.reply.ok()
