"""Whoever repeats the journal holds the same keys: nothing in it depends on clock or chance."""

from typing import Final

import pytest
from hypothesis import given, settings

from tests.against.arguments import key, value
from tests.against.families import ALL
from tests.against.programs import CALL, Family, Step, Words
from tests.against.sources import Source
from tests.support.contents import contents
from tests.support.node import Node, NodeClient
from tests.support.programs import programs


def prepend(source: Source) -> Words:
    return [b"PREPEND", key(source), value(source)]


def delex(source: Source) -> Words:
    condition = source.pick((b"IFEQ", b"IFNE", b"IFDEQ", b"IFDNE"))
    return [b"DELEX", key(source), condition, value(source)]


OURS: Final = Family("ours", [(1, prepend), (1, delex)])
FAMILIES: Final = (ALL["strings"], ALL["keys"], ALL["transactions"], OURS)
PAUSES: Final = (1, 100, 1_000, 100_000)


class Follower:
    """A node that only repeats another one's journal; keys do not expire by themselves."""

    def __init__(self, shards: int) -> None:
        self.node = Node(shards=shards, journal=False)
        self.client: NodeClient = self.node.client()
        for db in self.node.keyspace.dbs:
            db.expires_itself = False

    def follow(self, primary: Node) -> None:
        self.node.clock.set(primary.clock.now_ms)
        for step in primary.steps:
            for db, argv in step.records:
                self.client.ctx.select(db)
                reply = self.client.run(*argv)
                assert type(reply).__name__ != "Error", (argv, reply)
        primary.steps.clear()


@pytest.mark.parametrize("shards", [1, 3])
@settings(deadline=None)
@given(program=programs(FAMILIES, PAUSES))
def test_a_follower_holds_what_its_primary_holds(program: list[Step | int], shards: int) -> None:
    primary = Node(shards=shards)
    clients = [primary.client() for _ in range(4)]
    follower = Follower(shards)
    for step in program:
        if isinstance(step, int):
            primary.advance(step)
        elif step.kind == CALL:
            clients[step.connection].run(*step.requests[0])
        follower.follow(primary)
        assert contents(follower.node.keyspace) == contents(primary.keyspace), step
    primary.expire_actively()
    follower.follow(primary)
    assert len(primary.db) == len(follower.node.db), "an expired key that nobody told of"
