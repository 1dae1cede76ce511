from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.cut cimport Cut
from dflite.native.keyspace.directory cimport Directory
from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.segment cimport Segment
from dflite.native.keyspace.uses cimport Uses
from dflite.native.keyspace.value cimport Value

cdef uint64_t hash_key(const char* key, size_t n) noexcept nogil
cdef uint64_t hash_of(Entry* e) noexcept nogil

cdef inline uint64_t hash_bytes(bytes key) noexcept:
    return hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))

cdef class Index(Value):
    cdef readonly Clock clock
    cdef Directory directory
    cdef size_t count
    cdef size_t expiring_count
    cdef size_t entry_bytes
    cdef int64_t next_due
    cdef uint64_t sweep_at          # the hash where due_keys() goes on
    cdef int64_t sweep_soonest      # no key that this sweep has passed is due before
    cdef readonly int64_t sweep_looked  # at how many entries with a deadline, since the start
    cdef Uses uses                  # of the keyspace's tables, where stamps are more than times
    cdef Cut cut                    # of a snapshot that is being taken, or None

    cdef uint64_t* find_slot(self, const char* key, size_t n, uint64_t h) noexcept nogil
    cdef Entry* find(self, const char* key, size_t n, uint64_t h) noexcept nogil
    cdef Entry* put(self, const char* key, size_t n, uint64_t h, uint8_t kind,
                    const char* value, size_t length, int64_t deadline, uint32_t mc_flags) except NULL
    cdef Entry* resize_entry(self, uint64_t* slot, uint64_t h, size_t size) except NULL
    cdef int set_deadline_at(self, uint64_t* slot, uint64_t h, int64_t deadline) except -1
    cdef Entry* unlink(self, uint64_t* slot, uint64_t h) noexcept
    cdef void link(self, Entry* e, uint64_t h) noexcept
    cdef void before_change(self, uint64_t h) noexcept
    cdef void remove_slot(self, uint64_t* slot, uint64_t h) noexcept
    cdef bint remove(self, const char* key, size_t n, uint64_t h) noexcept
    cdef void prefetch_bucket(self, uint64_t h) noexcept nogil
    cdef void prefetch_entry(self, uint64_t h) noexcept nogil
    cdef Segment* room_for(self, uint64_t h) except NULL
    cdef void shrink(self, uint64_t h) noexcept
    cdef bytes key_bytes(self, Entry* e)
    cdef uint64_t* slot_of(self, bytes key)
    cdef Entry* entry_of(self, bytes key)
    cdef bint is_due(self, Entry* e) noexcept nogil
    cdef void use(self, Entry* e) noexcept
