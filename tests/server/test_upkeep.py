"""What happens at times, seen from outside: expiry, freeing, idle clients, limits."""

from collections.abc import Callable
from unittest.mock import Mock

from dflite.server.upkeep import Upkeep
from dflite.settings.settings import Settings
from tests.support.connection import Connection
from tests.support.node import Node
from tests.support.servers import Server, wait_until


def test_keys_go_when_their_time_comes_though_nobody_asks(dflite: Server) -> None:
    with dflite.connect() as client:
        for number in range(500):
            client.call("SET", f"k{number}", "v", "PX", "50")
        client.call("SET", "stays", "v")
        wait_until(lambda: client.call("DBSIZE").number == 1, what="keys expire")


def test_a_deadline_set_by_the_hot_lane_is_kept_too(dflite: Server) -> None:
    with dflite.connect() as client:
        client.call("SET", "k", "v")
        client.call("EXPIRE", "k", "1")
        wait_until(lambda: client.call("DBSIZE").number == 0, what="the key expires")


def test_a_flushed_database_gives_its_memory_back(dflite: Server) -> None:
    with dflite.connect() as client:
        empty = dflite.resident()
        client.send_raw(
            b"".join(
                b"*3\r\n$3\r\nSET\r\n$8\r\nk%07d\r\n$400\r\n%b\r\n" % (number, b"x" * 400)
                for number in range(50_000)
            )
        )
        client.read_many(50_000)
        full = dflite.resident()
        assert full - empty > 20_000_000
        assert client.call("FLUSHALL").text == "OK"
        assert client.call("DBSIZE").number == 0
        client.call("MEMORY", "PURGE")
        wait_until(
            lambda: client.call("MEMORY", "PURGE") and dflite.resident() - empty < 15_000_000,
            what="memory is given back",
        )


def test_what_nobody_tracks_any_more_gives_its_memory_back(dflite: Server) -> None:
    with dflite.connect() as client:
        with dflite.connect() as tracker:
            tracker.call("HELLO", "3")
            tracker.call("CLIENT", "TRACKING", "ON")
            tracker.call("MGET", *[f"a-key-with-some-length-{n}" for n in range(20_000)])
            tracked = used_memory(client)
        wait_until(lambda: tracked - used_memory(client) > 2_000_000, what="memory is given back")


def used_memory(client: Connection) -> int:
    lines = client.call("INFO", "memory").text.split("\r\n")
    return int(dict(line.split(":") for line in lines if ":" in line)["used_memory"])


def test_a_client_over_the_soft_output_limit_is_cut_off(
    run_dflite: Callable[..., Server],
) -> None:
    server = run_dflite("--client-output-buffer-limit=normal 0 200kb 1")
    with server.connect() as client, server.connect() as greedy:
        client.call("SET", "k", "x" * 1_000_000)
        greedy.send_raw(b"GET k\r\n" * 20)
        wait_until(
            lambda: client.call("CLIENT", "LIST").data.count(b"\n") == 1,
            what="the greedy client is gone",
        )


def test_a_client_over_the_hard_output_limit_is_cut_off(
    run_dflite: Callable[..., Server],
) -> None:
    server = run_dflite("--client-output-buffer-limit=normal 500kb 0 0")
    with server.connect() as client, server.connect() as greedy:
        client.call("SET", "k", "x" * 1_000_000)
        greedy.send_raw(b"GET k\r\n" * 20)
        wait_until(
            lambda: client.call("CLIENT", "LIST").data.count(b"\n") == 1,
            what="the greedy client is gone",
        )
        assert client.call("GET", "k").data == b"x" * 1_000_000


def test_a_timer_that_fails_takes_no_other_with_it() -> None:
    node = Node()
    nothing = Mock()
    upkeep = Upkeep(node.executor, node.keyspace, nothing, nothing, Settings())
    calls: list[int] = []
    node.executor.timers.at(node.clock.now_ms, Mock(side_effect=MemoryError))
    node.executor.timers.at(node.clock.now_ms, lambda: calls.append(1))
    upkeep.run_timers()
    upkeep.run_timers()
    assert calls == [1]
    assert node.executor.internal_errors == 1
