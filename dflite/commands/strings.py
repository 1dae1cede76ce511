"""String commands about a whole value: put, get, delete, compare.

Commands about parts of a value are in substrings.py, those that count in counters.py.
"""

from typing import Final

from dflite.base.errors import BadDigest, BadNumberOfKeys, BadSyntax, WrongArity
from dflite.base.numbers import INT32_MAX
from dflite.commands.expiries import KEEP, PERSIST, TIMES, ExpiryOption, read_deadline
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
    FAST,
    INSERT,
    OW,
    READONLY,
    RM,
    RO,
    RW,
    UPDATE,
    VARIABLE_FLAGS,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.ops import keys as key_ops
from dflite.ops.strings import (
    ALWAYS,
    IF_ABSENT,
    IF_DIGEST_EQUAL,
    IF_DIGEST_NOT_EQUAL,
    IF_EQUAL,
    IF_NOT_EQUAL,
    IF_PRESENT,
    SetOptions,
    delete_if,
    digest,
    set_many,
    set_plain,
    set_string,
)
from dflite.store.db import NEVER

STRING: Final = Family("string", "string")

PRESENCE: Final = {b"NX": IF_ABSENT, b"XX": IF_PRESENT}
CONDITIONS: Final = {
    b"IFEQ": IF_EQUAL,
    b"IFNE": IF_NOT_EQUAL,
    b"IFDEQ": IF_DIGEST_EQUAL,
    b"IFDNE": IF_DIGEST_NOT_EQUAL,
}
DIGEST_DIGITS: Final = 16


# -- one key ---------------------------------------------------------------------------------------


@STRING.command(
    "GET key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(1)",
    summary="The string at key, or null.",
    lane=True,
)
def cmd_get(ctx: Context, args: Args) -> None:
    ctx.reply.bulk_or_null(ctx.db.read_string(args.next()))


def use_of_set_key(argv: list[bytes]) -> int:
    """What SET does to its key: with GET it lets the client know the value."""
    for word in argv[3:]:
        if word.upper() == b"GET":
            return RW | ACCESS | UPDATE
    return OW | UPDATE


@STRING.command(
    "SET key value [NX | XX | IFEQ comparison-value] [GET] [EX seconds | PX milliseconds | "
    "EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | ACCESS | UPDATE | VARIABLE_FLAGS)],
    key_use=use_of_set_key,
    since="1.0.0",
    complexity="O(1)",
    summary="Put a string at key, always or on a condition, with a deadline or without one.",
    lane=True,
)
def cmd_set(ctx: Context, args: Args) -> None:
    key, value = args.next(), args.next()
    db = ctx.db
    if not args.more():
        set_plain(db, key, value)
        ctx.reply.ok()
        return
    options = SetOptions()
    expiry = ExpiryOption()
    answer_old = False
    while args.more():
        word = args.word()
        if word == b"GET":
            answer_old = True
        elif word == b"IFEQ" and options.when == ALWAYS:
            options.when = IF_EQUAL
            options.compare = args.next()
        else:
            read_set_option(word, args, options, expiry)
    options.keep_deadline = expiry.word == KEEP
    options.deadline = expiry.deadline(db.now_ms(), b"set")
    if answer_old:
        old = db.read_string(key)
        set_string(db, key, value, options)
        ctx.reply.bulk_or_null(old)
    elif set_string(db, key, value, options):
        ctx.reply.ok()
    else:
        ctx.reply.null()


def read_set_option(word: bytes, args: Args, options: SetOptions, expiry: ExpiryOption) -> None:
    """NX, XX, or one about expiry."""
    when = PRESENCE.get(word)
    if when is not None and options.when in (ALWAYS, when):
        options.when = when
    elif word in TIMES or word == KEEP:
        expiry.take(word, args)
    else:
        raise BadSyntax


@STRING.command(
    "SETNX key value",
    arity=3,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(OW | INSERT)],
    since="1.0.0",
    complexity="O(1)",
    summary="Put a string at key if nothing is there.",
)
def cmd_setnx(ctx: Context, args: Args) -> None:
    options = SetOptions()
    options.when = IF_ABSENT
    ctx.reply.integer(set_string(ctx.db, args.next(), args.next(), options))


@STRING.command(
    "SETEX key seconds value",
    arity=4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE)],
    since="2.0.0",
    complexity="O(1)",
    summary="Put a string at key for some seconds.",
)
def cmd_setex(ctx: Context, args: Args) -> None:
    set_for(ctx, args, b"EX", b"setex")


@STRING.command(
    "PSETEX key milliseconds value",
    arity=4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE)],
    since="2.6.0",
    complexity="O(1)",
    summary="Put a string at key for some milliseconds.",
)
def cmd_psetex(ctx: Context, args: Args) -> None:
    set_for(ctx, args, b"PX", b"psetex")


def set_for(ctx: Context, args: Args, unit: bytes, command: bytes) -> None:
    key, time, value = args.next(), args.next(), args.next()
    options = SetOptions()
    options.deadline = read_deadline(time, unit, ctx.db.now_ms(), command)
    set_string(ctx.db, key, value, options)
    ctx.reply.ok()


@STRING.command(
    "GETSET key value",
    arity=3,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="1.0.0",
    complexity="O(1)",
    summary="Put a string at key and answer the one that was there.",
    deprecated_since="6.2.0",
    replaced_by="`SET` with the `GET` option",
)
def cmd_getset(ctx: Context, args: Args) -> None:
    key, value = args.next(), args.next()
    db = ctx.db
    old = db.read_string(key)
    set_plain(db, key, value)
    if db.effects.journaling:
        db.replicate_as([b"SET", key, value])
    ctx.reply.bulk_or_null(old)


