"""COMMAND: the table of commands, told to clients."""

from collections.abc import Callable
from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.server_errors import (
    CommandHasNoKeys,
    InvalidCommand,
    InvalidCommandArguments,
    InvalidNumberOfArguments,
)
from dflite.engine.args import Args
from dflite.engine.command import (
    CATEGORIES,
    CATEGORY_BITS,
    COMMANDS,
    FLAG_NAMES,
    KEY_FLAG_NAMES,
    LOADING,
    NO_MANDATORY_KEYS,
    STALE,
    Command,
    Family,
    KeyAt,
    KeySpec,
    every_command,
    key_range,
    own_subcommands,
    top_level,
)
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.engine.usage import Argument, arguments_of
from dflite.native.base.bytesops import glob_match
from dflite.native.wire.reply import Reply

SERVER: Final = Family("server", "connection")
ANYTIME: Final = LOADING | STALE
UNORDERED: Final = "nondeterministic_output_order"
# Whole replies, by what they are of, whether in RESP3, and the names in the table.
WRITTEN: Final[dict[tuple[str, bool, tuple[bytes, ...]], bytes]] = {}


def cmd_command(ctx: Context, args: Args) -> None:
    answer_whole(ctx.reply, "rows", write_rows)


def answer_whole(reply: Reply, what: str, write: Callable[[Reply], None]) -> None:
    """Answer what is said of the whole table; it is made once for each protocol.

    Clients ask for it when they connect, and making it takes long enough for others to notice.
    """
    place = (what, reply.resp3, tuple(COMMANDS))
    known = WRITTEN.get(place)
    if known is None:
        mark = reply.mark()
        write(reply)
        WRITTEN[place] = reply.since(mark)
    else:
        reply.raw(known)


def write_rows(reply: Reply) -> None:
    rows = top_level()
    reply.array(len(rows))
    for row in rows:
        write_row(reply, row)


COMMAND: Final = SERVER.container(
    "COMMAND",
    arity=-1,
    flags=ANYTIME,
    since="2.8.13",
    complexity="O(N) in the number of commands",
    summary="Describe every command: arity, flags, keys, ACL categories.",
    acl="connection",
    tips=[UNORDERED],
    handler=cmd_command,
)


@SERVER.command(
    "COMMAND COUNT",
    arity=2,
    flags=ANYTIME,
    since="2.8.13",
    complexity="O(1)",
    summary="How many commands there are, not counting subcommands.",
)
def cmd_command_count(ctx: Context, args: Args) -> None:
    ctx.reply.integer(len(top_level()))


@SERVER.command(
    "COMMAND DOCS [command-name [command-name ...]]",
    arity=-2,
    flags=ANYTIME,
    since="7.0.0",
    complexity="O(N) in the number of commands looked up",
    summary="Document these commands, or all: summary, arguments, complexity.",
    tips=[UNORDERED],
)
def cmd_command_docs(ctx: Context, args: Args) -> None:
    if not args.more():
        answer_whole(ctx.reply, "docs", write_all_docs)
        return
    rows = []
    for name in args.rest():
        row = row_named(name)
        if row is not None:
            rows.append(row)
    write_docs_of(ctx.reply, rows)


def write_all_docs(reply: Reply) -> None:
    write_docs_of(reply, top_level())


def write_docs_of(reply: Reply, rows: list[Command]) -> None:
    reply.map(len(rows))
    for row in rows:
        reply.bulk(row.name.encode())
        write_docs(reply, row)


@SERVER.command(
    "COMMAND GETKEYS command [arg [arg ...]]",
    arity=-3,
    flags=ANYTIME,
    since="2.8.13",
    complexity="O(N) in the number of arguments",
    summary="The keys that a request names.",
)
def cmd_command_getkeys(ctx: Context, args: Args) -> None:
    argv = args.rest()
    ctx.reply.bulks([argv[key.index] for key in keys_of_request(argv)])


