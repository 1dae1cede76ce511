"""A mixed load at the limit for minutes: does resident memory stay where it is?"""

import random
import time
from typing import Final

from benchmarks.eviction import LIMIT, OWN_POLICY
from benchmarks.process import rss_bytes
from benchmarks.results import Results
from benchmarks.servers import SUBJECT, Running, Server
from benchmarks.settings import Settings
from benchmarks.wire import Connection, resp

MIB: Final = 1 << 20
KEYS: Final = 60_000
BATCH: Final = 64
SETTLED: Final = 6  # after that part of the time memory must not grow any more
SAMPLE_S: Final = 1.0


def measure_soak(server: Server, path: str, settings: Settings, results: Results) -> None:
    """All types and many sizes, with and without deadlines."""
    policy = OWN_POLICY if server.name == SUBJECT else ("--maxmemory-policy", "allkeys-lru")
    draw = random.Random(7)
    with Running(server, path, more=(*policy, "--maxmemory", str(LIMIT * 2))) as running:
        connection = Connection(running.port)
        begun = time.monotonic()
        seconds = settings.soak_minutes * 60
        next_sample = begun
        early, late = [0.0], [0.0]
        requests = 0
        while time.monotonic() - begun < seconds:
            connection.finish(b"".join([request(draw) for _ in range(BATCH)]))
            requests += BATCH
            if time.monotonic() >= next_sample:
                next_sample += SAMPLE_S
                settled = time.monotonic() - begun > seconds / SETTLED
                (late if settled else early).append(rss_bytes(running.pid) / MIB)
        connection.close()
    results.add("soak", "RSS, MB, at most in the first sixth", server.name, max(early))
    results.add("soak", "RSS, MB, at most after that", server.name, max(late))
    results.add("soak", "RSS, MB, in the end", server.name, late[-1])
    results.add("soak", "thousand requests a second", server.name, requests / seconds / 1000)


def request(draw: random.Random) -> bytes:
    """One of a mix. Errors are part of it no more than misses: each type has keys of its own."""
    key = b"%d" % int(KEYS * draw.random() ** 3)
    size = int(10 ** (1 + 3 * draw.random() ** 2))
    value = b"x" * size
    kind = draw.randrange(12)
    if kind < 4:
        return resp(b"GET", b"string:" + key)
    if kind == 4:
        return resp(b"SET", b"string:" + key, value)
    if kind == 5:
        return resp(b"SET", b"string:" + key, value, b"PX", b"%d" % draw.randrange(1, 20_000))
    if kind == 6:
        return resp(b"HSET", b"hash:" + key[:3], b"field:" + key, value[:200])
    if kind == 7:
        return resp(b"LPUSH", b"list:" + key[:3], value) + resp(
            b"LTRIM", b"list:" + key[:3], b"0", b"500"
        )
    if kind == 8:
        return resp(b"SADD", b"set:" + key[:3], b"member:" + key)
    if kind == 9:
        return resp(b"ZADD", b"zset:" + key[:3], key, b"member:" + key)
    if kind == 10:
        return resp(b"XADD", b"stream:" + key[:2], b"MAXLEN", b"~", b"1000", b"*", b"f", value[:99])
    return resp(b"DEL", draw.choice((b"string:", b"hash:", b"set:", b"zset:")) + key[:3])
