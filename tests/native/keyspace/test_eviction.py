"""Which keys go when memory is at its limit, and that they do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.eviction import POLICIES, Evictor
from dflite.native.keyspace.memory import Memory
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import free_buried
from dflite.native.values import hashes

START_MS = 1_800_000_000_000
EVICTING = sorted(set(POLICIES) - {"noeviction"})


@pytest.fixture(autouse=True)
def alone(fresh_values: None) -> None:
    """Limits are of all that the process holds: nothing may go meanwhile that is not the test's."""


class Stand:
    """Tables at a limit."""

    def __init__(self, policy: str, databases: int = 2, shards: int = 1) -> None:
        while free_buried(1_000_000):
            continue
        self.clock = Clock(START_MS)
        self.databases = [[Table(self.clock) for _ in range(shards)] for _ in range(databases)]
        self.table = self.databases[0][0]
        self.memory = Memory(self.databases)
        self.evictor = Evictor(self.clock, self.memory)
        self.evictor.set_policy(policy)
        self.empty = self.memory.binding_bytes()

    def fill(self, count: int, deadline: int = -1, name: bytes = b"key") -> None:
        for number in range(count):
            self.table.set_string(b"%b:%d" % (name, number), b"x" * 50, deadline)

    def keep(self, share: float) -> None:
        """Set the limit so that this share of the keys may stay."""
        data = sum(table.memory for tables in self.databases for table in tables)
        beside = self.memory.binding_bytes() - data
        self.memory.limit = beside + int(data * share)

    def evict_all(self) -> list[tuple[int, bytes, bool]]:
        gone: list[tuple[int, bytes, bool]] = []
        while True:
            enough, some, some_gone = self.evictor.evict(True)
            gone += some_gone or []
            if enough or not some:
                return gone


@pytest.mark.parametrize("policy", EVICTING)
def test_every_policy_makes_room(policy: str) -> None:
    stand = Stand(policy)
    stand.fill(5000, START_MS + 1_000_000)
    stand.keep(0.5)
    gone = stand.evict_all()
    assert stand.memory.binding_bytes() <= stand.memory.limit
    assert stand.evictor.evicted == len(gone) == 5000 - len(stand.table)
    assert 2000 < len(stand.table) < 3000
    for _, key, due in gone:
        assert stand.table.read(key) is None
        assert not due
    stand.table.check()


def test_no_eviction_evicts_nothing() -> None:
    stand = Stand("noeviction")
    stand.fill(100)
    stand.memory.limit = 1
    assert stand.evictor.evict(True) == (False, False, [])
    assert len(stand.table) == 100


def test_what_is_not_above_the_limit_stays() -> None:
    stand = Stand("allkeys-lru")
    stand.fill(100)
    stand.keep(1.0)
    assert stand.evictor.evict(True) == (True, True, [])


def test_nobody_is_told_who_does_not_want_to_know() -> None:
    stand = Stand("allkeys-random")
    stand.fill(1000)
    stand.keep(0.9)
    enough, some, gone = stand.evictor.evict(False)
    assert gone is None
    assert some
    assert stand.evictor.evicted > 0
    assert enough


@pytest.mark.parametrize("policy", [name for name in EVICTING if name.startswith("volatile")])
def test_volatile_policies_take_only_what_has_a_deadline(policy: str) -> None:
    stand = Stand(policy)
    stand.fill(20_000)
    stand.fill(30, START_MS + 1_000_000, b"mortal")
    stand.memory.limit = 1
    gone = stand.evict_all()
    assert sorted(key for _, key, _ in gone) == sorted(b"mortal:%d" % i for i in range(30))
    assert len(stand.table) == 20_000


def test_the_oldest_go_first_by_lru() -> None:
    stand = Stand("allkeys-lru")
    stand.fill(4000, name=b"old")
    stand.clock.advance(60_000)
    stand.fill(4000, name=b"new")
    stand.keep(0.75)
    gone = stand.evict_all()
    assert sum(key.startswith(b"old") for _, key, _ in gone) > 0.97 * len(gone)


def test_what_was_spared_is_looked_at_again_in_time() -> None:
    stand = Stand("allkeys-lru")
    stand.fill(8000, name=b"once")
    for turn in range(4):  # what was young, and spared for that, is old later
        stand.clock.advance(60_000)
        stand.fill(2000, name=b"turn:%d" % turn)
        stand.keep(0.8)
        stand.evict_all()
        stand.table.check()
    names = {key.split(b":")[0] for key in stand.table.scan(0, 1 << 40)[1]}
    assert b"turn" in names
    left = sum(key.startswith(b"once") for key in stand.table.scan(0, 1 << 40)[1])
    young = sum(key.startswith(b"turn:3") for key in stand.table.scan(0, 1 << 40)[1])
    assert young > 1_950
    assert left < 1_500


def test_the_rarest_go_first_by_lfu() -> None:
    stand = Stand("allkeys-lfu")
    stand.fill(4000, name=b"rare")
    stand.fill(4000, name=b"often")
    for number in range(4000):
        for _ in range(20):
            stand.table.touch(b"often:%d" % number)
    stand.keep(0.75)
    gone = stand.evict_all()
    assert sum(key.startswith(b"rare") for _, key, _ in gone) > 0.97 * len(gone)


