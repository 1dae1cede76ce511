from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.values.fields cimport Fields
from dflite.native.wire.reply cimport Reply

cdef struct Text:
    # A field's value, or a field, as text; `data` may lead to `room`, so it must not be moved.
    const char* data
    size_t length
    char[64] room

cdef bint get_field(Table table, Entry* e, const char* field, size_t n, Text* value) noexcept
cdef int set_field(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                   const char* field, size_t field_length, const char* value, size_t length) except -1
cdef int set_with_deadline(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                           const char* field, size_t field_length, const char* value, size_t length,
                           int64_t deadline) except -1
cdef int reply_fields(Table table, Entry* e, Reply reply, bint fields, bint values) except -1
cdef int64_t length_of(Entry* e) noexcept
cdef int64_t living(Entry* e) noexcept
cdef int remove_field(Table table, uint64_t* slot, uint64_t h, const char* field, size_t n) except -1
