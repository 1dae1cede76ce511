"""GEOADD, GEOPOS, GEOHASH and GEODIST."""

import pytest

from dflite.base.errors import BadSyntax, NotAFloat, WrongType
from dflite.base.string_errors import NotOnTheMap, UnknownUnit
from tests.support.node import Node, NodeClient

SICILY = "13.361389 38.115556 Palermo 15.087269 37.502669 Catania"


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def test_places_are_scores(node: Node, client: NodeClient) -> None:
    assert client.run(f"GEOADD k {SICILY}") == 2
    assert client.run(f"GEOADD k {SICILY}") == 0
    assert client.run("ZSCORE k Palermo") == b"3479099956230698"
    assert client.run("GEOADD k XX CH 13.4 38.1 Palermo 1 1 new") == 1
    assert client.run("GEOADD k nx 13.5 38.1 Palermo 1 1 new") == 1
    assert client.run("GEOADD k CH 13.5 38.1 Palermo 2 2 newer") == 2
    assert client.run("ZCARD k") == 4
    assert node.take_journal()[0] == "ZADD k 3479099956230698 Palermo 3479447370796909 Catania"


def test_geoadd_refuses(client: NodeClient) -> None:
    assert client.run("GEOADD k NX XX 1 1 a") == BadSyntax
    assert client.run("GEOADD k 1 1 a 2") == BadSyntax
    assert client.run("GEOADD k NX 1 1") == BadSyntax
    assert client.run("GEOADD k 1 x a") == NotAFloat
    assert client.run("GEOADD k nan 1 a") == NotAFloat
    assert client.run("GEOADD k 181 1 a") == NotOnTheMap(181, 1)
    assert client.run("GEOADD k 1 1 a 1 -86 a") == (
        "ERR invalid longitude,latitude pair 1.000000,-86.000000"
    )
    assert client.run("EXISTS k") == 0


def test_geopos(node: Node, client: NodeClient) -> None:
    client.run(f"GEOADD k {SICILY}")
    assert client.run("GEOPOS k Palermo Rome Catania") == [
        [b"13.36138933897018433", b"38.11555639549629859"],
        None,
        [b"15.08726745843887329", b"37.50266842333162032"],
    ]
    assert client.run("GEOPOS k") == []
    assert client.run("GEOPOS none a b") == [None, None]
    assert client.raw(b"*3\r\n$6\r\nGEOPOS\r\n$1\r\nx\r\n$1\r\na\r\n") == b"*1\r\n*-1\r\n"
    modern = node.client(resp3=True)
    reply = modern.run_exactly("GEOPOS k Palermo Rome")
    assert [item.kind for item in reply.items[0].items] == ["double", "double"]
    assert reply.items[1].kind == "null"


def test_geohash(client: NodeClient) -> None:
    client.run(f"GEOADD k {SICILY}")
    assert client.run("GEOHASH k Palermo Rome Catania") == [b"sqc8b49rny0", None, b"sqdtr74hyu0"]
    assert client.run("GEOHASH none a") == [None]
    assert client.run("GEOHASH k") == []


def test_geodist(client: NodeClient) -> None:
    client.run(f"GEOADD k {SICILY}")
    assert client.run("GEODIST k Palermo Catania") == b"166274.1516"
    assert client.run("GEODIST k Palermo Catania km") == b"166.2742"
    assert client.run("GEODIST k Palermo Catania MI") == b"103.3182"
    assert client.run("GEODIST k Palermo Palermo ft") == b"0.0000"
    assert client.run("GEODIST k Palermo Rome") is None
    assert client.run("GEODIST none a b") is None
    assert client.run("GEODIST k Palermo Catania miles") == UnknownUnit
    assert client.run("GEODIST k Palermo Catania km km") == BadSyntax


def test_other_types_are_refused(client: NodeClient) -> None:
    client.run("SET s text")
    for line in ("GEOADD s 1 1 a", "GEOPOS s a", "GEOHASH s", "GEODIST s a b"):
        assert client.run(line) == WrongType
