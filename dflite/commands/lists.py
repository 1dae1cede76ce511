"""List commands: pushing and popping, reading, changing.

Those that move elements, look at several lists or wait are in lists_moving.py.
"""

from typing import Final

from dflite.base.collection_errors import CountOutOfRange, NegativeCount, NegativeMaxLen, RankIsZero
from dflite.base.errors import BadSyntax, NotAnInteger, NotPositive, WrongArity
from dflite.base.numbers import INT64_MAX, INT64_MIN, read_int_between
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
from dflite.native.values import list_walks, lists
from dflite.ops.lists import (
    insert,
    must_be_list,
    popped,
    push,
    push_if_present,
    remove,
    set_element,
    trim,
)
from dflite.store.db import TYPE_LIST

LISTS: Final = Family("list", "list")
PUSHES: Final = WRITE | DENYOOM | FAST
PUSH_COST: Final = "O(N) in the number of elements pushed"
WALK_COST: Final = "O(N) in the distance from the nearer end, in nodes of elements"


# -- pushing and popping ---------------------------------------------------------------------------


@LISTS.command(
    "LPUSH key element [element ...]",
    arity=-3,
    flags=PUSHES,
    keys=[KeySpec(RW | INSERT)],
    since="1.0.0",
    complexity=PUSH_COST,
    summary="Push elements at the head of a list, one after the other; its new length.",
    lane=True,
)
def cmd_lpush(ctx: Context, args: Args) -> None:
    ctx.reply.integer(push(ctx.db, args.next(), args.rest(), True))


@LISTS.command(
    "RPUSH key element [element ...]",
    arity=-3,
    flags=PUSHES,
    keys=[KeySpec(RW | INSERT)],
    since="1.0.0",
    complexity=PUSH_COST,
    summary="Push elements at the tail of a list; its new length.",
    lane=True,
)
def cmd_rpush(ctx: Context, args: Args) -> None:
    ctx.reply.integer(push(ctx.db, args.next(), args.rest(), False))


@LISTS.command(
    "LPUSHX key element [element ...]",
    arity=-3,
    flags=PUSHES,
    keys=[KeySpec(RW | INSERT)],
    since="2.2.0",
    complexity=PUSH_COST,
    summary="Push elements at the head of a list if there is one; its new length.",
)
def cmd_lpushx(ctx: Context, args: Args) -> None:
    ctx.reply.integer(push_if_present(ctx.db, args.next(), args.rest(), True))


@LISTS.command(
    "RPUSHX key element [element ...]",
    arity=-3,
    flags=PUSHES,
    keys=[KeySpec(RW | INSERT)],
    since="2.2.0",
    complexity=PUSH_COST,
    summary="Push elements at the tail of a list if there is one; its new length.",
)
def cmd_rpushx(ctx: Context, args: Args) -> None:
    ctx.reply.integer(push_if_present(ctx.db, args.next(), args.rest(), False))


@LISTS.command(
    "LPOP key [count]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | DELETE)],
    since="1.0.0",
    complexity="O(N) in the number of elements popped",
    summary="Remove the first element of a list, or some, and answer them.",
    lane=True,
)
def cmd_lpop(ctx: Context, args: Args) -> None:
    pop(ctx, args, True, b"lpop")


@LISTS.command(
    "RPOP key [count]",
    arity=-2,
    flags=WRITE | FAST,
    keys=[KeySpec(RW | ACCESS | DELETE)],
    since="1.0.0",
    complexity="O(N) in the number of elements popped",
    summary="Remove the last element of a list, or some, last first, and answer them.",
    lane=True,
)
def cmd_rpop(ctx: Context, args: Args) -> None:
    pop(ctx, args, False, b"rpop")


def pop(ctx: Context, args: Args, left: bool, name: bytes) -> None:
    key = args.next()
    db = ctx.db
    if not args.more():
        if db.is_type(key, TYPE_LIST):
            popped(db, key, left, 1, lists.pop_into(db.table(key), key, left, ctx.reply))
        else:
            ctx.reply.null()
        return
    if args.left() > 1:
        raise WrongArity(name)
    count = read_int_between(args.next(), 0, INT64_MAX)
    if count is None:
        raise NotPositive
    if not db.is_type(key, TYPE_LIST):
        ctx.reply.null_array()
    elif count == 0:
        ctx.reply.array(0)
    else:
        pop_many(ctx, key, left, count)


def pop_many(ctx: Context, key: bytes, left: bool, count: int) -> int:
    """Answer up to `count` elements of a list that is there; how many they were."""
    db = ctx.db
    table = db.table(key)
    length = lists.length(table, key)
    remaining = lists.pop_many_into(table, key, left, count, ctx.reply)
    popped(db, key, left, length - remaining, remaining)
    return length - remaining


# -- reading ---------------------------------------------------------------------------------------


