"""What every value has to be, whatever was done to it."""

from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.sorted_sets.sortedset import SortedSet
from dflite.native.streams.stream import Stream
from dflite.native.values import hashes, list_walks, lists, set_forms
from dflite.native.values.packed_list import PackedList
from dflite.store.db import TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET, Db


def check_value(db: Db, key: bytes) -> None:
    """Assert that what is at key is sound; nothing has to be there."""
    table = db.table(key)
    kind = db.type_of(key)
    value = table.read(key, False)
    if isinstance(value, (PackedList, SortedSet, Stream)):
        value.check()
    if isinstance(value, Stream):
        for group in (value.groups or {}).values():
            group.check()
    elif kind == TYPE_LIST:
        assert len(list_walks.elements(table, key)) == lists.length(table, key) > 0
    elif kind == TYPE_SET:
        set_forms.check(table, key)
    elif kind == TYPE_HASH:
        hashes.check(table, key)
    elif kind == TYPE_ZSET:
        pairs = zset_ranges.pairs(table, key, 0, zsets.size(table, key))
        assert pairs == sorted(pairs, key=lambda pair: (pair[1], pair[0]))
        assert len({member for member, _score in pairs}) == len(pairs) > 0
