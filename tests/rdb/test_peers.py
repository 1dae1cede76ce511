"""Dumps between this node, Valkey and Redis: whatever one of them dumps the others restore."""

import random
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import pytest

from tests.support.connection import Connection
from tests.support.dumps import REDIS_7_2, version_of
from tests.support.node import Error, Node, NodeClient, plain
from tests.support.servers import Server

LATER: Final = 1_900_000_000_000
NUMBERS: Final = [0, 1, 12, 13, 127, 128, -1, -128, 4095, 4096, -4096, -4097, 32767, -32769]
WIDE: Final = [8388607, -8388609, 2147483647, -2147483649, 9223372036854775807]
REDIS_7_0: Final = 10  # the last version of the format that the Redis of the tests may know


class Value(NamedTuple):
    """Requests that make a value at the key k, and one that reads all of it."""

    name: str
    requests: list[list[bytes]]
    reads: list[list[bytes]]


def element(draw: random.Random, longest: int = 64) -> bytes:
    kind = draw.random()
    if kind < 0.3:
        return b"%d" % draw.choice((*NUMBERS, *WIDE, draw.randrange(-100_000, 100_000)))
    if kind < 0.4:
        return draw.choice((b"", b"-0", b"+1", b"007", b"1.5", b"9223372036854775808", b"\xff\x00"))
    if kind < 0.9:
        return b"element %d" % draw.randrange(1_000_000)
    return draw.randbytes(draw.randint(1, longest))


def distinct(draw: random.Random, count: int, longest: int = 64) -> list[bytes]:
    found: dict[bytes, None] = {}
    while len(found) < count:
        found[element(draw, longest)] = None
    return list(found)


def score(draw: random.Random) -> bytes:
    if draw.random() < 0.3:
        return draw.choice((b"inf", b"-inf", b"1e300", b"-0", b"0", b"1e-320", b"9007199254740993"))
    return b"%r" % draw.choice((draw.random() * 1000, float(draw.randrange(-50, 50))))


