# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Consumer groups of streams: how far a group has read, and what its consumers have not acknowledged.

What is pending stands in order of IDs twice: in the group with all there is to know, and in its consumer
as an ID only.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

cimport cython

from dflite.native.streams.stream cimport NO_COUNTER, Stream
from dflite.native.streams.stream_id cimport ID_CHARS, format_id, id_of, is_less, make_id, number_of
from dflite.native.streams.stream_index cimport (
    IdIndex,
    Place,
    add_record,
    check_index,
    clear_index,
    copy_index,
    drop_block,
    find_record,
    first_place,
    index_memory,
    record_id,
    record_of,
    remove_record,
    seek,
    start_index,
    step,
    step_back,
    end_place,
)
from dflite.native.streams.stream_node cimport StreamEntry
from dflite.native.streams.stream_range cimport (
    RangeWalk,
    advance,
    close_array,
    find_entry,
    open_array,
    reply_entry,
    start_range,
)
from dflite.native.wire.reply cimport Reply


@cython.final
@cython.no_gc
cdef class Consumer:
    """A reader within a group. Made by `Group.create_consumer`."""

    def __cinit__(self, bytes name not None, int64_t now_ms):
        self.name = name
        self.seen_ms = now_ms
        self.active_ms = -1
        start_index(&self.pending, sizeof(StreamId))

    def __dealloc__(self):
        clear_index(&self.pending)

    @property
    def pending_count(self) -> int:
        return self.pending.count


