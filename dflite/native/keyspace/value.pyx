# cython: language_level=3
"""Values that stand beside the keyspace's table: large collections and streams.

What they hold is charged to one sum, which is their part of `used_memory`. One that nobody needs any
more is not freed at once when it is large, but put into the graveyard, whose owner takes it apart in
slices between requests.
"""

from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int64_t

cdef extern from "Python.h":
    Py_ssize_t DFLITE_REFERENCES "Py_REFCNT" (PyObject* o) nogil

cdef enum:
    AT_ONCE = 64            # elements that are freed as quickly as they are put aside

cdef int64_t held = 0
cdef list graveyard = []
cdef int64_t dying = 0        # bytes of those in the graveyard


cdef void charge(int64_t n) noexcept nogil:
    """Some value holds `n` bytes more (or less)."""
    global held
    held += n


cdef int64_t held_bytes() noexcept nogil:
    return held


cdef int64_t buried_bytes() noexcept nogil:
    """Bytes of values that wait to be taken apart."""
    return dying


def value_memory() -> int:
    """Bytes held by all values, as the allocator counts them."""
    return held


cdef class Value:
    """A value that an entry of the table refers to.

    A structure gives `encoding` (Redis' name of its form), `memory` (bytes), `__len__`, `copy()` (equal,
    and shares nothing that can change) and `check()` (asserts its invariants, for tests).
    """

    cdef size_t weight(self) noexcept:
        """About how many pieces it has to be taken into."""
        return 0

    cdef bint dismantle(self, int64_t* budget) noexcept:
        """Free about `budget` pieces and take what was freed from it; True while there is more."""
        return False

    cdef int64_t bytes_held(self) noexcept:
        """What it has charged."""
        try:
            return <int64_t>self.memory
        except Exception:
            return 0


cdef void bury(PyObject* value) noexcept:
    """Drop a reference; what nobody refers to any more is put aside if freeing it takes a while."""
    global dying
    cdef object dead = <object>value
    if (DFLITE_REFERENCES(value) == 2 and isinstance(dead, Value)
            and (<Value>dead).weight() > AT_ONCE):
        try:
            graveyard.append(dead)
            dying += (<Value>dead).bytes_held()
        except MemoryError:
            pass        # then it is freed here and now
    Py_DECREF(dead)


def buried() -> int:
    """Values that wait to be taken apart."""
    return len(graveyard)


def free_buried(pieces: int) -> bool:
    """Free about so many pieces of the values put aside; True while there is more."""
    global dying
    cdef int64_t budget = pieces, before = held
    cdef Value value = None
    while graveyard and budget > 0:
        value = <Value>graveyard[len(graveyard) - 1]
        if not value.dismantle(&budget):
            graveyard.pop()
            budget -= 1
    value = None        # the last one is given back here and now
    dying = max(dying - (before - held), <int64_t>0) if graveyard else 0
    return len(graveyard) > 0
