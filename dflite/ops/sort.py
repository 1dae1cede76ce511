"""Sorting the elements of a list, a set or a sorted set, by themselves or by other keys' values."""

from typing import Final

from dflite.base.collection_errors import ScoresNotFloats
from dflite.base.errors import WrongType
from dflite.native.base.floattext import parse_float
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.values import hashes, list_walks, lists, set_walks
from dflite.store.db import TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET, Db
from dflite.store.effects import LIST

ITSELF: Final = b"#"  # as a pattern: the element
PLACE: Final = b"*"  # in a pattern: where the element goes
FIELD: Final = b"->"  # in a pattern: a hash's field follows
HEXADECIMAL: Final = (b"x", b"X")
WHITESPACE: Final = b" \t\n\v\f\r"


class Order:
    """How elements are sorted, which of them are taken, and what is answered for each."""

    def __init__(self) -> None:
        self.by: bytes | None = None
        self.sorts = True  # BY without a place for the element: as they come
        self.gets: list[bytes] = []
        self.descending = False
        self.alphabetical = False
        self.offset = 0
        self.count = -1  # all
        self.lenient = False  # about numbers, as C is


def sort(db: Db, key: bytes, order: Order, stores: bool = False) -> list[bytes | None]:
    """The elements at key in order, or what `order.gets` asks for each; None for what is not there.

    If they are to be stored, they come the same way on every machine.
    """
    kind = db.read_type(key, True)
    if kind not in (0, TYPE_LIST, TYPE_SET, TYPE_ZSET):
        raise WrongType
    by = order.by
    alphabetical = order.alphabetical
    sorts = order.sorts
    if kind == TYPE_SET and not sorts and stores:
        by = None
        sorts = alphabetical = True
    if not sorts:
        found = unsorted(db, key, kind, order)
    else:
        found = elements(db, key, kind)
        if kind == TYPE_SET and stores:
            found.sort()
        found = in_order(db, found, by, alphabetical, order)
        start, end = limits(order, len(found))
        found = found[start:end]
    if not order.gets:
        return list(found)
    return [look_up(db, pattern, element) for element in found for pattern in order.gets]


def elements(db: Db, key: bytes, kind: int) -> list[bytes]:
    """All elements; kind is key's type, or 0 without such a key."""
    table = db.table(key)
    if kind == TYPE_LIST:
        return list_walks.elements(table, key)
    if kind == TYPE_SET:
        return set_walks.members(table, key)
    if kind == TYPE_ZSET:
        return [pair[0] for pair in zset_ranges.pairs(table, key, 0, zsets.size(table, key))]
    return []


def unsorted(db: Db, key: bytes, kind: int, order: Order) -> list[bytes]:
    """Elements as they come, within the limits; those in an order from the end if descending."""
    table = db.table(key)
    if kind in (TYPE_LIST, TYPE_ZSET):
        length = lists.length(table, key) if kind == TYPE_LIST else zsets.size(table, key)
        start, end = limits(order, length)
        if start == end:
            return []
        if kind == TYPE_ZSET:
            first = length - 1 - start if order.descending else start
            pairs = zset_ranges.pairs(table, key, first, end - start, order.descending)
            return [pair[0] for pair in pairs]
        if not order.descending:
            return list_walks.elements(table, key, start, end - 1)
        return list_walks.elements(table, key, length - end, length - 1 - start)[::-1]
    found = elements(db, key, kind)
    start, end = limits(order, len(found))
    return found[start:end]


def limits(order: Order, length: int) -> tuple[int, int]:
    """(index of the first element that is taken, index behind the last)."""
    start = min(max(order.offset, 0), length)
    return start, length if order.count < 0 else min(start + order.count, length)


def in_order(
    db: Db, found: list[bytes], by: bytes | None, alphabetical: bool, order: Order
) -> list[bytes]:
    """Elements sorted by themselves or by what `by` leads to."""
    descending = order.descending
    if alphabetical and by is None:
        return sorted(found, reverse=descending)
    weights = found if by is None else [look_up(db, by, element) for element in found]
    if not alphabetical:
        scored = [(score(weights[i], order.lenient), found[i]) for i in range(len(found))]
        scored.sort(reverse=descending)  # elements of one score by themselves
        return [pair[1] for pair in scored]
    # those without a weight are before all others; those of one weight stay as they come
    weighed = [(weight is not None, weight or b"", i) for i, weight in enumerate(weights)]
    if descending:
        weighed = [(there, weight, -i) for there, weight, i in weighed]
    weighed.sort(reverse=descending)
    return [found[abs(weight[2])] for weight in weighed]


def score(text: bytes | None, lenient: bool) -> float:
    """The number that an element is sorted by; 0 where there is none.

    `lenient` is as Redis and C read numbers: what Redis could sort, its replica has to.
    """
    if text is None:
        return 0.0
    text = text.partition(b"\0")[0]
    if lenient:
        text = text.lstrip(WHITESPACE)
        if not text:
            return 0.0
    number = parse_float(text)
    if number is None or text.lstrip(b"+-")[1:2] in HEXADECIMAL:
        raise ScoresNotFloats
    return number


def look_up(db: Db, pattern: bytes, element: bytes) -> bytes | None:
    """The string, or the hash's field, that the pattern leads to with the element put into it."""
    if pattern == ITSELF:
        return element
    before, place, behind = pattern.partition(PLACE)
    if not place:
        return None
    rest, _, field = behind.partition(FIELD)
    if not field:
        value = db.read(before + element + behind)
        return value if isinstance(value, bytes) else None
    key = before + element + rest
    if db.read_type(key, True) != TYPE_HASH:
        return None
    db.expire_due_elements(key)  # what is found may be stored
    return hashes.get(db.table(key), key, field)


def store(db: Db, target: bytes, found: list[bytes | None]) -> int:
    """Put what was sorted at `target` as a list, in the place of what is there; its length."""
    if not found:
        db.remove(target)
        return 0
    db.delete(target)
    lists.push(db.table(target), target, [item or b"" for item in found], False)
    db.changed(target, "sortstore", LIST)
    db.effects.changed += len(found) - 1
    return len(found)
