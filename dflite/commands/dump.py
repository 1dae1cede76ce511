"""DUMP and RESTORE: values as bytes, for other nodes of this and other kinds."""

from typing import Final

from dflite.base.errors import (
    BadFrequency,
    BadSyntax,
    NegativeIdleTime,
    NegativeTtl,
    NotAnInteger,
)
from dflite.base.numbers import INT64_MAX
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    OW,
    READONLY,
    RO,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.bytesops import format_int, parse_int
from dflite.native.keyspace.uses import BY_FREQUENCY
from dflite.ops import dumps
from dflite.store.db import NEVER

KEYS: Final = Family("generic", "keyspace")
MOST_FREQUENT: Final = 255
LONG_AGO: Final = 1  # what is beyond all times is no time to live, as in Redis


@KEYS.command(
    "DUMP key",
    arity=2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.6.0",
    complexity="O(N) in the bytes of the value",
    summary="What key holds, as bytes that RESTORE takes here and elsewhere.",
    tips=["nondeterministic_output"],
)
def cmd_dump(ctx: Context, args: Args) -> None:
    packing = bool(ctx.host.setting("rdbcompression"))
    payload = dumps.dump(ctx.db, args.next(), packing)
    if payload is None:
        ctx.reply.null()
    else:
        ctx.reply.bulk(payload)


class RestoreOptions:
    """What may follow the payload of RESTORE."""

    def __init__(self, args: Args) -> None:
        self.replace = False
        self.absolute = False
        self.idle = 0
        self.frequency = -1
        timed = counted = False
        while args.more():
            word = args.word()
            if word == b"REPLACE":
                self.replace = True
            elif word == b"ABSTTL":
                self.absolute = True
            elif word == b"IDLETIME" and args.more() and not counted:
                self.idle = args.integer()
                if self.idle < 0:
                    raise NegativeIdleTime
                timed = True
            elif word == b"FREQ" and args.more() and not timed:
                self.frequency = args.integer()
                if not 0 <= self.frequency <= MOST_FREQUENT:
                    raise BadFrequency
                counted = True
            else:
                raise BadSyntax


@KEYS.command(
    "RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
    arity=-4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE)],
    since="2.6.0",
    complexity="O(N) in the bytes of the value; O(N*log(N)) for a sorted set",
    summary="Put at key what DUMP answered, with a time to live in milliseconds or 0.",
    acl="dangerous",
)
def cmd_restore(ctx: Context, args: Args) -> None:
    key, ttl, payload = args.next(), args.next(), args.next()
    options = RestoreOptions(args)
    db = ctx.db
    if not options.replace:
        dumps.must_be_free(db, key)
    deadline = deadline_of(ttl, options.absolute, db.now_ms())
    if dumps.restore(db, key, payload, deadline, options.idle) and (
        deadline != NEVER and not options.absolute
    ):
        db.replicate_as([*args.argv[:2], format_int(deadline), *args.argv[3:], b"ABSTTL"])
    uses = ctx.engine.eviction.evictor.uses
    if options.frequency >= 0 and uses.mode == BY_FREQUENCY:
        db.table(key).set_stamp(key, uses.stamp_with(options.frequency))
    ctx.reply.ok()


def deadline_of(ttl: bytes, absolute: bool, now_ms: int) -> int:
    """Unix ms of a time to live, NEVER for 0."""
    time = parse_int(ttl)
    if time is None:
        raise NotAnInteger
    if time < 0:
        raise NegativeTtl
    if time == 0:
        return NEVER
    if absolute:
        return time
    deadline = time + now_ms
    return deadline if deadline <= INT64_MAX else LONG_AGO