@cython.final
@cython.no_gc
cdef class Group(Value):
    """A consumer group that has read up to an ID; `entries_read` is -1 where that is not known."""

    def __cinit__(self, object last_id=0, int64_t entries_read=NO_COUNTER):
        self.last = id_of(last_id)
        self.entries_read = entries_read
        self.consumers = {}
        start_index(&self.pending, sizeof(Pending))

    def __dealloc__(self):
        clear_index(&self.pending)

    # -- reading -------------------------------------------------------------------------------------

    def deliver(self, Stream stream not None, Reply reply not None, Consumer consumer not None,
                limit: int, acknowledge: bool, now_ms: int, list given) -> int:
        """Answer the entries behind the last one read, at most `limit` of them (0: all).

        They are pending for the consumer then, unless they are to be taken as acknowledged. Their IDs
        are appended to `given` if that is not None. How many they are.
        """
        cdef RangeWalk walk
        cdef StreamEntry entry
        cdef int64_t most = limit, n = 0, expected = stream.log.length
        cdef int64_t now = now_ms
        cdef bint keep = not acknowledge
        cdef size_t mark
        if most > 0:
            expected = min(expected, most)
        mark = open_array(reply, expected)
        start_range(&walk, &stream.log.nodes,
                    make_id(self.last.ms + (self.last.seq == <unsigned long long>-1), self.last.seq + 1),
                    make_id(-1, -1), False)
        while advance(&walk, &entry):
            if (self.entries_read != NO_COUNTER and not is_less(self.last, stream.first)
                    and not stream.has_gaps_from(self.last)):
                self.entries_read += 1
            elif stream.added:
                self.entries_read = stream.counter_at(entry.id)
            self.last = entry.id
            reply_entry(reply, &walk, &entry)
            if keep:
                self.assign(entry.id, consumer, now)
                consumer.active_ms = now
            if given is not None:
                given.append(number_of(entry.id))
            n += 1
            if n == most:
                break
        close_array(reply, mark, expected, n)
        return n

    def reply_history(self, Stream stream not None, Reply reply not None, Consumer consumer not None,
                      start: int, limit: int, now_ms: int) -> int:
        """Answer what is pending for a consumer from ID start on, at most `limit` entries (0: all).

        Each counts as delivered again; one that was deleted meanwhile is answered without fields.
        """
        cdef RangeWalk walk
        cdef StreamEntry entry
        cdef Pending* found
        cdef Place place
        cdef StreamId id
        cdef char[ID_CHARS] text
        cdef int64_t most = limit, n = 0, expected = consumer.pending.count
        cdef size_t mark
        if most > 0:
            expected = min(expected, most)
        mark = open_array(reply, expected)
        place = seek(&consumer.pending, id_of(start))
        while record_of(&consumer.pending, place) != NULL:
            id = record_id(record_of(&consumer.pending, place))
            if find_entry(&stream.log.nodes, id, &walk, &entry):
                reply_entry(reply, &walk, &entry)
                found = self.find(id)
                found.time = now_ms
                found.count += 1
            else:
                reply.put(b"*2\r\n", 4)
                reply.put_bulk(text, format_id(id, text))
                reply.null_array()
            n += 1
            if n == most:
                break
            step(&consumer.pending, &place)
        close_array(reply, mark, expected, n)
        return n

    # -- what is pending -----------------------------------------------------------------------------

    cdef Pending* find(self, StreamId id) noexcept nogil:
        cdef Place place
        return <Pending*>find_record(&self.pending, id, &place)

    cdef int give(self, Pending* entry, Consumer consumer) except -1:
        """Make a pending entry another consumer's."""
        cdef Place place
        if entry.consumer == <PyObject*>consumer:
            return 0
        add_record(&consumer.pending, entry.id)
        if entry.consumer != NULL and find_record(
                &(<Consumer>entry.consumer).pending, entry.id, &place) != NULL:
            remove_record(&(<Consumer>entry.consumer).pending, &place)
        entry.consumer = <PyObject*>consumer
        return 0

    cdef int assign(self, StreamId id, Consumer consumer, int64_t now_ms) except -1:
        """An entry is delivered for the first time, or to another consumer than it was."""
        cdef Pending* entry = NULL
        cdef Place place = end_place(&self.pending)
        if step_back(&self.pending, &place) and not is_less(
                record_id(record_of(&self.pending, place)), id):
            entry = self.find(id)
        if entry == NULL:
            entry = <Pending*>add_record(&self.pending, id)
        entry.time = now_ms
        entry.count = 1
        self.give(entry, consumer)
        return 0

    def acknowledge(self, number: int) -> bool:
        """An entry is dealt with; False if it was not pending."""
        cdef StreamId id = id_of(number)
        cdef Place place
        cdef Pending* entry = <Pending*>find_record(&self.pending, id, &place)
        cdef Consumer consumer
        if entry == NULL:
            return False
        consumer = <Consumer>entry.consumer
        remove_record(&self.pending, &place)
        if find_record(&consumer.pending, id, &place) != NULL:
            remove_record(&consumer.pending, &place)
        return True

    def claim(self, number: int, Consumer consumer not None, time_ms: int, count: int, create: bool) -> bool:
        """Make a pending entry another consumer's, with the time and count of its deliveries.

        False if it is not pending and not to be created.
        """
        cdef StreamId id = id_of(number)
        cdef Pending* entry = self.find(id)
        if entry == NULL:
            if not create:
                return False
            entry = <Pending*>add_record(&self.pending, id)
        self.give(entry, consumer)
        entry.time = time_ms
        entry.count = count
        return True

    def delivery(self, number: int) -> tuple[Consumer, int, int] | None:
        """Whose a pending entry is, when it was last delivered, how often; None if it is not pending."""
        cdef Pending* entry = self.find(id_of(number))
        if entry == NULL:
            return None
        return <Consumer>entry.consumer, entry.time, entry.count

    def pending_from(self, start: int, end: int, limit: int, Consumer consumer, latest_ms: int
                     ) -> list[tuple[int, Consumer, int, int]]:
        """(ID, consumer, time, count) of what is pending from start to end, at most `limit` (-1: all).

        Of one consumer if it is not None; of those last delivered at `latest_ms` or before.
        """
        cdef IdIndex* index = &self.pending if consumer is None else &consumer.pending
        cdef Place place = seek(index, id_of(start))
        cdef StreamId last = id_of(end), id
        cdef int64_t most = limit, latest = latest_ms
        cdef char* record = record_of(index, place)
        cdef Pending* entry
        cdef list found = []
        while most and record != NULL:
            id = record_id(record)
            if is_less(last, id):
                break
            entry = <Pending*>record if consumer is None else self.find(id)
            if entry.time <= latest:
                found.append((number_of(id), <Consumer>entry.consumer, entry.time, entry.count))
                most -= 1
            step(index, &place)
            record = record_of(index, place)
        return found

    @property
    def pending_count(self) -> int:
        return self.pending.count

    @property
    def first_pending(self) -> int:
        """The first ID that is pending, -1 if none is."""
        cdef char* record = record_of(&self.pending, first_place())
        return -1 if record == NULL else number_of(record_id(record))

    @property
    def last_pending(self) -> int:
        """The last ID that is pending, -1 if none is."""
        cdef Place place = end_place(&self.pending)
        if not step_back(&self.pending, &place):
            return -1
        return number_of(record_id(record_of(&self.pending, place)))

    # -- consumers and figures -----------------------------------------------------------------------

    def create_consumer(self, name: bytes, now_ms: int) -> Consumer:
        """A new consumer; there is none of that name."""
        cdef Consumer consumer = Consumer(name, now_ms)
        self.consumers[name] = consumer
        return consumer

    def delete_consumer(self, Consumer consumer not None) -> int:
        """Take a consumer away with all that is pending for it; how many entries those are."""
        cdef Place place = first_place(), other
        cdef int64_t n = consumer.pending.count
        while record_of(&consumer.pending, place) != NULL:
            if find_record(&self.pending, record_id(record_of(&consumer.pending, place)), &other) != NULL:
                remove_record(&self.pending, &other)
            step(&consumer.pending, &place)
        clear_index(&consumer.pending)
        del self.consumers[consumer.name]
        return n

    @property
    def last_id(self) -> int:
        """The last ID that was delivered."""
        return number_of(self.last)

    @last_id.setter
    def last_id(self, number: int) -> None:
        self.last = id_of(number)

    def lag(self, Stream stream not None) -> int | None:
        """Entries that are yet to be delivered, None where deleted ones make that unknown."""
        cdef int64_t counter
        if stream.added == 0:
            return 0
        if self.entries_read != NO_COUNTER and not stream.has_gaps_from(self.last):
            return stream.added - self.entries_read
        counter = stream.counter_at(self.last)
        return None if counter == NO_COUNTER else stream.added - counter

    @property
    def memory(self) -> int:
        """Bytes of the group, its consumers and what is pending."""
        cdef int64_t total = Group.__basicsize__ + index_memory(&self.pending)
        cdef Consumer consumer
        for consumer in self.consumers.values():
            total += Consumer.__basicsize__ + len(consumer.name) + index_memory(&consumer.pending)
        return total

    # -- as a whole ----------------------------------------------------------------------------------

    def copy(self) -> Group:
        """An equal group that shares nothing."""
        cdef Group other = Group(number_of(self.last), self.entries_read)
        cdef Consumer consumer, copied
        cdef Place place = first_place()
        cdef Pending* entry
        for consumer in self.consumers.values():
            copied = other.create_consumer(consumer.name, consumer.seen_ms)
            copied.active_ms = consumer.active_ms
            copy_index(&consumer.pending, &copied.pending)
        copy_index(&self.pending, &other.pending)
        while True:
            entry = <Pending*>record_of(&other.pending, place)
            if entry == NULL:
                return other
            copied = other.consumers[(<Consumer>entry.consumer).name]
            entry.consumer = <PyObject*>copied
            step(&other.pending, &place)

    cdef size_t weight(self) noexcept:
        return self.pending.count // 16 + len(self.consumers)

    cdef bint dismantle(self, int64_t* budget) noexcept:
        cdef Consumer consumer
        while self.pending.block_count and budget[0] > 0:
            drop_block(&self.pending)
            budget[0] -= 4
        while self.consumers and budget[0] > 0:
            consumer = self.consumers[next(iter(self.consumers))]
            while consumer.pending.block_count and budget[0] > 0:
                drop_block(&consumer.pending)
                budget[0] -= 4
            if consumer.pending.block_count == 0:
                del self.consumers[consumer.name]
                budget[0] -= 1
        return self.pending.block_count > 0 or bool(self.consumers)

    def check(self) -> None:
        """Assert that the group and its consumers agree on what is pending; for tests."""
        cdef Consumer consumer
        cdef Place place = first_place(), other
        cdef Pending* entry
        cdef size_t total = 0
        check_index(&self.pending)
        for consumer in self.consumers.values():
            check_index(&consumer.pending)
            total += consumer.pending.count
        assert total == self.pending.count, "pending entries counted wrong"
        while True:
            entry = <Pending*>record_of(&self.pending, place)
            if entry == NULL:
                return
            consumer = <Consumer>entry.consumer
            assert self.consumers.get(consumer.name) is consumer, "a consumer of another group"
            assert find_record(&consumer.pending, entry.id, &other) != NULL, "nobody's entry"
            step(&self.pending, &place)
