"""Hash commands about when fields expire, and those that set or read fields with that."""

from typing import Final

from dflite.base.collection_errors import WrongNumberOfFields
from dflite.base.errors import BadSyntax, InvalidExpireTime, NotAnInteger
from dflite.base.numbers import INT64_MAX
from dflite.commands.deadlines import CONDITIONS, check_conditions, in_seconds, remaining
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
    FAST,
    INSERT,
    READONLY,
    RO,
    RW,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.native.values import hashes
from dflite.ops import field_deadlines
from dflite.ops.field_deadlines import ALWAYS, IF_ABSENT, IF_PRESENT, KEEP
from dflite.store.db import NEVER, TYPE_HASH

HASHES: Final = Family("hash", "hash")
CHANGES: Final = WRITE | FAST
READS: Final = READONLY | FAST
LINEAR: Final = "O(N) in the number of fields"

# Options that say when: unit in ms, and whether it counts from now.
TIMES: Final = {b"EX": (1000, True), b"PX": (1, True), b"EXAT": (1000, False), b"PXAT": (1, False)}
KEY_CONDITIONS: Final = {b"NX": IF_ABSENT, b"XX": IF_PRESENT}
FIELD_CONDITIONS: Final = {b"FNX": IF_ABSENT, b"FXX": IF_PRESENT}


# -- arguments -------------------------------------------------------------------------------------


def read_fields(args: Args, each: int = 1) -> list[bytes]:
    """What follows FIELDS: a number, and as many fields, or fields and values, to the end."""
    count = parse_int(args.next())
    if count is None:
        raise NotAnInteger
    if count < 1 or count * each != args.left():
        raise WrongNumberOfFields
    return args.rest()


def fields_to_read(args: Args) -> list[bytes]:
    """FIELDS numfields field ... of the commands that only ask."""
    if args.word() != b"FIELDS":
        raise BadSyntax
    count = parse_int(args.next())
    if count is None:
        raise NotAnInteger
    if count < 1 or count != args.left():
        raise BadSyntax
    return args.rest()


def require_fields(args: Args) -> None:
    """There has to be a word FIELDS, not as the last one, somewhere behind the options."""
    for i in range(args.at, len(args.argv) - 1):
        if args.argv[i].upper() == b"FIELDS":
            return
    raise WrongNumberOfFields


def read_time(ctx: Context, text: bytes, unit_ms: int, from_now: bool, command: bytes) -> int:
    """A deadline in Unix ms."""
    time = parse_int(text)
    if time is None:
        raise NotAnInteger
    since_ms = ctx.db.now_ms() if from_now else 0
    if time < 0 or time * unit_ms + since_ms > INT64_MAX:
        raise InvalidExpireTime(command)
    return time * unit_ms + since_ms


# -- giving and taking -----------------------------------------------------------------------------


@HASHES.command(
    "HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    arity=-6,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Let fields expire after some seconds.",
)
def cmd_hexpire(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"hexpire", 1000, True)


@HASHES.command(
    "HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    arity=-6,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Let fields expire after some milliseconds.",
)
def cmd_hpexpire(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"hpexpire", 1, True)


@HASHES.command(
    "HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    arity=-6,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Let fields expire at a time in Unix seconds.",
)
def cmd_hexpireat(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"hexpireat", 1000, False)


@HASHES.command(
    "HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    arity=-6,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Let fields expire at a time in Unix milliseconds.",
)
def cmd_hpexpireat(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"hpexpireat", 1, False)


def expire(ctx: Context, args: Args, command: bytes, unit_ms: int, from_now: bool) -> None:
    key, time = args.next(), args.next()
    require_fields(args)
    conditions = 0
    while args.peek().upper() in CONDITIONS:
        conditions |= CONDITIONS[args.word()]
    check_conditions(conditions)
    if args.word() != b"FIELDS":
        raise WrongNumberOfFields
    fields = read_fields(args)
    deadline = read_time(ctx, time, unit_ms, from_now, command)
    ctx.reply.integers(field_deadlines.set_deadlines(ctx.db, key, fields, deadline, conditions))


@HASHES.command(
    "HPERSIST key FIELDS numfields field [field ...]",
    arity=-5,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Take the deadlines of fields away.",
)
def cmd_hpersist(ctx: Context, args: Args) -> None:
    key = args.next()
    if args.word() != b"FIELDS":
        raise BadSyntax
    ctx.reply.integers(field_deadlines.persist(ctx.db, key, read_fields(args)))


# -- asking ----------------------------------------------------------------------------------------


@HASHES.command(
    "HTTL key FIELDS numfields field [field ...]",
    arity=-5,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Seconds until fields expire; -1 for never, -2 without such a field.",
)
def cmd_httl(ctx: Context, args: Args) -> None:
    key = args.next()
    found = field_deadlines.deadlines(ctx.db, key, fields_to_read(args))
    ctx.reply.integers([in_seconds(remaining(ctx, deadline)) for deadline in found])


