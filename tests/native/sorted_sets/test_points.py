"""What a search has found: order, answers, sorted sets made of it."""

import random
from collections.abc import Callable

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets.geohash import encode
from dflite.native.sorted_sets.geosearch import Shape, search
from dflite.native.sorted_sets.points import Points, reply_spot
from dflite.native.sorted_sets.sortedset import pairs_of
from dflite.native.sorted_sets.zsets import add
from dflite.native.wire.reply import Reply

KEY = b"places"
CLOCK = Clock(1_000_000_000_000)


def around(longitudes: list[float]) -> Points:
    """Places on the equator, found from 0, 0 in order of their scores."""
    table = Table(CLOCK)
    scores = [float(encode(longitude, 0)) for longitude in longitudes]
    add(table, KEY, scores, [b"%d" % number for number in range(len(longitudes))], 0)
    shape = Shape()
    shape.be_circle(10_000.0, 1000.0)
    return search(table, KEY, shape, 0)


def names(points: Points, count: int | None = None) -> list[int]:
    return [int(points.member(at)) for at in range(len(points) if count is None else count)]


def distance_key(longitudes: list[float], descending: bool) -> Callable[[int], float]:
    return lambda name: (-1 if descending else 1) * round(longitudes[name], 3)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("count", [1, 2, 6, 7, 8, 39, 41, 100, 1000])
def test_all_are_sorted_and_equals_stay(count: int, descending: bool) -> None:
    chance = random.Random(count)
    longitudes = [chance.randrange(1, 30) + 0.5 for _ in range(count)]
    points = around(longitudes)
    found = names(points)
    points.sort(count, descending)
    assert names(points) == sorted(found, key=distance_key(longitudes, descending))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("count", [2, 6, 7, 8, 39, 41, 100, 1000])
def test_the_first_are_sorted(count: int, descending: bool) -> None:
    chance = random.Random(count)
    for spread in (3, 30, 3000):
        longitudes = [chance.randrange(1, spread) * 60 / spread for _ in range(count)]
        for wanted in {1, 2, count // 3, count - 1}:
            points = around(longitudes)
            points.sort(wanted, descending)
            expected = sorted(range(count), key=distance_key(longitudes, descending))
            first = [round(longitudes[name], 3) for name in names(points, wanted)]
            assert first == [round(longitudes[name], 3) for name in expected[:wanted]]
            assert sorted(names(points)) == list(range(count))


def test_names_beyond_the_last_are_no_names() -> None:
    points = around([1, 2])
    assert points.member(1) == b"1"
    with pytest.raises(IndexError):
        points.member(2)


def test_answers_in_both_protocols() -> None:
    points = around([1])
    reply = Reply()
    points.reply(reply, 1, 1000.0, False, False, False)
    assert reply.take() == b"*1\r\n$1\r\n0\r\n"
    points.reply(reply, 5, 1000.0, True, True, True)
    place = (b"0.99999994039535522", b"0.00000126736058093")
    bulks = b"".join(b"$%d\r\n%b\r\n" % (len(degrees), degrees) for degrees in place)
    head = b"*1\r\n*4\r\n$1\r\n0\r\n$8\r\n111.2263\r\n:%d\r\n*2\r\n" % encode(1, 0)
    assert reply.take() == head + bulks
    reply.speak(True)
    points.reply(reply, 1, 1.0, False, False, True)
    assert reply.take() == b"*1\r\n*2\r\n$1\r\n0\r\n*2\r\n,%b\r\n,%b\r\n" % place
    reply_spot(reply, 1.5, -2.0)
    assert reply.take() == b"*2\r\n,1.5\r\n,-2\r\n"


def test_sorted_sets_of_scores_or_distances() -> None:
    points = around([2, 1, 3])
    points.sort(3, False)
    assert pairs_of(points.as_zset(CLOCK, 2, 1000.0, False)) == [
        (b"1", encode(1, 0)), (b"0", encode(2, 0)),
    ]  # fmt: skip
    by_distance = pairs_of(points.as_zset(CLOCK, 9, 1000.0, True))
    assert [name for name, _ in by_distance] == [b"1", b"0", b"2"]
    assert by_distance[0][1] == pytest.approx(111.2263, abs=0.01)
    assert pairs_of(around([]).as_zset(CLOCK, 9, 1.0, True)) == []
