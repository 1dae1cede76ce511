"""Changed dumps whose checksum holds: RESTORE refuses them, or puts a sound value there."""

import os
import resource
from typing import Final

import pytest

from dflite.base.errors import BadPayload, BadValue
from tests.fuzz.payloads import Payloads
from tests.support.node import Error, Node, NodeClient
from tests.support.sound import check_value

# CI sets a million.
PAYLOADS: Final = int(os.environ.get("DFLITE_FUZZ_PAYLOADS", "20000"))
SEED: Final = int(os.environ.get("DFLITE_FUZZ_SEED", "20263"))
GROWTH: Final = 64 * 1024  # KiB

ANY: Final = ("OBJECT ENCODING k", "MEMORY USAGE k", "DEBUG DIGEST-VALUE k", "COPY k c REPLACE")
COMMANDS: Final[dict[object, tuple[str, ...]]] = {
    "string": ("GET k", "STRLEN k", "GETRANGE k 1 3", "APPEND k x", "SETRANGE k 3 yy", "INCR k"),
    "list": (
        "LRANGE k 0 -1", "LINDEX k -1", "LPOS k a", "LPUSH k x", "RPUSH k 7", "LSET k 0 y",
        "LINSERT k BEFORE y z", "LREM k 1 7", "LPOP k", "RPOP k", "LTRIM k 1 -2", "LPOP k 2",
    ),
    "set": (
        "SMEMBERS k", "SISMEMBER k a", "SRANDMEMBER k 3", "SSCAN k 0", "SINTERCARD 2 k k",
        "SADD k x 5", "SREM k x", "SPOP k", "SUNIONSTORE d k", "SADD k 70000", "SPOP k 2",
    ),
    "zset": (
        "ZRANGE k 0 -1 WITHSCORES", "ZRANK k a", "ZCOUNT k -inf (5", "ZSCORE k b", "ZADD k 3 x",
        "ZINCRBY k 2 a", "ZREM k x", "ZPOPMIN k", "ZPOPMAX k", "ZUNIONSTORE d 1 k",
        "ZREMRANGEBYRANK k 1 2", "ZREVRANGE k 0 2",
    ),
    "hash": (
        "HGETALL k", "HGET k f", "HRANDFIELD k 3", "HSCAN k 0", "HSET k x y", "HDEL k x",
        "HINCRBY k n 2", "HPEXPIRE k 5000 FIELDS 1 n", "HPTTL k FIELDS 1 f", "HDEL k f g",
    ),
    "stream": (
        "XRANGE k - +", "XREVRANGE k + - COUNT 2", "XINFO STREAM k FULL", "XINFO GROUPS k",
        "XINFO CONSUMERS k g1", "XREAD STREAMS k 0", "XPENDING k g1", "XPENDING k g1 - + 9",
        "XREADGROUP GROUP g1 one COUNT 3 STREAMS k >", "XREADGROUP GROUP g1 one STREAMS k 0",
        "XAUTOCLAIM k g1 two 0 0 COUNT 4", "XCLAIM k g2 new 0 1051-0", "XACK k g1 1001-0 1002-0",
        "XDEL k 1-1 1060-0", "XADD k * a b", "XTRIM k MAXLEN 3", "XADD k * field value",
        "XGROUP DELCONSUMER k g1 one", "XGROUP DESTROY k g2", "XSETID k 9999999999999-0",
    ),
}  # fmt: skip


def must_work(client: NodeClient, line: str) -> None:
    reply = client.run(line)
    if isinstance(reply, Error):
        assert reply.code not in ("BUG",), line
        assert b"internal" not in reply.text, (line, reply)


def live_with(node: Node, client: NodeClient) -> None:
    """What was restored answers commands, changes, and can be dumped and restored again."""
    check_value(node.db, b"k")
    for line in ANY:
        must_work(client, line)
    check_value(node.db, b"c")
    again = client.run("DUMP k")
    assert isinstance(again, bytes)
    assert client.run("RESTORE", "k2", "0", again) == "OK"
    assert client.run("DEBUG DIGEST-VALUE k") == client.run("DEBUG DIGEST-VALUE k2")
    for line in COMMANDS[client.run("TYPE k")]:
        must_work(client, line)
        check_value(node.db, b"k")


def clear(node: Node, client: NodeClient) -> None:
    """Back to nothing; what the node frees bit by bit is freed now."""
    client.run("FLUSHALL SYNC")
    while node.keyspace.free_some(1 << 30):
        continue


def test_changed_dumps_are_refused_or_sound() -> None:
    node = Node(journal=False)
    node.host.settings.enable_debug_command = "yes"
    client = node.client()
    payloads = Payloads(node, SEED)
    most = refused = 0
    for payload in payloads.sound:
        assert client.run("RESTORE", "k", "0", payload) == "OK"
        live_with(node, client)
        clear(node, client)
    for number in range(PAYLOADS):
        payload = payloads.next()
        reply = client.run("RESTORE", "k", "0", payload)
        if reply == "OK":
            live_with(node, client)
            clear(node, client)
        else:
            assert reply in (BadValue, BadPayload), (number, payload)
            assert client.run("EXISTS k") == 0
            refused += 1
        if number == PAYLOADS // 10:
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused > PAYLOADS // 4
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most < GROWTH
    assert node.host.logged == []
    for table in node.keyspace.tables[0]:
        table.check()


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 40])
def test_noise_is_refused(size: int) -> None:
    client = Node(journal=False).client()
    for n in range(256):
        assert client.run("RESTORE", "k", "0", bytes([n]) * size) == BadPayload
