"""Sorting: what is looked up where, and what is announced of a stored list."""

import pytest

from dflite.base.collection_errors import ScoresNotFloats
from dflite.base.errors import WrongType
from dflite.native.values import hashes, list_walks, sets
from dflite.ops.sort import Order, look_up, score, sort, store
from dflite.store.db import Db
from tests.support.databases import announced, make_db


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (b"#", b"e"),
        (b"k_*", b"string"),
        (b"*_k", b"behind"),
        (b"k_*_*", None),
        (b"h_*->f", b"field"),
        (b"h_*->g", None),
        (b"h_*->", None),
        (b"k_*->f", None),
        (b"k_e", None),
        (b"", None),
        (b"none_*", None),
        (b"->*", b"arrow"),
    ],
)
def test_a_pattern_leads_to_a_string_or_a_field(
    db: Db, pattern: bytes, found: bytes | None
) -> None:
    db.put_string(b"k_e", b"string")
    db.put_string(b"e_k", b"behind")
    db.put_string(b"->e", b"arrow")
    hashes.set_fields(db.table(b"h_e"), b"h_e", [b"f", b"field"])
    assert look_up(db, pattern, b"e") == found


def test_scores_are_decimal_numbers_or_nothing() -> None:
    assert score(None, False) == 0
    assert score(b"1.5", False) == 1.5
    assert score(b"-inf", False) == float("-inf")
    for text in (b"", b"x", b"nan", b"0x1", b" 1"):
        with pytest.raises(ScoresNotFloats):
            score(text, False)


def test_a_primary_of_redis_may_have_read_them_as_c_does() -> None:
    assert score(b"", True) == 0
    assert score(b" \t1", True) == 1
    with pytest.raises(ScoresNotFloats):
        score(b"x", True)


def test_only_collections_are_sorted(db: Db) -> None:
    db.put_string(b"s", b"x")
    with pytest.raises(WrongType):
        sort(db, b"s", Order())
    assert sort(db, b"none", Order()) == []


def test_a_set_that_is_stored_comes_in_one_order(db: Db) -> None:
    sets.add(db.table(b"k"), b"k", [b"%d" % number for number in range(1000)])
    order = Order()
    order.sorts = False
    assert sort(db, b"k", order, stores=True) == sorted(b"%d" % number for number in range(1000))


def test_storing_is_announced(db: Db) -> None:
    assert store(db, b"d", [b"b", None]) == 2
    assert announced(db) == [("sortstore", b"d")]
    assert db.effects.changed == 2
    assert list_walks.elements(db.table(b"d"), b"d") == [b"b", b""]
    assert store(db, b"d", []) == 0
    assert announced(db) == [("del", b"d")]
    assert store(db, b"d", []) == 0
    assert announced(db) == []
