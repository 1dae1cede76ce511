"""List commands that move elements, or take them from the first of several lists, or wait."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.commands.lists import pop_many
from dflite.commands.popping import read_pop_count, read_pop_keys
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    BLOCKING,
    DELETE,
    DENYOOM,
    INSERT,
    RW,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.bytesops import format_int
from dflite.native.values import lists
from dflite.ops.lists import move, popped
from dflite.store.db import TYPE_LIST
from dflite.store.effects import LIST

LISTS: Final = Family("list", "list")
TAKEN: Final = RW | ACCESS | DELETE
FROM_AND_TO: Final = [KeySpec(TAKEN), KeySpec(RW | INSERT, begin=2)]
POP_COST: Final = "O(N+M), N the number of keys, M that of elements popped"


def read_side(args: Args) -> bool:
    """LEFT or RIGHT: True for LEFT."""
    word = args.word()
    if word not in (b"LEFT", b"RIGHT"):
        raise BadSyntax
    return word == b"LEFT"


# -- moving ----------------------------------------------------------------------------------------


class Move:
    """From where to where an element moves; `argv` is for the journal, if it is not the request."""

    def __init__(self, new_key: bytes, from_left: bool, to_left: bool, argv: list[bytes]) -> None:
        self.new_key = new_key
        self.from_left = from_left
        self.to_left = to_left
        self.argv = argv

    def serve(self, ctx: Context, key: bytes) -> bool:
        """Answer the element and return True, or False if there is no list."""
        item = move(ctx.db, key, self.new_key, self.from_left, self.to_left)
        if item is None:
            return False
        if self.argv and ctx.db.effects.journaling:
            ctx.db.replicate_as(self.argv)
        ctx.reply.bulk(item)
        return True


def move_or_wait(ctx: Context, key: bytes, how: Move, timeout_ms: int) -> None:
    if ctx.may_wait:
        ctx.serve_or_wait([key], LIST, timeout_ms, how.serve)
    elif not how.serve(ctx, key):
        ctx.reply.null()


@LISTS.command(
    "LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>",
    arity=5,
    flags=WRITE | DENYOOM,
    keys=FROM_AND_TO,
    since="6.2.0",
    complexity="O(1)",
    summary="Move an element from an end of a list to an end of another, or of the same.",
)
def cmd_lmove(ctx: Context, args: Args) -> None:
    key, new_key = args.next(), args.next()
    from_left, to_left = read_side(args), read_side(args)
    ctx.reply.bulk_or_null(move(ctx.db, key, new_key, from_left, to_left))


@LISTS.command(
    "RPOPLPUSH source destination",
    arity=3,
    flags=WRITE | DENYOOM,
    keys=FROM_AND_TO,
    since="1.2.0",
    complexity="O(1)",
    summary="Move the last element of a list to the head of another, or of the same.",
    deprecated_since="6.2.0",
    replaced_by="`LMOVE` with the `RIGHT` and `LEFT` arguments",
)
def cmd_rpoplpush(ctx: Context, args: Args) -> None:
    ctx.reply.bulk_or_null(move(ctx.db, args.next(), args.next(), False, True))


@LISTS.command(
    "BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
    arity=6,
    flags=WRITE | DENYOOM | BLOCKING,
    keys=FROM_AND_TO,
    since="6.2.0",
    complexity="O(1)",
    summary="Move an element from list to list, or wait for one.",
)
def cmd_blmove(ctx: Context, args: Args) -> None:
    key, new_key = args.next(), args.next()
    from_left, to_left = read_side(args), read_side(args)
    argv = [b"LMOVE", *args.argv[1:5]]
    move_or_wait(ctx, key, Move(new_key, from_left, to_left, argv), args.timeout_ms())


@LISTS.command(
    "BRPOPLPUSH source destination timeout",
    arity=4,
    flags=WRITE | DENYOOM | BLOCKING,
    keys=FROM_AND_TO,
    since="2.2.0",
    complexity="O(1)",
    summary="Move the last element of a list to the head of another, or wait for one.",
    deprecated_since="6.2.0",
    replaced_by="`BLMOVE` with the `RIGHT` and `LEFT` arguments",
)
def cmd_brpoplpush(ctx: Context, args: Args) -> None:
    key, new_key = args.next(), args.next()
    how = Move(new_key, False, True, [b"RPOPLPUSH", key, new_key])
    move_or_wait(ctx, key, how, args.timeout_ms())


# -- from the first of several ---------------------------------------------------------------------


@LISTS.command(
    "BLPOP key [key ...] timeout",
    arity=-3,
    flags=WRITE | BLOCKING,
    keys=[KeySpec(TAKEN, last=-2)],
    since="2.0.0",
    complexity="O(N) in the number of keys",
    summary="Remove the first element of the first list there is, or wait for one.",
)
def cmd_blpop(ctx: Context, args: Args) -> None:
    timeout_ms = Args(args.argv, len(args.argv) - 1).timeout_ms()
    ctx.serve_or_wait(args.argv[1:-1], LIST, timeout_ms, serve_head)


@LISTS.command(
    "BRPOP key [key ...] timeout",
    arity=-3,
    flags=WRITE | BLOCKING,
    keys=[KeySpec(TAKEN, last=-2)],
    since="2.0.0",
    complexity="O(N) in the number of keys",
    summary="Remove the last element of the first list there is, or wait for one.",
)
def cmd_brpop(ctx: Context, args: Args) -> None:
    timeout_ms = Args(args.argv, len(args.argv) - 1).timeout_ms()
    ctx.serve_or_wait(args.argv[1:-1], LIST, timeout_ms, serve_tail)


def serve_head(ctx: Context, key: bytes) -> bool:
    return serve_end(ctx, key, True)


def serve_tail(ctx: Context, key: bytes) -> bool:
    return serve_end(ctx, key, False)


def serve_end(ctx: Context, key: bytes, left: bool) -> bool:
    """Answer key and element and return True, or False if there is no list."""
    db = ctx.db
    if not db.is_type(key, TYPE_LIST):
        return False
    ctx.reply.array(2)
    ctx.reply.bulk(key)
    popped(db, key, left, 1, lists.pop_into(db.table(key), key, left, ctx.reply))
    if db.effects.journaling:
        db.replicate_as([b"LPOP" if left else b"RPOP", key])
    return True


class Pop:
    """How many elements are popped, and from which end."""

    def __init__(self, left: bool, count: int) -> None:
        self.left = left
        self.count = count

    def serve(self, ctx: Context, key: bytes) -> bool:
        """Answer key and elements and return True, or False if there is no list."""
        db = ctx.db
        if not db.is_type(key, TYPE_LIST):
            return False
        ctx.reply.array(2)
        ctx.reply.bulk(key)
        count = pop_many(ctx, key, self.left, self.count)
        if db.effects.journaling:
            db.replicate_as([b"LPOP" if self.left else b"RPOP", key, format_int(count)])
        return True


def read_pop(args: Args) -> Pop:
    """The end and the count, at the end of a request."""
    left = read_side(args)
    return Pop(left, read_pop_count(args))


@LISTS.command(
    "LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    arity=-4,
    flags=WRITE,
    keys=[KeySpec(TAKEN, numkeys=0, first=1)],
    since="7.0.0",
    complexity=POP_COST,
    summary="Remove elements from an end of the first list there is.",
)
def cmd_lmpop(ctx: Context, args: Args) -> None:
    keys = read_pop_keys(args)
    how = read_pop(args)
    for key in keys:
        if how.serve(ctx, key):
            return
    ctx.reply.null_array()


@LISTS.command(
    "BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    arity=-5,
    flags=WRITE | BLOCKING,
    keys=[KeySpec(TAKEN, begin=2, numkeys=0, first=1)],
    since="7.0.0",
    complexity=POP_COST,
    summary="Remove elements from an end of the first list there is, or wait for one.",
)
def cmd_blmpop(ctx: Context, args: Args) -> None:
    args.next()  # the timeout is looked at last
    keys = read_pop_keys(args)
    how = read_pop(args)
    ctx.serve_or_wait(keys, LIST, Args(args.argv).timeout_ms(), how.serve)
