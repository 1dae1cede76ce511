"""SLOWLOG: the requests that took long."""

from typing import Final

from dflite.base.numbers import INT64_MAX, read_int_between
from dflite.base.server_errors import BadSlowlogCount, SubcommandOrArity
from dflite.engine.args import Args
from dflite.engine.command import ADMIN, LOADING, STALE, Family
from dflite.engine.context import Context
from dflite.engine.help import write_help

SERVER: Final = Family("server")
ALL_NODES: Final = "request_policy:all_nodes"
VARYING: Final = "nondeterministic_output"
USUAL_COUNT: Final = 10

SLOWLOG: Final = SERVER.container(
    "SLOWLOG",
    since="2.2.12",
    summary="The log of requests that took longer than slowlog-log-slower-than.",
)


@SERVER.command(
    "SLOWLOG GET [count]",
    arity=-2,
    flags=ADMIN | LOADING | STALE,
    since="2.2.12",
    complexity="O(N) in the number of entries answered",
    summary="The newest entries, 10 unless told; -1 for all. Each is its number, Unix seconds, "
    "microseconds, the request, the client's address and name.",
    tips=[ALL_NODES, VARYING],
)
def cmd_slowlog_get(ctx: Context, args: Args) -> None:
    slowlog = ctx.engine.slowlog
    count = USUAL_COUNT
    if args.more():
        number = read_int_between(args.next(), -1, INT64_MAX)
        if args.more():
            raise SubcommandOrArity(args.argv)
        if number is None:
            raise BadSlowlogCount
        count = len(slowlog.entries) if number == -1 else number
    count = min(count, len(slowlog.entries))
    ctx.reply.array(count)
    for i in range(count):
        entry = slowlog.entries[i]
        ctx.reply.array(6)
        ctx.reply.integer(entry.number)
        ctx.reply.integer(entry.time_s)
        ctx.reply.integer(entry.usec)
        ctx.reply.bulks(entry.argv)
        ctx.reply.bulk(entry.addr.encode())
        ctx.reply.bulk(entry.name)


@SERVER.command(
    "SLOWLOG HELP",
    arity=2,
    flags=LOADING | STALE,
    since="6.2.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_slowlog_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, SLOWLOG)


@SERVER.command(
    "SLOWLOG LEN",
    arity=2,
    flags=ADMIN | LOADING | STALE,
    since="2.2.12",
    complexity="O(1)",
    summary="How many entries there are.",
    tips=[ALL_NODES, "response_policy:agg_sum", VARYING],
)
def cmd_slowlog_len(ctx: Context, args: Args) -> None:
    ctx.reply.integer(len(ctx.engine.slowlog.entries))


@SERVER.command(
    "SLOWLOG RESET",
    arity=2,
    flags=ADMIN | LOADING | STALE,
    since="2.2.12",
    complexity="O(N) in the number of entries",
    summary="Forget all entries.",
    tips=[ALL_NODES, "response_policy:all_succeeded"],
)
def cmd_slowlog_reset(ctx: Context, args: Args) -> None:
    ctx.engine.slowlog.entries.clear()
    ctx.reply.ok()
