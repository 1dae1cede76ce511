# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Growing and shrinking of a directory of segments, one segment at a time, or two that merge.

Nothing here is done for each key: a segment that grows has room for many more.
"""

from libc.stdlib cimport free, malloc

from dflite.native.keyspace.entry cimport allocated, slot_entry
from dflite.native.keyspace.segment cimport (
    FILL,
    MAX_BUCKETS,
    SLOTS,
    buckets_for,
    check_segment,
    halve,
    merged,
    new_segment,
    resized,
    step_after,
)

cdef enum:
    MAX_DEPTH = 32          # the cursor of a scan has 48 bits: 32 of prefix, 16 of tag


cdef Segment* start_directory(Directory* directory) except NULL:
    """The first segment, for all hashes."""
    cdef Segment* s = new_segment(1, 0)
    directory.places = <Segment**>malloc(sizeof(void*))
    if directory.places == NULL:
        free(s)
        raise MemoryError
    directory.places[0] = s
    directory.depth = 0
    directory.bytes = allocated(directory.places) + allocated(s)
    return s


cdef void point(Directory* directory, uint64_t h, Segment* s) noexcept nogil:
    """Let every place of the segment's prefix (that of `h`) lead to `s`."""
    cdef size_t span = <size_t>1 << (directory.depth - s.depth)
    cdef size_t first = ((h >> 1) >> (63 - directory.depth)) & ~(span - 1)
    cdef size_t i
    for i in range(first, first + span):
        directory.places[i] = s


cdef void replace(Directory* directory, Segment* old, uint64_t h, Segment* new) noexcept nogil:
    """Another segment, that of `h`, has what this one had, or a part of it."""
    point(directory, h, new)
    directory.bytes += allocated(new)
    if old != NULL:
        directory.bytes -= allocated(old)
        free(old)


cdef int resize(Directory* directory, uint64_t h, uint32_t buckets) except -1:
    """Give the segment of `h` another number of buckets."""
    cdef Segment* s = segment_for(directory, h)
    replace(directory, s, h, resized(s, buckets))
    return 0


# -- growing -----------------------------------------------------------------------------------------


cdef int grow_segment(Directory* directory, uint64_t h, HashOf hash_of) except -1:
    """More room in the segment of `h`: more buckets, or another segment for half of its entries."""
    cdef Segment* s = segment_for(directory, h)
    if s.buckets < MAX_BUCKETS or s.depth == MAX_DEPTH:
        return resize(directory, h, step_after(s.buckets))
    return split(directory, h, hash_of)


cdef int split(Directory* directory, uint64_t h, HashOf hash_of) except -1:
    cdef Segment* s = segment_for(directory, h)
    cdef Segment* halves[2]
    cdef uint64_t bit = <uint64_t>1 << (63 - s.depth)
    if s.depth == directory.depth:
        widen(directory)
    halve(s, hash_of, halves)
    replace(directory, NULL, h & ~bit, halves[0])
    replace(directory, s, h | bit, halves[1])
    return 0


cdef int widen(Directory* directory) except -1:
    """Twice as many places."""
    cdef size_t i, places = <size_t>1 << directory.depth
    cdef Segment** wider = <Segment**>malloc(places * 2 * sizeof(void*))
    if wider == NULL:
        raise MemoryError
    for i in range(places):
        wider[2 * i] = directory.places[i]
        wider[2 * i + 1] = directory.places[i]
    take_places(directory, wider)
    directory.depth += 1
    return 0


cdef void take_places(Directory* directory, Segment** places) noexcept nogil:
    directory.bytes += allocated(places)
    directory.bytes -= allocated(directory.places)
    free(directory.places)
    directory.places = places


# -- shrinking ---------------------------------------------------------------------------------------


cdef bint would_merge(Directory* directory, uint64_t h, uint64_t* buddy) noexcept nogil:
    """Is the segment of `h` to be one with its buddy, the segment of a hash that is told here?

    Together they are to be a quarter full, so that it takes a while until they split again.
    """
    cdef Segment* s = segment_for(directory, h)
    cdef Segment* other
    if s.depth == 0:
        return False
    buddy[0] = h ^ (<uint64_t>1 << (64 - s.depth))
    other = segment_for(directory, buddy[0])
    return other.depth == s.depth and (s.count + other.count) * 4 < MAX_BUCKETS * FILL


cdef void shrink_segment(Directory* directory, uint64_t h, size_t count) noexcept:
    """The segment of `h` has become sparse: merge it with its buddy, or take fewer buckets.

    `count` entries are left in all. Shrinking only ever saves memory, so where there is none to do it with, it
    is left undone.
    """
    cdef Segment* s = segment_for(directory, h)
    cdef uint64_t buddy
    try:
        if would_merge(directory, h, &buddy):
            merge(directory, min(h, buddy), max(h, buddy))
            narrow(directory, count)
        elif buckets_for(s.count) * 2 <= s.buckets:
            resize(directory, h, buckets_for(s.count))
    except MemoryError:
        pass            # then it stays as it was


cdef int merge(Directory* directory, uint64_t low, uint64_t high) except -1:
    """One segment for those of two hashes, which are buddies."""
    cdef Segment* first = segment_for(directory, low)
    cdef Segment* second = segment_for(directory, high)
    replace(directory, first, low, merged(first, second))
    directory.bytes -= allocated(second)
    free(second)
    return 0


cdef void narrow(Directory* directory, size_t count) noexcept nogil:
    """Halve the directory while it is sparse: no segment needs its last bit."""
    cdef size_t i, places
    cdef Segment** half
    if directory.depth == 0 or count > (<size_t>1 << directory.depth) * MAX_BUCKETS:
        return
    places = <size_t>1 << (directory.depth - 1)
    for i in range(places):
        if directory.places[2 * i] != directory.places[2 * i + 1]:
            return
    half = <Segment**>malloc(places * sizeof(void*))
    if half == NULL:
        return
    for i in range(places):
        half[i] = directory.places[2 * i]
    take_places(directory, half)
    directory.depth -= 1


# -- figures -----------------------------------------------------------------------------------------


cdef size_t count_slots(Directory* directory) noexcept nogil:
    """Slots of all segments, used or not."""
    cdef size_t place = 0, slots = 0
    cdef Segment* s = next_segment(directory, &place)
    while s != NULL:
        slots += s.buckets * SLOTS
        s = next_segment(directory, &place)
    return slots


cdef int check_directory(Directory* directory, HashOf hash_of) except -1:
    """Assert that every hash leads to its segment, and that segments are sound. O(entries)."""
    cdef size_t i, place = 0, first = 0, held
    cdef Segment* s
    if directory.places == NULL:
        assert directory.bytes == 0, "bytes of nothing"
        return 0
    held = allocated(directory.places)
    s = next_segment(directory, &place)
    while s != NULL:
        assert s.depth <= directory.depth, "a segment deeper than its directory"
        assert first % (place - first) == 0, "a segment off its place"
        for i in range(first, place):
            assert directory.places[i] == s, "a place that leads elsewhere"
        held += allocated(s)
        check_segment(s, hash_of)
        for i in range(<size_t>s.buckets * SLOTS):
            assert s.slots[i] == 0 or segment_for(directory, hash_of(slot_entry(s.slots[i]))) == s, \
                "an entry in the wrong segment"
        first = place
        s = next_segment(directory, &place)
    assert held == directory.bytes, "segment bytes off"
    return 0
