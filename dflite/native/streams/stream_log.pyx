# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The log of a stream: adding entries at its end, deleting them, trimming it from its front.

Entries of about the same fields lie together in nodes, and the index has the first ID of each, so whatever
is done to an entry costs O(log n) for its node and a walk within it.
"""

from libc.stdint cimport int64_t

from dflite.native.keyspace.entry cimport allocated
from dflite.native.keyspace.value cimport held_bytes
from dflite.native.streams.stream_id cimport StreamId, is_equal, is_less, is_zero, make_id
from dflite.native.streams.stream_index cimport (
    Place,
    add_record,
    check_index,
    drop_block,
    end_place,
    first_place,
    index_memory,
    record_of,
    remove_record,
    start_index,
    step,
    step_back,
)
from dflite.native.streams.stream_node cimport (
    DELETED,
    Node,
    StreamEntry,
    Walk,
    all_entries,
    append_entry,
    blob_bytes,
    copy_node,
    cut_behind,
    fits,
    free_node,
    is_node,
    last_id_of,
    live_entries,
    mark_deleted,
    new_node,
    next_entry,
    shrink_node,
    start_walk,
)
from dflite.native.streams.stream_range cimport RangeWalk, find_entry
from dflite.native.values.thresholds cimport stream_node_max_entries

cdef enum:
    QUICKLY = 100               # nodes that are trimmed in next to no time
    FEWEST = 10_000             # entries, where nodes have no bound of theirs


cdef void start_log(Log* log) noexcept nogil:
    """A log without entries."""
    start_index(&log.nodes, sizeof(Node))
    log.length = log.bytes = 0


cdef Node* put_node(Log* log, StreamId id, char* blob) except NULL:
    """A node behind the others, which owns the blob from now on."""
    cdef Node* node
    try:
        node = <Node*>add_record(&log.nodes, id)
    except MemoryError:
        free_node(blob)
        raise
    node.blob = blob
    return node


cdef int drop_node(Log* log, Place* place) except -1:
    """Take the node there away; `place` is then that of the next one."""
    free_node((<Node*>record_of(&log.nodes, place[0])).blob)
    return remove_record(&log.nodes, place)


# -- adding ------------------------------------------------------------------------------------------


cdef int add_entry(Log* log, StreamId id, Text* texts, size_t count) except -1:
    """An entry of fields and values in turn under an ID behind all others."""
    cdef int64_t held = held_bytes()
    cdef Place place = end_place(&log.nodes)
    cdef Node* node = NULL
    cdef size_t length = 0, i
    cdef char* blob
    if step_back(&log.nodes, &place):
        node = <Node*>record_of(&log.nodes, place)
        for i in range(count):
            length += texts[i].length
        if not fits(node.blob, length):
            node.blob = shrink_node(node.blob)
            node = NULL
    if node == NULL:
        blob = new_node(texts, count)
        try:
            blob = append_entry(blob, id, id, texts, count)
        except MemoryError:
            free_node(blob)
            raise
        put_node(log, id, blob)
    else:
        node.blob = append_entry(node.blob, node.id, id, texts, count)
    log.bytes += held_bytes() - held
    log.length += 1
    return 0


# -- taking away -------------------------------------------------------------------------------------


cdef bint delete_entry(Log* log, StreamId id) except -1:
    """Take an entry out; False if there is none of that ID."""
    cdef int64_t held = held_bytes()
    cdef RangeWalk walk
    cdef StreamEntry entry
    cdef Node* node
    if not find_entry(&log.nodes, id, &walk, &entry):
        return False
    node = <Node*>record_of(&log.nodes, walk.place)
    if live_entries(node.blob) == 1:
        drop_node(log, &walk.place)
    else:
        (<char*>entry.flags_at)[0] |= DELETED
        node.blob = mark_deleted(node.blob, 1)
    log.bytes += held_bytes() - held
    log.length -= 1
    return True


cdef int64_t trim(Log* log, int64_t most, StreamId least, bint by_id, bint whole_nodes, int64_t limit) except -1:
    """Take entries from the front until there are no more than `most`; how many they were.

    With `by_id` those before the ID `least` instead. With `whole_nodes` only nodes that may go as a whole;
    never more than `limit` (0: any number; -1: as many as can be trimmed quickly).
    """
    cdef int64_t held = held_bytes(), removed = 0, live
    cdef Place place
    cdef Node* node
    cdef bint whole
    if limit < 0:
        limit = FEWEST
        if 0 < stream_node_max_entries:
            limit = QUICKLY * min(stream_node_max_entries, <int64_t>FEWEST)
    while by_id or log.length > most:
        place = first_place()
        node = <Node*>record_of(&log.nodes, place)
        if node == NULL:
            break
        live = live_entries(node.blob)
        if limit and removed + live > limit:
            break
        if by_id:
            whole = is_less(last_id_of(node), least)
        else:
            whole = log.length - live >= most
        if whole:
            drop_node(log, &place)
            log.length -= live
            removed += live
            continue
        if not whole_nodes:
            removed += trim_node(log, node, most, least, by_id)
        break
    log.bytes += held_bytes() - held
    return removed


cdef int64_t trim_node(Log* log, Node* node, int64_t most, StreamId least, bint by_id) except -1:
    """Mark entries at the front of a node as deleted."""
    cdef Walk walk
    cdef StreamEntry entry
    cdef int64_t removed = 0
    start_walk(&walk, node)
    while (by_id or log.length > most) and next_entry(&walk, &entry):
        if by_id and not is_less(entry.id, least):
            break
        if not entry.flags & DELETED:
            (<char*>entry.flags_at)[0] |= DELETED
            removed += 1
            log.length -= 1
    if removed:
        node.blob = mark_deleted(node.blob, removed)
    return removed


cdef int forget_behind(Log* log, StreamId last) except -1:
    """Let go of what was deleted behind an ID, so that entries of those IDs may be added again."""
    cdef int64_t held = held_bytes()
    cdef Place place
    cdef Node* node
    while True:
        place = end_place(&log.nodes)
        if not step_back(&log.nodes, &place):
            break
        node = <Node*>record_of(&log.nodes, place)
        if not is_less(last, last_id_of(node)):
            break
        if live_entries(node.blob):
            node.blob = cut_behind(node, last)
            break
        drop_node(log, &place)
    log.bytes += held_bytes() - held
    return 0


# -- as a whole --------------------------------------------------------------------------------------


cdef bint load_node(Log* log, StreamId id, const char* blob, size_t length) except -1:
    """Add a copy of a node behind the others; False if it is no sound one."""
    cdef int64_t held = held_bytes()
    cdef Place place = end_place(&log.nodes)
    cdef Node loaded
    if not is_node(blob, length):
        return False
    if step_back(&log.nodes, &place) and not is_less(last_id_of(<Node*>record_of(&log.nodes, place)), id):
        return False
    loaded.id = id
    loaded.blob = <char*>blob
    if not is_in_order(&loaded):
        return False
    put_node(log, id, copy_node(blob))
    log.length += live_entries(blob)
    log.bytes += held_bytes() - held
    return True


cdef bint is_in_order(Node* node) noexcept nogil:
    """Do the node's entries ascend, from the one of its own ID on?"""
    cdef Walk walk
    cdef StreamEntry entry
    cdef StreamId last = node.id
    start_walk(&walk, node)
    if is_zero(node.id) or not next_entry(&walk, &entry) or not is_equal(entry.id, node.id):
        return False
    while next_entry(&walk, &entry):
        if not is_less(last, entry.id):
            return False
        last = entry.id
    return True


