"""Scripts: EVAL and its kin, SCRIPT."""

from typing import Final

from dflite.base.collection_errors import TooManyKeys
from dflite.base.errors import CommandError, NotAnInteger
from dflite.base.script_errors import (
    BadFlushMode,
    NegativeKeyCount,
    NoDebugger,
    NoScript,
    NoSuchScriptToShow,
    UnknownDebugMode,
)
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    ALLOW_BUSY,
    LOADING,
    MAY_REPLICATE,
    NO_MANDATORY_KEYS,
    NOSCRIPT,
    READONLY,
    RO,
    RW,
    SKIP_MONITOR,
    STALE,
    UPDATE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.engine.monitoring import feed_monitors
from dflite.native.base.bytesops import parse_int
from dflite.scripting.scripting import scripting_of

SCRIPTING: Final = Family("scripting", "scripting")
SCRIPT: Final = SCRIPTING.container("SCRIPT", since="2.6.0", summary="The cache of scripts.")
EVALUATION: Final = NOSCRIPT | STALE | SKIP_MONITOR | NO_MANDATORY_KEYS
ANY_KEYS: Final = KeySpec(RW | ACCESS | UPDATE, begin=2, numkeys=0, first=1)
READ_KEYS: Final = KeySpec(RO | ACCESS, begin=2, numkeys=0, first=1)
DIGEST: Final = 40


def read_key_count(argv: list[bytes], otherwise: type[CommandError]) -> int:
    """How many of the words behind argv[2] are keys; raises `otherwise` if it is no number."""
    keys = parse_int(argv[2])
    if keys is None:
        raise otherwise
    if keys > len(argv) - 3:
        raise TooManyKeys
    if keys < 0:
        raise NegativeKeyCount
    return keys


def evaluate(ctx: Context, argv: list[bytes], by_digest: bool, read_only: bool) -> None:
    if ctx.engine.monitors:
        feed_monitors(ctx.engine, ctx, argv)  # before the commands that the script calls
    if by_digest and len(argv[1]) != DIGEST:
        raise NoScript
    keys = read_key_count(argv, NotAnInteger)
    scripting = scripting_of(ctx)
    scripts = scripting.scripts
    if by_digest:
        script = scripts.by_digest(argv[1])
        if script is None:
            raise NoScript
    else:
        script = scripts.by_body(argv[1], False)
    scripting.run(ctx, scripting.calls, script, argv, keys, read_only)


@SCRIPTING.command(
    "EVAL script numkeys [key [key ...]] [arg [arg ...]]",
    arity=-3,
    flags=EVALUATION | MAY_REPLICATE,
    keys=[ANY_KEYS],
    since="2.6.0",
    complexity="Depends on the script that is executed.",
    summary="Run a Lua script, at once and alone.",
)
def cmd_eval(ctx: Context, args: Args) -> None:
    evaluate(ctx, args.argv, False, False)


@SCRIPTING.command(
    "EVALSHA sha1 numkeys [key [key ...]] [arg [arg ...]]",
    arity=-3,
    flags=EVALUATION | MAY_REPLICATE,
    keys=[ANY_KEYS],
    since="2.6.0",
    complexity="Depends on the script that is executed.",
    summary="Run the Lua script of that SHA-1, which was run or loaded before.",
)
def cmd_evalsha(ctx: Context, args: Args) -> None:
    evaluate(ctx, args.argv, True, False)


@SCRIPTING.command(
    "EVAL_RO script numkeys [key [key ...]] [arg [arg ...]]",
    arity=-3,
    flags=EVALUATION | READONLY,
    keys=[READ_KEYS],
    since="7.0.0",
    complexity="Depends on the script that is executed.",
    summary="Run a Lua script that only reads.",
)
def cmd_eval_ro(ctx: Context, args: Args) -> None:
    evaluate(ctx, args.argv, False, True)


