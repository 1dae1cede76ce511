"""Places as scores beside the halving of the map done step by step."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dflite.native.sorted_sets.geohash import (
    MAX_LATITUDE,
    MAX_LONGITUDE,
    decode,
    distance,
    encode,
    spell,
    spell_distance,
)

LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-MAX_LATITUDE, MAX_LATITUDE)
ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"


def halves(value: float, limit: float, steps: int) -> list[int]:
    """Which half is chosen, `steps` times, by fixed point."""
    number = int((value + limit) / (2 * limit) * (1 << steps))
    return [number >> (steps - 1 - step) & 1 for step in range(steps)]


def by_the_book(longitude: float, latitude: float, limit: float = MAX_LATITUDE) -> int:
    bits = 0
    for east, north in zip(halves(longitude, 180, 26), halves(latitude, limit, 26), strict=True):
        bits = bits << 2 | east << 1 | north
    return bits


@given(st.floats(-180, 179.999), st.floats(-MAX_LATITUDE, 85.05))
def test_a_score_is_the_halves_chosen(longitude: float, latitude: float) -> None:
    assert encode(longitude, latitude) == by_the_book(longitude, latitude)


@given(LONGITUDES, LATITUDES)
@example(180.0, 33.0)
@example(179.99999999999997, 1.375)
def test_a_score_leads_back(longitude: float, latitude: float) -> None:
    east, north = decode(float(encode(longitude, latitude)))
    assert abs(east - longitude) <= 360 / 2**26
    # At (about) 180 degrees the cell is one past the last, its bit the 54th: a float loses one.
    cells = 2 if longitude + MAX_LONGITUDE == 2 * MAX_LONGITUDE else 1
    assert abs(north - latitude) <= cells * 2 * MAX_LATITUDE / 2**26


@given(st.floats())
def test_any_score_is_decoded(score: float) -> None:
    east, north = decode(score)
    assert abs(east) <= MAX_LONGITUDE
    assert abs(north) <= MAX_LATITUDE
    assert len(spell(score)) == 11


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_distances_are_those_of_a_ball(
    longitude: float, latitude: float, other_longitude: float, other_latitude: float
) -> None:
    one = float(encode(longitude, latitude))
    other = float(encode(other_longitude, other_latitude))
    assert distance(one, one) == 0
    assert math.isclose(distance(one, other), distance(other, one), rel_tol=1e-9, abs_tol=1e-6)
    vectors = []
    for score in (one, other):
        east, north = (math.radians(degrees) for degrees in decode(score))
        vectors.append(
            (math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north))
        )
    chord = math.dist(*vectors)
    expected = 2 * 6372797.560856 * math.asin(min(chord / 2, 1))
    assert math.isclose(distance(one, other), expected, rel_tol=1e-6, abs_tol=0.01)


@given(LONGITUDES.filter(lambda degrees: degrees < 179.99), LATITUDES)
def test_geohashes_are_those_of_the_world(longitude: float, latitude: float) -> None:
    score = float(encode(longitude, latitude))
    bits = by_the_book(*decode(score), 90.0)
    letters = [ALPHABET[bits >> (52 - 5 * (at + 1)) & 31] for at in range(10)]
    assert spell(score) == ("".join(letters) + "0").encode()


def test_well_known_places() -> None:
    assert encode(13.361389, 38.115556) == 3479099956230698
    assert encode(15.087269, 37.502669) == 3479447370796909
    assert spell(3479099956230698.0) == b"sqc8b49rny0"
    assert spell_distance(distance(3479099956230698.0, 3479447370796909.0)) == b"166274.1516"


def test_the_ends_of_the_map() -> None:
    assert encode(-180, -MAX_LATITUDE) == 0
    assert decode(0.0) == pytest.approx((-180, -MAX_LATITUDE), abs=1e-5)
    assert encode(180, 0) > 2**52
    for place in ((180.1, 0), (-180.1, 0), (0, 85.06), (0, -85.06), (math.nan, 0), (0, math.inf)):
        with pytest.raises(ValueError, match="beyond the map"):
            encode(*place)


@pytest.mark.parametrize(
    ("meters", "text"),
    [
        (0.0, b"0.0000"), (1.0, b"1.0000"), (0.00004, b"0.0000"), (0.00006, b"0.0001"),
        (166274.15156960033, b"166274.1516"), (20015086.5, b"20015086.5000"), (0.5, b"0.5000"),
        (12.3456, b"12.3456"), (0.00025, b"0.0002"), (999.99996, b"1000.0000"),
    ],
)  # fmt: skip
def test_distances_have_four_decimals(meters: float, text: bytes) -> None:
    assert spell_distance(meters) == text
