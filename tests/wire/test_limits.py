"""What could take more memory than there is: held at the limit, or refused, and all goes on.

Scaled down: a limit of some megabytes, and loads that are several times as large.
"""

from collections.abc import Callable
from typing import Final

import pytest

from tests.support.connection import Connection
from tests.support.resp import encode
from tests.support.servers import Server, wait_until

MIB: Final = 1 << 20
LIMIT: Final = 8 * MIB
OOM: Final = b"OOM command not allowed when used memory > 'maxmemory'."


def run(run_dflite: Callable[..., Server], policy: str) -> Server:
    how = "--cache_mode=yes" if policy == "cache" else f"--maxmemory_policy={policy}"
    return run_dflite(f"--maxmemory={LIMIT}", how)


def figure(connection: Connection, name: str) -> int:
    text = connection.call("INFO").data.decode()
    return int(dict(line.split(":", 1) for line in text.splitlines() if ":" in line)[name])


def resident_growth(connection: Connection) -> int:
    return figure(connection, "used_memory_rss") - figure(connection, "program_memory")


def within_the_limit(connection: Connection) -> bool:
    return figure(connection, "used_memory") - figure(connection, "mem_not_counted_for_evict") <= (
        LIMIT + 64 * 1024
    )


@pytest.mark.parametrize("limit", [2, 4])
def test_a_small_limit_holds_about_as_much_data(
    run_dflite: Callable[..., Server], limit: int
) -> None:
    server = run_dflite(f"--maxmemory={limit}mb", "--cache_mode=yes")
    with server.connect() as client:
        requests = [encode((b"SET", b"key:%d" % n, b"x" * 900)) for n in range(limit * 1500)]
        for start in range(0, len(requests), 100):
            client.send_raw(b"".join(requests[start : start + 100]))
            for _ in range(100):
                assert client.read().data == b"OK"
        assert client.call("DBSIZE").number > limit * MIB * 0.8 / 1000
        assert figure(client, "used_memory") <= limit * MIB + 64 * 1024


@pytest.mark.parametrize("policy", ["noeviction", "allkeys-lru", "cache"])
def test_one_huge_value_is_refused_or_given_up(
    run_dflite: Callable[..., Server], policy: str
) -> None:
    server = run(run_dflite, policy)
    with server.connect() as client:
        assert client.call("SET", "huge", b"x" * (3 * LIMIT)).data == OOM, "it came in already"
        for _ in range(12):
            client.call("APPEND", "huge", b"x" * MIB)
        wait_until(lambda: within_the_limit(client), what="within the limit")
        assert client.call("STRLEN", "huge").number <= LIMIT
        client.call("DEL", "huge")
        assert client.call("SET", "more", "x").data == b"OK"
        assert client.call("GET", "more").data == b"x"


@pytest.mark.parametrize("policy", ["noeviction", "allkeys-lru", "cache"])
def test_many_clients_with_big_pipelines(run_dflite: Callable[..., Server], policy: str) -> None:
    server = run(run_dflite, policy)
    clients = [server.connect() for _ in range(100)]
    count = 200
    for number, client in enumerate(clients):
        pipeline = [encode((b"SET", b"%d:%d" % (number, n), b"x" * 2000)) for n in range(count)]
        client.send_raw(b"".join(pipeline))
    answers: set[bytes] = set()
    for client in clients:
        answers.update(client.read().data for _ in range(count))
        client.close()
    assert answers == ({b"OK", OOM} if policy == "noeviction" else {b"OK"})
    with server.connect() as client:
        wait_until(lambda: within_the_limit(client), what="within the limit")
        assert 1_000 < client.call("DBSIZE").number < LIMIT // 2000
        assert resident_growth(client) < 5 * LIMIT


@pytest.mark.parametrize("policy", ["noeviction", "allkeys-lru", "cache"])
def test_a_transaction_of_very_many_writes(run_dflite: Callable[..., Server], policy: str) -> None:
    server = run(run_dflite, policy)
    with server.connect() as client:
        client.call("SET", "before", "x")
        client.call("MULTI")
        refused = 0
        request = [encode((b"SET", b"key:%d" % n, b"x" * 2000)) for n in range(20_000)]
        for start in range(0, len(request), 500):
            client.send_raw(b"".join(request[start : start + 500]))
            refused += sum([client.read().data == OOM for _ in range(500)])
        assert refused >= 1, "the queue itself takes the memory; from there on it is given up"
        assert client.call("EXEC").data.startswith(b"EXECABORT")
        wait_until(lambda: within_the_limit(client), what="within the limit")
        assert client.call("SET", "after", "x").data == b"OK"


@pytest.mark.parametrize("policy", ["noeviction", "allkeys-lru", "cache"])
def test_a_stream_without_end(run_dflite: Callable[..., Server], policy: str) -> None:
    server = run(run_dflite, policy)
    with server.connect() as client:
        request = encode((b"XADD", b"stream", b"*", b"field", b"x" * 2000))
        answers = []
        for _ in range(100):
            client.send_raw(request * 100)
            answers += [client.read().data for _ in range(100)]
        wait_until(lambda: within_the_limit(client), what="within the limit")
        refused = answers.count(OOM)
        if policy == "noeviction":
            assert refused > 5_000
            assert client.call("XLEN", "stream").number == len(answers) - refused
        else:
            assert refused == 0
            assert figure(client, "evicted_keys") >= 1
        assert resident_growth(client) < 5 * LIMIT


def test_a_client_that_reads_nothing_is_not_served_on_and_on(
    run_dflite: Callable[..., Server],
) -> None:
    server = run(run_dflite, "cache")
    with server.connect() as client, server.connect() as greedy:
        client.call("SET", "value", b"x" * 500_000)
        for _ in range(200):
            greedy.send_raw(encode((b"GET", b"value")) * 20)
            client.call("PING")
        assert within_the_limit(client)
        assert figure(client, "mem_clients_normal") < 4 * MIB
        assert client.call("EXISTS", "value").number == 1
