# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The radix tree that Redis would have of the IDs of a stream's nodes: XINFO STREAM tells its size.

Its keys are the IDs as 16 bytes, most significant ones first. Each is a leaf; where two part there is a branch,
and bytes between that all keys below share are one compressed node.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.streams.stream cimport Stream
from dflite.native.streams.stream_id cimport StreamId
from dflite.native.streams.stream_index cimport (
    IdIndex,
    Place,
    first_place,
    record_id,
    record_of,
    step,
)


def radix_tree_nodes(Stream stream not None) -> int:
    """How many nodes the tree would have."""
    cdef IdIndex* nodes = &stream.log.nodes
    cdef Place place = first_place()
    cdef StreamId id
    cdef int depth, shared = -1, ahead, above
    cdef int64_t total = 0
    cdef list branches = []     # bytes in front of the branches on the way to the last leaf
    if nodes.count == 0:
        return 1
    while True:
        id = record_id(record_of(nodes, place))
        step(nodes, &place)
        ahead = -1
        if record_of(nodes, place) != NULL:
            ahead = shared_bytes(id, record_id(record_of(nodes, place)))
        # a leaf, and the bytes that stand alone between it and the branch above
        depth = max(shared, ahead)
        total += 1 + (depth < 15)
        while branches and branches[len(branches) - 1] > ahead:
            depth = branches.pop()
            above = max(ahead, branches[len(branches) - 1] if branches else -1)
            total += 1 + (depth > above + 1)
        if ahead < 0:
            return total
        if not branches or branches[len(branches) - 1] < ahead:
            branches.append(ahead)
        shared = ahead


cdef int shared_bytes(StreamId a, StreamId b) noexcept nogil:
    """How many bytes two IDs have in common at the front, most significant ones first."""
    cdef uint64_t difference = a.ms ^ b.ms
    cdef int n = 0
    if difference == 0:
        difference = a.seq ^ b.seq
        n = 8
    while not difference >> 56:
        difference <<= 8
        n += 1
    return n
