# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The index of streams and of what is pending in them; stream_index.pxd has the layout."""

from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove, memset

from dflite.native.keyspace.entry cimport allocated
from dflite.native.keyspace.value cimport charge
from dflite.native.streams.stream_id cimport id_of, is_equal, is_less, number_of

cdef enum:
    FULL = 128                  # records of a block
    FEW = FULL // 8             # a block with fewer is joined with a neighbour ...
    TOGETHER = FULL // 2        # ... if they are no more than this


cdef void start_index(IdIndex* index, uint32_t width) noexcept nogil:
    memset(index, 0, sizeof(IdIndex))
    index.width = width


cdef inline StreamId first_id_of(Block* block) noexcept nogil:
    return (<StreamId*>(<char*>block + sizeof(Block)))[0]


cdef size_t block_for(IdIndex* index, StreamId id) noexcept nogil:
    """The last block that does not begin behind id; the first one if all do."""
    cdef size_t low = 0, high = index.block_count, middle
    if high > 1 and not is_less(id, first_id_of(index.blocks[high - 1])):
        return high - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if is_less(id, first_id_of(index.blocks[middle])):
            high = middle
        else:
            low = middle
    return low


cdef Place seek(IdIndex* index, StreamId id) noexcept nogil:
    """The place of the first record that is not before id."""
    cdef Place place = first_place()
    cdef Block* block
    cdef char* records
    cdef uint32_t low = 0, high, middle
    if index.block_count == 0:
        return place
    place.block = block_for(index, id)
    block = index.blocks[place.block]
    records = <char*>block + sizeof(Block)
    high = block.count
    while low < high:
        middle = (low + high) >> 1
        if is_less((<StreamId*>(records + <size_t>middle * index.width))[0], id):
            low = middle + 1
        else:
            high = middle
    place.at = low
    if low == block.count:
        place.block += 1
        place.at = 0
    return place


cdef char* find_record(IdIndex* index, StreamId id, Place* place) noexcept nogil:
    """The record of id, NULL if there is none."""
    cdef char* record
    place[0] = seek(index, id)
    record = record_of(index, place[0])
    if record == NULL or not is_equal(record_id(record), id):
        return NULL
    return record


cdef Block* resize_block(IdIndex* index, size_t at, uint32_t room) except NULL:
    """The block with room for so many records; a new one where there is none yet."""
    cdef Block* old = index.blocks[at]
    cdef int64_t before = 0 if old == NULL else <int64_t>allocated(old)
    cdef Block* block = <Block*>realloc(old, sizeof(Block) + <size_t>room * index.width)
    if block == NULL:
        raise MemoryError
    if old == NULL:
        block.count = 0
    block.room = room
    index.blocks[at] = block
    charge(<int64_t>allocated(block) - before)
    return block


cdef int insert_block(IdIndex* index, size_t at, uint32_t room) except -1:
    """A new empty block at that place of the directory."""
    cdef size_t wanted
    cdef Block** blocks
    cdef int64_t before
    if index.block_count == index.block_room:
        wanted = 1 if index.block_room == 0 else index.block_room * 2
        before = 0 if index.blocks == NULL else <int64_t>allocated(index.blocks)
        blocks = <Block**>realloc(index.blocks, wanted * sizeof(Block*))
        if blocks == NULL:
            raise MemoryError
        charge(<int64_t>allocated(blocks) - before)
        index.blocks = blocks
        index.block_room = wanted
    memmove(index.blocks + at + 1, index.blocks + at, (index.block_count - at) * sizeof(Block*))
    index.blocks[at] = NULL
    index.block_count += 1
    try:
        resize_block(index, at, room)
    except MemoryError:
        forget_block(index, at)
        raise
    return 0


