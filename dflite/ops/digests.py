"""Digests of values and of the whole keyspace, equal to Redis' DEBUG DIGEST for equal data.

A digest is 20 bytes. Things without an order are joined by the exclusive or of their SHA-1
(`join`); things in order by joining and hashing again (`append`).
"""

from hashlib import sha1
from typing import Final

from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_id import MAX_ID, id_text
from dflite.native.values import hash_walks, list_walks, set_walks
from dflite.store.db import NEVER, TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET, Db
from dflite.store.keyspace import Keyspace

SIZE: Final = 20
NOTHING: Final = bytes(SIZE)
PAGE: Final = 1000

# Redis' numbers of the types, in the order of our own: string, list, set, zset, hash, stream.
REDIS_TYPES: Final = [-1, 0, 1, 2, 3, 4, 6]


def join(digest: bytes, data: bytes) -> bytes:
    """The digest with something more, in whatever order."""
    mixed = int.from_bytes(digest) ^ int.from_bytes(sha1(data).digest())
    return mixed.to_bytes(SIZE)


def append(digest: bytes, data: bytes) -> bytes:
    """The digest with something behind it."""
    return sha1(join(digest, data)).digest()


def append_value(digest: bytes, db: Db, key: bytes) -> bytes:
    """The digest with key's type, value and whether it expires; key has to be there."""
    kind = db.type_of(key)
    digest = append(digest, REDIS_TYPES[kind].to_bytes(4))
    value = db.table(key).read(key, False)
    if isinstance(value, bytes):
        digest = append(digest, value)
    elif kind == TYPE_LIST:
        for item in list_walks.elements(db.table(key), key):
            digest = append(digest, item)
    elif kind == TYPE_SET:
        for member in set_walks.members(db.table(key), key):
            digest = join(digest, member)
    elif kind == TYPE_ZSET:
        for member, score in scored_members(db, key):
            digest = join(digest, append(append(NOTHING, member), b"%.17g" % score))
    elif kind == TYPE_HASH:
        pairs = hash_walks.items(db.table(key), key)
        for i in range(0, len(pairs), 2):
            digest = join(digest, append(append(NOTHING, pairs[i]), pairs[i + 1]))
    elif isinstance(value, Stream):
        digest = append_entries(digest, value)
    if db.deadline(key) != NEVER:
        digest = join(digest, b"!!expire!!")
    return digest


def scored_members(db: Db, key: bytes) -> list[tuple[bytes, float]]:
    table = db.table(key)
    return zset_ranges.pairs(table, key, 0, zsets.size(table, key))


def append_entries(digest: bytes, stream: Stream) -> bytes:
    """The digest with the entries of a stream; groups are no part of it."""
    start = 0
    while True:
        entries = stream.entries(start, MAX_ID, PAGE)
        for number, words in entries:
            digest = append(digest, id_text(number).replace(b"-", b"."))
            for word in words:
                digest = append(digest, word)
        if len(entries) < PAGE:
            return digest
        start = entries[-1][0] + 1


def value_digest(db: Db, key: bytes) -> bytes:
    """The digest of what key holds; all zeros without such a key."""
    return append_value(NOTHING, db, key) if db.exists(key) else NOTHING


def keyspace_digest(keyspace: Keyspace) -> bytes:
    """The digest of all keys of all databases."""
    digest = NOTHING
    for db in keyspace.dbs:
        if len(db):
            digest = append_database(append(digest, db.index.to_bytes(4)), keyspace, db)
    return digest


def append_database(digest: bytes, keyspace: Keyspace, db: Db) -> bytes:
    """The digest with every key of a database; nothing changes meanwhile, so each is met once."""
    cursor = 0
    joined = int.from_bytes(digest)
    while True:
        cursor, keys = keyspace.scan(db, cursor, PAGE, None, 0)
        for key in keys:
            whole = append_value(append(NOTHING, key), db, key)
            joined ^= int.from_bytes(sha1(whole).digest())
        if cursor == 0:
            return joined.to_bytes(SIZE)
