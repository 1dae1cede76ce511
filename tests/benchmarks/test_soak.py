"""The mix of requests of the soak."""

import random
from collections import Counter

from benchmarks.soak import request


def test_all_types_are_written_and_the_same_seed_asks_the_same() -> None:
    draw, again = random.Random(7), random.Random(7)
    words: Counter[bytes] = Counter()
    for _ in range(2_000):
        made = request(draw)
        assert made == request(again)
        assert made.startswith(b"*")
        assert made.endswith(b"\r\n")
        words[made.split(b"\r\n")[2]] += 1
    assert set(words) == {
        b"GET", b"SET", b"HSET", b"LPUSH", b"SADD", b"ZADD", b"XADD", b"DEL"
    }  # fmt: skip
    assert words[b"GET"] > 2_000 / 4


def test_each_type_has_keys_of_its_own() -> None:
    draw = random.Random(8)
    types: dict[bytes, bytes] = {}
    owners = {b"SET": b"string", b"HSET": b"hash", b"LPUSH": b"list", b"SADD": b"set"}
    for _ in range(2_000):
        words = request(draw).split(b"\r\n")
        types.setdefault(words[2], words[4].split(b":")[0])
        assert types[words[2]] == words[4].split(b":")[0] or words[2] == b"DEL"
    for word, owner in owners.items():
        assert types[word] == owner
