"""Operations on strings: results, announcements, journal; an error leaves nothing behind."""

from collections.abc import Callable
from typing import Final

import pytest

from dflite.base.errors import (
    CommandError,
    IncrementNotFinite,
    IncrementOverflow,
    NotAFloat,
    NotAnInteger,
    StringTooLong,
    WrongType,
)
from dflite.ops import strings
from dflite.ops.strings import (
    IF_ABSENT,
    IF_DIGEST_EQUAL,
    IF_DIGEST_NOT_EQUAL,
    IF_EQUAL,
    IF_NOT_EQUAL,
    IF_PRESENT,
    SetOptions,
)
from dflite.store.db import NEVER, Db
from tests.support.databases import NOW, announced, journaled, make_db
from tests.support.values import LIST, Thing

MOST = 512


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def options(
    when: int = strings.ALWAYS,
    compare: bytes = b"",
    deadline: int = NEVER,
    keep: bool = False,
    mc_flags: int = 0,
) -> SetOptions:
    made = SetOptions()
    made.when, made.compare, made.deadline = when, compare, deadline
    made.keep_deadline, made.mc_flags = keep, mc_flags
    return made


def test_set_plain_counts_and_announces_one_change(db: Db) -> None:
    strings.set_plain(db, b"k", b"v")
    assert db.read_string(b"k") == b"v"
    assert db.effects.changed == 1
    assert announced(db) == [("set", b"k")]
    assert journaled(db) == []  # the request as it came will do


def test_set_string_says_what_holds_from_now_on(db: Db) -> None:
    assert strings.set_string(db, b"k", b"v", options(deadline=NOW + 5, mc_flags=9))
    assert announced(db) == [("set", b"k"), ("expire", b"k")]
    assert db.effects.changed == 1
    assert journaled(db) == [b"SET k v PXAT %d" % (NOW + 5)]
    assert db.table(b"k").memcached_flags(b"k") == 9
    assert strings.set_string(db, b"k", b"w", options(keep=True))
    assert db.deadline(b"k") == NOW + 5
    assert journaled(db) == [b"SET k w PXAT %d" % (NOW + 5)]
    assert announced(db) == [("set", b"k")]


@pytest.mark.parametrize(
    ("when", "compare", "of_value", "of_nothing"),
    [
        (IF_ABSENT, b"", False, True),
        (IF_PRESENT, b"", True, False),
        (IF_EQUAL, b"v", True, False),
        (IF_EQUAL, b"w", False, False),
        (IF_NOT_EQUAL, b"w", True, False),
        (IF_NOT_EQUAL, b"v", False, False),
        (IF_DIGEST_EQUAL, strings.digest(b"v"), True, False),
        (IF_DIGEST_EQUAL, strings.digest(b"v").upper(), True, False),
        (IF_DIGEST_NOT_EQUAL, strings.digest(b"v"), False, False),
        (IF_DIGEST_NOT_EQUAL, strings.digest(b"w"), True, False),
    ],
)
def test_conditions(db: Db, when: int, compare: bytes, of_value: bool, of_nothing: bool) -> None:
    db.put_string(b"k", b"v")
    assert strings.condition_holds(db, b"k", when, compare) == of_value
    assert strings.condition_holds(db, b"none", when, compare) == of_nothing
    assert strings.set_string(db, b"k", b"x", options(when, compare)) == of_value
    assert db.effects.changed == of_value


def test_a_deadline_that_has_passed_is_a_deletion(db: Db) -> None:
    db.put_string(b"k", b"v")
    assert strings.set_string(db, b"k", b"w", options(deadline=NOW))
    assert not db.exists(b"k")
    assert announced(db) == [("del", b"k")]
    assert journaled(db) == [b"DEL k"]
    assert strings.set_string(db, b"k", b"w", options(deadline=NOW))
    assert db.effects.changed == 1


def test_a_replica_keeps_what_has_passed(db: Db) -> None:
    db.expires_itself = False
    strings.set_string(db, b"k", b"v", options(deadline=NOW - 1))
    assert len(db) == 1
    assert db.read_string(b"k") is None


def test_set_many_announces_each(db: Db) -> None:
    assert strings.set_many(db, [b"a", b"1", b"b", b"2"], options(IF_ABSENT))
    assert announced(db) == [("set", b"a"), ("set", b"b")]
    assert journaled(db) == [b"MSET a 1 b 2"]
    assert not strings.set_many(db, [b"c", b"1", b"b", b"2"], options(IF_ABSENT))
    assert not strings.set_many(db, [b"c", b"1", b"b", b"2"], options(IF_PRESENT))
    assert db.effects.changed == 2


