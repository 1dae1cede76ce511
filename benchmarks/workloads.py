"""What is asked of collections: a request with random parts, and what has to be there before."""

import random
from collections.abc import Callable
from typing import Final

from benchmarks.wire import Connection, Operation, resp

RANDOM: Final = b"__rand_int__"  # redis-benchmark puts twelve digits below the keyspace here
DIGITS: Final = 12
BATCH: Final = 500
SUBSCRIBERS: Final = 10

Prepare = Callable[[Connection, int, int], None]


def send(connection: Connection, requests: list[bytes]) -> None:
    """Send requests and wait until all are answered; what is answered does not matter."""
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        connection.finish(b"".join(batch))


def nothing(connection: Connection, requests: int, keyspace: int) -> None:
    """All that is needed is made by the requests themselves."""


def put_list(connection: Connection, requests: int, keyspace: int) -> None:
    """A list with an element for each request."""
    items = [b"x%011d" % n for n in range(100)]
    send(connection, [resp(b"RPUSH", b"list", *items) for _ in range(requests // 100 + 1)])


def put_set(connection: Connection, requests: int, keyspace: int) -> None:
    """A set with a member for each request."""
    found = [b"e%012d" % n for n in range(requests)]
    send(connection, [resp(b"SADD", b"set", *found[i : i + 100]) for i in range(0, requests, 100)])


def put_hash(connection: Connection, requests: int, keyspace: int) -> None:
    """A hash with every field that is asked for."""
    send(
        connection,
        [resp(b"HSET", b"hash", b"f%012d" % n, b"value") for n in range(keyspace)],
    )


def put_zset(connection: Connection, requests: int, keyspace: int) -> None:
    """A sorted set with a member for each request, and all that are asked for."""
    members = max(requests, keyspace)
    send(
        connection,
        [
            resp(b"ZADD", b"zset", b"%d" % (n * 7919 % members), b"e%012d" % n)
            for n in range(members)
        ],
    )


def put_small(connection: Connection, requests: int, keyspace: int) -> None:
    """A hash of ten fields, a sorted set of ten members, a stream of ten entries, a list of 100."""
    for n in range(10):
        send(connection, [resp(b"HSET", b"hash10", b"field%d" % n, b"value%d" % n)])
        send(connection, [resp(b"ZADD", b"zset10", b"%d" % n, b"member%d" % n)])
        fields = (b"name", b"value%d" % n, b"count", b"%d" % n, b"state", b"new")
        send(connection, [resp(b"XADD", b"stream10", b"%d-1" % (n + 1), *fields)])
    send(connection, [resp(b"RPUSH", b"list100", *[b"item:%08d" % n for n in range(100)])])


class Workload:
    """One row of the table: its name, the request, and what it needs."""

    def __init__(self, name: str, request: str, prepare: Prepare, share: float = 1.0) -> None:
        self.name = name
        self.words = request.encode().split(b" ")
        self.prepare = prepare
        self.share = share  # of the usual number of requests

    def batches(self, pipeline: int, keyspace: int, seed: int) -> Operation:
        """What the bundled generator sends; it counts lines, so the first reply tells how many."""
        chosen = random.Random(seed)
        made = []
        for _ in range(max(64, 8192 // pipeline)):
            requests = []
            for _ in range(pipeline):
                words = [filled(word, chosen, keyspace) for word in self.words]
                requests.append(resp(*words))
            made.append(b"".join(requests))
        return Operation(made, 0)


def filled(word: bytes, chosen: random.Random, keyspace: int) -> bytes:
    """The word with a number in the place of each RANDOM."""
    while RANDOM in word:
        word = word.replace(RANDOM, b"%012d" % chosen.randrange(keyspace), 1)
    return word


PAIRS: Final = " ".join(f"key:{RANDOM.decode()} value" for _ in range(10))

WORKLOADS: Final = (
    Workload("LPUSH", "LPUSH list x__rand_int__", nothing),
    Workload("RPOP", "RPOP list", put_list),
    Workload("SADD", "SADD set e__rand_int__", nothing),
    Workload("SPOP", "SPOP set", put_set),
    Workload("HSET", "HSET hash f__rand_int__ value", nothing),
    Workload("HGET", "HGET hash f__rand_int__", put_hash),
    Workload("HGETALL (10)", "HGETALL hash10", put_small),
    Workload("ZADD", "ZADD zset __rand_int__ e__rand_int__", nothing),
    Workload("ZRANGE (10)", "ZRANGE zset10 0 9", put_small),
    Workload("ZRANK", "ZRANK zset e__rand_int__", put_zset),
    Workload("ZPOPMIN", "ZPOPMIN zset", put_zset),
    Workload("LRANGE (100)", "LRANGE list100 0 99", put_small, 0.4),
    Workload("XADD", "XADD stream * name value count 1 state new", nothing),
    Workload("XREAD (10)", "XREAD COUNT 10 STREAMS stream10 0", put_small, 0.5),
    Workload("MSET (10)", f"MSET {PAIRS}", nothing, 0.3),
)
