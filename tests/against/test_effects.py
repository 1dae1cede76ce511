"""What commands about strings and keys do besides answering: hits, misses, changes, events.

Each request runs on a fresh keyspace of Valkey and of a node in this process; replies are compared
too.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from tests.support.connection import Connection
from tests.support.node import START_MS, Node, plain
from tests.support.servers import Server, start_valkey
from tests.support.values import put_list

MARKER: Final = "__keyevent@0__:marker"
SETUP: Final = (
    "SET s hello",
    "SET n 5",
    "SET e x PX 100000000",
    "SET f 1.5",
    "APPEND f 0",
)
# s is "hello", n is 5, e has a deadline, f has grown, l is a list, x is nothing.
REQUESTS: Final = """
GET s | GET x | GET l
SET s v | SET s v GET | SET x v GET | SET l v | SET l v GET | SET s v NX | SET s v NX GET
SET x v NX | SET x v XX | SET x v XX GET | SET s v XX | SET s v EX 10 | SET s v EX 10 GET
SET s v PXAT 1 | SET x v PXAT 1 | SET s v EXAT 1 GET | SET s v IFEQ hello | SET s v IFEQ no
SET x v IFEQ no | SET s v IFEQ no GET | SET x v IFEQ no GET | SET l v IFEQ no
SET l v IFEQ no GET | SET l v IFEQ no NX | SET s v IFEQ a IFEQ hello | SET s v NX NX
SET s v GET GET | SET s v EX 10 EX 20 | SET s v KEEPTTL KEEPTTL | SET e v KEEPTTL
SET s v PX 10 EX 10 | SET s v PERSIST | SET s v EX | SET s v EX 0 | SET s v EX abc NX XX
SET e v | SET e v NX PX 5 | SET s v XX IFEQ hello | SET s v FOO | SET l v PXAT 1
GETSET s v | GETSET x v | GETSET l v | GETSET e v
GETEX s | GETEX x | GETEX l | GETEX s EX 10 | GETEX s PXAT 1 | GETEX e EXAT 1 | GETEX s PERSIST
GETEX e PERSIST | GETEX e | GETEX x EX 0 | GETEX l EX 0 | GETEX s EX 0 | GETEX x EX 10
GETEX s PERSIST PERSIST | GETEX s PERSIST EX 10 | GETEX s KEEPTTL | GETEX s EX
GETDEL s | GETDEL x | GETDEL l | MGET s x l | MSET a b c d | MSET a b c | MSET e b e c
MSETNX a b s d | MSETNX a b c d | MSETNX a b a d | MSETNX a b c | SETNX s v | SETNX x v | SETNX l v
SETEX s 10 v | SETEX x 10 v | SETEX s 0 v | SETEX s -1 v | SETEX s abc v
PSETEX s 9223372036854775807 v | PSETEX s 1 v | SETEX s 9223372036854775 v
MSETEX 1 a b | MSETEX 2 a b c d EX 10 | MSETEX 2 a b | MSETEX 0 a b | MSETEX -1 a b
MSETEX abc a b | MSETEX 1 a b NX | MSETEX 1 s b NX | MSETEX 1 s b XX | MSETEX 2 s b x y XX
MSETEX 2 s b x y NX | MSETEX 1 s b PXAT 1 | MSETEX 2 s b x y PXAT 1 | MSETEX 1 s b KEEPTTL
MSETEX 1 e b KEEPTTL | MSETEX 1 s b EX 0 | MSETEX 1 s b EX abc | MSETEX 1 s b NX XX
MSETEX 1 s b FOO | MSETEX 2 s b s c | MSETEX 99999999999 s b | MSETEX 1 s b EX | MSETEX 1 l b
MSETEX 3 s b | MSETEX 1 s b IFEQ a | MSETEX 1 s b GET | MSETEX 1 e b KEEPTTL EX 10
MSETEX 1 s b EX 10 EX 20 | MSETEX 1 s | MSETEX 1 s b c | MSETEX 2 s b l c EX 100
APPEND s x | APPEND x x | APPEND l x | APPEND s | APPEND n 1 | APPEND e x | STRLEN s | STRLEN x
STRLEN l | STRLEN n | STRLEN f
SETRANGE s 0 x | SETRANGE x 3 | SETRANGE x 3 y | SETRANGE s -1 x | SETRANGE s 536870912 x
SETRANGE s 9223372036854775807 x | SETRANGE l -1 x | SETRANGE l 0 x | SETRANGE s abc x
SETRANGE n 1 23 | GETRANGE s 0 -1 | GETRANGE x 0 -1 | GETRANGE l 0 -1 | GETRANGE s -3 -1
GETRANGE s 0 -100 | GETRANGE s -100 -99 | GETRANGE s -1 -3 | GETRANGE s 3 1 | GETRANGE s abc 1
GETRANGE s 0 100 | GETRANGE s 5 10 | GETRANGE n 0 -1 | SUBSTR s 0 1 | SUBSTR x 0 1
INCR n | INCR x | INCR s | INCR l | INCR e | INCR f | INCRBY n 9223372036854775807
DECRBY n -9223372036854775808 | DECRBY n abc | INCRBY s abc | DECR n | DECRBY x 3 | INCRBY n 2
INCRBYFLOAT n 1.5 | INCRBYFLOAT x 1 | INCRBYFLOAT s 1 | INCRBYFLOAT n abc | INCRBYFLOAT l abc
INCRBYFLOAT n inf | INCRBYFLOAT n nan | INCRBYFLOAT f 1
LCS s n | LCS s l | LCS s x | LCS x x | LCS s n LEN IDX | LCS s n FOO | LCS l n FOO
LCS s n MINMATCHLEN -1 | LCS s n MINMATCHLEN abc | LCS s n MINMATCHLEN | LCS s s IDX WITHMATCHLEN
LCS s s LEN WITHMATCHLEN | LCS s s IDX MINMATCHLEN 6 | LCS f f IDX
DELIFEQ s hello | DELIFEQ s no | DELIFEQ x no | DELIFEQ l no | DELIFEQ e x
DEL s | DEL s x l | DEL x | DEL s s | UNLINK s x | EXISTS s x s l | TOUCH s x s
TYPE s | TYPE x | TYPE l | KEYS * | KEYS s | KEYS [nl] | KEYS z | RANDOMKEY
RENAME s t | RENAME s s | RENAME x x | RENAME x y | RENAME s n | RENAME e l | RENAME l e
RENAMENX s n | RENAMENX s t | RENAMENX s s | RENAMENX x x | RENAMENX e t
COPY s t | COPY s n | COPY s n REPLACE | COPY s s | COPY x x | COPY s s DB 1 | COPY s s DB 0
COPY s t DB 99 | COPY s t DB abc | COPY s t DB | COPY s t FOO | COPY x t | COPY l t | COPY e t
COPY s t DB 99999999999 | COPY s t DB -1 FOO | COPY l n REPLACE | COPY f e REPLACE
COPY s t DB 1 REPLACE | COPY s t REPLACE REPLACE | COPY s t DB 1 DB 2
MOVE s 1 | MOVE s 0 | MOVE s 99 | MOVE s abc | MOVE x 1 | MOVE x 0 | MOVE s -1 | MOVE e 1 | MOVE l 2
EXPIRE s 10 | EXPIRE x 10 | EXPIRE s abc | EXPIRE x abc | EXPIRE s 10 NX | EXPIRE e 10 NX
EXPIRE e 10 XX | EXPIRE e 10 GT | EXPIRE e 10 LT | EXPIRE s 10 GT | EXPIRE s 10 LT
EXPIRE s 10 NX XX | EXPIRE s 10 NX GT | EXPIRE s 10 GT LT | EXPIRE s 10 XX GT | EXPIRE e 10 XX LT
EXPIRE s 10 FOO | EXPIRE s abc FOO | EXPIRE s 0 | EXPIRE s -1 | EXPIRE s -1 XX | EXPIRE e -1 GT
EXPIRE e -1 LT | EXPIRE s 9223372036854775 | EXPIRE s 9223372036854776 | EXPIRE s -9223372036854776
EXPIRE l 10 nx | PEXPIRE s 9223372036854775807 | PEXPIREAT s 9223372036854775807
EXPIREAT s 9223372036854775 | PEXPIREAT s 1 | PEXPIREAT s -9223372036854775808 | PEXPIREAT s 0
EXPIRE l 0 | PERSIST s | PERSIST e | PERSIST x
TTL s | TTL x | TTL l | PTTL s | PTTL x | EXPIRETIME s | EXPIRETIME x | PEXPIRETIME s
PEXPIRETIME x
OBJECT ENCODING s | OBJECT ENCODING x | OBJECT ENCODING n | OBJECT ENCODING f | OBJECT ENCODING l
OBJECT REFCOUNT s | OBJECT REFCOUNT n | OBJECT REFCOUNT x | OBJECT IDLETIME s | OBJECT IDLETIME x
OBJECT FREQ s | OBJECT FREQ x | OBJECT FOO s | OBJECT ENCODING | OBJECT
SCAN 0 | SCAN abc | SCAN -1 | SCAN | SCAN 0 COUNT 0 | SCAN 0 COUNT -1 | SCAN 0 COUNT abc
SCAN 0 TYPE string | SCAN 0 TYPE foo | SCAN 0 TYPE LIST | SCAN 0 TYPE zset | SCAN 0 MATCH
SCAN 0 FOO bar | SCAN 0 COUNT 10 COUNT 100 | SCAN 18446744073709551616 | SCAN 1.0 | SCAN 0x0
SCAN +0 | SCAN 00 | SCAN 0 TYPE | SCAN 0 COUNT | SCAN 0 MATCH s TYPE string COUNT 100
"""
UNORDERED: Final = ("KEYS", "SCAN", "SUNION", "SDIFF", "SINTER", "SPOP")
CHANCE: Final = ("RANDOMKEY",)

Effects = tuple[object, int, int, int, list[tuple[str, str]]]


def in_any_order(value: object) -> object:
    return sorted(map(in_any_order, value), key=repr) if isinstance(value, list) else value


def shown(request: str, reply: object) -> object:
    name = request.split()[0]
    if name in CHANCE:
        return type(reply)
    return in_any_order(reply) if name in UNORDERED else reply


class Reference:
    """A Valkey, and a second connection to it that hears every keyspace event."""

    def __init__(self, server: Server) -> None:
        self.connection: Connection = server.connect()
        self.listener: Connection = server.connect()
        self.connection.call("CONFIG", "SET", "notify-keyspace-events", "EA")
        self.listener.call("PSUBSCRIBE", "__keyevent@*__:*")

    def figures(self) -> list[int]:
        text = self.connection.call("INFO", "stats", "persistence").text
        values = dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)
        names = ("keyspace_hits", "keyspace_misses", "rdb_changes_since_last_save")
        return [int(values[name]) for name in names]

    def events(self) -> list[tuple[str, str]]:
        """Those since the last call."""
        self.connection.call("PUBLISH", MARKER, "")
        heard: list[tuple[str, str]] = []
        while True:
            channel, key = [item.text for item in self.listener.read().items[2:]]
            if channel == MARKER:
                return heard
            head, event = channel.split("__:")
            heard.append((f"{head.split('@')[1]} {event}", key))

    def run(self, request: str, setup: Sequence[str] = SETUP) -> Effects:
        self.connection.call("FLUSHALL")
        for line in setup:
            self.connection.call(*line.split())
        self.connection.call("RPUSH", "l", "a", "b")
        self.events()
        before = self.figures()
        reply = plain(self.connection.call(*request.split()))
        hits, misses, changes = [now - old for now, old in zip(self.figures(), before, strict=True)]
        return shown(request, reply), hits, misses, changes, self.events()


def as_redis_says(effects: Effects) -> Effects:
    """Where a request gives a deadline in the past, Redis 7.2 tells of a deletion; so do we.

    Valkey tells that the key expired. No key expires otherwise while these requests run.
    """
    events = [(event.replace("expired", "del"), key) for event, key in effects[4]]
    return (*effects[:4], events)


@pytest.fixture(scope="module")
def valkey() -> Iterator[Reference]:
    with start_valkey() as server:
        yield Reference(server)


def effects_here(request: str, shards: int, setup: Sequence[str] = SETUP) -> Effects:
    node = Node(shards=shards)
    client = node.client()
    for line in setup:
        client.run(line)
    put_list(node, b"l", b"a", b"b")
    node.effects.observed = True
    before = node.effects.changed
    hits, misses = node.db.hits, node.db.misses
    node.executor.run(client.ctx, request.encode().split())
    changes = node.effects.changes  # as they are before the step is settled
    return (
        shown(request, client.read()),
        node.db.hits - hits,
        node.db.misses - misses,
        node.effects.changed - before,
        [
            (f"{change.db} {change.event}", change.key.decode())
            for change in changes
            if change.event
        ],
    )


@pytest.mark.parametrize("request_line", [
    line.strip() for line in REQUESTS.replace("\n", "|").split("|") if line.strip()
])  # fmt: skip
def test_effects_are_those_of_valkey(valkey: Reference, request_line: str) -> None:
    theirs = as_redis_says(valkey.run(request_line))
    assert effects_here(request_line, 1) == theirs
    assert effects_here(request_line, 3) == theirs


def test_the_clock_of_these_nodes_is_not_in_the_past() -> None:
    assert START_MS > 1_700_000_000_000
