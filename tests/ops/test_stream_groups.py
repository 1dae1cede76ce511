"""Operations on consumer groups: results, announcements, journal."""

import pytest

from dflite.ops import stream_groups, streams
from dflite.ops.stream_groups import Claim, GroupAt
from dflite.store.db import Db
from dflite.store.effects import BESIDE
from tests.support.databases import NOW, announced, journaled, make_db


@pytest.fixture
def db() -> Db:
    return make_db()


@pytest.fixture
def found(db: Db) -> GroupAt:
    """A group of a stream with the entries 1 to 3."""
    stream = streams.create_stream(db, b"s")
    for number in (1, 2, 3):
        stream.add(0, number, False, [b"f", b"v"], 0)
    assert stream_groups.create_group(db, b"s", stream, b"g", 0, -1)
    group = stream_groups.find_group(db, b"s", stream, b"g")
    assert group is not None
    announced(db)
    return group


def test_finding(db: Db, found: GroupAt) -> None:
    assert stream_groups.find_group(db, b"s", None, b"g") is None
    assert stream_groups.find_group(db, b"s", found.stream, b"h") is None
    assert not stream_groups.create_group(db, b"s", found.stream, b"g", 0, -1)
    assert announced(db) == []


def test_changes_of_a_group_are_beside_the_stream(db: Db, found: GroupAt) -> None:
    stream_groups.move_group(found, 2, 2)
    assert (found.group.last_id, found.group.entries_read) == (2, 2)
    found.consumer(b"alice")
    found.consumer(b"alice")
    assert stream_groups.delete_consumer(found, b"alice") == 0
    stream_groups.destroy_group(found)
    assert all(change.kind & BESIDE for change in db.effects.changes)
    assert [event for event, _key in announced(db)] == [
        "xgroup-setid",
        "xgroup-createconsumer",
        "xgroup-delconsumer",
        "xgroup-destroy",
        "",
    ]
    assert journaled(db) == [b"XGROUP CREATECONSUMER s g alice"]


def test_a_new_stream_is_a_change_of_the_key(db: Db) -> None:
    assert stream_groups.create_group(db, b"new", None, b"g", 0, -1)
    assert not any(change.kind & BESIDE for change in db.effects.changes)
    assert announced(db) == [("xgroup-create", b"new")]


def test_claims_and_acknowledgements(db: Db, found: GroupAt) -> None:
    alice, bob = found.consumer(b"alice"), found.consumer(b"bob")
    claim = Claim(0, NOW - 50)
    assert not stream_groups.claim_entry(found, alice, 1, claim)
    claim.force = True
    assert stream_groups.claim_entry(found, alice, 1, claim)
    assert not stream_groups.claim_entry(found, alice, 9, claim)
    assert not stream_groups.claim_entry(found, bob, 1, Claim(51, NOW))
    late = Claim(50, NOW)
    late.keep_count = True
    assert stream_groups.claim_entry(found, bob, 1, late)
    assert (alice.pending_count, bob.pending_count, bob.active_ms) == (0, 1, NOW)
    before = db.effects.changed
    assert stream_groups.acknowledge(found, [1, 1, 2]) == 1
    assert db.effects.changed == before + 1
    assert journaled(db)[2:] == [
        b"XCLAIM s g alice 0 0-1 TIME %d RETRYCOUNT 2 FORCE JUSTID LASTID 0-0" % (NOW - 50),
        b"XCLAIM s g bob 0 0-1 TIME %d RETRYCOUNT 2 FORCE JUSTID LASTID 0-0" % NOW,
    ]


def test_a_claim_of_a_deleted_entry_ends_it(db: Db, found: GroupAt) -> None:
    alice = found.consumer(b"alice")
    claim = Claim(0, NOW)
    claim.force = True
    stream_groups.claim_entry(found, alice, 2, claim)
    found.stream.delete(2)
    assert not stream_groups.claim_entry(found, alice, 2, claim)
    assert alice.pending_count == 0
