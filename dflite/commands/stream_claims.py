"""XCLAIM and XAUTOCLAIM: taking over what is pending for other consumers."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.numbers import INT64_MAX, read_int_between
from dflite.base.stream_errors import BadClaimArgument, NoStreamOrGroup, UnknownClaimOption
from dflite.base.string_errors import CountNotPositive
from dflite.commands.stream_ids import read_id, read_start
from dflite.engine.args import Args
from dflite.engine.command import DELETE, FAST, RW, UPDATE, WRITE, Family, KeySpec
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.native.streams.stream_id import INVALID, MAX_ID, id_text, parse_id
from dflite.ops.stream_groups import (
    Claim,
    GroupAt,
    claim_entry,
    drop_pending,
    find_group,
)
from dflite.ops.streams import read_stream

STREAMS: Final = Family("stream", "stream")
VARYING: Final = ["nondeterministic_output"]

USUAL_COUNT: Final = 100
MOST: Final = INT64_MAX // 16
TRIES: Final = 10  # entries looked at for each that may be claimed


def existing_group(ctx: Context, key: bytes, name: bytes) -> GroupAt:
    found = find_group(ctx.db, key, read_stream(ctx.db, key), name)
    if found is None:
        raise NoStreamOrGroup(key, name)
    return found


def read_number(text: bytes, what: bytes) -> int:
    number = parse_int(text)
    if number is None:
        raise BadClaimArgument(what)
    return number


@STREAMS.command(
    "XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] "
    "[TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
    arity=-6,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | UPDATE)],
    since="5.0.0",
    complexity="O(log N) for each ID, in the number of entries that are pending",
    summary="Hand pending entries, idle for long enough, over to a consumer.",
    tips=VARYING,
)
def cmd_xclaim(ctx: Context, args: Args) -> None:
    found = existing_group(ctx, args.next(), args.next())
    name = args.next()
    min_idle = max(read_number(args.next(), b"min-idle-time argument for XCLAIM"), 0)
    ids: list[int] = []
    while args.more():
        number = parse_id(args.peek())
        if number == INVALID:
            break
        ids.append(number)
        args.at += 1
    now = ctx.db.now_ms()
    claim = Claim(min_idle, -1)
    last_id = 0
    while args.more():
        text = args.next()
        word = text.upper()
        if word == b"FORCE":
            claim.force = True
        elif word == b"JUSTID":
            claim.keep_count = True
        elif word == b"IDLE" and args.more():
            claim.time_ms = now - read_number(args.next(), b"IDLE option argument for XCLAIM")
        elif word == b"TIME" and args.more():
            claim.time_ms = read_number(args.next(), b"TIME option argument for XCLAIM")
        elif word == b"RETRYCOUNT" and args.more():
            claim.count = read_number(args.next(), b"RETRYCOUNT option argument for XCLAIM")
        elif word == b"LASTID" and args.more():
            last_id = read_id(args.next())
        else:
            raise UnknownClaimOption(text)
    if not 0 <= claim.time_ms <= now:
        claim.time_ms = now
    effects = ctx.db.effects
    effects.replaced = True
    moved = last_id > found.group.last_id
    if moved:
        found.group.last_id = last_id
    consumer = found.consumer(name)
    records = len(effects.records)
    claimed = [number for number in ids if claim_entry(found, consumer, number, claim)]
    if moved and len(effects.records) == records:
        found.changed()
        if effects.journaling:
            found.journal_position()
    reply_claimed(ctx, found, claimed, claim.keep_count)


def reply_claimed(ctx: Context, found: GroupAt, ids: list[int], only_ids: bool) -> None:
    """Answer entries that were claimed."""
    ctx.reply.array(len(ids))
    for number in ids:
        if only_ids:
            ctx.reply.bulk(id_text(number))
        else:
            found.stream.reply_one(ctx.reply, number)


@STREAMS.command(
    "XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]",
    arity=-6,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | DELETE)],
    since="6.2.0",
    complexity="O(1) if COUNT is small",
    summary="Hand the next pending entries, idle for long enough, over to a consumer: the ID to "
    "go on from, the entries, and the IDs of those that were deleted meanwhile.",
    tips=VARYING,
)
def cmd_xautoclaim(ctx: Context, args: Args) -> None:
    key, group, name = args.next(), args.next(), args.next()
    min_idle = max(read_number(args.next(), b"min-idle-time argument for XAUTOCLAIM"), 0)
    start = read_start(args.next())
    count = USUAL_COUNT
    only_ids = False
    while args.more():
        word = args.word()
        if word == b"COUNT" and args.more():
            number = read_int_between(args.next(), 1, MOST)
            if number is None:
                raise CountNotPositive
            count = number
        elif word == b"JUSTID":
            only_ids = True
        else:
            raise BadSyntax
    found = existing_group(ctx, key, group)
    ctx.db.effects.replaced = True
    claim = Claim(min_idle, ctx.db.now_ms())
    claim.keep_count = only_ids
    consumer = found.consumer(name)
    claimed: list[int] = []
    deleted: list[int] = []
    tries = count * TRIES
    following = found.group.pending_from(start, MAX_ID, 1, None, INT64_MAX)
    while following and tries and count:
        number, owner, time_ms, deliveries = following[0]
        tries -= 1
        if not found.stream.exists(number):
            drop_pending(found, number, (owner, time_ms, deliveries))
            deleted.append(number)
            count -= 1
        elif claim_entry(found, consumer, number, claim):
            claimed.append(number)
            count -= 1
        if number == MAX_ID:
            following = []
        else:
            following = found.group.pending_from(number + 1, MAX_ID, 1, None, INT64_MAX)
    ctx.reply.array(3)
    ctx.reply.bulk(id_text(following[0][0] if following else 0))
    reply_claimed(ctx, found, claimed, only_ids)
    ctx.reply.array(len(deleted))
    for number in deleted:
        ctx.reply.bulk(id_text(number))