@STRING.command(
    "GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
    "PXAT unix-time-milliseconds | PERSIST]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="6.2.0",
    complexity="O(1)",
    summary="The string at key, which gets another deadline or loses the one it has.",
)
def cmd_getex(ctx: Context, args: Args) -> None:
    key = args.next()
    expiry = ExpiryOption()
    while args.more():
        word = args.word()
        if word not in TIMES and word != PERSIST:
            raise BadSyntax
        expiry.take(word, args)
    db = ctx.db
    deadline = expiry.deadline(db.now_ms(), b"getex")
    value = db.read_string(key)
    if value is not None and deadline != NEVER:
        key_ops.set_deadline(db, key, deadline)
    elif value is not None and expiry.word == PERSIST and key_ops.persist(db, key):
        db.replicate_as([PERSIST, key])
    ctx.reply.bulk_or_null(value)


@STRING.command(
    "GETDEL key",
    arity=2,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | DELETE)],
    since="6.2.0",
    complexity="O(1)",
    summary="The string at key, which is removed.",
)
def cmd_getdel(ctx: Context, args: Args) -> None:
    key = args.next()
    value = ctx.db.read_string(key)
    if value is not None:
        ctx.db.remove(key)
        ctx.db.replicate_as([b"DEL", key])
    ctx.reply.bulk_or_null(value)


# -- several keys ----------------------------------------------------------------------------------


@STRING.command(
    "MGET key [key ...]",
    arity=-2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS, last=-1)],
    since="1.0.0",
    complexity="O(N) in the number of keys",
    summary="The strings at several keys; null where there is none.",
    tips=["request_policy:multi_shard"],
    lane=True,
)
def cmd_mget(ctx: Context, args: Args) -> None:
    values: list[bytes | None] = []
    for key in args.rest():
        value = ctx.db.read(key)
        values.append(value if isinstance(value, bytes) else None)
    ctx.reply.bulks(values)


@STRING.command(
    "MSET key value [key value ...]",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE, last=-1, step=2)],
    since="1.0.1",
    complexity="O(N) in the number of keys",
    summary="Put strings at several keys at once.",
    tips=["request_policy:multi_shard", "response_policy:all_succeeded"],
    lane=True,
)
def cmd_mset(ctx: Context, args: Args) -> None:
    if args.left() % 2:
        raise WrongArity(b"mset")
    set_many(ctx.db, args.rest(), SetOptions())
    ctx.reply.ok()


@STRING.command(
    "MSETNX key value [key value ...]",
    arity=-3,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | INSERT, last=-1, step=2)],
    since="1.0.1",
    complexity="O(N) in the number of keys",
    summary="Put strings at several keys at once, if nothing is at any of them.",
)
def cmd_msetnx(ctx: Context, args: Args) -> None:
    if args.left() % 2:
        raise WrongArity(b"msetnx")
    options = SetOptions()
    options.when = IF_ABSENT
    ctx.reply.integer(set_many(ctx.db, args.rest(), options))


@STRING.command(
    "MSETEX numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | "
    "EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
    arity=-4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE, numkeys=0, first=1, step=2)],
    since="9.1.0",
    complexity="O(N) in the number of keys",
    summary="Put strings at several keys at once, if all or none are there, with one deadline.",
    tips=["request_policy:multi_shard", "response_policy:all_succeeded"],
)
def cmd_msetex(ctx: Context, args: Args) -> None:
    count = parse_int(args.next())
    if count is None or not 0 < count <= INT32_MAX:
        raise BadNumberOfKeys
    if args.left() < 2 * count:
        raise BadSyntax
    pairs = args.argv[args.at : args.at + 2 * count]
    args.at += 2 * count
    options = SetOptions()
    expiry = ExpiryOption()
    while args.more():
        read_set_option(args.word(), args, options, expiry)
    options.keep_deadline = expiry.word == KEEP
    options.deadline = expiry.deadline(ctx.db.now_ms(), b"msetex")
    ctx.reply.integer(set_many(ctx.db, pairs, options))


# -- comparing -------------------------------------------------------------------------------------


@STRING.command(
    "DELIFEQ key value",
    arity=3,
    flags=WRITE | FAST,
    keys=[KeySpec(RM | DELETE)],
    since="9.0.0",
    complexity="O(1)",
    summary="Remove key if its string is this one.",
)
def cmd_delifeq(ctx: Context, args: Args) -> None:
    ctx.reply.integer(delete_if(ctx.db, args.next(), IF_EQUAL, args.next()))


@STRING.command(
    "DELEX key [IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(RM | DELETE)],
    since="8.4.0",
    complexity="O(1), for digests O(N) in the length of the value",
    summary="Remove key if its string, or the digest of that, is or isn't this one.",
)
def cmd_delex(ctx: Context, args: Args) -> None:
    key = args.next()
    if not args.more():
        ctx.reply.integer(key_ops.delete_keys(ctx.db, [key]))
        return
    when = CONDITIONS.get(args.word())
    if when is None:
        raise BadSyntax
    compare = args.next()
    args.end()
    if when in (IF_DIGEST_EQUAL, IF_DIGEST_NOT_EQUAL) and len(compare) != DIGEST_DIGITS:
        raise BadDigest
    ctx.reply.integer(delete_if(ctx.db, key, when, compare))


@STRING.command(
    "DIGEST key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="8.4.0",
    complexity="O(N) in the length of the value",
    summary="XXH3 of the string at key, as 16 hexadecimal digits.",
)
def cmd_digest(ctx: Context, args: Args) -> None:
    value = ctx.db.read_string(args.next())
    ctx.reply.bulk_or_null(None if value is None else digest(value))