cdef int copy_log(Log* source, Log* target) except -1:
    """Fill a log that is empty with what another one has."""
    cdef int64_t held = held_bytes()
    cdef Place place = first_place()
    cdef Node* node
    while True:
        node = <Node*>record_of(&source.nodes, place)
        if node == NULL:
            break
        put_node(target, node.id, copy_node(node.blob))
        step(&source.nodes, &place)
    target.length = source.length
    target.bytes = held_bytes() - held
    return 0


cdef bint free_nodes(Log* log, int64_t* budget) noexcept nogil:
    """Free nodes, the last ones first, until the budget is used up; True while there are more."""
    cdef Place place
    cdef size_t block
    while log.nodes.block_count and budget[0] > 0:
        place.block = log.nodes.block_count - 1
        place.at = 0
        while record_of(&log.nodes, place) != NULL:
            free_node((<Node*>record_of(&log.nodes, place)).blob)
            budget[0] -= 1
            step(&log.nodes, &place)
        drop_block(&log.nodes)
    return log.nodes.block_count > 0


cdef int check_log(Log* log, StreamId* last) except -1:
    """Assert that entries are in order and figures right; the last ID of all, deleted or not. For tests."""
    cdef Place place = first_place()
    cdef int64_t total = 0, live, gone, bytes_held = index_memory(&log.nodes)
    cdef Walk walk
    cdef StreamEntry entry
    cdef Node* node
    check_index(&log.nodes)
    last[0] = make_id(0, 0)
    while True:
        node = <Node*>record_of(&log.nodes, place)
        if node == NULL:
            break
        assert is_node(node.blob, blob_bytes(node.blob)), "a broken node"
        bytes_held += allocated(node.blob)
        start_walk(&walk, node)
        live = gone = 0
        while next_entry(&walk, &entry):
            assert is_less(last[0], entry.id), "entries out of order"
            assert live + gone > 0 or is_equal(node.id, entry.id), "a node of another ID"
            last[0] = entry.id
            gone += entry.flags & DELETED
            live += not (entry.flags & DELETED)
        assert live == live_entries(node.blob) and live + gone == all_entries(node.blob)
        total += live
        step(&log.nodes, &place)
    assert total == log.length, "entries counted wrong"
    assert bytes_held == log.bytes, (bytes_held, log.bytes)
    return 0
