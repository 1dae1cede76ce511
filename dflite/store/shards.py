"""Which shard owns a key: key -> hash slot (CRC-16 of the hash tag) -> shard."""

from typing import Final

from dflite.native.base.bytesops import key_slot

SLOTS: Final = 16384


def shard_of(key: bytes, shards: int) -> int:
    """The number of the shard that owns key."""
    return key_slot(key) % shards if shards > 1 else 0