@HASHES.command(
    "HPTTL key FIELDS numfields field [field ...]",
    arity=-5,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Milliseconds until fields expire; -1 for never, -2 without such a field.",
)
def cmd_hpttl(ctx: Context, args: Args) -> None:
    key = args.next()
    found = field_deadlines.deadlines(ctx.db, key, fields_to_read(args))
    ctx.reply.integers([remaining(ctx, deadline) for deadline in found])


@HASHES.command(
    "HEXPIRETIME key FIELDS numfields field [field ...]",
    arity=-5,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="9.0.0",
    complexity=LINEAR,
    summary="When fields expire, in Unix seconds; -1 for never, -2 without such a field.",
)
def cmd_hexpiretime(ctx: Context, args: Args) -> None:
    key = args.next()
    found = field_deadlines.deadlines(ctx.db, key, fields_to_read(args))
    ctx.reply.integers([in_seconds(deadline) for deadline in found])


@HASHES.command(
    "HPEXPIRETIME key FIELDS numfields field [field ...]",
    arity=-5,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="9.0.0",
    complexity=LINEAR,
    summary="When fields expire, in Unix milliseconds; -1 for never, -2 without such a field.",
)
def cmd_hpexpiretime(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.reply.integers(field_deadlines.deadlines(ctx.db, key, fields_to_read(args)))


# -- with setting, reading, deleting ---------------------------------------------------------------


@HASHES.command(
    "HSETEX key [NX | XX] [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
    "PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]",
    arity=-6,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | INSERT)],
    since="9.0.0",
    complexity=LINEAR,
    summary="Set fields with a deadline, if the hash and the fields are there, or are not.",
)
def cmd_hsetex(ctx: Context, args: Args) -> None:
    key = args.next()
    when_key = when_fields = ALWAYS
    said = b""
    time = b""
    require_fields(args)
    while True:
        word = args.word()
        if word == b"FIELDS":
            break
        if word in KEY_CONDITIONS and when_key in (ALWAYS, KEY_CONDITIONS[word]):
            when_key = KEY_CONDITIONS[word]
        elif word in FIELD_CONDITIONS and when_fields in (ALWAYS, FIELD_CONDITIONS[word]):
            when_fields = FIELD_CONDITIONS[word]
        elif said not in (b"", word):
            raise BadSyntax
        else:
            said = word
            time = b"" if word == b"KEEPTTL" else time_of(args, word)
    pairs = read_fields(args, 2)
    there = ctx.db.is_type(key, TYPE_HASH)
    if when_key != ALWAYS and there != (when_key == IF_PRESENT):
        ctx.reply.integer(0)
        return
    deadline = KEEP if said == b"KEEPTTL" else NEVER
    if said in TIMES:
        deadline = read_time(ctx, time, TIMES[said][0], TIMES[said][1], b"hsetex")
    ctx.reply.integer(field_deadlines.set_if(ctx.db, key, pairs, deadline, when_fields))


def time_of(args: Args, word: bytes) -> bytes:
    """What follows an option that says when; it is looked at when all words have been read."""
    if word not in TIMES or not args.more():
        raise BadSyntax
    return args.next()


@HASHES.command(
    "HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
    "PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]",
    arity=-5,
    flags=CHANGES,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="9.0.0",
    complexity=LINEAR,
    summary="The values of fields, which get a deadline or lose theirs.",
)
def cmd_hgetex(ctx: Context, args: Args) -> None:
    key = args.next()
    said = b""
    time = b""
    require_fields(args)
    while True:
        word = args.word()
        if word == b"FIELDS":
            break
        if said not in (b"", word):
            raise BadSyntax
        said = word
        time = b"" if word == b"PERSIST" else time_of(args, word)
    fields = read_fields(args)
    ctx.db.reads_type(key, TYPE_HASH)
    deadline = NEVER
    if said in TIMES:
        deadline = read_time(ctx, time, TIMES[said][0], TIMES[said][1], b"hgetex")
    if not said:
        ctx.reply.array(len(fields))
        hashes.answer_many(ctx.db.table(key), key, ctx.reply, fields)
        return
    ctx.reply.bulks(field_deadlines.get_and_expire(ctx.db, key, fields, deadline))


@HASHES.command(
    "HGETDEL key FIELDS numfields field [field ...]",
    arity=-5,
    flags=CHANGES,
    keys=[KeySpec(RW | ACCESS | DELETE)],
    since="9.1.0",
    complexity=LINEAR,
    summary="The values of fields, which go.",
)
def cmd_hgetdel(ctx: Context, args: Args) -> None:
    key = args.next()
    if args.word() != b"FIELDS":
        raise BadSyntax
    ctx.reply.bulks(field_deadlines.get_and_delete(ctx.db, key, read_fields(args)))
