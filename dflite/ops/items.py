"""What memcached's clients can do to a key: no words, no replies.

An item is a key that holds a string; what holds something else is not there, for memcached, and is
left alone. Changes are announced under the events that RESP's commands have, and journaled as
commands that every Redis knows: see `note_flags` for what those cannot say.
"""

from typing import Final

from dflite.native.base.bytesops import format_int, parse_int
from dflite.native.memcached import mc_items
from dflite.ops import keys as key_ops
from dflite.store.db import NEVER, TYPE_STRING, Db
from dflite.store.effects import GENERIC

# What came of it.
DONE: Final = 0
NOT_STORED: Final = 1
EXISTS: Final = 2  # it has another CAS number than was asked for
NOT_FOUND: Final = 3
NOT_A_NUMBER: Final = 4

# When and how a value is stored.
SET: Final = 0
ADD: Final = 1
REPLACE: Final = 2
APPEND: Final = 3
PREPEND: Final = 4

FLAGS_ARE: Final = b"memcached-flags "  # in an ECHO: a number and a key follow
UINT64_MASK: Final = (1 << 64) - 1
SPACES: Final = b" \t\n\v\f\r"


def is_item(db: Db, key: bytes) -> bool:
    """Is a string there? Neither counts nor touches."""
    return db.type_of(key) == TYPE_STRING


def read(db: Db, key: bytes) -> bytes | None:
    """The item's value, counted as a hit or a miss."""
    if db.type_of(key) > TYPE_STRING:
        db.missed(key)
        return None
    value = db.read(key)
    return value if isinstance(value, bytes) else None


def size(db: Db, key: bytes) -> int:
    """Bytes of the item's value, -1 without one, counted as a hit or a miss."""
    if db.type_of(key) > TYPE_STRING:
        db.missed(key)
        return -1
    return db.string_length(key) if db.read_type(key, True) else -1


def store(db: Db, key: bytes, value: bytes, how: int, flags: int, deadline: int) -> int:
    """SET, ADD or REPLACE; the value of a deadline that has passed is not to be seen by anybody."""
    kind = db.type_of(key)
    if kind > TYPE_STRING or (how != SET and (kind != 0) == (how == ADD)):
        return NOT_STORED
    if deadline != NEVER and db.is_past(deadline):
        key_ops.delete_due(db, key)
    else:
        put(db, key, value, flags, deadline)
    return DONE


def put(db: Db, key: bytes, value: bytes, flags: int, deadline: int) -> None:
    db.put_string(key, value, deadline, flags)
    db.changed(key, "set")
    if deadline != NEVER:
        db.also(key, "expire")
    if db.effects.journaling:
        if deadline == NEVER:
            db.replicate_as([b"SET", key, value])
        else:
            db.replicate_as([b"SET", key, value, b"PXAT", format_int(deadline)])
        note_flags(db, key, flags)


def note_flags(db: Db, key: bytes, flags: int) -> None:
    """Journal the flags of a key that was just SET, where there are any.

    ECHO is what every Redis runs and nobody minds; a dflite that follows reads it.
    """
    if flags:
        db.replicate_as([b"ECHO", FLAGS_ARE + b"%d %b" % (flags, key)])


def take_flags(db: Db, text: bytes) -> None:
    """What a primary, or the log, says by ECHO: nothing, unless it is flags of a key."""
    if not text.startswith(FLAGS_ARE):
        return
    number, _, key = text[len(FLAGS_ARE) :].partition(b" ")
    flags = parse_int(number)
    table = db.table(key)
    value = table.read(key, False)
    if flags is not None and 0 <= flags < 1 << 32 and isinstance(value, bytes):
        table.set_string(key, value, table.deadline(key), flags)