@SERVER.command(
    "COMMAND GETKEYSANDFLAGS command [arg [arg ...]]",
    arity=-3,
    flags=ANYTIME,
    since="7.0.0",
    complexity="O(N) in the number of arguments",
    summary="The keys that a request names, each with what is done to it.",
)
def cmd_command_getkeysandflags(ctx: Context, args: Args) -> None:
    argv = args.rest()
    keys = keys_of_request(argv)
    ctx.reply.array(len(keys))
    for key in keys:
        ctx.reply.array(2)
        ctx.reply.bulk(argv[key.index])
        write_words(ctx.reply, names_of(key.flags, KEY_FLAG_NAMES))


@SERVER.command(
    "COMMAND HELP",
    arity=2,
    flags=ANYTIME,
    since="5.0.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_command_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, COMMAND)


@SERVER.command(
    "COMMAND INFO [command-name [command-name ...]]",
    arity=-2,
    flags=ANYTIME,
    since="2.8.13",
    complexity="O(N) in the number of commands looked up",
    summary="Describe these commands as COMMAND does, or all; null for a name that is not known.",
    tips=[UNORDERED],
)
def cmd_command_info(ctx: Context, args: Args) -> None:
    if not args.more():
        cmd_command(ctx, args)
        return
    names = args.rest()
    ctx.reply.array(len(names))
    for name in names:
        row = row_named(name)
        if row is None:
            ctx.reply.null()
        else:
            write_row(ctx.reply, row)


@SERVER.command(
    "COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
    arity=-2,
    flags=ANYTIME,
    since="7.0.0",
    complexity="O(N) in the number of commands",
    summary="Names of all commands and subcommands, or of those that the filter lets through.",
    tips=[UNORDERED],
)
def cmd_command_list(ctx: Context, args: Args) -> None:
    rows = every_command()
    if args.more():
        if args.word() != b"FILTERBY" or args.left() != 2:
            raise BadSyntax
        kind = args.word()
        operand = args.next()
        if kind == b"MODULE":
            rows = []  # there are no modules
        elif kind == b"ACLCAT":
            bit = CATEGORY_BITS.get(operand.lower().decode("latin-1"), 0)
            rows = [row for row in rows if row.acl & bit]
        elif kind == b"PATTERN":
            rows = [row for row in rows if glob_match(operand, row.name.encode(), nocase=True)]
        else:
            raise BadSyntax
    ctx.reply.bulks([row.name.encode() for row in rows])


# -- finding rows ----------------------------------------------------------------------------------


def row_named(name: bytes) -> Command | None:
    """The row of a full name in any case: `get`, `config|get`."""
    words = name.upper().split(b"|")
    row = COMMANDS.get(words[0])
    if row is None or len(words) == 1:
        return row
    return row.subcommands.get(words[1]) if len(words) == 2 else None


def row_of_request(argv: list[bytes]) -> Command | None:
    """The row that a request would run."""
    row = COMMANDS.get(argv[0].upper())
    if row is None or len(argv) == 1 or not row.subcommands:
        return row
    return row.subcommands.get(argv[1].upper())


def keys_of_request(argv: list[bytes]) -> list[KeyAt]:
    row = row_of_request(argv)
    if row is None:
        raise InvalidCommand
    if not row.has_keys():
        raise CommandHasNoKeys
    if not row.fits(len(argv)):
        raise InvalidNumberOfArguments
    keys = row.keys_at(argv)
    if not keys and not row.flags & NO_MANDATORY_KEYS:
        raise InvalidCommandArguments
    return keys


# -- writing rows ----------------------------------------------------------------------------------


def write_row(reply: Reply, row: Command) -> None:
    """A row in ten fields, its subcommands last."""
    first, last, step = key_range(row.keys)
    reply.array(10)
    reply.bulk(row.name.encode())
    reply.integer(row.arity)
    write_words(reply, names_of(row.flags, FLAG_NAMES))
    reply.integer(first)
    reply.integer(last)
    reply.integer(step)
    write_words(reply, ["@" + name for name in CATEGORIES if row.acl & CATEGORY_BITS[name]])
    reply.set(len(row.tips))
    for tip in row.tips:
        reply.bulk(tip.encode())
    reply.set(len(row.keys))
    for spec in row.keys:
        write_key_spec(reply, spec)
    subcommands = own_subcommands(row)
    reply.array(len(subcommands))
    for sub in subcommands:
        write_row(reply, sub)


def names_of(bits: int, names: list[tuple[int, str]]) -> list[str]:
    return [name for bit, name in names if bits & bit]


def write_words(reply: Reply, words: list[str]) -> None:
    """A set of simple strings."""
    reply.set(len(words))
    for word in words:
        reply.simple(word.encode())


def write_key_spec(reply: Reply, spec: KeySpec) -> None:
    reply.map(3)
    reply.bulk(b"flags")
    write_words(reply, names_of(spec.flags, KEY_FLAG_NAMES))
    reply.bulk(b"begin_search")
    if spec.unknown:
        write_search(reply, b"unknown", [])
    elif spec.keyword:
        write_search(reply, b"keyword", [(b"startfrom", spec.begin)], spec.keyword.encode())
    else:
        write_search(reply, b"index", [(b"index", spec.begin)])
    reply.bulk(b"find_keys")
    if spec.unknown:
        write_search(reply, b"unknown", [])
    elif spec.numkeys >= 0:
        numbers = [(b"keynumidx", spec.numkeys), (b"firstkey", spec.first)]
        write_search(reply, b"keynum", [*numbers, (b"keystep", spec.step)])
    else:
        numbers = [(b"lastkey", spec.last), (b"keystep", spec.step)]
        write_search(reply, b"range", [*numbers, (b"limit", spec.limit)])


def write_search(
    reply: Reply, kind: bytes, numbers: list[tuple[bytes, int]], keyword: bytes = b""
) -> None:
    """One half of a key specification: how to get to the first key, or on from there."""
    reply.map(2)
    reply.bulk(b"type")
    reply.bulk(kind)
    reply.bulk(b"spec")
    reply.map(len(numbers) + (1 if keyword else 0))
    if keyword:
        reply.bulk(b"keyword")
        reply.bulk(keyword)
    for name, number in numbers:
        reply.bulk(name)
        reply.integer(number)


# -- writing documentation -------------------------------------------------------------------------


def write_docs(reply: Reply, row: Command) -> None:
    """What a person wants to know of a command, and what a client can complete."""
    texts = [("summary", row.summary), ("since", row.since), ("group", row.group)]
    texts += [("complexity", row.complexity)] if row.complexity else []
    deprecated = row.deprecated_since
    retired = [("deprecated_since", deprecated), ("replaced_by", row.replaced_by)]
    arguments = arguments_of(row)
    subcommands = own_subcommands(row)
    fields = len(texts) + bool(arguments) + bool(subcommands)
    reply.map(fields + (3 if deprecated else 0))
    write_texts(reply, texts)
    if deprecated:
        reply.bulk(b"doc_flags")
        write_words(reply, ["deprecated"])
        write_texts(reply, retired)
    if arguments:
        reply.bulk(b"arguments")
        write_arguments(reply, arguments)
    if subcommands:
        reply.bulk(b"subcommands")
        reply.map(len(subcommands))
        for sub in subcommands:
            reply.bulk(sub.name.encode())
            write_docs(reply, sub)


def write_texts(reply: Reply, texts: list[tuple[str, str]]) -> None:
    for name, text in texts:
        reply.bulk(name.encode())
        reply.bulk(text.encode())


def write_arguments(reply: Reply, arguments: list[Argument]) -> None:
    reply.array(len(arguments))
    for argument in arguments:
        write_argument(reply, argument)


def write_argument(reply: Reply, argument: Argument) -> None:
    texts = [("name", argument.name), ("type", argument.type)]
    if argument.display_text:
        texts.append(("display_text", argument.display_text))
    flags = argument.flag_names()
    has_key = argument.key_spec_index >= 0
    fields = len(texts) + bool(argument.token) + has_key + bool(flags) + bool(argument.arguments)
    reply.map(fields)
    write_texts(reply, texts)
    if has_key:
        reply.bulk(b"key_spec_index")
        reply.integer(argument.key_spec_index)
    if argument.token:
        write_texts(reply, [("token", argument.token)])
    if flags:
        reply.bulk(b"flags")
        write_words(reply, flags)
    if argument.arguments:
        reply.bulk(b"arguments")
        write_arguments(reply, argument.arguments)
