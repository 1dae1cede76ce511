"""INFO memory: sizes for programs and for people, and what is still to be freed."""

import pytest

from tests.support.figures import ask, figures_of, sections_of
from tests.support.node import Node
from tests.support.servers import Server

pytestmark = pytest.mark.usefixtures("fresh_values")


def test_sizes_belong_together() -> None:
    node = Node(journal=False)
    figures = figures_of(node)
    client = node.client()
    client.run("SET", "a", "x" * 3_000_000)
    memory = ask(figures, "memory")["Memory"]
    used = int(memory["used_memory"])
    assert used > 3_000_000
    assert memory["used_memory_human"] == "2.86M"
    assert int(memory["used_memory_peak"]) >= used
    assert used == int(memory["used_memory_overhead"]) + int(memory["used_memory_dataset"])
    assert int(memory["total_system_memory"]) > int(memory["used_memory_rss"])
    assert memory["used_memory_dataset_perc"].endswith("%")
    assert memory["maxmemory_policy"] == "noeviction"


def test_what_was_flushed_is_pending_until_it_is_freed() -> None:
    node = Node()
    figures = figures_of(node)
    client = node.client()
    client.run_all(*[f"SET key:{i} v" for i in range(100)])
    client.run("FLUSHALL")
    memory = ask(figures, "memory")["Memory"]
    assert (memory["lazyfree_pending_objects"], memory["lazyfreed_objects"]) == ("100", "0")
    while node.keyspace.free_some(1000):
        continue
    memory = ask(figures, "memory")["Memory"]
    assert (memory["lazyfree_pending_objects"], memory["lazyfreed_objects"]) == ("0", "100")


def test_a_large_value_is_pending_once_whether_deleted_or_flushed() -> None:
    node = Node()
    figures = figures_of(node)
    client = node.client()
    while node.keyspace.free_some(1000):
        continue
    node.keyspace.freed_lazily = 0

    def counts() -> tuple[str, str]:
        memory = ask(figures, "memory")["Memory"]
        return memory["lazyfree_pending_objects"], memory["lazyfreed_objects"]

    client.run("SADD", "large", *[f"member:{number}" for number in range(500)])
    client.run("COPY large second")
    client.run_all(*[f"SET key:{i} v" for i in range(100)])
    client.run("UNLINK large")
    assert counts() == ("1", "0")
    client.run("FLUSHALL")
    assert counts() == ("102", "0")
    while node.keyspace.free_some(100):
        pending, freed = counts()
        assert int(pending) + int(freed) == 102
    assert counts() == ("0", "102")


def test_the_limit_is_told(dflite: Server) -> None:
    with dflite.connect() as connection:
        connection.call("CONFIG", "SET", "maxmemory", "100mb")
        memory = sections_of(connection.call("INFO", "memory").data)["Memory"]
    assert memory["maxmemory"] == "104857600"
    assert memory["maxmemory_human"] == "100.00M"
