"""What a keyspace holds, as Python values that can be compared; deadlines too."""

from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.values import hash_walks, list_walks, set_walks
from dflite.native.values.element_deadlines import field_deadline, member_deadline
from dflite.rdb import payloads
from dflite.store.db import TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_STREAM, TYPE_ZSET
from dflite.store.keyspace import Keyspace

Contents = dict[tuple[int, bytes], tuple[object, ...]]


def value_at(table: Table, key: bytes) -> object:
    """The value at key, in a form that is the same for equal values."""
    kind = table.type_of(key)
    if kind == TYPE_LIST:
        return list_walks.elements(table, key)
    if kind == TYPE_SET:
        return sorted((m, member_deadline(table, key, m)) for m in set_walks.members(table, key))
    if kind == TYPE_HASH:
        items = hash_walks.items(table, key)
        fields = zip(items[::2], items[1::2], strict=True)
        return sorted((f, value, field_deadline(table, key, f)) for f, value in fields)
    if kind == TYPE_ZSET:
        return zset_ranges.pairs(table, key, 0, zsets.size(table, key))
    if kind == TYPE_STREAM:
        return payloads.dump(table, key, False)
    return table.read(key, False)


def contents(keyspace: Keyspace) -> Contents:
    """Every key that is not due: type, value, deadline, whether it is sticky, memcached's flags."""
    found: Contents = {}
    for db in keyspace.dbs:
        for key in db.keys(None):
            table = db.table(key)
            found[db.index, key] = (
                table.type_of(key),
                value_at(table, key),
                table.deadline(key),
                table.is_sticky(key),
                table.memcached_flags(key),
            )
    return found
