"""A toy value with commands that push, pop and wait: what proves that waiting works for any type.

TOYPUSH key item [item ...]     append, as a list
TOYPUT key item [item ...]      the same, as a set
TOYPOP key                      the first item of a list, or null
TOYWAIT key [key ...] seconds   the first item of the first list there is, or wait for one
TOYTAKE key [key ...] seconds   the same of sets
TOYGONE key seconds             wait until there is no such key
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dflite.base.errors import WrongType
from dflite.engine.args import Args
from dflite.engine.command import BLOCKING, COMMANDS, RM, RW, WRITE, Family, KeySpec
from dflite.engine.context import Context
from dflite.store.effects import GENERIC, LIST, SET, STRING

LIST_NUMBER: Final = 2
SET_NUMBER: Final = 3
KINDS: Final = {LIST_NUMBER: LIST, SET_NUMBER: SET}
NAMES: Final = ("TOYPUSH", "TOYPUT", "TOYPOP", "TOYWAIT", "TOYTAKE", "TOYGONE", "TOYBUG")


class Pile:
    """Items in order."""

    def __init__(self, items: list[bytes]) -> None:
        self.items = items


def push(ctx: Context, args: Args, number: int) -> None:
    key, items = args.next(), args.rest()
    pile = ctx.db.read(key)
    if pile is None:
        pile = Pile([])
        ctx.db.put_value(key, number, pile)
    elif ctx.db.type_of(key) != number:
        raise WrongType
    assert isinstance(pile, Pile)
    pile.items += items
    ctx.db.changed(key, "push", KINDS[number])
    ctx.reply.integer(len(pile.items))


def cmd_toypush(ctx: Context, args: Args) -> None:
    push(ctx, args, LIST_NUMBER)


def cmd_toyput(ctx: Context, args: Args) -> None:
    push(ctx, args, SET_NUMBER)


def pop(ctx: Context, key: bytes, number: int) -> bytes | None:
    """The first item; the key goes with the last one."""
    db = ctx.db
    pile = db.read(key)
    if pile is None:
        return None
    if db.type_of(key) != number:
        raise WrongType
    assert isinstance(pile, Pile)
    item = pile.items.pop(0)
    if not pile.items:
        db.delete(key)
    db.changed(key, "pop", KINDS[number])
    db.replicate_as([b"TOYPOP", key])
    return item


def cmd_toypop(ctx: Context, args: Args) -> None:
    ctx.reply.bulk_or_null(pop(ctx, args.next(), LIST_NUMBER))


def serve_list(ctx: Context, key: bytes) -> bool:
    return serve(ctx, key, LIST_NUMBER)


def serve_set(ctx: Context, key: bytes) -> bool:
    return serve(ctx, key, SET_NUMBER)


def serve(ctx: Context, key: bytes, number: int) -> bool:
    item = pop(ctx, key, number)
    if item is not None:
        ctx.reply.bulks([key, item])
    return item is not None


def cmd_toywait(ctx: Context, args: Args) -> None:
    keys = args.argv[1:-1]
    ctx.serve_or_wait(keys, LIST, Args(args.argv[-1:], 0).timeout_ms(), serve_list)


def cmd_toytake(ctx: Context, args: Args) -> None:
    keys = args.argv[1:-1]
    ctx.serve_or_wait(keys, SET, Args(args.argv[-1:], 0).timeout_ms(), serve_set)


def serve_absence(ctx: Context, key: bytes) -> bool:
    if ctx.db.exists(key):
        return False
    ctx.reply.simple(b"GONE")
    return True


def cmd_toygone(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.serve_or_wait([key], GENERIC | LIST | SET | STRING, args.timeout_ms(), serve_absence)


def cmd_toybug(ctx: Context, args: Args) -> None:
    ctx.serve_or_wait([args.next()], LIST, 0, serve_with_a_bug)


def serve_with_a_bug(ctx: Context, key: bytes) -> bool:
    if ctx.db.exists(key):
        ctx.reply.array(2)
        raise ZeroDivisionError
    return False


@contextmanager
def toy_lists() -> Iterator[None]:
    """The commands are in the table meanwhile."""
    family = Family("list", "list")
    handlers = [cmd_toypush, cmd_toyput, cmd_toypop, cmd_toywait, cmd_toytake, cmd_toygone,
                cmd_toybug]  # fmt: skip
    for name, handler in zip(NAMES, handlers, strict=True):
        waits = handler in (cmd_toywait, cmd_toytake, cmd_toygone, cmd_toybug)
        family.command(
            f"{name} key [word ...]",
            arity=-2,
            flags=WRITE | (BLOCKING if waits else 0),
            keys=[KeySpec(RW | RM)],
            since="7.0.0",
            complexity="O(1)",
            summary="A toy.",
        )(handler)
    try:
        yield
    finally:
        for name in NAMES:
            del COMMANDS[name.encode()]
            del COMMANDS[name.lower().encode()]