def flat(pairs: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    return [word for pair in pairs for word in pair]


def in_parts(head: list[bytes], words: list[bytes], size: int = 1000) -> list[list[bytes]]:
    return [[*head, *words[at : at + size]] for at in range(0, len(words), size)]


def string(draw: random.Random, size: int) -> Value:
    noise, number = draw.randbytes(size), b"%d" % (size - 10)
    text = draw.choice((b"12345678901" * size, noise, number, b"a" * size))
    return Value("string", [[b"SET", b"k", text]], [[b"GET", b"k"]])


def a_list(draw: random.Random, size: int) -> Value:
    longest = draw.choice((64, 64, 9000))
    items = [element(draw, longest) for _ in range(size)]
    return Value("list", in_parts([b"RPUSH", b"k"], items), [[b"LRANGE", b"k", b"0", b"-1"]])


def integers(draw: random.Random, size: int) -> Value:
    top = draw.choice((1000, 100_000, 1 << 40)) + size
    items = [b"%d" % number for number in draw.sample(range(-top, top), size)]
    return Value("integers", in_parts([b"SADD", b"k"], items), [[b"SMEMBERS", b"k"]])


def a_set(draw: random.Random, size: int) -> Value:
    items = distinct(draw, size, draw.choice((64, 100)))
    return Value("set", in_parts([b"SADD", b"k"], items), [[b"SMEMBERS", b"k"]])


def zset(draw: random.Random, size: int) -> Value:
    members = distinct(draw, size, draw.choice((64, 100)))
    words = flat(zip([score(draw) for _ in members], members, strict=True))
    read = [b"ZRANGE", b"k", b"0", b"-1", b"WITHSCORES"]
    return Value("zset", in_parts([b"ZADD", b"k"], words), [read])


def a_hash(draw: random.Random, size: int) -> Value:
    fields = distinct(draw, size, draw.choice((64, 100)))
    words = flat(zip(fields, [element(draw) for _ in fields], strict=True))
    return Value("hash", in_parts([b"HSET", b"k"], words), [[b"HGETALL", b"k"]])


def stream(draw: random.Random, size: int) -> Value:
    requests = []
    names = distinct(draw, 3)
    for number in range(1, size + 1):
        words = flat(zip(names[: draw.randint(1, 3)], distinct(draw, 3), strict=False))
        requests.append([b"XADD", b"k", b"%d-%d" % (number * 3, number), *words])
    for number in draw.sample(range(1, size + 1), size // 4):
        requests.append([b"XDEL", b"k", b"%d-%d" % (number * 3, number)])
    for group in (b"g1", b"g2"):
        requests.append([b"XGROUP", b"CREATE", b"k", group, draw.choice((b"0", b"6-2", b"$"))])
        for consumer in (b"one", b"two"):
            count = b"%d" % draw.randint(1, max(size // 3, 1))
            source = [b"STREAMS", b"k", b">"]
            requests.append([b"XREADGROUP", b"GROUP", group, consumer, b"COUNT", count, *source])
    requests.append([b"XGROUP", b"CREATECONSUMER", b"k", b"g2", b"idle"])
    pending = [b"XPENDING", b"k", b"g1"]
    full = [b"XINFO", b"STREAM", b"k", b"FULL", b"COUNT", b"0"]
    return Value("stream", requests, [[b"XRANGE", b"k", b"-", b"+"], pending, full])


Maker = Callable[[random.Random, int], Value]
MAKERS: Final[list[Maker]] = [string, a_list, integers, a_set, zset, a_hash, stream]
SIZES: Final = [1, 2, 7, 30, 127, 128, 129, 511, 512, 513, 3000]


@pytest.fixture
def ours() -> NodeClient:
    node = Node(journal=False)
    node.host.settings.enable_debug_command = "yes"
    return node.client()


def ask(peer: Connection, *argv: bytes) -> object:
    return plain(peer.call(*argv))


def ordered(reply: object, argv: list[bytes]) -> object:
    """A reply without the order that a hash table happens to have."""
    assert isinstance(reply, list)
    if argv[0] == b"SMEMBERS":
        return sorted(reply)
    if argv[0] == b"HGETALL":
        return sorted(zip(reply[::2], reply[1::2], strict=True))
    if argv[0] == b"ZRANGE":
        return list(zip(reply[::2], map(float, reply[1::2]), strict=True))
    return reply


def comparable(reply: object, argv: list[bytes]) -> object:
    if argv[0] == b"XINFO":
        assert isinstance(reply, list)
        # how many nodes a tree of nodes has is each server's own business
        return [item for at, item in enumerate(reply) if reply[at & ~1] != b"radix-tree-nodes"]
    return ordered(reply, argv) if isinstance(reply, list) else reply


def must_agree(ours: NodeClient, peer: Connection, value: Value) -> None:
    if value.name != "zset":  # Redis 7.0 digests 17 digits of a score, Valkey as many as it needs
        digest = [b"DEBUG", b"DIGEST-VALUE", b"k"]
        assert as_bytes(ours.run(*digest)) == as_bytes(ask(peer, *digest))
    for argv in value.reads:
        assert comparable(ours.run(*argv), argv) == comparable(ask(peer, *argv), argv)


def as_bytes(reply: object) -> list[bytes]:
    """Status lines or bulks: the servers do not agree which."""
    assert isinstance(reply, list)
    return [item.encode() if isinstance(item, str) else item for item in reply]


def play(ours: NodeClient, peer: Connection, value: Value) -> None:
    """There, here, and back."""
    ours.run("FLUSHALL SYNC")
    ask(peer, b"FLUSHALL")
    for argv in value.requests:
        reply = ask(peer, *argv)
        assert not isinstance(reply, Error), (argv[:4], reply)
    theirs = ask(peer, b"DUMP", b"k")
    assert isinstance(theirs, bytes)
    assert ours.run("RESTORE", "k", "0", theirs) == "OK"
    must_agree(ours, peer, value)
    back = ours.run("DUMP k")
    assert isinstance(back, bytes)
    ask(peer, b"DEL", b"k")
    if version_of(back) > version_of(theirs):
        return  # the peer is too old for it
    assert ask(peer, b"RESTORE", b"k", b"0", back) == "OK"
    must_agree(ours, peer, value)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", MAKERS)
def test_valkey_and_this_node_restore_each_other(
    ours: NodeClient, shared_valkey: Server, make: Maker, size: int
) -> None:
    draw = random.Random(f"{make.__name__} {size}")
    with shared_valkey.connect() as peer:
        for _ in range(4 if size < 600 else 1):
            play(ours, peer, make(draw, size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", MAKERS)
def test_redis_and_this_node_restore_each_other(
    ours: NodeClient, shared_redis: Server, make: Maker, size: int
) -> None:
    draw = random.Random(f"{make.__name__} {size}")
    with shared_redis.connect() as peer:
        for _ in range(2 if size < 600 else 1):
            value = make(draw, size)
            if make is stream:  # which has no times of consumers' successes yet
                value = value._replace(reads=value.reads[:2])
            play(ours, peer, value)


def test_what_redis_7_0_does_not_know_has_a_later_version(ours: NodeClient) -> None:
    for line, version in (
        ("SADD k a b", REDIS_7_2),
        ("XADD k 1-1 a b", REDIS_7_2),
        ("SADD k 1 2", REDIS_7_0),
        ("HSET k a b", REDIS_7_0),
    ):
        ours.run(line)
        payload = ours.run("DUMP k")
        assert isinstance(payload, bytes)
        assert version_of(payload) == version, line
        ours.run("DEL k")


@pytest.mark.parametrize("size", [1, 3, 600])
def test_deadlines_of_fields_go_to_valkey_and_back(
    ours: NodeClient, shared_valkey: Server, size: int
) -> None:
    fields = [b"f%d" % n for n in range(size)]
    count = b"%d" % size
    with shared_valkey.connect() as peer:
        ask(peer, b"FLUSHALL")
        ask(peer, b"HSET", b"k", *[word for field in fields for word in (field, b"v")], b"g", b"w")
        for n, field in enumerate(fields[::2]):
            ask(peer, b"HPEXPIREAT", b"k", b"%d" % (LATER + n), b"FIELDS", b"1", field)
        there = ask(peer, b"HPEXPIRETIME", b"k", b"FIELDS", count, *fields)
        dumped = ask(peer, b"DUMP", b"k")
        assert isinstance(dumped, bytes)
        assert ours.run("RESTORE", "k", "0", dumped) == "OK"
        assert ours.run("HPEXPIRETIME", "k", "FIELDS", count, *fields) == there
        back = ours.run("DUMP k")
        assert isinstance(back, bytes)
        assert ask(peer, b"RESTORE", b"k", b"0", back, b"REPLACE") == "OK"
        assert ask(peer, b"HPEXPIRETIME", b"k", b"FIELDS", count, *fields) == there
        assert ours.run("HLEN k") == ask(peer, b"HLEN", b"k") == size + 1
