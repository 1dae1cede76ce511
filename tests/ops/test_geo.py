"""Operations on places: results, announcements, journal."""

import pytest

from dflite.base.errors import WrongType
from dflite.base.string_errors import NoSuchMember
from dflite.native.sorted_sets.geohash import encode
from dflite.native.sorted_sets.zsets import IF_ABSENT
from dflite.ops import geo
from dflite.ops.geo import Search
from dflite.store.db import Db
from tests.support.databases import announced, journaled, make_db

PALERMO = encode(13.361389, 38.115556)
CATANIA = encode(15.087269, 37.502669)


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


@pytest.fixture
def sicily(db: Db) -> Db:
    geo.add(db, b"sicily", [PALERMO, CATANIA], [b"Palermo", b"Catania"], 0, [])
    announced(db)
    journaled(db)
    return db


def near(kilometers: float) -> Search:
    search = Search()
    search.shape.around(15, 37)
    search.shape.be_circle(kilometers, 1000.0)
    return search


def test_adding_is_a_zadd_of_scores(db: Db) -> None:
    added = geo.add(db, b"k", [PALERMO, CATANIA], [b"p", b"c"], 0, [])
    assert (added.new, added.changed) == (2, 0)
    assert announced(db) == [("zadd", b"k")]
    assert journaled(db) == [b"ZADD k %d p %d c" % (PALERMO, CATANIA)]
    added = geo.add(db, b"k", [CATANIA, PALERMO], [b"p", b"x"], IF_ABSENT, [b"NX", b"CH"])
    assert (added.new, added.changed) == (1, 0)
    assert journaled(db) == [b"ZADD k NX CH %d p %d x" % (CATANIA, PALERMO)]
    announced(db)
    added = geo.add(db, b"k", [CATANIA], [b"p"], IF_ABSENT, [b"NX"])
    assert (added.new, added.changed) == (0, 0)
    assert announced(db) == []
    assert journaled(db) == []


def test_where_members_are(sicily: Db) -> None:
    assert geo.scores(sicily, b"sicily", [b"Palermo", b"Rome"]) == [float(PALERMO), None]
    assert geo.scores(sicily, b"none", [b"Palermo", b"Rome"]) == [None, None]
    assert geo.distance(sicily, b"sicily", b"Palermo", b"Catania") == pytest.approx(166274.1516)
    assert geo.distance(sicily, b"sicily", b"Palermo", b"Rome") is None
    assert geo.place_of(sicily, b"sicily", b"Palermo") == pytest.approx((13.361389, 38.115556))
    with pytest.raises(NoSuchMember):
        geo.place_of(sicily, b"sicily", b"Rome")


def test_what_is_wanted_of_what_is_found(sicily: Db) -> None:
    search = near(200)
    assert len(search.run(sicily, b"sicily")) == 2
    search.count = 1
    found = search.run(sicily, b"sicily")
    assert (search.wanted(found), found.member(0)) == (1, b"Catania")
    search.ordered = search.descending = True
    assert search.run(sicily, b"sicily").member(0) == b"Palermo"
    search.any = True
    assert len(search.run(sicily, b"sicily")) == 1


def test_storing_what_is_found(sicily: Db) -> None:
    before = sicily.effects.changed
    assert geo.store_found(sicily, b"sicily", b"d", near(200), False, "geosearchstore") == 2
    assert announced(sicily) == [("geosearchstore", b"d")]
    assert sicily.effects.changed == before + 2
    assert geo.scores(sicily, b"d", [b"Catania"]) == [float(CATANIA)]
    assert geo.store_found(sicily, b"sicily", b"d", near(100), True, "georadiusstore") == 1
    (kilometers,) = geo.scores(sicily, b"d", [b"Catania"])
    assert kilometers == pytest.approx(56.4413, abs=0.0001)
    announced(sicily)
    assert geo.store_found(sicily, b"sicily", b"d", near(1), False, "geosearchstore") == 0
    assert announced(sicily) == [("del", b"d")]


def test_others_are_refused(db: Db) -> None:
    db.put_string(b"s", b"text")
    with pytest.raises(WrongType):
        geo.add(db, b"s", [PALERMO], [b"p"], 0, [])
    with pytest.raises(WrongType):
        geo.scores(db, b"s", [b"p"])
    assert announced(db) == []
