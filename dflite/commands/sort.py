"""SORT: the elements of a list, a set or a sorted set in order, answered or stored."""

from typing import Final

from dflite.base.collection_errors import SortRefused
from dflite.base.errors import BadSyntax
from dflite.engine.acl import may_use_every_key
from dflite.engine.acl_patterns import READS
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    MOVABLE_KEYS,
    OW,
    READONLY,
    RO,
    UPDATE,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.engine.lookup import find
from dflite.ops.sort import PLACE, Order, sort, store

SORTING: Final = Family("generic")
ELEMENTS: Final = KeySpec(RO | ACCESS)
PATTERNS: Final = KeySpec(RO | ACCESS, unknown=True)
TARGET: Final = KeySpec(OW | UPDATE, unknown=True)
# How many words follow an option that says nothing about keys.
FOLLOWING: Final = {b"LIMIT": 2, b"GET": 1, b"BY": 1}


def keys_of_sort(argv: list[bytes]) -> list[int]:
    """The key that is sorted, and the last one that STORE names."""
    target = 0
    i = 2
    while i < len(argv):
        word = argv[i].upper()
        if word == b"STORE" and i + 1 < len(argv):
            target = i + 1  # which may itself be read as an option
        else:
            i += FOLLOWING.get(word, 0)
        i += 1
    return [1, target] if target else [1]


def key_of_sort_ro(argv: list[bytes]) -> list[int]:
    return [1]


def read_order(ctx: Context, args: Args, order: Order, stores: bool) -> bytes | None:
    """The options behind the key; the target of STORE, if that may be said and is."""
    target = None
    reads_all = ctx.client.user.unrestricted or may_use_every_key(
        ctx.client.user, READS, find(args.argv), args.argv, ctx.db.index, len(ctx.keyspace.dbs)
    )
    while args.more():
        word = args.word()
        if word == b"ASC":
            order.descending = False
        elif word == b"DESC":
            order.descending = True
        elif word == b"ALPHA":
            order.alphabetical = True
        elif word == b"LIMIT" and args.left() >= 2:
            order.offset = args.integer()
            order.count = args.integer()
        elif word == b"STORE" and stores:
            target = args.next()
        elif word == b"BY":
            order.by = args.next()
            if PLACE not in order.by:
                order.sorts = False
            elif not reads_all:
                raise SortRefused(word)
        elif word == b"GET":
            order.gets.append(args.next())
            if not reads_all:
                raise SortRefused(word)
        else:
            raise BadSyntax
    return target


@SORTING.command(
    "SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] "
    "[ASC | DESC] [ALPHA] [STORE destination]",
    arity=-2,
    flags=WRITE | DENYOOM | MOVABLE_KEYS,
    keys=[ELEMENTS, PATTERNS, TARGET],
    find_keys=keys_of_sort,
    since="1.0.0",
    complexity="O(N+M*log(M)): N elements, M of them answered; O(N) if they are not sorted",
    summary="Sort the elements of a list, a set or a sorted set; answer them, or store them as a "
    "list.",
    acl="set sortedset list dangerous",
)
def cmd_sort(ctx: Context, args: Args) -> None:
    key = args.next()
    order = Order()
    order.lenient = ctx.client.primary
    target = read_order(ctx, args, order, True)
    found = sort(ctx.db, key, order, target is not None or ctx.in_script)
    if target is None:
        ctx.reply.bulks(found)
    else:
        ctx.reply.integer(store(ctx.db, target, found))


@SORTING.command(
    "SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] "
    "[ASC | DESC] [ALPHA]",
    arity=-2,
    flags=READONLY | MOVABLE_KEYS,
    keys=[ELEMENTS, PATTERNS],
    find_keys=key_of_sort_ro,
    since="7.0.0",
    complexity="O(N+M*log(M)): N elements, M of them answered; O(N) if they are not sorted",
    summary="SORT that only answers, for replicas.",
    acl="set sortedset list dangerous",
)
def cmd_sort_ro(ctx: Context, args: Args) -> None:
    key = args.next()
    order = Order()
    read_order(ctx, args, order, False)
    ctx.reply.bulks(sort(ctx.db, key, order, ctx.in_script))
