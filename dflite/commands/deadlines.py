"""Commands about when keys expire. On the wire times are in seconds or ms, inside in Unix ms."""

from typing import Final

from dflite.base.errors import (
    ConflictingExpireOptions,
    GreaterAndLess,
    InvalidExpireTime,
    NotAnInteger,
    UnsupportedOption,
)
from dflite.base.numbers import INT64_MAX, fits_int64
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    FAST,
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
from dflite.ops.keys import IF_LATER, IF_SOONER, WITH_ONE, WITHOUT_ONE, persist, set_deadline
from dflite.store.db import NEVER

KEYS: Final = Family("generic", "keyspace")

CONDITIONS: Final = {b"NX": WITHOUT_ONE, b"XX": WITH_ONE, b"GT": IF_LATER, b"LT": IF_SOONER}
NO_KEY: Final = -2
CHANGES: Final = WRITE | FAST
READS: Final = READONLY | FAST
PASSING: Final = ["nondeterministic_output"]


# -- giving and taking -----------------------------------------------------------------------------


@KEYS.command(
    "EXPIRE key seconds [NX | XX | GT | LT]",
    arity=-3,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="1.0.0",
    complexity="O(1)",
    summary="Let key expire after some seconds.",
    lane=True,
)
def cmd_expire(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"expire", 1000, ctx.db.now_ms())


@KEYS.command(
    "PEXPIRE key milliseconds [NX | XX | GT | LT]",
    arity=-3,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="2.6.0",
    complexity="O(1)",
    summary="Let key expire after some milliseconds.",
)
def cmd_pexpire(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"pexpire", 1, ctx.db.now_ms())


@KEYS.command(
    "EXPIREAT key unix-time-seconds [NX | XX | GT | LT]",
    arity=-3,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="1.2.0",
    complexity="O(1)",
    summary="Let key expire at a time in Unix seconds.",
)
def cmd_expireat(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"expireat", 1000, 0)


@KEYS.command(
    "PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]",
    arity=-3,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="2.6.0",
    complexity="O(1)",
    summary="Let key expire at a time in Unix milliseconds.",
)
def cmd_pexpireat(ctx: Context, args: Args) -> None:
    expire(ctx, args, b"pexpireat", 1, 0)


def expire(ctx: Context, args: Args, command: bytes, unit_ms: int, since_ms: int) -> None:
    key, text = args.next(), args.next()
    conditions = read_conditions(args)
    time = parse_int(text)
    if time is None:
        raise NotAnInteger
    deadline = time * unit_ms + since_ms
    if not fits_int64(time * unit_ms) or deadline > INT64_MAX:
        raise InvalidExpireTime(command)
    ctx.reply.integer(set_deadline(ctx.db, key, deadline, conditions))


def read_conditions(args: Args) -> int:
    conditions = 0
    while args.more():
        option = args.next()
        bit = CONDITIONS.get(option.upper())
        if bit is None:
            raise UnsupportedOption(option)
        conditions |= bit
    check_conditions(conditions)
    return conditions


def check_conditions(conditions: int) -> None:
    """Not all of them go together."""
    if conditions & WITHOUT_ONE and conditions != WITHOUT_ONE:
        raise ConflictingExpireOptions
    if conditions & IF_LATER and conditions & IF_SOONER:
        raise GreaterAndLess


@KEYS.command(
    "PERSIST key",
    arity=2,
    flags=CHANGES,
    keys=[KeySpec(RW | UPDATE)],
    since="2.2.0",
    complexity="O(1)",
    summary="Take key's deadline away.",
)
def cmd_persist(ctx: Context, args: Args) -> None:
    ctx.reply.integer(persist(ctx.db, args.next()))


# -- asking ----------------------------------------------------------------------------------------


def read_deadline(ctx: Context, args: Args) -> int:
    """The deadline of the next argument's key; NEVER or NO_KEY."""
    key = args.next()
    return ctx.db.deadline(key) if ctx.db.read_type(key) else NO_KEY


def in_seconds(ms: int) -> int:
    """Rounded to the nearest; what is no time stays as it is."""
    return ms if ms in (NEVER, NO_KEY) else (ms + 500) // 1000


def remaining(ctx: Context, deadline: int) -> int:
    """Milliseconds until the deadline; what is no time stays as it is."""
    return deadline if deadline in (NEVER, NO_KEY) else deadline - ctx.db.now_ms()


@KEYS.command(
    "TTL key",
    arity=2,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(1)",
    summary="Seconds until key expires; -1 if it never does, -2 without such a key.",
    tips=PASSING,
    lane=True,
)
def cmd_ttl(ctx: Context, args: Args) -> None:
    ctx.reply.integer(in_seconds(remaining(ctx, read_deadline(ctx, args))))


@KEYS.command(
    "PTTL key",
    arity=2,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="2.6.0",
    complexity="O(1)",
    summary="Milliseconds until key expires; -1 if it never does, -2 without such a key.",
    tips=PASSING,
)
def cmd_pttl(ctx: Context, args: Args) -> None:
    ctx.reply.integer(remaining(ctx, read_deadline(ctx, args)))


@KEYS.command(
    "EXPIRETIME key",
    arity=2,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="7.0.0",
    complexity="O(1)",
    summary="When key expires, in Unix seconds; -1 if never, -2 without such a key.",
)
def cmd_expiretime(ctx: Context, args: Args) -> None:
    ctx.reply.integer(in_seconds(read_deadline(ctx, args)))


@KEYS.command(
    "PEXPIRETIME key",
    arity=2,
    flags=READS,
    keys=[KeySpec(RO | ACCESS)],
    since="7.0.0",
    complexity="O(1)",
    summary="When key expires, in Unix milliseconds; -1 if never, -2 without such a key.",
)
def cmd_pexpiretime(ctx: Context, args: Args) -> None:
    ctx.reply.integer(read_deadline(ctx, args))