@SCRIPTING.command(
    "EVALSHA_RO sha1 numkeys [key [key ...]] [arg [arg ...]]",
    arity=-3,
    flags=EVALUATION | READONLY,
    keys=[READ_KEYS],
    since="7.0.0",
    complexity="Depends on the script that is executed.",
    summary="Run the Lua script of that SHA-1, which only reads.",
)
def cmd_evalsha_ro(ctx: Context, args: Args) -> None:
    evaluate(ctx, args.argv, True, True)


# -- the cache -----------------------------------------------------------------------------------


@SCRIPTING.command(
    "SCRIPT LOAD script",
    arity=3,
    flags=NOSCRIPT | STALE,
    since="2.6.0",
    complexity="O(N) with N being the length in bytes of the script body.",
    summary="Keep a script for EVALSHA; its SHA-1.",
    tips=["request_policy:all_nodes", "response_policy:all_succeeded"],
)
def cmd_script_load(ctx: Context, args: Args) -> None:
    ctx.reply.bulk(scripting_of(ctx).scripts.by_body(args.next(), True).name)


@SCRIPTING.command(
    "SCRIPT EXISTS sha1 [sha1 ...]",
    arity=-3,
    flags=NOSCRIPT | STALE,
    since="2.6.0",
    complexity="O(N) with N being the number of scripts to check (so checking a single script is "
    "an O(1) operation).",
    summary="Whether scripts are in the cache.",
    tips=["request_policy:all_shards", "response_policy:agg_logical_and"],
)
def cmd_script_exists(ctx: Context, args: Args) -> None:
    scripts = scripting_of(ctx).scripts
    ctx.reply.integers([scripts.by_digest(digest) is not None for digest in args.rest()])


@SCRIPTING.command(
    "SCRIPT SHOW sha1",
    arity=3,
    flags=NOSCRIPT | STALE,
    since="8.0.0",
    complexity="O(1).",
    summary="The text of a script in the cache.",
)
def cmd_script_show(ctx: Context, args: Args) -> None:
    script = scripting_of(ctx).scripts.by_digest(args.next())
    if script is None:
        raise NoSuchScriptToShow
    ctx.reply.bulk(script.body)


@SCRIPTING.command(
    "SCRIPT FLUSH [ASYNC | SYNC]",
    arity=-2,
    flags=NOSCRIPT | STALE,
    since="2.6.0",
    complexity="O(N) with N being the number of scripts in cache",
    summary="Empty the cache of scripts.",
    tips=["request_policy:all_nodes", "response_policy:all_succeeded"],
)
def cmd_script_flush(ctx: Context, args: Args) -> None:
    if args.more() and (args.word() not in (b"ASYNC", b"SYNC") or args.more()):
        raise BadFlushMode
    scripting_of(ctx).scripts.flush()
    ctx.reply.ok()


@SCRIPTING.command(
    "SCRIPT KILL",
    arity=2,
    flags=NOSCRIPT | ALLOW_BUSY,
    since="2.6.0",
    complexity="O(1)",
    summary="End the script that runs, if it has not written.",
    tips=["request_policy:all_shards", "response_policy:one_succeeded"],
)
def cmd_script_kill(ctx: Context, args: Args) -> None:
    scripting_of(ctx).kill(False)
    ctx.reply.ok()


@SCRIPTING.command(
    "SCRIPT DEBUG <YES | SYNC | NO>",
    arity=3,
    flags=NOSCRIPT,
    since="3.2.0",
    complexity="O(1)",
    summary="Step through scripts: refused, but NO is accepted.",
)
def cmd_script_debug(ctx: Context, args: Args) -> None:
    mode = args.word()
    if mode in (b"YES", b"SYNC"):
        raise NoDebugger
    if mode != b"NO":
        raise UnknownDebugMode
    ctx.reply.ok()


@SCRIPTING.command(
    "SCRIPT HELP",
    arity=2,
    flags=LOADING | STALE,
    since="5.0.0",
    complexity="O(1)",
    summary="How to call SCRIPT.",
)
def cmd_script_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, SCRIPT)
