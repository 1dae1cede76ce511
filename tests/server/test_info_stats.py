"""INFO stats: what is counted where it happens."""

from collections.abc import Callable

from tests.support.figures import ask, figures_of, sections_of
from tests.support.node import Node
from tests.support.servers import Server, wait_until


def test_expired_keys_count_whoever_noticed() -> None:
    node = Node()
    figures = figures_of(node)
    client = node.client()
    client.run_all("SET a 1 PX 5", "SET b 1 PX 5")
    node.advance(5)
    client.run("GET a")
    node.expire_actively()
    stats = ask(figures, "stats")["Stats"]
    assert stats["expired_keys"] == "2"
    assert stats["total_heartbeat_expired_keys"] == "1"


def test_wrong_passwords_and_refused_writes_are_counted() -> None:
    node = Node()
    figures = figures_of(node)
    node.executor.users.require([b"secret"])
    client = node.client()
    client.run("AUTH wrong")
    client.run("AUTH secret")
    node.executor.max_memory = 1
    client.run("SET a 1")
    client.run("SET b 1")
    stats = ask(figures, "stats")["Stats"]
    assert stats["acl_access_denied_auth"] == "1"
    assert stats["oom_rejections"] in ("1", "2")


def test_clients_turned_away_or_closed_are_counted(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--client-query-buffer-limit=1mb", "--maxclients=3")
    with server.connect() as control:

        def stat(name: str) -> str:
            return sections_of(control.call("INFO", "stats").data)["Stats"][name]

        with server.connect() as greedy:
            greedy.exchange(b"*2\r\n$3\r\nGET\r\n$10000000\r\n" + b"x" * 2_000_000)
        wait_until(lambda: stat("client_query_buffer_limit_disconnections") == "1")
        wait_until(lambda: control.call("CLIENT", "LIST").data.count(b"\n") == 1)
        before = int(stat("rejected_connections"))
        with server.connect() as second, server.connect() as third, server.connect() as fourth:
            assert [client.call("PING").text for client in (second, third)] == ["PONG", "PONG"]
            assert fourth.read().is_error
            assert int(stat("rejected_connections")) == before + 1
        assert int(stat("total_connections_received")) >= 5
