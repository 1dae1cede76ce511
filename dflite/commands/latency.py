"""LATENCY: spikes by event, and how long each command takes."""

from typing import Final

from dflite.base.server_errors import NoLatencySamples
from dflite.engine.args import Args
from dflite.engine.command import (
    ADMIN,
    COMMANDS,
    LOADING,
    NOSCRIPT,
    STALE,
    Command,
    Family,
    counted_commands,
    own_subcommands,
)
from dflite.engine.context import Context
from dflite.engine.durations import calls_of, cumulated, times_of
from dflite.engine.help import write_help
from dflite.engine.latency_report import draw_graph, examine

SERVER: Final = Family("server")
HIDDEN: Final = ADMIN | NOSCRIPT | LOADING | STALE
TIPS: Final = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"]

LATENCY: Final = SERVER.container(
    "LATENCY",
    since="2.8.13",
    summary="Where time goes: latency spikes by event, durations by command.",
)


@SERVER.command(
    "LATENCY DOCTOR",
    arity=2,
    flags=HIDDEN,
    since="2.8.13",
    complexity="O(1)",
    summary="A report on the spikes seen, with advice.",
    tips=TIPS,
)
def cmd_latency_doctor(ctx: Context, args: Args) -> None:
    engine = ctx.engine
    report = examine(engine.latency, engine.clock.now_ms // 1000, engine.slowlog.threshold_us)
    ctx.reply.verbatim(report.encode())


@SERVER.command(
    "LATENCY GRAPH event",
    arity=3,
    flags=HIDDEN,
    since="2.8.13",
    complexity="O(1)",
    summary="The spikes of an event as a graph of characters.",
    tips=TIPS,
)
def cmd_latency_graph(ctx: Context, args: Args) -> None:
    word = args.next()
    event = word.decode("latin-1")
    monitor = ctx.engine.latency
    if event not in monitor.events:
        raise NoLatencySamples(word)
    ctx.reply.verbatim(draw_graph(event, monitor, ctx.engine.clock.now_ms // 1000).encode())


@SERVER.command(
    "LATENCY HELP",
    arity=2,
    flags=LOADING | STALE,
    since="2.8.13",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_latency_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, LATENCY)


@SERVER.command(
    "LATENCY HISTOGRAM [command [command ...]]",
    arity=-2,
    flags=HIDDEN,
    since="7.0.0",
    complexity="O(N) in the number of commands",
    summary="For these commands, or all that ran: the calls, and how many were done within how "
    "many microseconds.",
    tips=TIPS,
)
def cmd_latency_histogram(ctx: Context, args: Args) -> None:
    rows = counted_commands() if not args.more() else named_rows(args.rest())
    lane = ctx.engine.lane
    rows = [row for row in rows if calls_of(row, lane)]
    ctx.reply.map(len(rows))
    for row in rows:
        steps = cumulated(times_of(row, lane))
        ctx.reply.bulk(row.name.encode())
        ctx.reply.map(2)
        ctx.reply.bulk(b"calls")
        ctx.reply.integer(calls_of(row, lane))
        ctx.reply.bulk(b"histogram_usec")
        ctx.reply.map(len(steps))
        for usec, calls in steps:
            ctx.reply.integer(usec)
            ctx.reply.integer(calls)


def named_rows(names: list[bytes]) -> list[Command]:
    """The rows of these names; of a container, its subcommands'. Unknown names are passed over."""
    rows: list[Command] = []
    for name in names:
        words = name.upper().split(b"|")
        row = COMMANDS.get(words[0])
        if row is not None and len(words) == 2:
            row = row.subcommands.get(words[1])
        if row is not None and len(words) <= 2:
            rows.append(row)
            rows.extend(own_subcommands(row))
    return rows


@SERVER.command(
    "LATENCY HISTORY event",
    arity=3,
    flags=HIDDEN,
    since="2.8.13",
    complexity="O(1)",
    summary="The spikes of an event: Unix seconds and milliseconds of each.",
    tips=TIPS,
)
def cmd_latency_history(ctx: Context, args: Args) -> None:
    samples = ctx.engine.latency.events.get(args.next().decode("latin-1"))
    if samples is None:
        ctx.reply.array(0)
        return
    ctx.reply.array(len(samples))
    for sample in samples:
        ctx.reply.integers([sample.time_s, sample.ms])


@SERVER.command(
    "LATENCY LATEST",
    arity=2,
    flags=HIDDEN,
    since="2.8.13",
    complexity="O(1)",
    summary="Of each event: when it was last slow, how slow in milliseconds, and at worst.",
    tips=TIPS,
)
def cmd_latency_latest(ctx: Context, args: Args) -> None:
    monitor = ctx.engine.latency
    ctx.reply.array(len(monitor.events))
    for event, samples in monitor.events.items():
        ctx.reply.array(4)
        ctx.reply.bulk(event.encode())
        ctx.reply.integer(samples[-1].time_s)
        ctx.reply.integer(samples[-1].ms)
        ctx.reply.integer(monitor.worst[event])


@SERVER.command(
    "LATENCY RESET [event [event ...]]",
    arity=-2,
    flags=HIDDEN,
    since="2.8.13",
    complexity="O(1)",
    summary="Forget the spikes of these events, or of all; how many events that were.",
    tips=["request_policy:all_nodes", "response_policy:agg_sum"],
)
def cmd_latency_reset(ctx: Context, args: Args) -> None:
    monitor = ctx.engine.latency
    events = [word.decode("latin-1") for word in args.rest()] or list(monitor.events)
    ctx.reply.integer(sum([monitor.reset(event) for event in events]))
