# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""HyperLogLogs in the form that Redis gives them: strings that either server can read and go on with.

16 bytes of head: "HYLL", the form (0 dense, 1 sparse), three zeros, and the last estimate as a little-endian
number whose highest bit says that it is out of date. Then 16,384 registers of six bits, in one of two forms:

    dense   all of them, four in three bytes, the lowest bits first
    sparse  runs: 00nnnnnn  n + 1 registers that are 0     01nnnnnn nnnnnnnn  the same for up to 16,384
                  1vvvvvnn  n + 1 registers that are v + 1

An element's hash (MurmurHash64A) chooses a register by its low 14 bits; the register keeps the longest run of
zeros, plus one, that the other 50 have begun with. The estimate is Ertl's ("New cardinality estimation
algorithms for HyperLogLog sketches", arXiv:1702.01284). Anything may be in such a string, since SET can put it
there: sparse runs that do not add up to 16,384 are found out here, and said.

The caller knows that a string with a good head is at the key (`form_of`), unless a function says otherwise.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.math cimport INFINITY, llround, sqrt
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset

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
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table

cdef extern from *:
    int trailing_zeros "__builtin_ctzll"(unsigned long long x) noexcept nogil

cdef enum:
    HEAD = 16
    INDEX_BITS = 14
    HASH_BITS = 50              # those that do not choose the register
    REGISTERS = 16384
    DENSE_BYTES = 12288
    DENSE_SIZE = HEAD + DENSE_BYTES
    FORM = 4                    # where the form stands
    ESTIMATE = 8
    OUT_OF_DATE = 15
    MOST_VALUE = 32             # what a sparse run can have,
    MOST_VALUES = 4             # for so many registers,
    MOST_ZEROS = 64             # and how many zeros one byte can have
    SCANNED = 5                 # runs that are looked at again behind a change
    FORM_DENSE = 0
    FORM_SPARSE = 1
    FAULT = -1

cdef uint32_t SEED = 0xADC83B19

DENSE = FORM_DENSE
SPARSE = FORM_SPARSE
NONE = FAULT


# -- hashing -----------------------------------------------------------------------------------------


cdef uint64_t murmur(const uint8_t* p, size_t n) noexcept nogil:
    """MurmurHash64A, read as little-endian everywhere."""
    cdef uint64_t m = <uint64_t>0xC6A4A7935BD1E995
    cdef uint64_t h = SEED ^ (<uint64_t>n * m)
    cdef uint64_t k
    cdef size_t left = n & 7
    cdef const uint8_t* end = p + (n - left)
    while p < end:
        k = load64(p) * m
        k = (k ^ (k >> 47)) * m
        h = (h ^ k) * m
        p += 8
    if left > 0:
        k = 0
        while left > 0:
            left -= 1
            k = k << 8 | p[left]
        h = (h ^ k) * m
    h = (h ^ (h >> 47)) * m
    return h ^ (h >> 47)


