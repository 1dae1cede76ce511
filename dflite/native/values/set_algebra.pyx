# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What sets have in common, together, or one beyond the others; each a (table, key) pair.

A source at which nothing is, is an empty set. Types were checked, and no key is due.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.values.set_walks cimport SetWalk, begin_set_walk, next_member, set_length
from dflite.native.values.set_walks import members
from dflite.native.values.sets cimport has_member
from dflite.native.values.sets import count


cdef list entries_of(list sources):
    """The sets at (table, key) pairs as (count, table, key), the smallest first; [] if one is not there."""
    cdef list found = []
    cdef Entry* e
    cdef Py_ssize_t i
    for i in range(len(sources)):
        e = (<Table>sources[i][0]).entry_of(<bytes>sources[i][1])
        if e == NULL:
            return []
        found.append((set_length(e), i))
    found.sort()
    return [sources[i] for _, i in found]


cdef class Entries:
    """Entries of the table, which must not change meanwhile."""

    cdef Entry** all
    cdef Py_ssize_t count
    cdef list sources

    def __cinit__(self, list sources):
        cdef Py_ssize_t i
        self.sources = sources
        self.count = len(sources)
        self.all = <Entry**>malloc(max(self.count, 1) * sizeof(void*))
        if self.all == NULL:
            raise MemoryError
        for i in range(self.count):
            self.all[i] = (<Table>sources[i][0]).entry_of(<bytes>sources[i][1])

    def __dealloc__(self):
        free(self.all)


def intersection(list sources not None) -> list[bytes]:
    """Members of every set at these (table, key) pairs. O(members of the smallest times sets)."""
    cdef list found = []
    intersect(sources, 0, found)
    return found


def count_intersection(list sources not None, size_t limit=0) -> int:
    """How many members every set has; not counted beyond `limit`, if that is not 0."""
    return intersect(sources, limit, None)


cdef size_t intersect(list sources, size_t limit, list found) except? 0:
    cdef list ordered = entries_of(sources)
    cdef Entries entries
    cdef SetWalk walk
    cdef Py_ssize_t i
    cdef size_t n = 0
    if not ordered:
        return 0
    entries = Entries(ordered)
    begin_set_walk(&walk, entries.all[0])
    while next_member(&walk):
        i = 1
        while i < entries.count and has_member(entries.all[i], walk.data, walk.length):
            i += 1
        if i < entries.count:
            continue
        n += 1
        if found is not None:
            found.append(PyBytes_FromStringAndSize(walk.data, walk.length))
        if n == limit:
            break
    return n


def union(list sources not None) -> list[bytes]:
    """Members of any set at these (table, key) pairs. O(members of all)."""
    cdef dict seen = {}
    for table, key in sources:
        for member in members(table, key):
            seen[member] = True
    return list(seen)


def takes_all_first(list sources not None) -> bool:
    """Is the difference made of a copy of the first set, from which the members of the others go?

    Where there are many, that is less work than to ask the others about each of its members.
    """
    cdef int64_t there = 0, total = 0, n
    if not sources:
        return False
    for table, key in sources:
        n = count(table, key)
        there += n > 0
        total += n
    return count(*sources[0]) * there // 2 > total      # asking often ends with the first that has it


def difference(list sources not None) -> list[bytes]:
    """Members of the first set that are in none of the others.

    O(members of the first times sets), or O(members of all) where that is likely to be less.
    """
    cdef Entries entries
    cdef Py_ssize_t i
    cdef list found = [], others
    cdef SetWalk walk
    cdef dict seen
    if not sources or count(*sources[0]) == 0:
        return found
    others = [source for source in sources[1:] if count(*source)]
    if takes_all_first(sources):
        seen = dict.fromkeys(members(*sources[0]))
        for table, key in others:
            for member in members(table, key):
                seen.pop(member, None)
            if not seen:
                break
        return list(seen)
    # what is in a large set is met soonest
    others.sort(key=size_of, reverse=True)
    entries = Entries([sources[0], *others])
    begin_set_walk(&walk, entries.all[0])
    while next_member(&walk):
        i = 1
        while i < entries.count and not has_member(entries.all[i], walk.data, walk.length):
            i += 1
        if i == entries.count:
            found.append(PyBytes_FromStringAndSize(walk.data, walk.length))
    return found


def size_of(source) -> int:
    return count(*source)
