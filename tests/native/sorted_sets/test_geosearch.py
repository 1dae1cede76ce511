"""Searches for places beside looking at every one of them."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets.geohash import decode, distance, encode
from dflite.native.sorted_sets.geosearch import Shape, search
from dflite.native.sorted_sets.zsets import add

KEY = b"places"
Spot = tuple[float, float]

ANYWHERE = st.tuples(st.floats(-180, 180), st.floats(-85, 85))
NEAR = st.tuples(st.floats(10, 20), st.floats(35, 40))
SPOTS = st.one_of(NEAR, NEAR, ANYWHERE)


def table_with(spots: Sequence[Spot]) -> Table:
    table = Table(Clock(1_000_000_000_000))
    if spots:
        scores = [float(encode(*spot)) for spot in spots]
        add(table, KEY, scores, [b"%d" % number for number in range(len(spots))], 0)
    return table


def found(table: Table, shape: Shape, limit: int = 0) -> list[int]:
    points = search(table, KEY, shape, limit)
    return [int(points.member(at)) for at in range(len(points))]


def apart(one: Spot, other: Spot) -> float:
    return distance(float(encode(*one)), float(encode(*other)))


@given(
    st.lists(SPOTS, max_size=60),
    st.one_of(NEAR, st.tuples(st.floats(-90, 90), st.floats(-60, 60))),
    st.sampled_from([1.0, 50.0, 300.0, 1000.0]),
)
def test_circles(spots: list[Spot], middle: Spot, radius: float) -> None:
    shape = Shape()
    middle = decode(float(encode(*middle)))
    shape.around(*middle)
    shape.be_circle(radius, 1000.0)
    hits = found(table_with(spots), shape)
    assert len(set(hits)) == len(hits)
    for number, spot in enumerate(spots):
        away = apart(middle, spot)
        if abs(away - radius * 1000) > 1:
            assert (number in hits) == (away < radius * 1000), (spot, away)


@given(st.lists(SPOTS, max_size=60), NEAR, st.floats(1, 600), st.floats(1, 600))
def test_boxes(spots: list[Spot], middle: Spot, width: float, height: float) -> None:
    shape = Shape()
    middle = decode(float(encode(*middle)))
    shape.around(*middle)
    shape.be_box(width, height, 1000.0)
    hits = found(table_with(spots), shape)
    for number, spot in enumerate(spots):
        east, north = decode(float(encode(*spot)))
        up = apart((middle[0], north), middle) - height * 500
        right = apart((east, north), (middle[0], north)) - width * 500
        if abs(up) > 1 and abs(right) > 1:
            assert (number in hits) == (up < 0 and right < 0)


def inside(spot: Spot, corners: list[Spot]) -> bool:
    """How often does a ray to the east cross a side?"""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(corners, corners[-1:] + corners[:-1], strict=True):
        if (y1 > spot[1]) != (y2 > spot[1]):
            crossings += spot[0] < (x2 - x1) * (spot[1] - y1) / (y2 - y1) + x1
    return crossings % 2 == 1


@given(st.lists(SPOTS, max_size=60), st.lists(NEAR, min_size=3, max_size=7))
def test_polygons(spots: list[Spot], corners: list[Spot]) -> None:
    shape = Shape()
    shape.be_polygon(corners)
    hits = found(table_with(spots), shape)
    for number, spot in enumerate(spots):
        assert (number in hits) == inside(decode(float(encode(*spot))), corners)


def test_all_of_a_large_sorted_set() -> None:
    spots = [(east / 2, north / 2) for east in range(-80, 80) for north in range(-80, 80)]
    shape = Shape()
    shape.be_circle(3000.0, 1000.0)
    hits = found(table_with(spots), shape)
    assert sorted(hits) == [
        number for number, spot in enumerate(spots) if apart(spot, (0, 0)) <= 3_000_000
    ]


def test_a_limit_ends_the_search() -> None:
    spots = [(1 + number / 1000, 1.0) for number in range(300)]
    shape = Shape()
    shape.around(1, 1)
    shape.be_circle(1000.0, 1000.0)
    whole = found(table_with(spots), shape)
    assert len(whole) == 300
    for limit in (1, 10, 299, 300, 301):
        assert found(table_with(spots), shape, limit) == whole[:limit]


def test_the_whole_world_is_found_once() -> None:
    spots = [(east, north) for east in range(-175, 180, 10) for north in range(-85, 90, 10)]
    shape = Shape()
    for radius in (5000.0, 10_000.0, 19_000.0, 21_000.0, math.inf):
        shape.be_circle(radius, 1000.0)
        for middle in ((0, 0), (179, 10), (-100, 84), (30, -84)):
            shape.around(*middle)
            hits = found(table_with(spots), shape)
            assert len(set(hits)) == len(hits)
            if radius > 20_100:
                assert len(hits) == len(spots)


def test_a_polygon_around_a_pole_has_its_middle_beyond_the_map() -> None:
    shape = Shape()
    shape.be_polygon([(-180, 70), (-60, 70), (60, 70), (180, 70), (180, 85), (-180, 85)])
    spots = [(east, 80.0) for east in range(-175, 180, 10)]
    assert len(found(table_with(spots), shape)) == len(spots)


def test_scores_that_are_no_places() -> None:
    table = table_with([(1, 1)])
    add(table, KEY, [-1.0, math.inf, -math.inf, 1.5, 1e300], [b"7", b"8", b"9", b"10", b"11"], 0)
    shape = Shape()
    shape.be_circle(math.inf, 1.0)
    assert 0 in found(table, shape)


def test_no_key_is_nothing() -> None:
    shape = Shape()
    shape.be_circle(1.0, 1.0)
    assert found(Table(Clock(1)), shape) == []
    assert shape.unit == pytest.approx(1.0)