def test_the_soonest_go_first_by_ttl() -> None:
    stand = Stand("volatile-ttl")
    stand.fill(3000, START_MS + 1_000_000, b"late")
    stand.fill(3000, START_MS + 10_000, b"soon")
    stand.keep(0.75)
    gone = stand.evict_all()
    assert sum(key.startswith(b"soon") for _, key, _ in gone) > 0.97 * len(gone)


def test_what_is_due_already_goes_first_and_counts_as_expired() -> None:
    stand = Stand("volatile-ttl")
    stand.fill(500, START_MS + 1000)
    stand.clock.advance(2000)
    stand.keep(0.9)
    gone = stand.evict_all()
    assert gone
    assert all(due for _, _, due in gone)
    assert (stand.evictor.evicted, stand.evictor.expired) == (0, len(gone))
    stand.evictor.reset()
    assert stand.evictor.expired == 0


@pytest.mark.parametrize("policy", ["allkeys-random", "allkeys-lru", "cache"])
def test_what_sticks_stays(policy: str) -> None:
    stand = Stand(policy)
    stand.fill(300)
    for number in range(0, 300, 2):
        stand.table.stick(b"key:%d" % number)
    stand.memory.limit = 1
    stand.evict_all()
    assert len(stand.table) == 150
    assert all(stand.table.type_of(b"key:%d" % number) for number in range(0, 300, 2))


def test_all_databases_and_shards_give_way() -> None:
    stand = Stand("allkeys-random", databases=3, shards=2)
    for tables in stand.databases:
        for table in tables:
            for number in range(500):
                table.set_string(b"key:%d" % number, b"v")
    stand.memory.limit = 1
    gone = stand.evict_all()
    assert {database for database, _, _ in gone} == {0, 1, 2}
    assert stand.evictor.evicted == 3000
    assert not any(len(table) for tables in stand.databases for table in tables)


def test_a_large_value_is_buried_and_nothing_goes_in_its_stead() -> None:
    stand = Stand("allkeys-lru")
    for number in range(20_000):
        hashes.update_field(stand.table, b"large", b"field:%d" % number, b"x" * 50)
    stand.clock.advance(100_000)
    stand.fill(1000)
    stand.memory.limit = stand.memory.binding_bytes() - 1000
    while len(stand.table) == 1001:
        stand.evictor.evict(True)
    stand.memory.limit = stand.memory.binding_bytes() + 1000
    before = stand.evictor.evicted
    assert stand.evict_all() == []
    assert stand.evictor.evicted == before
    while free_buried(1000):
        continue


def test_a_replica_evicts_nothing() -> None:
    stand = Stand("allkeys-random")
    stand.fill(100)
    stand.memory.limit = 1
    stand.evictor.active = False
    assert stand.evictor.evict(True) == (False, False, [])


def test_a_slice_takes_a_bounded_time() -> None:
    stand = Stand("allkeys-random")
    stand.fill(20_000)
    stand.memory.limit = 1
    stand.evictor.slice_us = 50
    enough, some, _ = stand.evictor.evict(False)
    assert some
    assert not enough
    assert len(stand.table) > 0
    assert stand.evictor.over_time == 1


def test_a_slice_that_follows_at_once_gets_on_all_the_same() -> None:
    stand = Stand("allkeys-random")
    stand.fill(100_000)
    stand.memory.limit = 1
    for _ in range(20):
        before = stand.evictor.evicted
        assert stand.evictor.evict(False)[0] is False
        assert stand.evictor.evicted > before


def hit_ratio(policy: str, keys: list[int], capacity: int) -> float:
    """Of a cache of about so many keys that is asked for them in turn."""
    stand = Stand(policy)
    hits = 0
    for number, key in enumerate(keys):
        if number % 50 == 0:
            stand.clock.advance(1000)
        name = b"key:%06d" % key
        if stand.table.read(name) is not None:
            hits += 1
        else:
            stand.table.set_string(name, b"x" * 50)
            if len(stand.table) == capacity and not stand.memory.limit:
                stand.memory.limit = stand.memory.binding_bytes() + stand.evictor.uses.memory
            while stand.memory.limit and not stand.evictor.evict(False)[0]:
                continue
    return hits / len(keys)


def test_cache_mode_learns_what_a_loop_wants() -> None:
    keys = list(range(1500)) * 30
    assert hit_ratio("cache", keys, 1000) > 0.5
    assert hit_ratio("allkeys-lru", keys, 1000) < 0.2


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(EVICTING),
    st.lists(
        st.tuples(st.sampled_from("swdgte"), st.integers(0, 60), st.integers(0, 300)),
        min_size=20,
        max_size=300,
    ),
)
def test_tables_stay_sound_whatever_goes(policy: str, steps: list[tuple[str, int, int]]) -> None:
    stand = Stand(policy)
    stand.memory.limit = stand.empty + 4000
    model: dict[bytes, bytes] = {}
    for what, number, size in steps:
        key = b"key:%d" % number
        if what == "s":
            stand.table.set_string(key, b"x" * size)
            model[key] = b"x" * size
        elif what == "w":
            stand.table.set_string(key, b"y" * size, START_MS + 10_000_000 + size)
            model[key] = b"y" * size
        elif what == "d":
            assert stand.table.delete(key) == (model.pop(key, None) is not None)
        elif what == "g":
            assert stand.table.read(key) == model.get(key)
        elif what == "t":
            stand.clock.advance(size * 100)
        for _, gone, _ in stand.evictor.evict(True)[2] or []:
            del model[gone]
        stand.table.check()
        assert len(stand.table) == len(model)