def murmur_hash(bytes data not None) -> int:
    """The hash by which elements are counted."""
    return murmur(<const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


# -- dense registers -----------------------------------------------------------------------------------


cdef inline uint8_t dense_get(const uint8_t* registers, uint32_t index) noexcept nogil:
    cdef const uint8_t* p = registers + 3 * (index >> 2)
    cdef uint32_t four = p[0] | <uint32_t>p[1] << 8 | <uint32_t>p[2] << 16
    return four >> (6 * (index & 3)) & 63


cdef inline void dense_set(uint8_t* registers, uint32_t index, uint8_t value) noexcept nogil:
    cdef uint8_t* p = registers + 3 * (index >> 2)
    cdef uint32_t four = p[0] | <uint32_t>p[1] << 8 | <uint32_t>p[2] << 16
    four = (four & ~(<uint32_t>63 << (6 * (index & 3)))) | <uint32_t>value << (6 * (index & 3))
    p[0] = <uint8_t>four
    p[1] = <uint8_t>(four >> 8)
    p[2] = <uint8_t>(four >> 16)


cdef inline int dense_raise(uint8_t* registers, uint32_t index, uint8_t value) noexcept nogil:
    """1 if the register was lower."""
    if dense_get(registers, index) >= value:
        return 0
    dense_set(registers, index, value)
    return 1


# -- sparse runs -----------------------------------------------------------------------------------------


cdef struct Run:
    uint32_t length     # registers
    uint8_t value
    uint8_t size        # bytes


cdef inline bint is_values(uint8_t byte) noexcept nogil:
    return byte & 0x80


cdef inline Run run_at(const uint8_t* p, const uint8_t* end) noexcept nogil:
    cdef Run run
    run.value = 0
    run.size = 1
    if p[0] & 0x80:
        run.value = (p[0] >> 2 & 31) + 1
        run.length = (p[0] & 3) + 1
    elif p[0] & 0x40:
        run.size = 2
        # a zero follows what Redis keeps, so that it can read a byte that is missing
        run.length = ((p[0] & 63) << 8 | (p[1] if p + 1 < end else 0)) + 1
    else:
        run.length = (p[0] & 63) + 1
    return run


cdef inline uint8_t* put_zeros(uint8_t* p, uint32_t length) noexcept nogil:
    """Write a run of zeros, if there are any; where it ends."""
    if length == 0:
        return p
    if length > MOST_ZEROS:
        p[0] = 0x40 | (length - 1) >> 8
        p[1] = <uint8_t>(length - 1)
        return p + 2
    p[0] = length - 1
    return p + 1


cdef inline uint8_t* put_values(uint8_t* p, uint8_t value, uint32_t length) noexcept nogil:
    if length == 0:
        return p
    p[0] = 0x80 | (value - 1) << 2 | (length - 1)
    return p + 1


cdef bint read_sparse(const uint8_t* p, const uint8_t* end, uint8_t* registers) noexcept nogil:
    """Raise `registers`, a byte each, to those of sparse runs; False if they are corrupted."""
    cdef uint32_t index = 0, i
    cdef Run run
    while p < end:
        run = run_at(p, end)
        if index + run.length > REGISTERS:
            return False
        if run.value > 0:
            for i in range(index, index + run.length):
                if registers[i] < run.value:
                    registers[i] = run.value
        index += run.length
        p += run.size
    return index == REGISTERS


# -- a HyperLogLog being changed -------------------------------------------------------------------------


cdef struct Sketch:
    uint8_t* data
    size_t length
    size_t room
    size_t most         # bytes up to which it stays sparse


cdef bint make_dense(Sketch* s) noexcept nogil:
    """Give it the dense form; False if it is corrupted, or there is no memory."""
    cdef uint8_t* dense
    cdef uint8_t[REGISTERS] registers
    cdef uint32_t i
    if s.data[FORM] == FORM_DENSE:
        return True
    memset(registers, 0, REGISTERS)
    if not read_sparse(s.data + HEAD, s.data + s.length, registers):
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


cdef int promote(Sketch* s, uint32_t index, uint8_t value) noexcept nogil:
    if not make_dense(s):
        return FAULT
    return dense_raise(s.data + HEAD, index, value)


cdef int sparse_raise(Sketch* s, uint32_t index, uint8_t value) noexcept nogil:
    """Raise a register to `value`: 1 if it was lower, 0 if not, or FAULT.

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
        return promote(s, index, value)
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
            return promote(s, index, value)
        at = p - s.data
        if s.length + size > s.room:
            q = <uint8_t*>realloc(s.data, s.length + 512)
            if q == NULL:
                return FAULT
            if before != NULL:
                before = q + (before - s.data)
            s.data = q
            s.room = s.length + 512
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
    cdef int scanned = 0
    cdef uint32_t length
    while p < end and scanned < SCANNED:
        scanned += 1
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


cdef inline int sketch_raise(Sketch* s, uint32_t index, uint8_t value) noexcept nogil:
    if s.data[FORM] == FORM_DENSE:
        return dense_raise(s.data + HEAD, index, value)
    return sparse_raise(s, index, value)


cdef inline int sketch_add(Sketch* s, const uint8_t* element, size_t n) noexcept nogil:
    """1 if a register was raised, 0 if not, or FAULT."""
    cdef uint64_t hash = murmur(element, n)
    cdef uint64_t rest = hash >> INDEX_BITS | <uint64_t>1 << HASH_BITS
    return sketch_raise(s, hash & (REGISTERS - 1), trailing_zeros(rest) + 1)


cdef bint new_sketch(Sketch* s, size_t most) noexcept nogil:
    """An empty one: a head, and one run of zeros."""
    s.most = most
    s.room = 64
    s.length = HEAD + 2
    s.data = <uint8_t*>calloc(s.room, 1)
    if s.data == NULL:
        return False
    memcpy(s.data, b"HYLL", 4)
    s.data[FORM] = FORM_SPARSE
    put_zeros(s.data + HEAD, REGISTERS)
    return True


cdef bint copy_sketch(Sketch* s, Entry* e, size_t most) noexcept nogil:
    s.most = most
    s.length = value_length_of(e)
    s.room = s.length + 64
    s.data = <uint8_t*>malloc(s.room)
    if s.data == NULL:
        return False
    memcpy(s.data, value_of(e), s.length)
    return True


cdef int store_sketch(Table table, bytes key, Sketch* s) except -1:
    """Put it at key, which keeps its deadline and memcached's flags."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t deadline = -1 if e == NULL else deadline_of(e)
    cdef uint32_t mc_flags = 0 if e == NULL else mc_flags_of(e)
    table.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
              hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), T_STRING | ENC_GROWN,
              <const char*>s.data, s.length, deadline, mc_flags)
    return 0