@LISTS.command(
    "LLEN key",
    arity=2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO)],
    since="1.0.0",
    complexity="O(1)",
    summary="How many elements a list has.",
    lane=True,
)
def cmd_llen(ctx: Context, args: Args) -> None:
    key = args.next()
    db = ctx.db
    there = db.reads_type(key, TYPE_LIST)
    ctx.reply.integer(lists.length(db.table(key), key) if there else 0)


@LISTS.command(
    "LINDEX key index",
    arity=3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity=WALK_COST,
    summary="The element of an index, a negative one from the tail.",
)
def cmd_lindex(ctx: Context, args: Args) -> None:
    key = args.next()
    db = ctx.db
    if db.reads_type(key, TYPE_LIST):
        ctx.reply.bulk_or_null(list_walks.element(db.table(key), key, args.integer()))
    else:
        ctx.reply.null()


@LISTS.command(
    "LRANGE key start stop",
    arity=4,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="1.0.0",
    complexity="O(S+N), S the distance from the nearer end, in nodes, N the number of elements",
    summary="The elements between two indices, both included; negative ones are from the tail.",
    lane=True,
)
def cmd_lrange(ctx: Context, args: Args) -> None:
    key, start, stop = args.next(), args.integer(), args.integer()
    db = ctx.db
    if db.reads_type(key, TYPE_LIST):
        list_walks.range_into(db.table(key), key, start, stop, ctx.reply)
    else:
        ctx.reply.array(0)


@LISTS.command(
    "LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="6.0.6",
    complexity="O(N) in the number of elements looked at",
    summary="The index of an element, or of several that are alike.",
)
def cmd_lpos(ctx: Context, args: Args) -> None:
    key, item = args.next(), args.next()
    rank = 1
    count: int | None = None
    most_looked_at: int | None = 0
    while args.more():
        word = args.word()
        if word == b"RANK":
            rank = read_signed(args)
            if rank == 0:
                raise RankIsZero
        elif word == b"COUNT":
            count = read_int_between(args.next(), 0, INT64_MAX)
            if count is None:
                raise NegativeCount
        elif word == b"MAXLEN":
            most_looked_at = read_int_between(args.next(), 0, INT64_MAX)
            if most_looked_at is None:
                raise NegativeMaxLen
        else:
            raise BadSyntax
    db = ctx.db
    found: list[int] = []
    if db.reads_type(key, TYPE_LIST):
        most = 1 if count is None else count
        found = list_walks.positions(db.table(key), key, item, rank, most, most_looked_at or 0)
    if count is not None:
        ctx.reply.integers(found)
    elif found:
        ctx.reply.integer(found[0])
    else:
        ctx.reply.null()


def read_signed(args: Args) -> int:
    """A number whose negative is one too."""
    number = parse_int(args.next())
    if number is None:
        raise NotAnInteger
    if number == INT64_MIN:
        raise CountOutOfRange
    return number


# -- changing --------------------------------------------------------------------------------------


@LISTS.command(
    "LSET key index element",
    arity=4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | UPDATE)],
    since="1.0.0",
    complexity=WALK_COST,
    summary="Put another element in the place of the one of an index.",
)
def cmd_lset(ctx: Context, args: Args) -> None:
    key = args.next()
    must_be_list(ctx.db, key)
    set_element(ctx.db, key, args.integer(), args.next())
    ctx.reply.ok()


@LISTS.command(
    "LINSERT key <BEFORE | AFTER> pivot element",
    arity=5,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | INSERT)],
    since="2.2.0",
    complexity="O(N) in the number of elements before the pivot",
    summary="Insert an element beside another; the list's new length.",
)
def cmd_linsert(ctx: Context, args: Args) -> None:
    key, word = args.next(), args.word()
    if word not in (b"BEFORE", b"AFTER"):
        raise BadSyntax
    ctx.reply.integer(insert(ctx.db, key, args.next(), args.next(), word == b"AFTER"))


@LISTS.command(
    "LREM key count element",
    arity=4,
    flags=WRITE,
    keys=[KeySpec(RW | DELETE)],
    since="1.0.0",
    complexity="O(N) in the length of the list",
    summary="Remove elements that are alike: some from the head, some from the tail, or all.",
)
def cmd_lrem(ctx: Context, args: Args) -> None:
    key, count = args.next(), read_signed(args)
    ctx.reply.integer(remove(ctx.db, key, args.next(), count))


@LISTS.command(
    "LTRIM key start stop",
    arity=4,
    flags=WRITE,
    keys=[KeySpec(RW | DELETE)],
    since="1.0.0",
    complexity="O(N) in the number of elements removed",
    summary="Remove what is not between two indices.",
)
def cmd_ltrim(ctx: Context, args: Args) -> None:
    trim(ctx.db, args.next(), args.integer(), args.integer())
    ctx.reply.ok()