cdef void forget_block(IdIndex* index, size_t at) noexcept nogil:
    """Free the block there and close the gap."""
    cdef Block* block = index.blocks[at]
    cdef Block** blocks
    cdef int64_t before
    if block != NULL:
        charge(-<int64_t>allocated(block))
        free(block)
    index.block_count -= 1
    memmove(index.blocks + at, index.blocks + at + 1, (index.block_count - at) * sizeof(Block*))
    if index.block_count == 0:
        charge(-<int64_t>allocated(index.blocks))
        free(index.blocks)
        index.blocks = NULL
        index.block_room = 0
    elif index.block_count < index.block_room >> 2:
        before = <int64_t>allocated(index.blocks)
        blocks = <Block**>realloc(index.blocks, (index.block_room >> 1) * sizeof(Block*))
        if blocks != NULL:
            charge(<int64_t>allocated(blocks) - before)
            index.blocks = blocks
            index.block_room >>= 1


cdef char* add_record(IdIndex* index, StreamId id) except NULL:
    """A record for an id that has none yet; its bytes behind the id are zero."""
    cdef size_t last = index.block_count, at
    cdef Place place
    cdef Block* block
    cdef Block* other
    cdef char* record
    cdef uint32_t half
    cdef size_t width = index.width
    if last == 0:
        insert_block(index, 0, 2)
        place = first_place()
    else:
        last -= 1
        block = index.blocks[last]
        record = <char*>block + sizeof(Block) + (<size_t>block.count - 1) * width
        place.block = last
        place.at = block.count
        if is_less(record_id(record), id):
            if block.count == FULL:
                insert_block(index, last + 1, FULL)
                place.block = last + 1
                place.at = 0
        else:
            place.block = at = block_for(index, id)
            place = seek(index, id)
            if place.block != at:       # behind the last record of its block
                place.block = at
                place.at = index.blocks[at].count
            if index.blocks[at].count == FULL:
                insert_block(index, at + 1, FULL)
                block = index.blocks[at]
                other = index.blocks[at + 1]
                half = FULL // 2
                memcpy(<char*>other + sizeof(Block), <char*>block + sizeof(Block) + half * width,
                       (FULL - half) * width)
                other.count = FULL - half
                block.count = half
                if place.at > half:
                    place.block += 1
                    place.at -= half
    block = index.blocks[place.block]
    if block.count == block.room:
        block = resize_block(index, place.block, min(<uint32_t>FULL, block.room * 2))
    record = <char*>block + sizeof(Block) + <size_t>place.at * width
    memmove(record + width, record, (block.count - place.at) * width)
    memset(record, 0, width)
    (<StreamId*>record)[0] = id
    block.count += 1
    index.count += 1
    return record


cdef int remove_record(IdIndex* index, Place* place) except -1:
    """Take the record there away; the place then is that of the one behind it."""
    cdef Block* block = index.blocks[place.block]
    cdef size_t width = index.width
    cdef char* record = <char*>block + sizeof(Block) + place.at * width
    block.count -= 1
    index.count -= 1
    memmove(record, record + width, (block.count - place.at) * width)
    if block.count == 0:
        forget_block(index, place.block)
        place.at = 0
        return 0
    if block.count < FEW and index.block_count > 1:
        join_blocks(index, place)
        block = index.blocks[place.block]
    elif block.count < block.room >> 2:
        block = resize_block(index, place.block, block.room >> 1)
    if place.at >= block.count:
        place.block += 1
        place.at = 0
    return 0


cdef int join_blocks(IdIndex* index, Place* place) except -1:
    """Move the records of a block to the end of the one before, or those behind it here, if few."""
    cdef size_t left = place.block
    cdef Block* block
    cdef Block* other
    cdef size_t width = index.width
    if left > 0 and index.blocks[left - 1].count + index.blocks[left].count <= TOGETHER:
        left -= 1
    elif left + 1 == index.block_count or (
            index.blocks[left].count + index.blocks[left + 1].count > TOGETHER):
        return 0
    block = index.blocks[left]
    other = index.blocks[left + 1]
    if block.count + other.count > block.room:
        block = resize_block(index, left, FULL)
    if left < place.block:
        place.block = left
        place.at += block.count
    memcpy(<char*>block + sizeof(Block) + block.count * width, <char*>other + sizeof(Block),
           other.count * width)
    block.count += other.count
    forget_block(index, left + 1)
    return 0


