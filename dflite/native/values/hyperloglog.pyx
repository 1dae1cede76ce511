# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""HyperLogLogs by key: strings in the form that Redis gives them, in which elements are counted.

Dense ones are changed where they are; what happens to sparse ones happens to a copy (`hll_sketch`), which then
takes their place. The caller knows that a string with a good head is at the key (`form_of`), unless a function
says otherwise.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcmp, memset

from dflite.native.base.bytesops cimport load64
from dflite.native.keyspace.cas cimport renew_cas
from dflite.native.keyspace.entry cimport (
    ENC_GROWN,
    ENC_INT,
    T_STRING,
    Entry,
    deadline_of,
    mc_flags_of,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_bytes
from dflite.native.keyspace.table cimport Table
from dflite.native.values.hll_estimate cimport estimate_registers
from dflite.native.values.hll_registers cimport (
    DENSE_SIZE,
    ESTIMATE,
    FAULT,
    FORM,
    FORM_DENSE,
    FORM_SPARSE,
    HEAD,
    OUT_OF_DATE,
    REGISTERS,
    Run,
    read_registers,
    run_at,
)
from dflite.native.values.hll_sketch cimport (
    Sketch,
    copy_sketch,
    make_dense,
    new_sketch,
    sketch_add,
    sketch_raise,
)

DENSE = FORM_DENSE
SPARSE = FORM_SPARSE
NONE = FAULT


cdef int store_sketch(Table table, bytes key, Sketch* s) except -1:
    """Put it at key, which keeps its deadline and memcached's flags."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t deadline = -1 if e == NULL else deadline_of(e)
    cdef uint32_t mc_flags = 0 if e == NULL else mc_flags_of(e)
    table.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), hash_bytes(key), T_STRING | ENC_GROWN,
              <const char*>s.data, s.length, deadline, mc_flags)
    return 0


cdef int copy_entry(Sketch* s, Entry* e, size_t most) except -1:
    """Begin with what is in the entry."""
    if not copy_sketch(s, <const uint8_t*>value_of(e), value_length_of(e), most):
        raise MemoryError
    return 0


def form_of(Table table not None, bytes key not None) -> int:
    """DENSE or SPARSE, as the head of the string at key says; NONE where that is no head."""
    cdef Entry* e = table.entry_of(key)
    cdef const uint8_t* data
    if e == NULL or (e.kind & 0x0F) != T_STRING or (e.kind & 0xF0) == ENC_INT or value_length_of(e) < HEAD:
        return FAULT
    data = <const uint8_t*>value_of(e)
    if memcmp(data, b"HYLL", 4) != 0 or data[FORM] > FORM_SPARSE:
        return FAULT
    if data[FORM] == FORM_DENSE and value_length_of(e) != DENSE_SIZE:
        return FAULT
    return data[FORM]


def create(Table table not None, bytes key not None) -> None:
    """Put an empty one at key, where nothing is."""
    cdef Sketch s
    if not new_sketch(&s, 0):
        raise MemoryError
    try:
        store_sketch(table, key, &s)
    finally:
        free(s.data)


def touch_estimate(Table table not None, bytes key not None) -> None:
    """Say that the estimate in it is out of date."""
    cdef Entry* e = table.entry_of(key)
    value_of(e)[OUT_OF_DATE] |= <char>0x80
    renew_cas(e)


def add(Table table not None, bytes key not None, list elements not None, size_t most):
    """Add elements to the one at key, sparse up to `most` bytes: (how many changed it, is it sound?).

    That it is corrupted may be found when some elements are in already, and these stay.
    """
    cdef Entry* e = table.entry_of(key)
    cdef Sketch s
    cdef bytes element
    cdef int done = 0, raised = 0
    cdef bint in_place = value_of(e)[FORM] == FORM_DENSE
    e.kind = T_STRING | ENC_GROWN
    if in_place:
        s.data = <uint8_t*>value_of(e)
        s.length = s.room = DENSE_SIZE
    else:
        copy_entry(&s, e, most)
    try:
        for item in elements:
            element = <bytes?>item
            done = sketch_add(&s, <const uint8_t*>PyBytes_AS_STRING(element), PyBytes_GET_SIZE(element))
            if done < 0:
                break
            raised += done
        if raised > 0:
            s.data[OUT_OF_DATE] |= 0x80
            if in_place:
                renew_cas(e)
            else:
                store_sketch(table, key, &s)
        return raised, done >= 0
    finally:
        if not in_place:
            free(s.data)


def known_estimate(Table table not None, bytes key not None):
    """The estimate in it; None if that is out of date."""
    cdef Entry* e = table.entry_of(key)
    cdef const uint8_t* data = <const uint8_t*>value_of(e)
    e.kind = T_STRING | ENC_GROWN       # whoever asks may change it
    return None if data[OUT_OF_DATE] & 0x80 else load64(data + ESTIMATE)


def renew_estimate(Table table not None, bytes key not None):
    """Estimate anew, and keep that in it; None if it is corrupted."""
    cdef Entry* e = table.entry_of(key)
    cdef uint8_t* data = <uint8_t*>value_of(e)
    cdef uint8_t[REGISTERS] registers
    cdef int64_t estimate
    cdef int i
    memset(registers, 0, REGISTERS)
    if not read_registers(data, value_length_of(e), registers):
        return None
    estimate = estimate_registers(registers)
    for i in range(8):
        data[ESTIMATE + i] = <uint8_t>(<uint64_t>estimate >> (8 * i))
    e.kind = T_STRING | ENC_GROWN
    return estimate


def to_dense(Table table not None, bytes key not None) -> bool:
    """Give the one at key the dense form; False if it is corrupted."""
    cdef Sketch s
    copy_entry(&s, table.entry_of(key), 0)
    try:
        if not make_dense(&s):
            return False
        store_sketch(table, key, &s)
        return True
    finally:
        free(s.data)


def runs_of(Table table not None, bytes key not None) -> list:
    """The runs of a sparse one: (value, registers, bytes), value 0 for zeros."""
    cdef Entry* e = table.entry_of(key)
    cdef const uint8_t* p = <const uint8_t*>value_of(e) + HEAD
    cdef const uint8_t* end = p + value_length_of(e) - HEAD
    cdef Run run
    cdef list runs = []
    while p < end:
        run = run_at(p, end)
        runs.append((run.value, run.length, run.size))
        p += run.size
    return runs


cdef class Registers:
    """The registers of a union."""

    cdef uint8_t[REGISTERS] values

    def __cinit__(self):
        memset(self.values, 0, REGISTERS)

    def merge(self, Table table not None, bytes key not None) -> bool:
        """Take in the one at key; False if it is corrupted."""
        cdef Entry* e = table.entry_of(key)
        return read_registers(<const uint8_t*>value_of(e), value_length_of(e), self.values)

    def estimate(self) -> int:
        return estimate_registers(self.values)

    def as_list(self) -> list:
        return [self.values[i] for i in range(REGISTERS)]

    def store(self, Table table not None, bytes key not None, bint dense, size_t most) -> bool:
        """Raise those of the one at key to these, in the dense form if asked; False if it is corrupted."""
        cdef Sketch s
        cdef uint32_t i
        copy_entry(&s, table.entry_of(key), most)
        try:
            if dense and not make_dense(&s):
                return False
            for i in range(<uint32_t>REGISTERS):
                if self.values[i] and sketch_raise(&s, i, self.values[i]) < 0:
                    return False
            s.data[OUT_OF_DATE] |= 0x80
            store_sketch(table, key, &s)
            return True
        finally:
            free(s.data)
