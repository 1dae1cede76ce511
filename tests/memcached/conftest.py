"""A node with a client of memcached's protocol, once with the hot lane and once without."""

import pytest

from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient


@pytest.fixture(params=["handlers", "lane"])
def node(request: pytest.FixtureRequest) -> Node:
    node = Node(journal=request.param == "handlers")
    if request.param == "handlers":
        node.executor.slowlog.threshold_us = 0  # it wants to see every request
        node.executor.observers_changed()
    return node


@pytest.fixture
def mc(node: Node) -> McClient:
    return McClient(node)


@pytest.fixture
def resp(node: Node) -> NodeClient:
    return node.client()
