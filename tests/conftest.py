"""Fixtures that every test may use: real server processes, shared where sharing is safe."""

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# An example may take its time where the machine is slow.
settings.register_profile("patient", settings(), deadline=None)
settings.register_profile("brief", settings(), deadline=None, max_examples=25)
settings.load_profile("patient")

# What is tested is the installed package: the checkout must never come before it on the path,
# and stands on it only so that `tests.support` can be imported.
CHECKOUT = str(Path(__file__).resolve().parent.parent)
sys.path[:] = [place for place in sys.path if place not in ("", CHECKOUT)] + [CHECKOUT]

from dflite.native.keyspace.value import free_buried  # noqa: E402
from tests.support.node import Node, NodeClient  # noqa: E402
from tests.support.servers import Server, start_dflite, start_redis, start_valkey  # noqa: E402


def pytest_collection_finish() -> None:
    """What stays until the end, all modules and tests, is not looked through at each collection."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def node() -> Node:
    """An engine in this process, its clock stopped."""
    return Node()


@pytest.fixture
def client(node: Node) -> NodeClient:
    """A client of `node`."""
    return node.client()


@pytest.fixture(scope="session")
def shared_dflite() -> Iterator[Server]:
    """One dflite for all tests that leave its settings as they found them."""
    with start_dflite("--enable_debug_command=yes") as server:
        yield server


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Server]:
    """One Valkey for all tests that leave its settings as they found them."""
    with start_valkey() as server:
        yield server


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[Server]:
    """One Redis for all tests that leave its settings as they found them."""
    with start_redis() as server:
        yield server


@pytest.fixture
def run_dflite() -> Iterator[Callable[..., Server]]:
    """Starts a dflite with flags of the test's own; stopped when the test ends."""
    servers: list[Server] = []

    def run(*flags: str, **more: dict[str, str]) -> Server:
        server = start_dflite(*flags, env=more.get("env"))
        servers.append(server)
        return server

    yield run
    for server in servers:
        server.stop()


@pytest.fixture
def dflite(run_dflite: Callable[..., Server]) -> Server:
    """A fresh dflite of this test's own."""
    return run_dflite()


@pytest.fixture
def fresh_values() -> None:
    """Large values that tests before this one left behind are gone, and count nowhere."""
    gc.collect()
    while free_buried(1 << 20):
        continue
