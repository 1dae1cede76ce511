"""Records in order of their stream IDs, in blocks under a directory.

    directory -> Block (up to 128 records) -> record = ms | seq | whatever else, `width` bytes in all

IDs grow, so nearly all records are added at the end; those before are looked up by two binary searches
and may go in any order. Full blocks are split, sparse ones joined with a neighbour, so that no operation
touches more than two blocks and the directory.
"""

from libc.stdint cimport uint32_t

from dflite.native.streams.stream_id cimport StreamId

cdef struct Block:
    uint32_t count
    uint32_t room

cdef struct IdIndex:
    Block** blocks
    size_t block_count
    size_t block_room
    size_t count                # of records
    uint32_t width

cdef struct Place:
    # Where a record is; behind the last one `block` is the number of blocks.
    size_t block
    uint32_t at

cdef inline char* record_of(IdIndex* index, Place place) noexcept nogil:
    """The record there, NULL behind the last one."""
    if place.block >= index.block_count:
        return NULL
    return <char*>index.blocks[place.block] + sizeof(Block) + <size_t>place.at * index.width

cdef inline StreamId record_id(const char* record) noexcept nogil:
    return (<StreamId*>record)[0]

cdef inline void step(IdIndex* index, Place* place) noexcept nogil:
    """On to the next record."""
    place.at += 1
    if place.at >= index.blocks[place.block].count:
        place.block += 1
        place.at = 0

cdef inline bint step_back(IdIndex* index, Place* place) noexcept nogil:
    """Back to the record before, False if there is none."""
    if place.at == 0:
        if place.block == 0:
            return False
        place.block -= 1
        place.at = index.blocks[place.block].count
    place.at -= 1
    return True

cdef inline Place first_place() noexcept nogil:
    cdef Place place
    place.block = 0
    place.at = 0
    return place

cdef inline Place end_place(IdIndex* index) noexcept nogil:
    cdef Place place
    place.block = index.block_count
    place.at = 0
    return place

cdef void start_index(IdIndex* index, uint32_t width) noexcept nogil
cdef Place seek(IdIndex* index, StreamId id) noexcept nogil
cdef char* find_record(IdIndex* index, StreamId id, Place* place) noexcept nogil
cdef char* add_record(IdIndex* index, StreamId id) except NULL
cdef int remove_record(IdIndex* index, Place* place) except -1
cdef int copy_index(IdIndex* source, IdIndex* target) except -1
cdef bint drop_block(IdIndex* index) noexcept nogil
cdef void clear_index(IdIndex* index) noexcept nogil
cdef size_t index_memory(IdIndex* index) noexcept nogil
cdef int check_index(IdIndex* index) except -1
