# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Streams as RDB: nodes as they are in memory, then figures, then groups with what is pending.

    nodes      (16 bytes ID | listpack) ...
    figures    entries | last ID | first ID, highest deleted ID, entries ever added    (from RDB_STREAM_2 on)
    groups     (name | last ID | entries read (2) | pending ... | consumers ...) ...
    pending    16 bytes ID | int64 time | deliveries
    consumer   name | int64 seen | int64 active (RDB_STREAM_3) | 16 bytes ID ...

The halves of an ID are lengths, but for the 16 bytes, which have the highest first. What is read must agree:
IDs ascend, counts are right, and whatever is pending is one consumer's.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint64_t

from dflite.native.rdb.reader cimport FIRST, Reader, Text, bad
from dflite.native.rdb.types cimport RDB_STREAM_2, RDB_STREAM_3
from dflite.native.rdb.writer cimport Writer
from dflite.native.streams.stream cimport NO_COUNTER, Stream
from dflite.native.streams.stream_group cimport Consumer, Group, Pending
from dflite.native.streams.stream_id cimport StreamId, is_less, number_of
from dflite.native.streams.stream_index cimport (
    Place,
    add_record,
    find_record,
    first_place,
    record_id,
    record_of,
    step,
)
from dflite.native.streams.stream_log cimport forget_behind
from dflite.native.streams.stream_node cimport Node, blob_bytes
from dflite.native.streams.stream_range cimport edge

cdef enum:
    ID_BYTES = 16
    NEVER_ACTIVE = -1


# -- writing -----------------------------------------------------------------------------------------


cdef void spell_id(StreamId id, char* out) noexcept nogil:
    """An ID in 16 bytes, the highest first."""
    cdef int i
    for i in range(8):
        out[i] = <char>(id.ms >> (56 - 8 * i))
        out[8 + i] = <char>(id.seq >> (56 - 8 * i))


cdef int put_raw_id(Writer writer, StreamId id) except -1:
    cdef char[ID_BYTES] text
    spell_id(id, text)
    return writer.put(text, ID_BYTES)


cdef int put_id(Writer writer, StreamId id) except -1:
    """An ID as two lengths."""
    writer.put_length(id.ms)
    return writer.put_length(id.seq)


def save_stream(Writer writer not None, Stream stream not None) -> None:
    """Write a stream as RDB_STREAM_3."""
    save_whole(writer, stream, RDB_STREAM_3)


cdef int save_whole(Writer writer, Stream stream, int kind) except -1:
    """Write a stream at once, in the form of that number."""
    cdef Place place = first_place()
    writer.put_length(stream.log.nodes.count)
    while save_node(writer, stream, &place):
        pass
    return save_behind_nodes(writer, stream, kind)


cdef bint save_node(Writer writer, Stream stream, Place* place) except -1:
    """The node at `place`, which goes on to the next; False if there is none."""
    cdef char[ID_BYTES] text
    cdef Node* node = <Node*>record_of(&stream.log.nodes, place[0])
    if node == NULL:
        return False
    spell_id(node.id, text)
    writer.put_text(text, ID_BYTES)
    writer.put_text(node.blob, blob_bytes(node.blob))
    step(&stream.log.nodes, place)
    return True


cdef int save_behind_nodes(Writer writer, Stream stream, int kind) except -1:
    """Figures and groups, in the form of that number."""
    writer.put_length(stream.log.length)
    put_id(writer, stream.last)
    put_id(writer, stream.first)
    put_id(writer, stream.max_deleted)
    writer.put_length(stream.added)
    writer.put_length(len(stream.groups) if stream.groups else 0)
    if stream.groups:
        for name, group in stream.groups.items():
            save_group(writer, name, group, kind)
    return 0


cdef int save_group(Writer writer, bytes name, Group group, int kind) except -1:
    cdef Place place = first_place()
    cdef Pending* entry
    cdef Consumer consumer
    writer.put_text(PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name))
    put_id(writer, group.last)
    writer.put_length(<uint64_t>group.entries_read)
    writer.put_length(group.pending.count)
    while True:
        entry = <Pending*>record_of(&group.pending, place)
        if entry == NULL:
            break
        put_raw_id(writer, entry.id)
        writer.put_int64(entry.time)
        writer.put_length(entry.count)
        step(&group.pending, &place)
    writer.put_length(len(group.consumers))
    for consumer in group.consumers.values():
        save_consumer(writer, consumer, kind)
    return 0


cdef int save_consumer(Writer writer, Consumer consumer, int kind) except -1:
    cdef Place place = first_place()
    cdef char* record
    writer.put_text(PyBytes_AS_STRING(consumer.name), PyBytes_GET_SIZE(consumer.name))
    writer.put_int64(consumer.seen_ms)
    if kind == RDB_STREAM_3:
        writer.put_int64(consumer.active_ms)
    writer.put_length(consumer.pending.count)
    while True:
        record = record_of(&consumer.pending, place)
        if record == NULL:
            return 0
        put_raw_id(writer, record_id(record))
        step(&consumer.pending, &place)


