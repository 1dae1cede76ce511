# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The keyspace table: extendible hashing over cache-line buckets of tagged pointers to single-blob entries.

A look-up costs two cache misses: the bucket, then the entry.

    directory[top bits of the hash] -> Segment -> buckets of 8 slots (64 bytes, one cache line)
    slot  = 16 tag bits | 44 pointer bits | bit 0: the entry has a deadline       (0 = empty)
    entry = 8-byte header | optional fields | key | value     (one allocation, see entry.pxd)

* The tag is the 16 bits of the hash that follow the segment's prefix. The home bucket is
  `tag * buckets >> 16`, so a segment can change its number of buckets, and two segments can merge,
  without looking at an entry; only a split has to hash keys again, since it needs one bit more.
* Buckets are filled from the left. What does not fit at home goes to the next bucket that has room
  (linear probing), and a removal pulls entries back, so "a bucket that is not full" always ends a search:
  there are no tombstones and no overflow counters.
* Segments grow in steps of about a sixth, up to 128 buckets, then split in two. Only one segment is ever
  touched by an insert (about 900 entries), and the directory doubles by copying pointers.
* The home bucket grows with the hash, so walking directory and buckets in order walks the hashes in
  order. SCAN's cursor is the hash that comes next; it means the same whatever the table did in between.

In layers: entry.pxd (the blob), segment.pyx (buckets), directory.pyx (from a hash to its segment), index.pyx
(find, put, remove), walk.pyx (scans), this module (what the floors above call). The hash is SipHash-1-3 under a
secret drawn at start: keys come from strangers.
Times are Unix milliseconds, sizes are bytes as the allocator counts them.

