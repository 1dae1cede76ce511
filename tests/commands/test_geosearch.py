"""GEOSEARCH, GEOSEARCHSTORE, GEORADIUS, GEORADIUSBYMEMBER and their _RO forms."""

import pytest

from dflite.base.errors import BadSyntax, NotAnInteger, WrongType
from dflite.base.string_errors import (
    AnyNeedsCount,
    BadVertexCount,
    BoxNegative,
    CountNotPositive,
    NeedsCenter,
    NeedsHeight,
    NeedsRadius,
    NeedsShape,
    NeedsWidth,
    NoSuchMember,
    RadiusNegative,
    StoreWithDetails,
    TooFewVertices,
    UnknownUnit,
)
from tests.support.node import Node, NodeClient

EDGES = "12.758489 38.788135 edge1 17.241510 38.788135 edge2"
SICILY = "13.361389 38.115556 Palermo 15.087269 37.502669 Catania"
HERE = "FROMLONLAT 15 37"


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


@pytest.fixture
def sicily(node: Node, client: NodeClient) -> NodeClient:
    client.run(f"GEOADD k {SICILY} {EDGES}")
    node.take_journal()
    return client


def test_circles_boxes_and_polygons(sicily: NodeClient) -> None:
    search = f"GEOSEARCH k {HERE}"
    assert sicily.run(f"{search} BYRADIUS 200 km ASC") == [b"Catania", b"Palermo"]
    assert sicily.run(f"{search} BYRADIUS 200 KM DESC") == [b"Palermo", b"Catania"]
    assert sicily.run(f"{search} BYBOX 400 400 km asc") == [
        b"Catania", b"Palermo", b"edge2", b"edge1",
    ]  # fmt: skip
    assert sicily.run("GEOSEARCH k BYPOLYGON 3 10 30 20 30 15 45") == [b"Palermo", b"Catania"]
    assert sicily.run("GEOSEARCH k BYRADIUS 100 mi FROMMEMBER edge1 ASC") == [b"edge1", b"Palermo"]
    assert sicily.run("GEOSEARCH none FROMMEMBER x BYRADIUS 1 m") == []


def test_counting(sicily: NodeClient) -> None:
    search = f"GEOSEARCH k {HERE} BYBOX 400 400 km"
    assert sicily.run(f"{search} COUNT 2") == [b"Catania", b"Palermo"]
    assert sicily.run(f"{search} COUNT 3 DESC") == [b"edge1", b"edge2", b"Palermo"]
    found = sicily.run(f"{search} COUNT 3 ANY")
    assert isinstance(found, list)
    assert len(found) == 3
    assert sicily.run(f"{search} COUNT 0") == CountNotPositive
    assert sicily.run(f"{search} COUNT x") == NotAnInteger
    assert sicily.run(f"{search} COUNT") == BadSyntax
    assert sicily.run(f"{search} ANY") == AnyNeedsCount


def test_details(sicily: NodeClient) -> None:
    assert sicily.run(f"GEOSEARCH k {HERE} BYRADIUS 100 km WITHCOORD WITHDIST WITHHASH") == [
        [
            b"Catania",
            b"56.4413",
            3479447370796909,
            [b"15.08726745843887329", b"37.50266842333162032"],
        ]
    ]
    assert sicily.run("GEORADIUS k 15 37 100 km WITHDIST") == [[b"Catania", b"56.4413"]]


def test_storing(node: Node, sicily: NodeClient) -> None:
    assert sicily.run(f"GEOSEARCHSTORE d k {HERE} BYRADIUS 200 km") == 2
    assert sicily.run("ZRANGE d 0 -1") == [b"Palermo", b"Catania"]
    assert sicily.run(f"GEOSEARCHSTORE d k {HERE} BYRADIUS 200 km STOREDIST COUNT 1") == 1
    assert sicily.run("ZRANGE d 0 -1 WITHSCORES") == [b"Catania", b"56.4412578701582"]
    assert sicily.run(f"GEOSEARCHSTORE d k {HERE} BYRADIUS 1 km") == 0
    assert sicily.run("EXISTS d") == 0
    sicily.run("SET d text")
    assert sicily.run(f"GEOSEARCHSTORE d none {HERE} BYRADIUS 1 km") == 0
    assert sicily.run("EXISTS d") == 0
    assert node.take_journal() == [
        f"GEOSEARCHSTORE d k {HERE} BYRADIUS 200 km",
        f"GEOSEARCHSTORE d k {HERE} BYRADIUS 200 km STOREDIST COUNT 1",
        f"GEOSEARCHSTORE d k {HERE} BYRADIUS 1 km",
        "SET d text",
        f"GEOSEARCHSTORE d none {HERE} BYRADIUS 1 km",
    ]


