"""Commands that walk all keys of a database."""

from typing import Final

from dflite.base.collection_errors import OnlyForHashes
from dflite.base.conversation_errors import NoPermission
from dflite.base.errors import BadSyntax, InvalidCursor, UnknownType
from dflite.base.numbers import UINT64_MAX
from dflite.engine.acl import may_use_every_key
from dflite.engine.acl_patterns import READS_AND_WRITES
from dflite.engine.args import Args
from dflite.engine.command import READONLY, WRITE, Family
from dflite.engine.context import Context
from dflite.engine.lookup import find
from dflite.ops.keys import delete_keys
from dflite.store.db import TYPE_NAMES

KEYS: Final = Family("generic", "keyspace")
EVERY_KEY_NEEDED: Final = b"RM is for those who may read and write every key"
DEFAULT_COUNT: Final = 10
EVERY_KEY: Final = b"*"  # said so because the empty key matches it too, which no glob does
BLANKS: Final = b" \t\n\v\f\r"


class ScanOptions:
    """What SCAN is to answer; `kind` is a type's number, 0 for any."""

    def __init__(self) -> None:
        self.pattern: bytes | None = None
        self.count = DEFAULT_COUNT
        self.kind = 0
        self.values = True  # HSCAN's


def pattern_or_none(pattern: bytes) -> bytes | None:
    """None for the pattern that every key matches."""
    return None if pattern == EVERY_KEY else pattern


@KEYS.command(
    "KEYS pattern",
    arity=2,
    flags=READONLY,
    since="1.0.0",
    complexity="O(N) in the number of keys of the database",
    summary="All keys that match a pattern.",
    acl="dangerous",
    tips=["request_policy:all_shards", "nondeterministic_output_order"],
)
def cmd_keys(ctx: Context, args: Args) -> None:
    ctx.reply.bulks(ctx.db.keys(pattern_or_none(args.next())))


@KEYS.command(
    "SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]",
    arity=-2,
    flags=READONLY,
    since="2.8.0",
    complexity="O(COUNT) a call, O(N) for all keys",
    summary="Some keys, and the cursor that goes on behind them; 0 begins and ends.",
    tips=["nondeterministic_output", "request_policy:special", "response_policy:special"],
)
def cmd_scan(ctx: Context, args: Args) -> None:
    cursor = read_cursor(args.next())
    options = read_scan_options(args)
    cursor, keys = ctx.keyspace.scan(ctx.db, cursor, options.count, options.pattern, options.kind)
    answer_scan(ctx, cursor, keys)


@KEYS.command(
    "RM cursor [MATCH pattern] [COUNT count] [TYPE type]",
    arity=-2,
    flags=WRITE,
    since="1.0.0",
    complexity="O(COUNT) a call, O(N) for all keys",
    summary="Remove what SCAN would answer: the cursor to go on from, and how many keys went.",
    acl="dangerous",
)
def cmd_rm(ctx: Context, args: Args) -> None:
    cursor = read_cursor(args.next())
    options = read_scan_options(args)
    demand_every_key(ctx, args)
    cursor, keys = ctx.keyspace.scan(ctx.db, cursor, options.count, options.pattern, options.kind)
    removed = delete_keys(ctx.db, keys)
    if removed:
        ctx.db.replicate_as([b"DEL", *keys])
    ctx.reply.array(2)
    ctx.reply.bulk(b"%d" % cursor)
    ctx.reply.integer(removed)


def demand_every_key(ctx: Context, args: Args) -> None:
    """Raise unless the client may read and write whatever key there is."""
    user = ctx.client.user
    if user.unrestricted or may_use_every_key(
        user, READS_AND_WRITES, find(args.argv), args.argv, ctx.db.index, len(ctx.keyspace.dbs)
    ):
        return
    raise NoPermission(EVERY_KEY_NEEDED)


def read_cursor(text: bytes) -> int:
    """An unsigned 64-bit number, as C reads one."""
    digits = text.lstrip(BLANKS)
    if digits[:1] == b"+":
        digits = digits[1:]
    if not digits.isdigit() or len(digits) > 20:
        raise InvalidCursor
    cursor = int(digits)
    if cursor > UINT64_MAX:
        raise InvalidCursor
    return cursor


def read_scan_options(args: Args) -> ScanOptions:
    options = ScanOptions()
    while args.more():
        word = args.word()
        if word == b"TYPE":
            options.kind = type_number(args.next())
        else:
            read_option(args, word, options)
    return options


def read_option(args: Args, word: bytes, options: ScanOptions) -> None:
    """What SCAN, SSCAN, HSCAN and ZSCAN all know."""
    if word == b"MATCH":
        options.pattern = pattern_or_none(args.next())
    elif word == b"COUNT":
        options.count = args.integer()
        if options.count < 1:
            raise BadSyntax
    elif word == b"NOVALUES":
        raise OnlyForHashes
    else:
        raise BadSyntax


def read_element_options(args: Args, values: bool = False) -> ScanOptions:
    """Of the commands that scan a collection; `values`: NOVALUES is known too."""
    options = ScanOptions()
    while args.more():
        word = args.word()
        if values and word == b"NOVALUES":
            options.values = False
        else:
            read_option(args, word, options)
    return options


def answer_scan(ctx: Context, cursor: int, found: list[bytes]) -> None:
    """The cursor to go on from, and what was found."""
    ctx.reply.array(2)
    ctx.reply.bulk(b"%d" % cursor)
    ctx.reply.bulks(found)


def type_number(name: bytes) -> int:
    """The number of the type of that name."""
    lower = name.lower().decode("latin-1")
    if lower not in TYPE_NAMES[1:]:
        raise UnknownType(name)
    return TYPE_NAMES.index(lower)


@KEYS.command(
    "RANDOMKEY",
    arity=1,
    flags=READONLY,
    since="1.0.0",
    complexity="O(1)",
    summary="Any key of the database, or null.",
    tips=["request_policy:all_shards", "response_policy:special", "nondeterministic_output"],
)
def cmd_randomkey(ctx: Context, args: Args) -> None:
    ctx.reply.bulk_or_null(ctx.keyspace.random_key(ctx.db))
