"""A node, and `lua`, which evaluates a script on it."""

from collections.abc import Callable

import pytest

from tests.support.node import Node, NodeClient

Evaluate = Callable[..., object]


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def client(node: Node) -> NodeClient:
    return node.client()


@pytest.fixture
def lua(client: NodeClient) -> Evaluate:
    """lua(script, *arguments): what EVAL answers."""

    def evaluate(script: str, *arguments: str) -> object:
        return client.run("EVAL", script, "0", *arguments)

    return evaluate
