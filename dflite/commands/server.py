"""The server as a process: INFO, time, the last snapshot, the end, MONITOR, modules."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.server_errors import (
    CannotLoadModule,
    MonitorRefused,
    NoSaveInProgress,
    NoSuchModule,
    ShutdownFailed,
)
from dflite.engine.args import Args
from dflite.engine.command import (
    ADMIN,
    ALLOW_BUSY,
    FAST,
    LOADING,
    NO_ASYNC_LOADING,
    NO_MULTI,
    NOSCRIPT,
    PROTECTED,
    STALE,
    Family,
)
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.native.wire.connection import HELD_OTHER

SERVER: Final = Family("server")
ANYTIME: Final = LOADING | STALE
LOADS_MODULES: Final = ADMIN | NOSCRIPT | NO_ASYNC_LOADING | PROTECTED
VARYING: Final = "nondeterministic_output"


@SERVER.command(
    "INFO [section [section ...]]",
    arity=-1,
    flags=ANYTIME,
    since="1.0.0",
    complexity="O(1)",
    summary="Figures about the server, all of them or those of some sections.",
    acl="dangerous",
    tips=[VARYING, "request_policy:all_shards", "response_policy:special"],
)
def cmd_info(ctx: Context, args: Args) -> None:
    sections = [word.decode("latin-1").lower() for word in args.rest()]
    ctx.reply.verbatim(ctx.host.info(sections))


@SERVER.command(
    "TIME",
    arity=1,
    flags=ANYTIME | FAST,
    since="2.6.0",
    complexity="O(1)",
    summary="The server's clock: Unix seconds, and microseconds within the second.",
    tips=[VARYING],
)
def cmd_time(ctx: Context, args: Args) -> None:
    seconds, micros = divmod(ctx.engine.clock.now_us, 1_000_000)
    ctx.reply.bulks([b"%d" % seconds, b"%d" % micros])


@SERVER.command(
    "SAVE",
    arity=1,
    flags=ADMIN | NOSCRIPT | NO_ASYNC_LOADING | NO_MULTI,
    since="1.0.0",
    complexity="O(N) where N is the total number of keys in all databases",
    summary="Take a snapshot; nobody is served until it is written.",
)
def cmd_save(ctx: Context, args: Args) -> None:
    ctx.host.save()
    ctx.reply.ok()


@SERVER.command(
    "BGSAVE [SCHEDULE | CANCEL]",
    arity=-1,
    flags=ADMIN | NOSCRIPT | NO_ASYNC_LOADING,
    since="1.0.0",
    complexity="O(1)",
    summary="Take a snapshot of this moment while requests are served, or give up the running one.",
)
def cmd_bgsave(ctx: Context, args: Args) -> None:
    word = args.word() if args.more() else b""
    if args.more() or word not in (b"", b"SCHEDULE", b"CANCEL"):
        raise BadSyntax
    if word == b"CANCEL":
        if not ctx.host.cancel_save():
            raise NoSaveInProgress
        ctx.reply.simple(b"Background saving cancelled")
    elif ctx.host.save_in_background(word == b"SCHEDULE"):
        ctx.reply.simple(b"Background saving started")
    else:
        ctx.reply.simple(b"Background saving scheduled")


@SERVER.command(
    "BGREWRITEAOF",
    arity=1,
    flags=ADMIN | NOSCRIPT | NO_ASYNC_LOADING,
    since="1.0.0",
    complexity="O(1)",
    summary="Rewrite the append-only log, which then is as short as the data allow.",
)
def cmd_bgrewriteaof(ctx: Context, args: Args) -> None:
    begun = ctx.host.rewrite_log()
    word = b"started" if begun else b"scheduled"
    ctx.reply.simple(b"Background append only file rewriting " + word)


@SERVER.command(
    "LASTSAVE",
    arity=1,
    flags=ANYTIME | FAST,
    since="1.0.0",
    complexity="O(1)",
    summary="When the last snapshot was finished, or else the server started, in Unix seconds.",
    acl="admin dangerous",
    tips=[VARYING],
)
def cmd_lastsave(ctx: Context, args: Args) -> None:
    ctx.reply.integer(ctx.host.last_save_s())


@SERVER.command(
    "SHUTDOWN [[NOSAVE | SAVE] [NOW] [FORCE] | ABORT]",
    arity=-1,
    flags=ADMIN | NOSCRIPT | ANYTIME | NO_MULTI | ALLOW_BUSY,
    since="1.0.0",
    complexity="O(N) in the number of keys if a snapshot is taken, otherwise O(1)",
    summary="End the server, when replicas have everything, and after a snapshot if that is asked "
    "for or configured.",
)
def cmd_shutdown(ctx: Context, args: Args) -> None:
    save: bool | None = None
    now = force = abort = False
    while args.more():
        word = args.word()
        if word == b"NOSAVE" and save is not True:
            save = False
        elif word == b"SAVE" and save is not False:
            save = True
        elif word == b"NOW":
            now = True
        elif word == b"FORCE":
            force = True
        elif word == b"ABORT":
            abort = True
        else:
            raise BadSyntax
    if abort:
        if save is not None or now or force:
            raise BadSyntax
        ctx.host.abort_shutdown()
        ctx.reply.ok()
        return
    if ctx.engine.busy_with is not None and save is not False:
        raise ctx.engine.busy_with
    ctx.host.shutdown(save, now, force, NotEnded(ctx).__call__)
    ctx.client.conn.hold(HELD_OTHER)  # the end is the answer


class NotEnded:
    """A client that has asked for the end is told that it does not come."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def __call__(self) -> None:
        conn = self.ctx.client.conn
        if not conn.closed:
            self.ctx.reply.error(ShutdownFailed.text)
            conn.release(HELD_OTHER)


