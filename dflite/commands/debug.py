"""DEBUG: what tests and people who look for a fault need. Nothing of it ends the process."""

import random
import time
from typing import Final

from dflite.base.errors import CustomError, NoSuchKey, NotAnInteger, NotPositive, StringTooLong
from dflite.base.numbers import INT64_MAX, read_int_between
from dflite.base.server_errors import (
    BadReloadOption,
    NeedsResp3,
    SubcommandOrArity,
    UnknownProtocolType,
)
from dflite.commands.object import encoding_name
from dflite.commands.populate import populate
from dflite.commands.substrings import longest_string
from dflite.engine.args import Args
from dflite.engine.command import ADMIN, LOADING, NOSCRIPT, PROTECTED, STALE, Family
from dflite.engine.context import Context
from dflite.native.base.bytesops import glob_match, lzf_compress
from dflite.native.base.floattext import parse_float
from dflite.ops.digests import keyspace_digest, value_digest

SERVER: Final = Family("server")
LONGEST_SLEEP_S: Final = 3600.0
LONGEST_TEXT: Final = 1 << 20
FUZZ_ROUNDS: Final = 2000
SHORT_BITS: Final = 63  # lengths up to this take one byte in RDB
HELP: Final = [
    ("CHANGE-REPL-ID", "Take another replication id: replicas have to synchronise anew."),
    ("DIGEST", "A digest of all data, equal for equal data."),
    ("DIGEST-VALUE key [key ...]", "A digest of each key's value."),
    ("ERROR text", "Answer that error."),
    ("LOG text", "Write a line to the log."),
    ("OBJECT key", "What is known about the value: encoding, size when saved, idle time."),
    ("POPULATE count [prefix] [size]", "Make keys prefix:0, prefix:1 and so on, of size bytes."),
    ("PROTOCOL type", "Answer an example of string, integer, double, null, array, set, map,\n"
     "    attrib, push, verbatim, true, false or bignum."),
    ("LOADAOF", "Forget everything, and load the log."),
    ("RELOAD [NOSAVE] [NOFLUSH] [MERGE]", "Save everything, forget it, and load it again."),
    ("REPLICATE command [arg ...]", "Tell replicas and the log so, and do nothing here."),
    ("SET-ACTIVE-EXPIRE 0|1", "Let keys expire only when they are touched, or by themselves."),
    ("SLEEP seconds", "Do nothing for that long, not even serve others."),
    ("STRINGMATCH-LEN length pattern", "Whether the pattern matches so many letters a: 1 or 0."),
    ("STRINGMATCH-TEST", "Match random patterns and texts, to see that none does harm."),
    ("HELP", "Print this help."),
]  # fmt: skip


@SERVER.command(
    "DEBUG",
    arity=-2,
    flags=ADMIN | NOSCRIPT | LOADING | STALE | PROTECTED,
    since="1.0.0",
    complexity="Depends on subcommand.",
    summary="For tests and for finding faults.",
)
def cmd_debug(ctx: Context, args: Args) -> None:
    word = args.word()
    count = args.left()
    if word == b"HELP" and count == 0:
        debug_help(ctx)
    elif word == b"CHANGE-REPL-ID" and count == 0:
        ctx.engine.replication.begin_history()
        ctx.reply.ok()
    elif word == b"DIGEST" and count == 0:
        ctx.reply.simple(keyspace_digest(ctx.keyspace).hex().encode())
    elif word == b"DIGEST-VALUE":
        keys = args.rest()
        ctx.reply.array(len(keys))
        for key in keys:
            ctx.reply.simple(value_digest(ctx.db, key).hex().encode())
    elif word == b"ERROR" and count == 1:
        raise CustomError(args.next().replace(b"\r", b" ").replace(b"\n", b" "))
    elif word == b"LOG" and count == 1:
        ctx.host.log("warning", "DEBUG LOG: " + args.next().decode("utf-8", "backslashreplace"))
        ctx.reply.ok()
    elif word == b"OBJECT" and count >= 1:
        ctx.engine.clock.let_nothing_be_due(True)  # what is due is shown as long as it is there
        try:
            describe_object(ctx, args.next())
        finally:
            ctx.engine.clock.let_nothing_be_due(False)
    elif word == b"POPULATE" and 1 <= count <= 3:
        populate(ctx, read_positive(args), args.next() if args.more() else b"key",
                 read_size(ctx, args) if args.more() else 0)  # fmt: skip
    elif word == b"PROTOCOL" and count == 1:
        write_example(ctx, args.next().lower())
    elif word == b"LOADAOF" and count == 0:
        ctx.host.load_log()
        ctx.reply.ok()
    elif word == b"RELOAD":
        reload_all(ctx, args)
    elif word == b"REPLICATE" and count >= 1:
        ctx.db.replicate_as(args.rest())
        ctx.reply.ok()
    elif word == b"SET-ACTIVE-EXPIRE" and count == 1:
        # as C's atoi: what is no number is 0
        ctx.engine.expiry.enabled = args.next().strip().lstrip(b"+-0")[:1].isdigit()
        ctx.reply.ok()
    elif word == b"SLEEP" and count == 1:
        seconds = parse_float(args.next())
        if seconds is not None and seconds > 0:
            time.sleep(min(seconds, LONGEST_SLEEP_S))
        ctx.reply.ok()
    elif word == b"STRINGMATCH-LEN" and count == 2:
        match_letters(ctx, args)
    elif word == b"STRINGMATCH-TEST" and count == 0:
        match_at_random()
        ctx.reply.simple(b"No pattern did harm: test passed")
    else:
        raise SubcommandOrArity(args.argv)


