"""What the clients of a node share."""

from tests.support.mc_node import McClient
from tests.support.node import Node


def test_bytes_of_connections_that_are_gone_still_count() -> None:
    node = Node()
    first = McClient(node)
    second = McClient(node, first.service)
    first.run("get a")
    second.run("get abc")
    assert first.service.bytes_in() == 7 + 9
    assert len(first.service.clients()) == 2
    first.conn.abort()
    assert first.service.bytes_in() == 7 + 9
    assert first.service.clients() == [second.state]
