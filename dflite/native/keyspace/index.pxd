from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.cut cimport Cut
from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.remains cimport Remains
from dflite.native.keyspace.segment cimport Segment
from dflite.native.keyspace.uses cimport Uses
from dflite.native.keyspace.value cimport Value

cdef uint64_t hash_key(const char* key, size_t n) noexcept nogil

cdef inline uint64_t hash_bytes(bytes key) noexcept:
    return hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))

cdef class Index(Value):
    cdef readonly Clock clock
    cdef Segment** directory
    cdef uint32_t depth
    cdef size_t count
    cdef size_t expiring_count
    cdef size_t entry_bytes
    cdef size_t segment_bytes
    cdef int64_t next_due
    cdef uint64_t sweep_at          # the hash where due_keys() goes on
    cdef int64_t sweep_soonest      # no key that this sweep has passed is due before
    cdef readonly int64_t sweep_looked  # at how many entries with a deadline, since the start
    cdef int64_t charged            # bytes that it has charged as a value
    cdef Remains remains            # of a value that is being taken apart
    cdef Uses uses                  # of the keyspace's tables, where stamps are more than times
    cdef Cut cut                    # of a snapshot that is being taken, or None

    cdef Segment* segment_for(self, uint64_t h) noexcept nogil
    cdef uint64_t* find_slot(self, const char* key, size_t n, uint64_t h) noexcept nogil
    cdef Entry* find(self, const char* key, size_t n, uint64_t h) noexcept nogil
    cdef Entry* put(self, const char* key, size_t n, uint64_t h, uint8_t kind,
                    const char* value, size_t length, int64_t deadline, uint32_t mc_flags) except NULL
    cdef int set_deadline_at(self, uint64_t* slot, uint64_t h, int64_t deadline) except -1
    cdef Entry* unlink(self, uint64_t* slot, uint64_t h) noexcept
    cdef void link(self, Entry* e, uint64_t h) noexcept
    cdef void before_change(self, uint64_t h) noexcept
    cdef void remove_slot(self, uint64_t* slot, uint64_t h) noexcept
    cdef bint remove(self, const char* key, size_t n, uint64_t h) noexcept
    cdef void prefetch_bucket(self, uint64_t h) noexcept nogil
    cdef void prefetch_entry(self, uint64_t h) noexcept nogil
    cdef int grow(self, uint64_t h) except -1
    cdef int widen(self) except -1
    cdef int split(self, Segment* s, uint64_t h) except -1
    cdef int resize(self, Segment* s, uint64_t h, uint32_t buckets) except -1
    cdef void shrink(self, Segment* s, uint64_t h) noexcept
    cdef void point(self, uint64_t h, Segment* s) noexcept nogil
    cdef bytes key_bytes(self, Entry* e)
    cdef uint64_t* slot_of(self, bytes key)
    cdef Entry* entry_of(self, bytes key)
    cdef bint is_due(self, Entry* e) noexcept nogil
    cdef void note_deadline(self, Segment* s, int64_t deadline) noexcept nogil
    cdef void narrow(self) noexcept
    cdef void account(self) noexcept nogil
    cdef void use(self, Entry* e) noexcept