def test_the_old_forms(sicily: NodeClient) -> None:
    assert sicily.run("GEORADIUS k 15 37 200 km ASC") == [b"Catania", b"Palermo"]
    assert sicily.run("GEORADIUS_RO k 15 37 200 km ASC") == [b"Catania", b"Palermo"]
    assert sicily.run("GEORADIUSBYMEMBER k Palermo 100 km ASC") == [b"Palermo", b"edge1"]
    assert sicily.run("GEORADIUSBYMEMBER_RO k Palermo 100 km COUNT 1") == [b"Palermo"]
    assert sicily.run("GEORADIUS k 15 37 200 km STORE d STOREDIST e") == 2
    assert sicily.run("EXISTS d") == 0
    assert sicily.run("ZSCORE e Catania") == b"56.4412578701582"
    assert sicily.run("GEORADIUSBYMEMBER k Palermo 100 km STORE d") == 2
    assert sicily.run("GEORADIUS_RO k 15 37 200 km STORE d") == BadSyntax
    assert sicily.run("GEORADIUS k 15 37 200 km STORE d WITHDIST") == StoreWithDetails
    assert sicily.run("GEORADIUSBYMEMBER none x what ever") == []
    assert sicily.run("GEORADIUSBYMEMBER none x what ever STORE d") == 0
    assert sicily.run("EXISTS d") == 0
    assert sicily.run("GEORADIUSBYMEMBER none x 1 km FOO") == BadSyntax


@pytest.mark.parametrize(
    ("rest", "error"),
    [
        (f"{HERE} BYRADIUS x km", NeedsRadius), (f"{HERE} BYRADIUS -1 km", RadiusNegative),
        (f"{HERE} BYRADIUS 1 miles", UnknownUnit), (f"{HERE} BYBOX x 1 km", NeedsWidth),
        (f"{HERE} BYBOX 1 x km", NeedsHeight), (f"{HERE} BYBOX 1 -1 km", BoxNegative),
        ("BYPOLYGON x 1 1 2 2 3 3", BadVertexCount), ("BYPOLYGON 2 1 1 2 2", TooFewVertices),
        ("BYPOLYGON 4 1 1 2 2 3 3", TooFewVertices), ("FROMMEMBER x BYRADIUS 1 km", NoSuchMember),
        (f"{HERE} BYPOLYGON 3 1 1 2 2 3 3", BadSyntax), (f"{HERE} BYRADIUS 1 km FOO", BadSyntax),
        (f"BYPOLYGON 3 1 1 2 2 3 3 {HERE}", BadSyntax),
        (f"{HERE} BYRADIUS 1 km STORE d", BadSyntax),
        ("BYRADIUS 1 km ASC ASC", NeedsCenter), (f"{HERE} ASC ASC", NeedsShape),
        (f"{HERE} BYRADIUS 1 km STOREDIST", BadSyntax),
        (f"{HERE} FROMMEMBER edge1 BYRADIUS 1 km", BadSyntax),
        (f"{HERE} BYBOX 1 1 km BYRADIUS 1 km", BadSyntax),
    ],
)  # fmt: skip
def test_geosearch_refuses(sicily: NodeClient, rest: str, error: type) -> None:
    assert sicily.run(f"GEOSEARCH k {rest}") == error


def test_errors_quote_what_was_typed(sicily: NodeClient) -> None:
    assert sicily.run("GeoSearch k BYRADIUS 1 km ASC ASC") == NeedsCenter(b"GeoSearch")
    assert sicily.run("GEOSEARCH k FROMMEMBER x BYRADIUS 1 km") == NoSuchMember(b"x")
    assert sicily.run(f"GEOSEARCHSTORE d k {HERE} BYRADIUS 1 km WITHDIST") == (
        StoreWithDetails(b"GEOSEARCHSTORE")
    )


def test_other_types_are_refused_first(client: NodeClient) -> None:
    client.run("SET s text")
    for line in (
        "GEOSEARCH s FOO 1 2 3 4",
        "GEOSEARCHSTORE d s FOO 1 2 3 4",
        "GEORADIUS s x y z FOO",
        "GEORADIUSBYMEMBER s x y FOO",
    ):
        assert client.run(line) == WrongType
