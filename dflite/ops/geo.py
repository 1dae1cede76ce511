"""What can be done to places, which are members of a sorted set: no argv, no reply."""

from dflite.base.string_errors import NoSuchMember
from dflite.native.base.bytesops import format_int
from dflite.native.sorted_sets import geohash, geosearch, zsets
from dflite.native.sorted_sets.geosearch import Shape
from dflite.native.sorted_sets.points import Points
from dflite.ops.zsets import Added, store
from dflite.ops.zsets import add as add_scores
from dflite.store.db import TYPE_ZSET, Db


def add(
    db: Db, key: bytes, places: list[int], members: list[bytes], how: int, options: list[bytes]
) -> Added:
    """Give members places, as scores, where the conditions hold. To the journal that is a ZADD."""
    added = add_scores(db, key, [float(place) for place in places], members, how)
    if db.effects.journaling and (added.new or added.changed):
        argv = [b"ZADD", key, *options]
        for place, member in zip(places, members, strict=True):
            argv += [format_int(place), member]
        db.replicate_as(argv)
    return added


def scores(db: Db, key: bytes, members: list[bytes]) -> list[float | None]:
    """Where members are, as scores; None for those that are not there."""
    if not db.reads_type(key, TYPE_ZSET):
        return [None] * len(members)
    table = db.table(key)
    return [zsets.score(table, key, member) for member in members]


def distance(db: Db, key: bytes, one: bytes, other: bytes) -> float | None:
    """Meters between two members; None if one is not there."""
    first, second = scores(db, key, [one, other])
    if first is None or second is None:
        return None
    return geohash.distance(first, second)


def place_of(db: Db, key: bytes, member: bytes) -> tuple[float, float]:
    """Longitude and latitude of a member of key, which is there."""
    score = zsets.score(db.table(key), key, member)
    if score is None:
        raise NoSuchMember(member)
    return geohash.decode(score)


class Search:
    """What is searched for, and how much of it is wanted: 0 is all."""

    def __init__(self) -> None:
        self.shape = Shape()
        self.count = 0
        self.any = False  # the first that are found will do
        self.ordered = False
        self.descending = False

    def run(self, db: Db, key: bytes) -> Points:
        """What there is at key, a sorted set, as far in order as it is wanted so."""
        found = geosearch.search(db.table(key), key, self.shape, self.count if self.any else 0)
        if self.ordered or (self.count and not self.any):
            found.sort(self.count or len(found), self.descending)
        return found

    def wanted(self, found: Points) -> int:
        """How many of those found are for the answer."""
        return min(self.count, len(found)) if self.count else len(found)


def store_found(
    db: Db, key: bytes, target: bytes, search: Search, distances: bool, event: str
) -> int:
    """Put what is found at key, scored by place or by distance, at another key; how many it is."""
    found = search.run(db, key)
    zset = found.as_zset(db.clock, search.wanted(found), search.shape.unit, distances)
    count = store(db, target, zset, event)
    if count:
        db.effects.changed += count - 1
    return count
