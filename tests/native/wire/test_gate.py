"""Gates: which operations of the lane they open, and that they take the database into account."""

from dflite.native.wire.gate import Gate
from dflite.native.wire.operations import OPERATIONS
from tests.support.node import Node


def test_a_gate_opens_what_it_is_told() -> None:
    gate = Gate(None, None)
    gate.let(OPERATIONS["GET"], 1, "one")
    gate.let(-1, 1, "one")
    assert gate.opens(OPERATIONS["GET"])
    assert not gate.opens(OPERATIONS["SET"])
    assert not gate.opens(-1)
    assert not gate.opens(10_000)


def test_a_connection_with_a_gate_uses_the_lane_for_what_the_gate_admits() -> None:
    node = Node(lane=True, journal=False)
    admin, client = node.client(), node.client()
    admin.run("ACL SETUSER u on nopass +@all ~app:* ~x %R~r? db=0")
    client.run("AUTH u x")

    def in_lane(request: str) -> bool:
        before = node.lane.calls.total()
        client.run(request)
        return node.lane.calls.total() > before

    assert in_lane("SET app:1 v")
    assert in_lane("GET app:1")
    assert in_lane("MGET app:1 x")
    assert in_lane("MSET app:1 a x b")
    assert in_lane("GET r1")
    assert in_lane("PING")
    assert not in_lane("SET r1 v")
    assert not in_lane("GET app")
    assert not in_lane("GET xx")
    assert not in_lane("MGET app:1 y")
    assert not in_lane("MSET app:1 a y b")
    client.ctx.select(1)
    assert not in_lane("GET app:1")
    admin.run("ACL SETUSER u alldbs -get")
    assert not in_lane("GET app:1")
    assert in_lane("EXISTS app:1")
    client.run("MULTI")
    assert not in_lane("EXISTS app:1")
