"""Libraries of functions: FUNCTION, and FCALL, which runs one."""

from typing import Final

from dflite.base.script_errors import (
    BadFunctionFlushMode,
    BadKeyCount,
    BadRestorePolicy,
    BusyScript,
    FunctionCodeMissing,
    FunctionNotFound,
    NoLibraryPattern,
    UnknownListArgument,
    UnknownLoadOption,
)
from dflite.base.server_errors import SubcommandOrArity
from dflite.commands.scripts import (
    ANY_KEYS,
    EVALUATION,
    READ_KEYS,
    SCRIPTING,
    read_key_count,
)
from dflite.engine.args import Args
from dflite.engine.command import (
    ALLOW_BUSY,
    DENYOOM,
    LOADING,
    MAY_REPLICATE,
    NOSCRIPT,
    READONLY,
    STALE,
    WRITE,
)
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.engine.monitoring import feed_monitors
from dflite.native.base.clock import monotonic_us
from dflite.scripting.flags import FLAGS
from dflite.scripting.libraries import Library
from dflite.scripting.scripting import scripting_of

FUNCTION: Final = SCRIPTING.container("FUNCTION", since="7.0.0", summary="Libraries of functions.")
POLICIES: Final = (b"APPEND", b"REPLACE", b"FLUSH")
EVERYWHERE: Final = ["request_policy:all_shards", "response_policy:all_succeeded"]


def call(ctx: Context, argv: list[bytes], read_only: bool) -> None:
    if ctx.engine.monitors:
        feed_monitors(ctx.engine, ctx, argv)
    scripting = scripting_of(ctx)
    libraries = scripting.libraries
    function = libraries.named(argv[1])
    if function is None:
        raise FunctionNotFound
    keys = read_key_count(argv, BadKeyCount)
    scripting.run(ctx, libraries.calls, function, argv, keys, read_only)


@SCRIPTING.command(
    "FCALL function numkeys [key [key ...]] [arg [arg ...]]",
    arity=-3,
    flags=EVALUATION | MAY_REPLICATE,
    keys=[ANY_KEYS],
    since="7.0.0",
    complexity="Depends on the function that is executed.",
    summary="Call a function of a library, at once and alone.",
)
def cmd_fcall(ctx: Context, args: Args) -> None:
    call(ctx, args.argv, False)


@SCRIPTING.command(
    "FCALL_RO function numkeys [key [key ...]] [arg [arg ...]]",
    arity=-3,
    flags=EVALUATION | READONLY,
    keys=[READ_KEYS],
    since="7.0.0",
    complexity="Depends on the function that is executed.",
    summary="Call a function of a library that only reads.",
)
def cmd_fcall_ro(ctx: Context, args: Args) -> None:
    call(ctx, args.argv, True)


# -- libraries -----------------------------------------------------------------------------------


def changed(ctx: Context) -> None:
    """The libraries are others now: replicas need to know, though no key has changed."""
    ctx.engine.effects.changed += 1


@SCRIPTING.command(
    "FUNCTION LOAD [REPLACE] function-code",
    arity=-3,
    flags=NOSCRIPT | WRITE | DENYOOM,
    since="7.0.0",
    complexity="O(1) (considering compilation time is redundant)",
    summary="Load a library; its name.",
    tips=EVERYWHERE,
)
def cmd_function_load(ctx: Context, args: Args) -> None:
    replace = False
    while args.left() > 1:
        word = args.next()
        if word.upper() != b"REPLACE":
            raise UnknownLoadOption(word)
        replace = True
    if not args.more():
        raise FunctionCodeMissing
    name = scripting_of(ctx).libraries.load(args.next(), replace)
    changed(ctx)
    ctx.reply.bulk(name)


@SCRIPTING.command(
    "FUNCTION DELETE library-name",
    arity=3,
    flags=NOSCRIPT | WRITE,
    since="7.0.0",
    complexity="O(1)",
    summary="Delete a library.",
    tips=EVERYWHERE,
)
def cmd_function_delete(ctx: Context, args: Args) -> None:
    scripting_of(ctx).libraries.delete(args.next())
    changed(ctx)
    ctx.reply.ok()


@SCRIPTING.command(
    "FUNCTION FLUSH [ASYNC | SYNC]",
    arity=-2,
    flags=NOSCRIPT | WRITE,
    since="7.0.0",
    complexity="O(N) where N is the number of functions deleted",
    summary="Delete all libraries.",
    tips=EVERYWHERE,
)
def cmd_function_flush(ctx: Context, args: Args) -> None:
    if args.left() > 1:
        raise SubcommandOrArity(args.argv)
    if args.more() and args.word() not in (b"ASYNC", b"SYNC"):
        raise BadFunctionFlushMode
    scripting_of(ctx).libraries.flush()
    changed(ctx)
    ctx.reply.ok()


