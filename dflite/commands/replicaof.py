"""REPLICAOF: whom this node follows."""

from typing import Final

from dflite.base.hosts import is_host
from dflite.base.replication_errors import (
    BadPrimaryHost,
    BadPrimaryPort,
    FailingOver,
    FollowsItself,
)
from dflite.engine.args import Args
from dflite.engine.command import ADMIN, NO_ASYNC_LOADING, NOSCRIPT, STALE, Family
from dflite.engine.context import Context
from dflite.engine.replication import NO_FAILOVER
from dflite.native.base.bytesops import parse_int

REPLICATION: Final = Family("server")
FOLLOWS: Final = ADMIN | NOSCRIPT | STALE | NO_ASYNC_LOADING
LARGEST_PORT: Final = 65535


def follow(ctx: Context, args: Args) -> None:
    """Follow the node that is named, or nobody."""
    if ctx.engine.replication.failover != NO_FAILOVER:
        raise FailingOver
    host, port_text = args.next(), args.next()
    if host.lower() == b"no" and port_text.lower() == b"one":
        ctx.host.stop_replicating()
        ctx.reply.ok()
        return
    port = parse_int(port_text)
    if port is None or not 0 <= port <= LARGEST_PORT:
        raise BadPrimaryPort
    name = host.decode("utf-8", "surrogateescape")
    if not is_host(name):
        raise BadPrimaryHost
    if ctx.host.is_itself(name, port):
        raise FollowsItself
    if ctx.host.replicate(name, port):
        ctx.reply.ok()
    else:
        ctx.reply.simple(b"OK Already connected to specified master")


@REPLICATION.command(
    "REPLICAOF <host port | NO ONE>",
    arity=3,
    flags=FOLLOWS,
    since="5.0.0",
    complexity="O(1)",
    summary="Hold what another node holds, from now on; or be a primary again.",
)
def cmd_replicaof(ctx: Context, args: Args) -> None:
    follow(ctx, args)


@REPLICATION.command(
    "SLAVEOF <host port | NO ONE>",
    arity=3,
    flags=FOLLOWS,
    since="1.0.0",
    complexity="O(1)",
    summary="The former name of REPLICAOF.",
    deprecated_since="5.0.0",
    replaced_by="`REPLICAOF`",
)
def cmd_slaveof(ctx: Context, args: Args) -> None:
    follow(ctx, args)
