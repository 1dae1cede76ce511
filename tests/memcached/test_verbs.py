"""The table of verbs."""

import pytest

import dflite.memcached  # noqa: F401  (enters every verb in the table)
from dflite.engine.command import FOREIGN, WRITE
from dflite.memcached.verbs import VERBS
from dflite.native.memcached.mc_verbs import OPERATIONS


def test_every_verb_is_counted_under_a_name_of_its_own() -> None:
    assert {verb.row.name for verb in VERBS.values()} == {
        "memcached|" + name.decode() for name in VERBS
    }
    assert [verb.row for verb in VERBS.values()] == FOREIGN


def test_what_the_lane_answers_has_a_handler() -> None:
    for name, code in OPERATIONS.items():
        assert VERBS[name.encode()].row.lane == code


@pytest.mark.parametrize("name", ["set", "add", "replace", "append", "prepend", "cas", "ms"])
def test_verbs_with_a_block_can_refuse_it(name: str) -> None:
    verb = VERBS[name.encode()]
    assert verb.refused is not None
    assert verb.row.flags & WRITE