def reload_all(ctx: Context, args: Args) -> None:
    words = [word.upper() for word in args.rest()]
    if any(word not in (b"NOSAVE", b"NOFLUSH", b"MERGE") for word in words):
        raise BadReloadOption
    ctx.host.reload(b"NOSAVE" not in words, b"NOFLUSH" not in words, b"MERGE" in words)
    ctx.reply.ok()


def debug_help(ctx: Context) -> None:
    lines = ["DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"]
    for usage, text in HELP:
        lines.append(usage)
        lines.extend(("    " + text).split("\n"))
    ctx.reply.array(len(lines))
    for line in lines:
        ctx.reply.simple(line.encode())


def read_positive(args: Args) -> int:
    number = read_int_between(args.next(), 0, INT64_MAX)
    if number is None:
        raise NotPositive
    return number


def read_size(ctx: Context, args: Args) -> int:
    """How long strings shall be: not longer than they may be."""
    size = read_positive(args)
    if size > longest_string(ctx):
        raise StringTooLong
    return size


def describe_object(ctx: Context, key: bytes) -> None:
    """A line about a value. It has no address and no references that would tell anything."""
    if not ctx.db.exists(key):
        raise NoSuchKey
    table = ctx.db.table(key)
    value = table.read(key, False)
    idle = table.idle_seconds(key)
    ctx.reply.simple(
        b"Value at:0x0 refcount:1 encoding:%b serializedlength:%d lru:%d lru_seconds_idle:%d"
        % (
            encoding_name(ctx.db, key),
            saved_length(value) if isinstance(value, bytes) else 0,
            (ctx.engine.clock.now_ms // 1000 - idle) & 0xFFFFFF,
            idle,
        )
    )


def saved_length(value: bytes) -> int:
    """Bytes that RDB takes for a string."""
    size = len(value)
    if size <= 11:
        number = read_int_between(value, -(1 << 31), (1 << 31) - 1)
        if number is not None:
            return 2 if -128 <= number < 128 else 3 if -32768 <= number < 32768 else 5
    if size > 20:
        packed = lzf_compress(value, size - 4)
        if packed is not None:
            return 1 + length_bytes(len(packed)) + length_bytes(size) + len(packed)
    return length_bytes(size) + size


def length_bytes(size: int) -> int:
    """Bytes that RDB takes for a length."""
    if size <= SHORT_BITS:
        return 1
    if size < 1 << 14:
        return 2
    return 5 if size < 1 << 32 else 9


def write_example(ctx: Context, kind: bytes) -> None:
    """A reply of each type there is; texts and numbers are part of what clients' tests expect."""
    reply = ctx.reply
    if kind == b"string":
        reply.bulk(b"Hello World")
    elif kind == b"integer":
        reply.integer(12345)
    elif kind == b"double":
        reply.double(3.141)
    elif kind == b"null":
        reply.null()
    elif kind == b"array":
        reply.integers([0, 1, 2])
    elif kind == b"set":
        reply.set(3)
        for i in range(3):
            reply.integer(i)
    elif kind == b"map":
        reply.map(3)
        for i in range(3):
            reply.integer(i)
            reply.boolean(i == 1)
    elif kind == b"attrib":
        if reply.resp3:
            reply.attribute(1)
            reply.bulk(b"key-popularity")
            reply.array(2)
            reply.bulk(b"key:123")
            reply.integer(90)
        reply.bulk(b"Some real reply following the attribute")
    elif kind == b"push":
        if not reply.resp3:
            raise NeedsResp3
        # behind the reply and not before it: as Redis does
        reply.bulk(b"Some real reply following the push reply")
        reply.push(2)
        reply.bulk(b"server-cpu-usage")
        reply.integer(42)
    elif kind == b"verbatim":
        reply.verbatim(b"This is a verbatim\nstring")
    elif kind in (b"true", b"false"):
        reply.boolean(kind == b"true")
    elif kind == b"bignum":
        reply.big_number(b"1234567999999999999999999999999999999")
    else:
        raise UnknownProtocolType


def match_letters(ctx: Context, args: Args) -> None:
    """That no pattern, however twisted, takes long."""
    length = read_int_between(args.next(), 0, LONGEST_TEXT)
    if length is None:
        raise NotAnInteger
    ctx.reply.integer(int(glob_match(args.next(), b"a" * length)))


def match_at_random() -> None:
    for _ in range(FUZZ_ROUNDS):
        pattern = bytes(random.choices(b"*?[]^-\\abc\0", k=random.randrange(32)))
        glob_match(pattern, random.randbytes(random.randrange(64)), random.random() < 0.5)
