"""CONFIG: settings read and changed while the server runs. dflite.settings says what they are."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.engine.args import Args
from dflite.engine.command import ADMIN, LOADING, NOSCRIPT, STALE, Family
from dflite.engine.context import Context
from dflite.engine.help import write_help

SERVER: Final = Family("server")
HIDDEN: Final = ADMIN | NOSCRIPT | LOADING | STALE
ALL_NODES: Final = ["request_policy:all_nodes", "response_policy:all_succeeded"]

CONFIG: Final = SERVER.container(
    "CONFIG",
    since="2.0.0",
    summary="Settings: what they are, changing them, and the figures' beginning.",
)


@SERVER.command(
    "CONFIG GET parameter [parameter ...]",
    arity=-3,
    flags=HIDDEN,
    since="2.0.0",
    complexity="O(N) in the number of parameters",
    summary="Settings by name or pattern, with their values.",
)
def cmd_config_get(ctx: Context, args: Args) -> None:
    found = ctx.host.settings_matching([text_of(word) for word in args.rest()])
    ctx.reply.map(len(found))
    for name, text in found:
        ctx.reply.bulk(name.encode("utf-8", "surrogateescape"))
        ctx.reply.bulk(text.encode("utf-8", "surrogateescape"))


@SERVER.command(
    "CONFIG HELP",
    arity=2,
    flags=LOADING | STALE,
    since="5.0.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_config_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, CONFIG)


@SERVER.command(
    "CONFIG RESETSTAT",
    arity=2,
    flags=HIDDEN,
    since="2.0.0",
    complexity="O(N) in the number of commands",
    summary="Begin to count anew what INFO counts.",
    tips=ALL_NODES,
)
def cmd_config_resetstat(ctx: Context, args: Args) -> None:
    ctx.host.reset_figures()
    ctx.reply.ok()


@SERVER.command(
    "CONFIG REWRITE",
    arity=2,
    flags=HIDDEN,
    since="2.8.0",
    complexity="O(N) in the number of settings",
    summary="Write the settings to the file that the server was started with.",
    tips=ALL_NODES,
)
def cmd_config_rewrite(ctx: Context, args: Args) -> None:
    ctx.host.rewrite_settings()
    ctx.reply.ok()


@SERVER.command(
    "CONFIG SET parameter value [parameter value ...]",
    arity=-4,
    flags=HIDDEN,
    since="2.0.0",
    complexity="O(N) in the number of parameters",
    summary="Change settings: all that are named, or none.",
    tips=ALL_NODES,
)
def cmd_config_set(ctx: Context, args: Args) -> None:
    words = [text_of(word) for word in args.rest()]
    if len(words) % 2:
        raise BadSyntax
    pairs = [(words[i], words[i + 1]) for i in range(0, len(words), 2)]
    ctx.host.change_settings(pairs, ctx.client.is_local())
    ctx.reply.ok()


def text_of(word: bytes) -> str:
    return word.decode("utf-8", "surrogateescape")
