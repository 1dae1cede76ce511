"""Deadlines of members; those of fields are in the model of test_hashes.py."""

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values import element_deadlines, set_draws, set_forms, set_walks, sets

KEY = b"key"


def names(count: int) -> list[bytes]:
    return [b"member:%d" % number for number in range(count)]


def test_members_that_are_due_are_not_seen() -> None:
    clock = Clock(1000)
    table = Table(clock)
    assert element_deadlines.add_expiring(table, KEY, names(50), 2000, False) == 50
    sets.add(table, KEY, [b"stays"])
    assert element_deadlines.add_expiring(table, KEY, [b"member:1"], 5000, False) == 0
    assert element_deadlines.add_expiring(table, KEY, [b"member:2", b"new"], 6000, True) == 1
    assert element_deadlines.member_deadline(table, KEY, b"member:1") == 5000
    assert element_deadlines.member_deadline(table, KEY, b"member:2") == 2000
    assert element_deadlines.member_deadline(table, KEY, b"stays") == -1
    assert element_deadlines.member_deadline(table, KEY, b"other") == -2
    assert element_deadlines.next_deadline(table, KEY) == 2000
    assert element_deadlines.due_elements(table, KEY, 100, 100) == ([], False)
    clock.advance(1000)
    left = {b"stays", b"member:1", b"new"}
    assert set(set_walks.members(table, KEY)) == left
    assert sets.count(table, KEY) == 3
    assert not sets.contains(table, KEY, b"member:3")
    assert {set_draws.draw_one(table, KEY) for _ in range(300)} == left
    assert sets.remove(table, KEY, [b"member:3"]) == 0
    assert sets.add(table, KEY, [b"member:4"]) == 1
    assert element_deadlines.member_deadline(table, KEY, b"member:4") == -1
    due, _ = element_deadlines.due_elements(table, KEY, 100, 100)
    assert set(due) == {b"member:%d" % n for n in range(50) if n not in (1, 4)}
    element_deadlines.expire_elements(table, KEY, due)
    assert element_deadlines.next_deadline(table, KEY) >= 2000
    assert sets.count(table, KEY) == 4
    set_forms.check(table, KEY)