def extend(db: Db, key: bytes, part: bytes, before: bool, most: int) -> int:
    """APPEND or PREPEND to an item, which keeps flags and deadline, up to `most` bytes."""
    if not is_item(db, key):
        return NOT_STORED
    length = db.string_length(key)
    if length + len(part) > most:
        return NOT_STORED
    if before:
        whole = part + db.string_slice(key, 0, length)
        db.overwrite(key, 0, whole)
        db.changed(key, "prepend")
        if db.effects.journaling:
            db.replicate_as([b"SETRANGE", key, b"0", whole])
    else:
        db.overwrite(key, length, part)
        db.changed(key, "append")
        if db.effects.journaling:
            db.replicate_as([b"APPEND", key, part])
    mc_items.begin_anew(db.table(key), key)
    return DONE


def compare(db: Db, key: bytes, cas: int) -> int:
    """DONE if the item has that CAS number, else EXISTS or NOT_FOUND."""
    if not is_item(db, key):
        return NOT_FOUND
    return DONE if cas and mc_items.known_cas(db.table(key), key) == cas else EXISTS


def cas_of(db: Db, key: bytes) -> int:
    """The CAS number of a key; of one that was stored and gone at once, one that nobody has."""
    if not is_item(db, key):
        return mc_items.fresh_cas()
    return mc_items.cas_at(db.table(key), key)


def flags_of(db: Db, key: bytes) -> int:
    return db.table(key).memcached_flags(key)


def number_in(value: bytes) -> int | None:
    """What memcached takes a value for: digits at its beginning, perhaps between spaces."""
    number = parse_int(value)
    if number is not None:
        return number if number >= 0 else None
    words = value[:64].split(None, 1)
    if not words:
        return None
    digits = words[0].removeprefix(b"+")
    if not digits.isdigit():
        return None
    number = int(digits)
    return number if number <= UINT64_MASK else None


def count(db: Db, key: bytes, delta: int, up: bool) -> int:
    """Add to the number in an item, modulo 2**64, or take away, to 0 at least.

    DONE, NOT_FOUND or NOT_A_NUMBER.
    """
    if not is_item(db, key):
        return NOT_FOUND
    value = db.find_string(key)
    number = None if value is None else number_in(value)
    if number is None:
        return NOT_A_NUMBER
    number = (number + delta) & UINT64_MASK if up else max(number - delta, 0)
    text = b"%d" % number
    table = db.table(key)
    marks = mc_items.marks(table, key)
    fetched = mc_items.is_fetched(table, key)
    db.update_string(key, text)
    if value is not None and len(text) <= len(value):  # memcached counts in place then
        if fetched:
            mc_items.mark_fetched(table, key)
        if marks:
            mc_items.set_marks(table, key, marks)
    db.changed(key, "incrby")
    if db.effects.journaling:
        db.replicate_as([b"SET", key, text, b"KEEPTTL"])
        note_flags(db, key, flags_of(db, key))
    return DONE


def touch(db: Db, key: bytes, deadline: int) -> bool:
    """Give an item another deadline, or NEVER; False without such an item."""
    if not is_item(db, key):
        return False
    db.table(key).touch(key)
    if deadline != NEVER:
        return key_ops.set_deadline(db, key, deadline)
    if key_ops.persist(db, key) and db.effects.journaling:
        db.replicate_as([b"PERSIST", key])
    return True


def delete(db: Db, key: bytes) -> bool:
    """Remove an item; False if there is none."""
    if not is_item(db, key) or not db.remove(key):
        return False
    if db.effects.journaling:
        db.replicate_as([b"DEL", key])
    return True


def mark(db: Db, key: bytes, marks: int) -> None:
    """Mark an item that is there: stale, won."""
    mc_items.set_marks(db.table(key), key, marks)


def make_stale(db: Db, key: bytes, deadline: int) -> None:
    """The item is out of date: the next who asks for it is told to renew it, and its CAS is new.

    A deadline is given to it as well, unless that is -2.
    """
    if deadline != -2:
        touch(db, key, deadline)
        if not is_item(db, key):
            return
    table = db.table(key)
    mc_items.renew_cas_at(table, key)
    mc_items.set_marks(table, key, mc_items.MARK_STALE)
    db.changed(key, "touch", GENERIC)
