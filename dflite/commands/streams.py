"""Commands about the entries of a stream: add, count, delete, trim, read a range.

Reading what is new is in stream_reads.py, consumer groups are in stream_groups.py and
stream_claims.py, XINFO is in stream_info.py.
"""

from typing import Final

from dflite.base.errors import BadSyntax, NoSuchKey, WrongArity
from dflite.base.stream_errors import (
    EntriesAddedBelowLength,
    IdIsZero,
    InvalidStreamId,
    LastIdBelowDeleted,
    LastIdBelowGivenDeleted,
    LastIdBelowTop,
    LimitOfExactTrim,
    LimitWithoutTrim,
    NegativeEntriesAdded,
    NegativeLimit,
    NegativeMaxlen,
    NoTrimStrategy,
    TwoTrimStrategies,
)
from dflite.commands.stream_ids import read_end, read_id, read_ids, read_start
from dflite.engine.args import Args
from dflite.engine.client import Client
from dflite.engine.command import (
    ACCESS,
    DELETE,
    DENYOOM,
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
from dflite.native.streams.stream_id import INVALID, parse_new_id
from dflite.ops.streams import (
    ID,
    LENGTH,
    NOTHING,
    SOME,
    Trim,
    add_entry,
    delete_entries,
    find_stream,
    read_stream,
    trim_key,
)
from dflite.store.effects import BESIDE, STREAM

STREAMS: Final = Family("stream", "stream")
VARYING: Final = ["nondeterministic_output"]


class TrimWords:
    """What XADD and XTRIM say about trimming, as far as it was read."""

    def __init__(self) -> None:
        self.trim = Trim()
        self.limited = False

    def take(self, word: bytes, args: Args) -> bool:
        """Read an option and its values if it is one of these, and there are any."""
        if not args.more():
            return False
        trim = self.trim
        if word == b"LIMIT":
            trim.limit = args.integer()
            if trim.limit < 0:
                raise NegativeLimit
            self.limited = True
            return True
        if word not in (b"MAXLEN", b"MINID"):
            return False
        if trim.by != NOTHING:
            raise TwoTrimStrategies
        if args.left() > 1 and args.peek() in (b"~", b"="):
            trim.roughly = args.next() == b"~"
        if word == b"MAXLEN":
            trim.by = LENGTH
            trim.length = args.integer()
            if trim.length < 0:
                raise NegativeMaxlen
        else:
            trim.by = ID
            trim.least = read_id(args.next())
        return True

    def result(self, needed: bool, client: Client) -> Trim | None:
        """How to trim; None if nothing was said.

        A primary (a log, too) says that what it trimmed roughly is to be trimmed exactly so, and
        leaves the limit that it was given.
        """
        trim = self.trim
        if trim.limit and trim.by == NOTHING:
            raise LimitWithoutTrim
        if needed and trim.by == NOTHING:
            raise NoTrimStrategy
        if self.limited:
            if client.primary and not trim.roughly:
                trim.limit = 0
            elif not trim.roughly:
                raise LimitOfExactTrim
        elif trim.roughly:
            trim.limit = SOME
        return trim if trim.by != NOTHING else None


# -- adding and taking away ------------------------------------------------------------------------


@STREAMS.command(
    "XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> "
    "field value [field value ...]",
    arity=-5,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | UPDATE)],
    since="5.0.0",
    complexity="O(1), with trimming O(N) in the number of entries that go",
    summary="Add an entry to a stream, which is made if need be and may be trimmed; the new ID.",
    tips=VARYING,
    lane=True,
)
def cmd_xadd(ctx: Context, args: Args) -> None:
    key = args.next()
    argv = args.argv
    wanted = INVALID
    any_seq = False
    create = True
    trim: Trim | None = None
    if argv[2] == b"*":
        args.at = 3
    else:
        words = TrimWords()
        while True:
            text = args.next()
            if text == b"*":
                break
            word = text.upper()
            if word == b"NOMKSTREAM":
                create = False
            elif not words.take(word, args):
                wanted, any_seq = parse_new_id(text)
                if wanted == INVALID:
                    raise InvalidStreamId
                break
            if not args.more():
                break
        trim = words.result(False, ctx.client)
    at = args.at
    if len(argv) - at < 2 or (len(argv) - at) % 2:
        raise WrongArity(b"xadd")
    if wanted == 0 and not any_seq:
        raise IdIsZero
    ctx.reply.bulk_or_null(add_entry(ctx.db, key, wanted, any_seq, argv, at, trim, create))


