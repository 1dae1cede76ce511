"""What can be done to a consumer group of a stream: no argv, no reply.

What replicas and logs get of reads and claims is what became of it: XCLAIM with the delivery's time
and count, as Redis sends it.
"""

from typing import Final

from dflite.native.base.bytesops import format_int
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_group import Consumer, Group
from dflite.native.streams.stream_id import id_text
from dflite.ops.streams import create_stream
from dflite.store.db import Db
from dflite.store.effects import BESIDE, STREAM

UNKNOWN: Final = -1  # how many entries a group has read
OF_GROUP: Final = STREAM | BESIDE  # the kind of all changes here: none of a stream's entries


class GroupAt:
    """A group with its stream and where they are."""

    def __init__(self, db: Db, key: bytes, stream: Stream, name: bytes, group: Group) -> None:
        self.db = db
        self.key = key
        self.stream = stream
        self.name = name
        self.group = group

    def consumer(self, name: bytes) -> Consumer:
        """The consumer of that name, which has just been seen; made if there is none."""
        found = self.group.consumers.get(name)
        if found is None:
            found = create_consumer(self, name)
            if self.db.effects.journaling:
                self.db.replicate_as([b"XGROUP", b"CREATECONSUMER", self.key, self.name, name])
        found.seen_ms = self.db.clock.now_ms
        return found

    def journal_claim(self, number: int, consumer: bytes, time_ms: int, count: int) -> None:
        """Have replicas note a delivery; call it only if somebody journals."""
        self.db.replicate_as(
            [b"XCLAIM", self.key, self.name, consumer, b"0", id_text(number),
             b"TIME", format_int(time_ms), b"RETRYCOUNT", format_int(count), b"FORCE", b"JUSTID",
             b"LASTID", id_text(self.group.last_id)]
        )  # fmt: skip

    def journal_position(self) -> None:
        """Have replicas note how far the group has read; call it only if somebody journals."""
        self.db.replicate_as(
            [b"XGROUP", b"SETID", self.key, self.name, id_text(self.group.last_id),
             b"ENTRIESREAD", format_int(self.group.entries_read)]
        )  # fmt: skip

    def changed(self) -> None:
        """Something that is no event changed, such as what is pending."""
        self.db.effects.changed += 1


def find_group(db: Db, key: bytes, stream: Stream | None, name: bytes) -> GroupAt | None:
    """The group of that name, None without it or without a stream."""
    if stream is None or stream.groups is None:
        return None
    group = stream.groups.get(name)
    return None if group is None else GroupAt(db, key, stream, name, group)


def create_group(
    db: Db, key: bytes, stream: Stream | None, name: bytes, last_id: int, entries_read: int
) -> bool:
    """A group that has read up to an ID, of a new stream if there is none; False if it exists."""
    kind = OF_GROUP
    if stream is None:
        stream = create_stream(db, key)
        kind = STREAM
    if stream.groups is None:
        stream.groups = {}
    if name in stream.groups:
        return False
    stream.groups[name] = Group(last_id, entries_read)
    db.changed(key, "xgroup-create", kind)
    return True


def move_group(found: GroupAt, last_id: int, entries_read: int) -> None:
    """Let a group have read up to an ID."""
    found.group.last_id = last_id
    found.group.entries_read = entries_read
    found.db.changed(found.key, "xgroup-setid", OF_GROUP)


def destroy_group(found: GroupAt) -> None:
    """Take a group away with its consumers and what is pending."""
    groups = found.stream.groups
    assert groups is not None
    del groups[found.name]
    found.db.changed(found.key, "xgroup-destroy", OF_GROUP)
    found.db.also(found.key, "", OF_GROUP)  # who waits for entries of the group


def create_consumer(found: GroupAt, name: bytes) -> Consumer:
    """A new consumer; there is none of that name."""
    consumer = found.group.create_consumer(name, found.db.clock.now_ms)
    found.db.changed(found.key, "xgroup-createconsumer", OF_GROUP)
    return consumer


def delete_consumer(found: GroupAt, name: bytes) -> int:
    """Take a consumer away; how many entries were pending for it."""
    consumer = found.group.consumers.get(name)
    if consumer is None:
        return 0
    pending = found.group.delete_consumer(consumer)
    found.db.changed(found.key, "xgroup-delconsumer", OF_GROUP)
    return pending


def acknowledge(found: GroupAt, ids: list[int]) -> int:
    """Entries are dealt with; how many of them were pending."""
    done = 0
    for number in ids:
        if found.group.acknowledge(number):
            done += 1
            found.changed()
    return done


class Claim:
    """How entries are claimed. `time_ms` is when they count as delivered."""

    def __init__(self, min_idle: int, time_ms: int) -> None:
        self.min_idle = min_idle
        self.time_ms = time_ms
        self.count = UNKNOWN  # of deliveries, if it is given
        self.force = False  # entries that are not pending too
        self.keep_count = False  # this is no delivery


def claim_entry(found: GroupAt, consumer: Consumer, number: int, claim: Claim) -> bool:
    """Make a pending entry a consumer's if it may be; was it made?

    One that is not in the stream any more is pending no longer.
    """
    group = found.group
    journaling = found.db.effects.journaling
    delivery = group.delivery(number)
    if not found.stream.exists(number):
        if delivery is not None:
            drop_pending(found, number, delivery)
        return False
    if delivery is None:
        if not claim.force:
            return False
        count = 1  # it is delivered for the first time
    else:
        if claim.min_idle and found.db.clock.now_ms - delivery[1] < claim.min_idle:
            return False
        count = delivery[2]
    if claim.count >= 0:
        count = claim.count
    elif not claim.keep_count:
        count += 1
    group.claim(number, consumer, claim.time_ms, count, True)
    consumer.active_ms = found.db.clock.now_ms
    found.changed()
    if journaling:
        found.journal_claim(number, consumer.name, claim.time_ms, count)
    return True


def drop_pending(found: GroupAt, number: int, delivery: tuple[Consumer, int, int]) -> None:
    """An entry is pending no longer, since it was deleted from the stream."""
    found.group.acknowledge(number)
    found.changed()
    if found.db.effects.journaling:
        found.journal_claim(number, delivery[0].name, delivery[1], delivery[2])
