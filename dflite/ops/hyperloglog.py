"""What can be done to a HyperLogLog, which is a string: no argv, no reply.

`most` is the number of bytes up to which one stays sparse.
"""

from dflite.base.string_errors import CorruptHyperLogLog, NotAHyperLogLog
from dflite.native.values import hyperloglog
from dflite.native.values.hyperloglog import DENSE, NONE, Registers
from dflite.store.db import Db


def add(db: Db, key: bytes, elements: list[bytes], most: int) -> bool:
    """Count elements; did that change anything?"""
    table = db.table(key)
    created = not db.is_string(key)
    if created:
        hyperloglog.create(table, key)
    elif hyperloglog.form_of(table, key) == NONE:
        raise NotAHyperLogLog
    raised, sound = hyperloglog.add(table, key, elements, most)
    if not sound:
        if raised:
            # found out too late; a replica has no use for a request that fails
            db.changed(key, "")
            value = table.read(key, False)
            assert isinstance(value, bytes)
            db.replicate_as([b"SET", key, value, b"KEEPTTL"])
        raise CorruptHyperLogLog
    if created:
        hyperloglog.touch_estimate(table, key)
    if created or raised:
        db.changed(key, "pfadd")
        db.effects.changed += created + raised - 1
        return True
    return False


def reads(db: Db, key: bytes) -> int:
    """The form of the HyperLogLog at key, NONE if there is no key; counted as a hit or a miss."""
    if not db.reads_string(key):
        return NONE
    form = hyperloglog.form_of(db.table(key), key)
    if form == NONE:
        raise NotAHyperLogLog
    return form


def count(db: Db, key: bytes) -> int:
    """How many elements it has seen, about. A new estimate is kept in the value."""
    if reads(db, key) == NONE:
        return 0
    table = db.table(key)
    known = hyperloglog.known_estimate(table, key)
    if known is not None:
        return known
    estimate = hyperloglog.renew_estimate(table, key)
    if estimate is None:
        raise CorruptHyperLogLog
    db.changed(key, "")
    return estimate


def count_union(db: Db, keys: list[bytes]) -> int:
    """How many elements several have seen together, about."""
    union = Registers()
    for key in keys:
        if reads(db, key) != NONE:
            merge(union, db, key)
    return union.estimate()


def merge(union: Registers, db: Db, key: bytes) -> None:
    if not union.merge(db.table(key), key):
        raise CorruptHyperLogLog


def store_union(db: Db, key: bytes, sources: list[bytes], most: int) -> None:
    """Let key have seen what the sources have, too; dense if one of them is."""
    union = Registers()
    dense = False
    for source in [key, *sources]:
        form = reads(db, source)
        if form != NONE:
            dense = dense or form == DENSE
            merge(union, db, source)
    table = db.table(key)
    if not db.exists(key):
        hyperloglog.create(table, key)
    union.store(table, key, dense, most)
    db.changed(key, "pfadd")


def to_dense(db: Db, key: bytes) -> bool:
    """Give it the dense form; False if it has it already."""
    table = db.table(key)
    if hyperloglog.form_of(table, key) == DENSE:
        return False
    if not hyperloglog.to_dense(table, key):
        raise CorruptHyperLogLog
    db.changed(key, "")
    return True


def registers(db: Db, key: bytes) -> list[int]:
    """All its registers."""
    union = Registers()
    merge(union, db, key)
    return union.as_list()
