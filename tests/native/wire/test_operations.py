"""Operations of the hot lane, by the names of their commands."""

import pytest

from dflite.native.wire.operations import BASIC, COLLECTIONS, OPERATIONS, WRITES
from tests.native.wire.test_lane import Stand


def test_each_operation_has_a_number_of_its_own() -> None:
    assert len(set(OPERATIONS.values())) == len(OPERATIONS) == len(BASIC) + len(COLLECTIONS)
    assert set(OPERATIONS) > WRITES
    assert {"GET", "HGET", "ZRANGE", "PING"}.isdisjoint(WRITES)


def test_a_command_can_be_switched_off_and_on_again_and_again() -> None:
    stand = Stand()
    for _ in range(200):
        stand.lane.operations.disable("GET")
        assert stand.leaves(b"GET", b"k")
        assert not stand.leaves(b"PING")
        stand.lane.operations.enable("GET")
        assert not stand.leaves(b"GET", b"k")
    stand.lane.operations.disable("GET")
    for name in (b"\xff" * 8, b"", b"\0" * 8, b"GET\0\0\0\0\0", b"GET ", b"X" * 9, b"#ET"):
        assert stand.leaves(name, b"k"), name
    stand.lane.operations.disable("NOSUCHCOMMAND")
    with pytest.raises(KeyError):
        stand.lane.operations.enable("NOSUCHCOMMAND")
