# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A HyperLogLog that is being changed: sparse runs grow, split and join, and become dense registers.

An element's hash chooses a register by its low 14 bits; the register keeps the longest run of zeros, plus
one, that the other 50 have begun with.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memmove, memset

from dflite.native.values.hll_registers cimport (
    DENSE_SIZE,
    FAULT,
    FORM_SPARSE,
    MOST_VALUE,
    MOST_VALUES,
    OUT_OF_DATE,
    Run,
    dense_set,
    is_values,
    put_values,
    put_zeros,
    read_registers,
    run_at,
)

cdef enum:
    FIRST_ROOM = 64
    MORE_ROOM = 512
    LOOKED_AT = 5               # runs that are looked at again behind a change


cdef bint new_sketch(Sketch* s, size_t most) noexcept nogil:
    """An empty one: a head, and one run of zeros. False if there is no memory."""
    s.most = most
    s.room = FIRST_ROOM
    s.length = HEAD + 2
    s.data = <uint8_t*>calloc(s.room, 1)
    if s.data == NULL:
        return False
    memcpy(s.data, b"HYLL", 4)
    s.data[FORM] = FORM_SPARSE
    put_zeros(s.data + HEAD, REGISTERS)
    return True


cdef bint copy_sketch(Sketch* s, const uint8_t* data, size_t length, size_t most) noexcept nogil:
    """One of these bytes, with a good head. False if there is no memory."""
    s.most = most
    s.length = length
    s.room = length + FIRST_ROOM
    s.data = <uint8_t*>malloc(s.room)
    if s.data == NULL:
        return False
    memcpy(s.data, data, length)
    return True


cdef bint make_dense(Sketch* s) noexcept nogil:
    """Give it the dense form; False if it is corrupted, or there is no memory."""
    cdef uint8_t* dense
    cdef uint8_t[REGISTERS] registers
    cdef uint32_t i
    if s.data[FORM] == FORM_DENSE:
        return True
    memset(registers, 0, REGISTERS)
    if not read_registers(s.data, s.length, registers):
        return False
    dense = <uint8_t*>calloc(DENSE_SIZE, 1)
    if dense == NULL:
        return False
    memcpy(dense, s.data, HEAD)
    dense[FORM] = FORM_DENSE
    for i in range(<uint32_t>REGISTERS):
        if registers[i]:
            dense_set(dense + HEAD, i, registers[i])
    free(s.data)
    s.data = dense
    s.length = s.room = DENSE_SIZE
    return True


cdef int dense_raise_instead(Sketch* s, uint32_t index, uint8_t value) noexcept nogil:
    """Raise the register in the dense form, which it takes for that."""
    if not make_dense(s):
        return FAULT
    return dense_raise(s.data + HEAD, index, value)


cdef int sparse_raise(Sketch* s, uint32_t index, uint8_t value) noexcept nogil:
    """Raise a register of a sparse one to `value`: 1 if it was lower, 0 if not, or FAULT.

    Runs are split and joined as Redis does it, not as they would be shortest: both have to write the same bytes.
    """
    cdef uint8_t* p = s.data + HEAD
    cdef uint8_t* end = s.data + s.length
    cdef uint8_t* before = NULL
    cdef uint8_t* q
    cdef uint8_t[5] split
    cdef uint32_t first = 0, behind
    cdef size_t size, at
    cdef Run run
    if value > MOST_VALUE:
        return dense_raise_instead(s, index, value)
    while p < end:
        run = run_at(p, end)
        if index < first + run.length:
            break
        before = p
        first += run.length
        p += run.size
    if p >= end or p + run.size > end:
        return FAULT
    if run.value >= value:
        return 0
    if run.length == 1 and run.size == 1:
        put_values(p, value, 1)
    else:
        behind = first + run.length - 1 - index
        if run.value > 0:
            q = put_values(split, run.value, index - first)
            q = put_values(put_values(q, value, 1), run.value, behind)
        else:
            q = put_zeros(split, index - first)
            q = put_zeros(put_values(q, value, 1), behind)
        size = q - split
        if size > run.size and s.length + size - run.size > s.most:
            return dense_raise_instead(s, index, value)
        at = p - s.data
        if s.length + size > s.room:
            q = <uint8_t*>realloc(s.data, s.length + MORE_ROOM)
            if q == NULL:
                return FAULT
            if before != NULL:
                before = q + (before - s.data)
            s.data = q
            s.room = s.length + MORE_ROOM
        p = s.data + at
        memmove(p + size, p + run.size, s.length - at - run.size)
        memcpy(p, split, size)
        s.length += size
        s.length -= run.size
    join_values(s, s.data + HEAD if before == NULL else before)
    s.data[OUT_OF_DATE] |= 0x80
    return 1


cdef void join_values(Sketch* s, uint8_t* p) noexcept nogil:
    """Make one of neighbouring runs of the same value, among the few from `p` on."""
    cdef uint8_t* end = s.data + s.length
    cdef int looked_at = 0
    cdef uint32_t length
    while p < end and looked_at < LOOKED_AT:
        looked_at += 1
        if not is_values(p[0]):
            p += 2 if p[0] & 0x40 else 1
            continue
        if p + 1 < end and is_values(p[1]) and (p[0] ^ p[1]) < 4:
            length = (p[0] & 3) + (p[1] & 3) + 2
            if length <= MOST_VALUES:
                put_values(p, (p[0] >> 2 & 31) + 1, length)
                memmove(p + 1, p + 2, end - p - 2)
                end -= 1
                s.length -= 1
                continue
        p += 1