@SCRIPTING.command(
    "FUNCTION DUMP",
    arity=2,
    flags=NOSCRIPT,
    since="7.0.0",
    complexity="O(N) where N is the number of functions",
    summary="All libraries, for FUNCTION RESTORE.",
)
def cmd_function_dump(ctx: Context, args: Args) -> None:
    packing = ctx.host.setting("rdbcompression") is True
    ctx.reply.bulk(scripting_of(ctx).libraries.dump(packing))


@SCRIPTING.command(
    "FUNCTION RESTORE serialized-value [FLUSH | APPEND | REPLACE]",
    arity=-3,
    flags=NOSCRIPT | WRITE | DENYOOM,
    since="7.0.0",
    complexity="O(N) where N is the number of functions on the payload",
    summary="Load what FUNCTION DUMP answered.",
    tips=EVERYWHERE,
)
def cmd_function_restore(ctx: Context, args: Args) -> None:
    payload = args.next()
    if args.left() > 1:
        raise SubcommandOrArity(args.argv)
    policy = args.word() if args.more() else b"APPEND"
    if policy not in POLICIES:
        raise BadRestorePolicy
    scripting_of(ctx).libraries.restore(payload, policy)
    changed(ctx)
    ctx.reply.ok()


@SCRIPTING.command(
    "FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE]",
    arity=-2,
    flags=NOSCRIPT,
    since="7.0.0",
    complexity="O(N) where N is the number of functions",
    summary="The libraries and their functions.",
    tips=["nondeterministic_output_order"],
)
def cmd_function_list(ctx: Context, args: Args) -> None:
    pattern: bytes | None = None
    with_code = False
    while args.more():
        word = args.next()
        if word.upper() == b"WITHCODE" and not with_code:
            with_code = True
        elif word.upper() == b"LIBRARYNAME" and pattern is None:
            if not args.more():
                raise NoLibraryPattern
            pattern = args.next()
        else:
            raise UnknownListArgument(word)
    libraries = scripting_of(ctx).libraries.matching(pattern)
    ctx.reply.array(len(libraries))
    for library in libraries:
        write_library(ctx, library, with_code)


def write_library(ctx: Context, library: Library, with_code: bool) -> None:
    reply = ctx.reply
    reply.map(4 if with_code else 3)
    reply.bulk(b"library_name")
    reply.bulk(library.name)
    reply.bulk(b"engine")
    reply.bulk(b"LUA")
    reply.bulk(b"functions")
    reply.array(len(library.functions))
    for function in library.functions.values():
        reply.map(3)
        reply.bulk(b"name")
        reply.bulk(function.name)
        reply.bulk(b"description")
        reply.bulk_or_null(function.description)
        reply.bulk(b"flags")
        flags = [name for name, bit in FLAGS.items() if function.flags & bit]
        reply.set(len(flags))
        for flag in flags:
            reply.simple(flag)
    if with_code:
        reply.bulk(b"library_code")
        reply.bulk(library.code)


@SCRIPTING.command(
    "FUNCTION STATS",
    arity=2,
    flags=NOSCRIPT | ALLOW_BUSY,
    since="7.0.0",
    complexity="O(1)",
    summary="The function that runs, and how many there are.",
    tips=["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
)
def cmd_function_stats(ctx: Context, args: Args) -> None:
    scripting = scripting_of(ctx)
    libraries = scripting.libraries
    running = scripting.running()
    reply = ctx.reply
    if running is not None and running is scripting.calls:
        raise BusyScript
    reply.map(2)
    reply.bulk(b"running_script")
    if running is None:
        reply.null()
    else:
        reply.map(3)
        reply.bulk(b"name")
        reply.bulk(running.name)
        reply.bulk(b"command")
        reply.bulks(list(running.caller_argv))
        reply.bulk(b"duration_ms")
        reply.integer((monotonic_us() - running.started_us) // 1000)
    reply.bulk(b"engines")
    reply.map(1)
    reply.bulk(b"LUA")
    reply.map(2)
    reply.bulk(b"libraries_count")
    reply.integer(len(libraries.by_name))
    reply.bulk(b"functions_count")
    reply.integer(len(libraries.functions))


@SCRIPTING.command(
    "FUNCTION KILL",
    arity=2,
    flags=NOSCRIPT | ALLOW_BUSY,
    since="7.0.0",
    complexity="O(1)",
    summary="End the function that runs, if it has not written.",
    tips=["request_policy:all_shards", "response_policy:one_succeeded"],
)
def cmd_function_kill(ctx: Context, args: Args) -> None:
    scripting_of(ctx).kill(True)
    ctx.reply.ok()


@SCRIPTING.command(
    "FUNCTION HELP",
    arity=2,
    flags=LOADING | STALE,
    since="7.0.0",
    complexity="O(1)",
    summary="How to call FUNCTION.",
)
def cmd_function_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, FUNCTION)