@STREAMS.command(
    "XLEN key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO)],
    since="5.0.0",
    complexity="O(1)",
    summary="How many entries a stream has.",
)
def cmd_xlen(ctx: Context, args: Args) -> None:
    stream = read_stream(ctx.db, args.next())
    ctx.reply.integer(0 if stream is None else len(stream))


@STREAMS.command(
    "XDEL key id [id ...]",
    arity=-3,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | DELETE)],
    since="5.0.0",
    complexity="O(1) for each ID",
    summary="Take entries out of a stream; how many there were.",
)
def cmd_xdel(ctx: Context, args: Args) -> None:
    key = args.next()
    if find_stream(ctx.db, key) is None:
        ctx.reply.integer(0)
    else:
        ctx.reply.integer(delete_entries(ctx.db, key, read_ids(args)))


@STREAMS.command(
    "XTRIM key <<MAXLEN | MINID> [= | ~] threshold [LIMIT count]>",
    arity=-4,
    flags=WRITE,
    keys=[KeySpec(RW | DELETE)],
    since="5.0.0",
    complexity="O(N) in the number of entries that go",
    summary="Take entries from the front of a stream, down to a length or up to an ID.",
    tips=VARYING,
)
def cmd_xtrim(ctx: Context, args: Args) -> None:
    key = args.next()
    words = TrimWords()
    while args.more():
        if not words.take(args.word(), args):
            raise BadSyntax
    trim = words.result(True, ctx.client)
    assert trim is not None
    ctx.reply.integer(trim_key(ctx.db, key, trim))


@STREAMS.command(
    "XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
    arity=-3,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | UPDATE)],
    since="5.0.0",
    complexity="O(1)",
    summary="Set the last ID that a stream has given, and what it remembers of entries gone.",
)
def cmd_xsetid(ctx: Context, args: Args) -> None:
    key = args.next()
    last_id = read_id(args.next())
    added = -1
    deleted_id = 0
    while args.more():
        word = args.word()
        if not args.more():
            raise BadSyntax
        if word == b"ENTRIESADDED":
            added = args.integer()
            if added < 0:
                raise NegativeEntriesAdded
        elif word == b"MAXDELETEDID":
            deleted_id = read_id(args.next())
            if last_id < deleted_id:
                raise LastIdBelowGivenDeleted
        else:
            raise BadSyntax
    stream = find_stream(ctx.db, key)
    if stream is None:
        raise NoSuchKey
    if last_id < stream.max_deleted_id and not ctx.client.primary:  # one of Redis 7.0 may say so
        raise LastIdBelowDeleted
    if len(stream):
        if last_id < stream.last_entry_id():
            raise LastIdBelowTop
        if added != -1 and len(stream) > added:
            raise EntriesAddedBelowLength
    stream.last_id = last_id
    if added != -1:
        stream.entries_added = added
    if deleted_id:
        stream.max_deleted_id = deleted_id
    ctx.db.changed(key, "xsetid", STREAM | BESIDE)
    ctx.reply.ok()


# -- ranges ----------------------------------------------------------------------------------------


@STREAMS.command(
    "XRANGE key start end [COUNT count]",
    arity=-4,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="5.0.0",
    complexity="O(N) in the number of entries answered, and O(log M) in those of the stream",
    summary="The entries of a stream between two IDs.",
)
def cmd_xrange(ctx: Context, args: Args) -> None:
    key = args.next()
    start, end = read_start(args.next()), read_end(args.next())
    reply_range(ctx, args, key, start, end, False)


@STREAMS.command(
    "XREVRANGE key end start [COUNT count]",
    arity=-4,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="5.0.0",
    complexity="O(N) in the number of entries answered, and O(log M) in those of the stream",
    summary="The entries of a stream between two IDs, the last one first.",
)
def cmd_xrevrange(ctx: Context, args: Args) -> None:
    key, last, first = args.next(), args.next(), args.next()
    start = read_start(first)
    reply_range(ctx, args, key, start, read_end(last), True)


def reply_range(ctx: Context, args: Args, key: bytes, start: int, end: int, reverse: bool) -> None:
    count = -1
    while args.more():
        if args.word() != b"COUNT" or not args.more():
            raise BadSyntax
        count = max(args.integer(), 0)
    stream = read_stream(ctx.db, key)
    if stream is None:
        ctx.reply.array(0)
    elif count == 0:
        ctx.reply.null_array()
    else:
        stream.reply_range(ctx.reply, start, end, max(count, 0), reverse)