@SERVER.command(
    "MONITOR",
    arity=1,
    flags=ADMIN | NOSCRIPT | ANYTIME,
    since="1.0.0",
    complexity="",
    summary="Be sent a line for each request that the server runs from now on.",
)
def cmd_monitor(ctx: Context, args: Args) -> None:
    client = ctx.client
    if not ctx.may_wait:
        raise MonitorRefused
    if not client.monitor:
        client.monitor = True
        client.update_lane()
        ctx.engine.monitors.append(client)
        ctx.engine.observers_changed()
    ctx.reply.ok()


MODULE: Final = SERVER.container(
    "MODULE",
    since="4.0.0",
    summary="About modules. There are none: what they would add is built in, or missing.",
)


@SERVER.command(
    "MODULE LIST",
    arity=2,
    flags=ADMIN | NOSCRIPT,
    since="4.0.0",
    complexity="O(1)",
    summary="The loaded modules: an empty list.",
    tips=["nondeterministic_output_order"],
)
def cmd_module_list(ctx: Context, args: Args) -> None:
    ctx.reply.array(0)


@SERVER.command(
    "MODULE LOAD path [arg [arg ...]]",
    arity=-3,
    flags=LOADS_MODULES,
    since="4.0.0",
    complexity="O(1)",
    summary="Load a module, which is refused: none can be loaded.",
)
def cmd_module_load(ctx: Context, args: Args) -> None:
    raise CannotLoadModule


@SERVER.command(
    "MODULE LOADEX path [CONFIG name value [CONFIG name value ...]] [ARGS args [args ...]]",
    arity=-3,
    flags=LOADS_MODULES,
    since="7.0.0",
    complexity="O(1)",
    summary="Load a module with settings, which is refused: none can be loaded.",
)
def cmd_module_loadex(ctx: Context, args: Args) -> None:
    raise CannotLoadModule


@SERVER.command(
    "MODULE UNLOAD name",
    arity=3,
    flags=LOADS_MODULES,
    since="4.0.0",
    complexity="O(1)",
    summary="Unload a module, which is refused: none is loaded.",
)
def cmd_module_unload(ctx: Context, args: Args) -> None:
    raise NoSuchModule


@SERVER.command(
    "MODULE HELP",
    arity=2,
    flags=ANYTIME,
    since="5.0.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_module_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, MODULE)