# -- estimating ------------------------------------------------------------------------------------------


cdef double sigma(double x) noexcept nogil:
    cdef double last, weight = 1, sum = x
    if x == 1:
        return INFINITY
    while True:
        x *= x
        last = sum
        sum += x * weight
        weight += weight
        if sum == last:
            return sum


cdef double tau(double x) noexcept nogil:
    cdef double last, weight = 1, sum = 1 - x
    if x == 0 or x == 1:
        return 0
    while True:
        x = sqrt(x)
        last = sum
        weight *= 0.5
        sum -= (1 - x) * (1 - x) * weight
        if sum == last:
            return sum / 3


cdef int64_t estimate_of(const uint32_t* counts) noexcept nogil:
    """How many elements there were, from how many registers have each value."""
    cdef double m = REGISTERS
    cdef double z = m * tau((m - counts[HASH_BITS + 1]) / m)
    cdef int value = HASH_BITS
    while value > 0:
        z = (z + counts[value]) * 0.5
        value -= 1
    z += m * sigma(counts[0] / m)
    if z == 0:
        return -(<int64_t>1 << 62) * 2      # all registers have values that no hash gives; so Redis
    return llround(0.721347520444481703680 * m * m / z)


cdef int64_t estimate_registers(const uint8_t* registers) noexcept nogil:
    cdef uint32_t[256] counts
    cdef uint32_t i
    memset(counts, 0, sizeof(counts))
    for i in range(<uint32_t>REGISTERS):
        counts[registers[i]] += 1
    return estimate_of(counts)


cdef bint read_registers(const uint8_t* data, size_t length, uint8_t* registers) noexcept nogil:
    """Raise `registers`, a byte each, to those of a HyperLogLog; False if it is corrupted."""
    cdef uint32_t i
    cdef uint8_t value
    if data[FORM] != FORM_DENSE:
        return read_sparse(data + HEAD, data + length, registers)
    for i in range(<uint32_t>REGISTERS):
        value = dense_get(data + HEAD, i)
        if registers[i] < value:
            registers[i] = value
    return True


# -- what the floors above call --------------------------------------------------------------------------


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
    elif not copy_sketch(&s, e, most):
        raise MemoryError
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
    if not copy_sketch(&s, table.entry_of(key), 0):
        raise MemoryError
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
        if not copy_sketch(&s, table.entry_of(key), most):
            raise MemoryError
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


# -- does it work? -----------------------------------------------------------------------------------------


def self_test(uint64_t seed, size_t most, int64_t elements) -> str:
    """Check registers and estimates with random numbers; what is wrong, or nothing."""
    cdef Sketch sparse, dense
    cdef uint64_t element, state = seed | 1
    cdef int64_t count = 0, checked = 1, estimate
    cdef uint8_t[REGISTERS] expected
    cdef uint32_t i
    cdef double error = 1.04 / 128
    sparse.data = dense.data = NULL
    try:
        if not new_sketch(&sparse, most) or not new_sketch(&dense, 0) or not make_dense(&dense):
            raise MemoryError
        for i in range(<uint32_t>REGISTERS):
            state = state * <uint64_t>6364136223846793005 + <uint64_t>1442695040888963407
            expected[i] = state >> 58
            dense_set(dense.data + HEAD, i, expected[i])
        for i in range(<uint32_t>REGISTERS):
            if dense_get(dense.data + HEAD, i) != expected[i]:
                return f"Register {i} should be {expected[i]} but is {dense_get(dense.data + HEAD, i)}"
        memset(dense.data + HEAD, 0, DENSE_BYTES)
        while count < elements:
            count += 1
            element = <uint64_t>count ^ seed
            sketch_add(&dense, <const uint8_t*>&element, 8)
            if sketch_add(&sparse, <const uint8_t*>&element, 8) < 0:
                return "sparse form is corrupted"
            if count != checked:
                continue
            checked *= 10
            if count < <int64_t>(most // 2) and sparse.data[FORM] != FORM_SPARSE:
                return "sparse encoding not used"
            memset(expected, 0, REGISTERS)
            read_registers(dense.data, dense.length, expected)
            estimate = estimate_registers(expected)
            memset(expected, 0, REGISTERS)
            if not read_registers(sparse.data, sparse.length, expected) or estimate != estimate_registers(expected):
                return "dense/sparse disagree"
            if abs(count - estimate) > 6 * error * count + 1:
                return f"Too big error. card:{count} abserr:{abs(count - estimate)}"
        return ""
    finally:
        free(sparse.data)
        free(dense.data)