def test_delete_if(db: Db) -> None:
    db.put_string(b"k", b"v")
    assert not strings.delete_if(db, b"k", IF_EQUAL, b"w")
    assert strings.delete_if(db, b"k", IF_EQUAL, b"v")
    assert announced(db) == [("del", b"k")]
    assert journaled(db) == [b"DEL k"]


def test_increment(db: Db) -> None:
    assert strings.increment(db, b"k", 5) == 5
    assert strings.increment(db, b"k", -7) == -2
    assert announced(db) == [("incrby", b"k")] * 2
    assert journaled(db) == []


def test_counting_keeps_deadline_and_memcached_flags(db: Db) -> None:
    db.put_string(b"k", b"5", NOW + 100, 7)
    strings.increment(db, b"k", 1)
    strings.increment_float(db, b"k", b"0.5")
    assert db.read_string(b"k") == b"6.5"
    assert db.deadline(b"k") == NOW + 100
    assert db.table(b"k").memcached_flags(b"k") == 7
    assert journaled(db) == [b"SET k 6.5 KEEPTTL", b"ECHO memcached-flags 7 k"]


def test_growing_keeps_deadline_and_memcached_flags(db: Db) -> None:
    db.put_string(b"k", b"5", NOW + 100, 7)
    assert strings.append(db, b"k", b"6", MOST) == 2
    assert strings.prepend(db, b"k", b"4", MOST) == 3
    assert strings.set_range(db, b"k", 1, b"-", MOST) == 3
    assert db.read_string(b"k") == b"4-6"
    assert db.deadline(b"k") == NOW + 100
    assert db.table(b"k").memcached_flags(b"k") == 7
    assert announced(db) == [("append", b"k"), ("prepend", b"k"), ("setrange", b"k")]


def test_get_range_counts_a_hit_or_a_miss(db: Db) -> None:
    db.put_string(b"k", b"hello")
    assert strings.get_range(db, b"k", 1, -2) == b"ell"
    assert strings.get_range(db, b"none", 0, -1) == b""
    assert (db.hits, db.misses) == (1, 1)


Action = Callable[[Db], object]
FAILURES: Final[list[tuple[type[CommandError], Action]]] = [
    (NotAnInteger, lambda db: strings.increment(db, b"text", 1)),
    (IncrementOverflow, lambda db: strings.increment(db, b"large", 1)),
    (NotAFloat, lambda db: strings.increment_float(db, b"text", b"1")),
    (NotAFloat, lambda db: strings.increment_float(db, b"large", b"x")),
    (IncrementNotFinite, lambda db: strings.increment_float(db, b"large", b"inf")),
    (StringTooLong, lambda db: strings.append(db, b"text", b"x" * MOST, MOST)),
    (StringTooLong, lambda db: strings.prepend(db, b"text", b"x" * MOST, MOST)),
    (StringTooLong, lambda db: strings.set_range(db, b"text", MOST, b"x", MOST)),
    (StringTooLong, lambda db: strings.set_range(db, b"none", MOST, b"x", MOST)),
    (WrongType, lambda db: strings.increment(db, b"list", 1)),
    (WrongType, lambda db: strings.increment_float(db, b"list", b"1")),
    (WrongType, lambda db: strings.append(db, b"list", b"x", MOST)),
    (WrongType, lambda db: strings.prepend(db, b"list", b"x", MOST)),
    (WrongType, lambda db: strings.set_range(db, b"list", 0, b"x", MOST)),
    (WrongType, lambda db: strings.get_range(db, b"list", 0, -1)),
    (WrongType, lambda db: strings.set_string(db, b"list", b"x", options(IF_EQUAL, b"x"))),
    (WrongType, lambda db: strings.delete_if(db, b"list", IF_EQUAL, b"x")),
]


@pytest.mark.parametrize(("error", "action"), FAILURES)
def test_an_error_leaves_nothing_behind(
    db: Db, error: type[CommandError], action: Callable[[Db], object]
) -> None:
    db.put_string(b"text", b"text")
    db.put_string(b"large", b"9223372036854775807")
    db.put_value(b"list", LIST, Thing())
    with pytest.raises(error):
        action(db)
    assert db.effects.changed == 0
    assert announced(db) == []
    assert journaled(db) == []
    assert sorted(db.keys(None)) == [b"large", b"list", b"text"]