# -- reading -----------------------------------------------------------------------------------------


cdef StreamId id_in(const char* text) noexcept nogil:
    """The ID that 16 bytes spell."""
    cdef StreamId id
    cdef int i
    id.ms = id.seq = 0
    for i in range(8):
        id.ms = id.ms << 8 | <uint8_t>text[i]
        id.seq = id.seq << 8 | <uint8_t>text[8 + i]
    return id


cdef int read_id(Reader reader, StreamId* id) except -1:
    """An ID as two lengths."""
    reader.read_length(&id.ms)
    reader.read_length(&id.seq)
    return 0


cdef bytes read_name(Reader reader):
    cdef Text text
    reader.read_text(FIRST, &text)
    return PyBytes_FromStringAndSize(text.data, text.length)


def load_stream(Reader reader not None, int kind) -> Stream:
    """The stream that follows, as RDB_STREAM, RDB_STREAM_2 or RDB_STREAM_3; BadFormat if it is none."""
    cdef Stream stream = Stream()
    cdef int64_t i, count, length
    cdef Text text
    cdef StreamId id
    cdef Group group
    cdef bytes name
    count = reader.read_count()
    for i in range(count):
        reader.read_text(FIRST, &text)
        if text.length != ID_BYTES:
            bad("an ID of another length")
        number = number_of(id_in(text.data))
        reader.read_text(FIRST, &text)
        if not stream.load_node(number, PyBytes_FromStringAndSize(text.data, text.length)):
            bad("a broken node")
    reader.read_signed(&length)
    if length != stream.log.length:
        bad("entries miscounted")
    read_id(reader, &stream.last)
    check_last(stream)
    stream.added = length
    if kind >= RDB_STREAM_2:
        read_id(reader, &id)        # the first one, which is known
        read_id(reader, &stream.max_deleted)
        reader.read_signed(&stream.added)
    count = reader.read_count()
    if count:
        stream.groups = {}
    for i in range(count):
        name = read_name(reader)
        if name in stream.groups:
            bad("a group twice")
        group = Group()
        stream.groups[name] = group
        load_group(reader, stream, group, kind)
    return stream


cdef int check_last(Stream stream) except -1:
    """No entry may be behind the last ID, unless it is a deleted one, which is let go of."""
    cdef StreamId id
    if edge(&stream.log.nodes, True, &id) and is_less(stream.last, id):
        bad("an entry behind the last ID")
    return forget_behind(&stream.log, stream.last)


cdef int load_group(Reader reader, Stream stream, Group group, int kind) except -1:
    cdef int64_t i, count
    cdef uint64_t entries_read
    cdef size_t owned = 0
    cdef StreamId id
    cdef Place place
    cdef Pending* entry
    read_id(reader, &group.last)
    if kind >= RDB_STREAM_2:
        reader.read_length(&entries_read)
        group.entries_read = <int64_t>entries_read
        if group.entries_read < NO_COUNTER:
            bad("entries read that are none")
    else:
        group.entries_read = stream.counter_at(group.last)
    count = reader.read_count()
    for i in range(count):
        id = id_in(reader.take(ID_BYTES))
        if find_record(&group.pending, id, &place) != NULL:
            bad("an entry pending twice")
        entry = <Pending*>add_record(&group.pending, id)
        reader.read_int64(&entry.time)
        reader.read_signed(&entry.count)
        if entry.time < 0:
            bad("a time that is none")
    count = reader.read_count()
    for i in range(count):
        owned += load_consumer(reader, group, kind)
    if owned != group.pending.count:
        bad("a pending entry that is nobody's")
    return 0


cdef int64_t load_consumer(Reader reader, Group group, int kind) except -1:
    """A consumer; how much is pending for it."""
    cdef bytes name = read_name(reader)
    cdef Consumer consumer
    cdef Place place
    cdef Pending* entry
    cdef StreamId id
    cdef int64_t i, count, seen, active
    if name in group.consumers:
        bad("a consumer twice")
    reader.read_int64(&seen)
    active = seen
    if kind >= RDB_STREAM_3:
        reader.read_int64(&active)
    if seen < 0 or active < NEVER_ACTIVE:
        bad("a time that is none")
    consumer = group.create_consumer(name, seen)
    consumer.active_ms = active
    count = reader.read_count()
    for i in range(count):
        id = id_in(reader.take(ID_BYTES))
        entry = <Pending*>find_record(&group.pending, id, &place)
        if entry == NULL or entry.consumer != NULL:
            bad("a pending entry of another consumer, or of none")
        add_record(&consumer.pending, id)
        entry.consumer = <PyObject*>consumer
    return count
