"""Fields and members that are due, but were not expired yet when something was written."""

import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.against.sources import HypothesisSource
from tests.support.contents import contents
from tests.support.following import Following
from tests.support.node import Node

# h: f and n are due, or f2, g2 of h2, a and b of s; "k1" leads SORT to h1.
SETUP: Final = [
    "HSET h f old g 1 n 5",
    "HPEXPIRE h 1000 FIELDS 2 f n",
    "HSET h1 f 1 g 2",
    "HPEXPIRE h1 1000 FIELDS 1 f",
    "HSET h2 f2 1 g2 2",
    "HPEXPIRE h2 1000 FIELDS 2 f2 g2",
    "SADD s keep 1",
    "SADDEX s 1 a b 2",
    "SADD s2 a keep x",
    "SADDEX s3 1 a b",
    "RPUSH l 1",
    "ZADD z 1 a",
]
WRITERS: Final = [
    "HSET h f new",
    "HSET h f new x y",
    "HMSET h f new",
    "HSETNX h f new",
    "HSETNX h2 f2 new",
    "HDEL h f",
    "HDEL h f g",
    "HINCRBY h n 2",
    "HINCRBYFLOAT h n 1.5",
    "HSETEX h FNX FIELDS 1 f new",
    "HSETEX h FXX FIELDS 1 f new",
    "HSETEX h KEEPTTL FIELDS 1 f new",
    "HSETEX h PX 1000 FIELDS 1 f new",
    "HGETEX h PX 1000 FIELDS 1 f",
    "HGETEX h PERSIST FIELDS 2 f g",
    "HGETDEL h FIELDS 2 f g",
    "HEXPIRE h 10 FIELDS 2 f g",
    "HPEXPIRE h 10 NX FIELDS 2 f g",
    "HPEXPIRE h 10 XX FIELDS 1 f",
    "HPERSIST h FIELDS 1 f",
    "FIELDEXPIRE h 10 f g",
    "FIELDEXPIRE s 10 a keep",
    "SADD s a",
    "SADD s a 1 c",
    "SADD s3 a",
    "SADDEX s KEEPTTL 1 a c",
    "SADDEX s 1 a c",
    "SREM s a",
    "SREM s a keep",
    "SPOP s",
    "SPOP s 2",
    "SPOP s3",
    "SMOVE s s2 a",
    "SMOVE s s2 keep",
    "SMOVE s2 s a",
    "SUNIONSTORE t s s2",
    "SINTERSTORE t s s2",
    "SDIFFSTORE t s2 s",
    "SDIFFSTORE t s s2",
    "SUNIONSTORE s s s2",
    "SUNIONSTORE t s3",
    "ZUNIONSTORE t 2 s z",
    "ZINTERSTORE t 2 s z",
    "ZDIFFSTORE t 2 z s",
    "SORT s ALPHA STORE t",
    "SORT l BY nosort GET h*->f GET h*->g STORE t",
    "SORT s2 BY h*->f ALPHA STORE t",
    "COPY h t",
    "COPY s t",
    "RENAME h t",
    "RENAMENX s t",
    "MOVE s 1",
    "DEL s3 h2",
    "SET s3 v",
    "SETNX s3 v",
    "EXPIRE h2 100",
    "PERSIST s3",
    "MULTI|HSETNX h f new|SADD s a|EXEC",
    "EVAL \"redis.call('hsetnx', 'h', 'f', 'new') redis.call('sadd', 's', 'a')\" 0",
    "STICK h",
]


@pytest.mark.parametrize("lane", [True, False], ids=["lane", "handlers"])
@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_due_is_gone_on_replicas_before_it_is_written_to(writer: str, lane: bool) -> None:
    primary = Node(lane=lane)
    following = Following(primary)
    client = primary.client()
    for line in SETUP:
        client.run(line)
    primary.clock.advance(1000)  # nobody has looked for what is due
    client.run_all(*writer.split("|"))
    following.catch_up()
    assert contents(following.node.keyspace) == contents(primary.keyspace)
    primary.advance(1)
    primary.expire_actively()
    following.catch_up()
    assert contents(following.node.keyspace) == contents(primary.keyspace)
    for ours, theirs in zip(primary.keyspace.dbs, following.node.keyspace.dbs, strict=True):
        assert len(ours) == len(theirs)
    assert following.node.host.logged == []


@st.composite
def programs(draw: Callable[[SearchStrategy[Any]], Any]) -> list[str | int]:
    """Requests to collections whose elements expire, and milliseconds that pass."""
    source = HypothesisSource(draw)
    program: list[str | int] = []
    for _ in range(source.number(1, 30)):
        if source.chance(25):
            program.append(source.pick((1, 5, 400, 1_000)))
        else:
            program.append(source.pick(WRITERS + SETUP))
    return program


@settings(deadline=None)
@given(program=programs(), lane=st.booleans())
def test_a_replica_holds_what_its_primary_holds(program: list[str | int], lane: bool) -> None:
    primary = Node(lane=lane)
    following = Following(primary)
    client = primary.client()
    for line in SETUP:
        client.run(line)
    for step in program:
        if isinstance(step, int):
            primary.clock.advance(step)
        else:
            client.run_all(*step.split("|"))
        following.catch_up()
        assert contents(following.node.keyspace) == contents(primary.keyspace), step
        for db in primary.keyspace.dbs:
            db.element_deadlines.check()


def test_many_members_that_are_due_go_in_several_requests() -> None:
    primary = Node()
    following = Following(primary)
    client = primary.client()
    client.run("SADD", "s", "keep")
    client.run("SADDEX", "s", "1", *[f"m{n}" for n in range(5000)])
    primary.clock.advance(1000)
    primary.take_journal()
    assert client.run("SADD s m7") == 1
    lines = primary.take_journal()
    assert len(lines) > 3
    assert lines[-1] == "SADD s m7"
    assert client.run("SCARD s") == 2
    following.catch_up()
    assert contents(following.node.keyspace) == contents(primary.keyspace)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_due_before_a_write_wherever_expiry_has_stopped(seed: int) -> None:
    node = Node()
    db = node.db
    chance = random.Random(seed)
    client = node.client()
    for n in range(1, 40):
        deadline = str(node.clock.now_ms + n)
        members = [f"{n}:{chance.random()}" for _ in range(100)]
        client.run("SADDEX", "s", "PXAT", deadline, *members)
    client.run("SADD s stays")
    for elapsed in range(38):
        node.clock.advance(1)
        for _ in range(chance.randrange(4)):
            if db.element_deadlines.next() <= node.clock.now_ms:
                db.expire_elements(db.element_deadlines.take(), chance.choice((20, 90)), 2)
        if chance.random() < 0.4:
            db.expire_due_elements(b"s")
            assert node.effects.expired_elements == 100 * (elapsed + 1)
