"""A node with a client of memcached's protocol, once with the hot lane and once without."""

import pytest

from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient


@pytest.fixture(params=["handlers", "lane"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(journal=request.param == "handlers")


@pytest.fixture
def mc(node: Node) -> McClient:
    return McClient(node)


@pytest.fixture
def resp(node: Node) -> NodeClient:
    return node.client()