cdef int copy_index(IdIndex* source, IdIndex* target) except -1:
    """The same records in an empty index."""
    cdef size_t i
    cdef Block* block
    for i in range(source.block_count):
        block = source.blocks[i]
        insert_block(target, i, block.count)
        memcpy(<char*>target.blocks[i] + sizeof(Block), <char*>block + sizeof(Block),
               <size_t>block.count * source.width)
        target.blocks[i].count = block.count
        target.count += block.count
    return 0


cdef bint drop_block(IdIndex* index) noexcept nogil:
    """Free the last block with its records; True while there are more."""
    if index.block_count:
        index.count -= index.blocks[index.block_count - 1].count
        forget_block(index, index.block_count - 1)
    return index.block_count > 0


cdef void clear_index(IdIndex* index) noexcept nogil:
    while drop_block(index):
        pass


cdef size_t index_memory(IdIndex* index) noexcept nogil:
    """Bytes of blocks and directory, as the allocator counts them; O(blocks)."""
    cdef size_t total = 0, i
    if index.blocks != NULL:
        total = allocated(index.blocks)
    for i in range(index.block_count):
        total += allocated(index.blocks[i])
    return total


cdef int check_index(IdIndex* index) except -1:
    """Assert that records are in order and blocks neither empty nor too long."""
    cdef size_t total = 0, i
    cdef uint32_t k
    cdef StreamId last, here
    cdef Block* block
    cdef Place place
    for i in range(index.block_count):
        block = index.blocks[i]
        assert 0 < block.count <= block.room <= FULL, "a block of impossible length"
        for k in range(block.count):
            place.block = i
            place.at = k
            here = record_id(record_of(index, place))
            assert total + k == 0 or is_less(last, here), "records out of order"
            last = here
        total += block.count
    assert total == index.count, "records counted wrong"
    assert (index.blocks == NULL) == (index.block_count == 0), "a directory of nothing"
    return 0


cdef class IdSet:
    """IDs in order, on their own; what the tests drive."""

    cdef IdIndex index

    def __cinit__(self):
        start_index(&self.index, sizeof(StreamId))

    def __dealloc__(self):
        clear_index(&self.index)

    def __len__(self):
        return self.index.count

    def add(self, number: int) -> bool:
        """Add an ID, False if it is there."""
        cdef StreamId id = id_of(number)
        cdef Place place
        if find_record(&self.index, id, &place) != NULL:
            return False
        add_record(&self.index, id)
        return True

    def remove(self, number: int) -> int:
        """Take an ID away; the next one there is, -1 behind the last, -2 if it was not there."""
        cdef StreamId id = id_of(number)
        cdef Place place
        cdef char* record
        if find_record(&self.index, id, &place) == NULL:
            return -2
        remove_record(&self.index, &place)
        record = record_of(&self.index, place)
        return -1 if record == NULL else number_of(record_id(record))

    def from_id(self, number: int) -> list[int]:
        """All IDs from that one on."""
        cdef Place place = seek(&self.index, id_of(number))
        cdef list found = []
        while record_of(&self.index, place) != NULL:
            found.append(number_of(record_id(record_of(&self.index, place))))
            step(&self.index, &place)
        return found

    def backwards(self) -> list[int]:
        """All IDs, the last one first."""
        cdef Place place = end_place(&self.index)
        cdef list found = []
        while step_back(&self.index, &place):
            found.append(number_of(record_id(record_of(&self.index, place))))
        return found

    def copy(self) -> IdSet:
        cdef IdSet other = IdSet()
        copy_index(&self.index, &other.index)
        return other

    def check(self) -> None:
        check_index(&self.index)
