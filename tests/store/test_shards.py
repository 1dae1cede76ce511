"""Which shard owns a key."""

from collections import Counter

from dflite.native.base.bytesops import key_slot
from dflite.store.shards import shard_of


def test_the_hash_slot_decides() -> None:
    for i in range(100):
        key = b"key:%d" % i
        assert shard_of(key, 4) == key_slot(key) % 4
        assert shard_of(key, 1) == 0


def test_keys_with_one_tag_stay_together() -> None:
    assert len({shard_of(b"{user1}:%d" % i, 16) for i in range(50)}) == 1


def test_keys_are_spread_evenly() -> None:
    counted = Counter(shard_of(b"key:%d" % i, 4) for i in range(4000))
    assert min(counted.values()) > 900