Extendible hashing: Fagin et al., ACM TODS 4(3), 1979. Bucket layout after Dash, VLDB 13(8), 2020.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from dflite.native.base.bytesops cimport format_int64, parse_int64
from dflite.native.keyspace cimport due
from dflite.native.keyspace.cas cimport renew_cas
from dflite.native.keyspace.entry cimport (
    BEFORE_KEY_LENGTH,
    BEFORE_VALUE_LENGTH,
    ENC_BYTES,
    ENC_GROWN,
    ENC_INT,
    ENC_OBJECT,
    ENC_PACKED,
    F_STICKY,
    F_WIDE_KEY,
    F_WIDE_VALUE,
    T_STRING,
    Entry,
    allocated,
    deadline_of,
    integer_of,
    malloc_usable_size,
    mc_flags_of,
    optional_size,
    slot_entry,
    stamp_entry,
    stamp_of,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport Index, hash_key
from dflite.native.keyspace.walk cimport random_entry, scan_keys

cdef size_t LONGEST = 0xFFFFFFFF     # bytes of a value

STRING = T_STRING
MAX_VALUE = 0xFFFFFFFF


class Expired:
    """What `Table.read` answers for a key whose deadline has passed but that is still there."""


EXPIRED = Expired()


class Inline:
    """What `Table.read` answers for a small collection, which is no Python object."""


INLINE = Inline()


cdef class Table(Index):
    """One shard's part of one database: keys with values, deadlines and access stamps.

    `clock` says what "now" is: a key whose deadline has passed is answered as `EXPIRED` until its owner,
    who has to announce that, deletes it.
    """

    # -- what the floors above call --------------------------------------------------------------------

    cdef object value_object(self, Entry* e):
        cdef char[24] text
        cdef PyObject* value
        cdef uint8_t encoding = e.kind & 0xF0
        if encoding == ENC_INT:
            return PyBytes_FromStringAndSize(text, format_int64(integer_of(e), text))
        if encoding == ENC_OBJECT:
            memcpy(&value, value_of(e), sizeof(value))
            return <object>value
        if encoding >= ENC_PACKED:
            return INLINE
        return PyBytes_FromStringAndSize(value_of(e), value_length_of(e))

    cdef Entry* put_string(self, const char* key, size_t n, uint64_t h, const char* value,
                           size_t length, int64_t deadline, uint32_t mc_flags) except NULL:
        """A string; the text of an int64 is kept as eight bytes."""
        cdef int64_t number
        if length <= 20 and parse_int64(value, length, &number):
            return self.put(key, n, h, T_STRING | ENC_INT, <const char*>&number, 8, deadline, mc_flags)
        return self.put(key, n, h, T_STRING | ENC_BYTES, value, length, deadline, mc_flags)

    def read(self, bytes key not None, bint touch=True):
        """The value: bytes of a string, the Python value of another type, INLINE, None, or EXPIRED.

        `touch` marks the entry as used now.
        """
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return None
        if self.is_due(e):
            return EXPIRED
        if touch:
            self.use(e)
        return self.value_object(e)

    def type_of(self, bytes key not None, bint touch=False) -> int:
        """The type's number, 0 if there is no such key, -1 if its deadline has passed."""
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return 0
        if self.is_due(e):
            return -1
        if touch:
            self.use(e)
        return e.kind & 0x0F

    def encoding_of(self, bytes key not None) -> int:
        """The number of its ENC_, from 0 for ENC_BYTES on; -1 without such a key."""
        cdef Entry* e = self.entry_of(key)
        return -1 if e == NULL else e.kind >> 4

    def string_length(self, bytes key not None) -> int:
        """Bytes of the string at key as a client would read it; the key must hold one."""
        cdef Entry* e = self.entry_of(key)
        cdef char[24] text
        if e == NULL:
            return 0
        if (e.kind & 0xF0) == ENC_INT:
            return format_int64(integer_of(e), text)
        return value_length_of(e)

    def slice(self, bytes key not None, size_t start, size_t end) -> bytes:
        """Bytes start to end (exclusive, within the value) of the string at key."""
        cdef Entry* e = self.entry_of(key)
        cdef char[24] text
        cdef char* value
        cdef size_t length
        if e == NULL or (e.kind & 0x0F) != T_STRING:
            raise KeyError(key)
        if (e.kind & 0xF0) == ENC_INT:
            value = text
            length = format_int64(integer_of(e), text)
        else:
            value = value_of(e)
            length = value_length_of(e)
        if start > end or end > length:
            raise IndexError("a slice beyond the value")
        return PyBytes_FromStringAndSize(value + start, end - start)

    def deadline(self, bytes key not None) -> int:
        """Unix ms; -1 for a key without a deadline, -2 for no such key."""
        cdef Entry* e = self.entry_of(key)
        return -2 if e == NULL else deadline_of(e)

    def idle_seconds(self, bytes key not None) -> int:
        """Seconds since the entry was last used; -1 without such a key."""
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return -1
        if self.uses is not None:
            return self.uses.idle_seconds(stamp_of(e))
        return (self.clock.stamp - stamp_of(e)) & 0xFFFFFF

    def stamp(self, bytes key not None) -> int:
        """What is noted of its use; -1 without such a key."""
        cdef Entry* e = self.entry_of(key)
        return -1 if e == NULL else stamp_of(e)

    def set_stamp(self, bytes key not None, uint32_t stamp) -> None:
        """Note of its use what was found out elsewhere."""
        cdef Entry* e = self.entry_of(key)
        if e != NULL:
            stamp_entry(e, stamp)

    def set_idle(self, bytes key not None, int64_t seconds) -> None:
        """Mark the entry as last used so many seconds ago."""
        cdef Entry* e = self.entry_of(key)
        if e != NULL and self.uses is None:
            stamp_entry(e, (self.clock.stamp - <uint32_t>seconds) & 0xFFFFFF)

    def memory_of(self, bytes key not None) -> int:
        """Bytes of the entry and of its slot, without a Python value's own; -1 without such a key."""
        cdef Entry* e = self.entry_of(key)
        return -1 if e == NULL else allocated(e) + sizeof(uint64_t)

    def memcached_flags(self, bytes key not None) -> int:
        """The flags memcached clients set; 0 without any."""
        cdef Entry* e = self.entry_of(key)
        return 0 if e == NULL else mc_flags_of(e)

    def set_string(self, bytes key not None, bytes value not None, int64_t deadline=-1, uint32_t mc_flags=0) -> None:
        """Put a string at key, in the place of whatever was there."""
        self.put_string(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                        hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)),
                        PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, mc_flags)

    def set_raw(self, bytes key not None, bytes value not None, int64_t deadline=-1) -> None:
        """Put a string that keeps its bytes even where they spell an integer."""
        self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                 hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), T_STRING | ENC_BYTES,
                 PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, 0)

    def update_string(self, bytes key not None, bytes value not None, bint raw=False) -> None:
        """Another string at key, which keeps its deadline and memcached's flags; a new key without them.

        `raw` keeps the bytes even where they spell an integer.
        """
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef Entry* e = self.find(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        cdef int64_t deadline = -1 if e == NULL else deadline_of(e)
        cdef uint32_t mc_flags = 0 if e == NULL else mc_flags_of(e)
        if raw:
            self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, T_STRING | ENC_BYTES,
                     PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, mc_flags)
        else:
            self.put_string(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h,
                            PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, mc_flags)

    cdef int put_like(self, Entry* model, bytes key) except -1:
        """At key what `model` has: value, deadline, flags. It is an entry of another key or table."""
        cdef Entry* e
        cdef PyObject* value
        if (model.kind & 0xF0) == ENC_OBJECT:
            memcpy(&value, value_of(model), sizeof(value))
            Py_INCREF(<object>value)
        e = self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                     hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), model.kind,
                     value_of(model), value_length_of(model), deadline_of(model), mc_flags_of(model))
        e.flags = (e.flags & ~F_STICKY) | (model.flags & F_STICKY)
        return 0

    def move(self, bytes key not None, Table target not None, bytes new_key not None) -> bool:
        """Move the entry at key to `new_key` of `target`, in the place of what is there.

        Its value, deadline and flags go with it; False if there is no such key.
        """
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return False
        if target is not self or new_key != key:
            if e.flags & F_WIDE_VALUE:
                self.relink(key, target, new_key)
            else:
                target.put_like(e, new_key)
                self.delete(key)
        return True

    cdef int relink(self, bytes key, Table target, bytes new_key) except -1:
        """Move a long string as it is: what is many megabytes must not be there twice, or take long."""
        cdef const char* name = PyBytes_AS_STRING(new_key)
        cdef size_t n = PyBytes_GET_SIZE(new_key), before, after, length
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef uint64_t new_h = hash_key(name, n)
        cdef uint64_t* slot
        cdef Entry* e
        cdef uint8_t flags
        cdef uint32_t wide
        cdef char* p
        # what may fail comes first
        target.room_for(new_h)
        slot = self.slot_of(key)
        e = slot_entry(slot[0])
        flags = e.flags & ~F_WIDE_KEY
        if n >= 255:
            flags |= F_WIDE_KEY
        length = value_length_of(e)
        before = value_of(e) - <char*>e
        after = sizeof(Entry) + optional_size(flags) + n
        if after > before:
            self.resize_entry(slot, h, after + length)
        target.remove(name, n, new_h)
        e = self.unlink(self.slot_of(key), h)
        memmove(<char*>e + after, <char*>e + before, length)
        e.flags = flags
        p = <char*>e + sizeof(Entry) + optional_size(flags & BEFORE_KEY_LENGTH)
        e.key_length = 255
        if flags & F_WIDE_KEY:
            wide = <uint32_t>n
            memcpy(p, &wide, 4)
            p += 4
        else:
            e.key_length = <uint8_t>n
        wide = <uint32_t>length
        memcpy(p, &wide, 4)
        memcpy(p + 4, name, n)
        target.use(e)
        target.link(e, new_h)
        return 0

    def copy_inline(self, bytes key not None, Table target not None, bytes new_key not None) -> bool:
        """A copy of what is at key, its deadline and flags too; False if it is a Python value."""
        cdef Entry* e = self.entry_of(key)
        if e == NULL or (e.kind & 0xF0) == ENC_OBJECT:
            return False
        if target is not self or new_key != key:
            target.put_like(e, new_key)
        return True

    def set_object(self, bytes key not None, int type_number, object value, int64_t deadline=-1) -> None:
        """Put a value of another type than string at key; the table keeps a reference."""
        cdef PyObject* p = <PyObject*>value
        self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                 hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), type_number | ENC_OBJECT,
                 <const char*>&p, sizeof(p), deadline, 0)
        Py_INCREF(value)

    def set_deadline(self, bytes key not None, int64_t deadline) -> bool:
        """Give key a deadline in Unix ms, or none with -1; False without such a key."""
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef uint64_t* slot = self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        if slot == NULL:
            return False
        self.set_deadline_at(slot, h, deadline)
        return True

    def touch(self, bytes key not None) -> None:
        """Mark the entry as used now."""
        cdef Entry* e = self.entry_of(key)
        if e != NULL:
            self.use(e)

    def stick(self, bytes key not None) -> bool:
        """Exempt key from eviction; False if it was, or without such a key."""
        cdef Entry* e = self.entry_of(key)
        if e == NULL or e.flags & F_STICKY:
            return False
        e.flags |= F_STICKY
        return True

    def is_sticky(self, bytes key not None) -> bool:
        """Is key exempt from eviction?"""
        cdef Entry* e = self.entry_of(key)
        return e != NULL and e.flags & F_STICKY != 0

    def shrink_entry(self, bytes key not None) -> int:
        """Give back what the entry does not need of its block; how many bytes those were."""
        cdef uint64_t* slot = self.slot_of(key)
        cdef Entry* e
        cdef size_t before
        if slot == NULL:
            return 0
        e = slot_entry(slot[0])
        before = allocated(e)
        e = self.resize_entry(slot, hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)),
                              value_of(e) + value_length_of(e) - <char*>e)
        return before - allocated(e) if allocated(e) < before else 0

    def delete(self, bytes key not None) -> bool:
        """Remove key; False if it was not there."""
        return self.remove(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                           hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)))

    def overwrite(self, bytes key not None, size_t offset, bytes patch not None) -> int:
        """Lay `patch` over the string at key from `offset` on; new length.

        The string grows as needed, the gap is zero bytes, what was an integer becomes text, and room is
        kept for more of the same, so that n appends cost O(n). The key must hold a string.
        """
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef uint64_t* slot = self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        cdef Entry* e = NULL if slot == NULL else slot_entry(slot[0])
        cdef size_t length, after, total, room, before, patch_size = PyBytes_GET_SIZE(patch)
        cdef char[24] text
        cdef bytes old
        cdef uint32_t wide
        cdef char* value
        if e == NULL or (e.kind & 0x0F) != T_STRING:
            raise KeyError(key)
        if offset > LONGEST or offset + patch_size > LONGEST:
            raise OverflowError("a value of 4 GiB")
        if self.cut is not None:
            self.before_change(h)
        if (e.kind & 0xF0) == ENC_INT:
            length = format_int64(integer_of(e), text)
            old = PyBytes_FromStringAndSize(text, length)
            self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, T_STRING | ENC_GROWN,
                     PyBytes_AS_STRING(old), length, deadline_of(e), self.memcached_flags(key))
            slot = self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
            e = slot_entry(slot[0])
        length = value_length_of(e)
        after = max(length, offset + patch_size)
        if after >= 65535 and not e.flags & F_WIDE_VALUE:
            self.put_wide(slot, h)
            e = slot_entry(slot[0])
        total = value_of(e) - <char*>e + after
        before = malloc_usable_size(e)
        if total > before:
            room = total if after < 64 else total + min(total >> 2, <size_t>1 << 20)
            e = self.resize_entry(slot, h, room)
        e.kind = T_STRING | ENC_GROWN
        value = value_of(e)
        if offset > length:
            memset(value + length, 0, offset - length)
        memcpy(value + offset, PyBytes_AS_STRING(patch), patch_size)
        if e.flags & F_WIDE_VALUE:
            wide = <uint32_t>after
            memcpy(<char*>e + sizeof(Entry)
                   + optional_size(e.flags & BEFORE_VALUE_LENGTH), &wide, 4)
        else:
            e.value_length = <uint16_t>after
        self.use(e)
        renew_cas(e)
        return after

    cdef int put_wide(self, uint64_t* slot, uint64_t h) except -1:
        """The same entry with the field for long values, where its value is still short."""
        cdef Entry* e = slot_entry(slot[0])
        cdef size_t head = optional_size(e.flags) + sizeof(Entry)
        cdef size_t total = value_of(e) + value_length_of(e) - <char*>e
        cdef uint32_t wide = <uint32_t>value_length_of(e)
        e = self.resize_entry(slot, h, total + 4)
        memmove(<char*>e + head + 4, <char*>e + head, total - head)
        memcpy(<char*>e + head, &wide, 4)
        e.flags |= F_WIDE_VALUE
        e.value_length = 65535
        return 0

    # -- walking -----------------------------------------------------------------------------------

    def random_key(self):
        """A key drawn about uniformly, due ones too; None when the table is empty. O(1)."""
        cdef Entry* e = random_entry(self)
        return None if e == NULL else self.key_bytes(e)

    def scan(self, uint64_t cursor, size_t count, bytes pattern=None, int only_type=0, list due=None):
        """(next cursor, keys): about `count` keys from `cursor` (48 bits) on; 0 begins and ends.

        A key that is there from the first call to the last is returned, at least once, whatever else
        changes in between. `pattern` and `only_type` leave out keys after they were counted. Keys whose
        deadline has passed are put into `due` instead, if there is such a list.
        """
        return scan_keys(self, cursor, count, pattern, only_type, due)

    def expire_due(self, size_t limit, int64_t budget_us, bint seen) -> tuple:
        """(how many, keys or None, more): remove keys whose deadline has passed; see `due.expire_due`."""
        return due.expire_due(self, limit, budget_us, seen)


def bytes_of(list databases not None) -> int:
    """Bytes of all tables in lists of tables; asked for with every write at a memory limit."""
    cdef size_t total = 0
    for tables in databases:
        for table in <list>tables:
            total += (<Table>table).entry_bytes + (<Table>table).directory.bytes
    return total
