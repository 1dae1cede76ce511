"""Streams and Pub/Sub by redis-py: a group's workers that die, and subscribers that come and go."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.lasting import ENDS, LastingNode
from tests.support.servers import Server, wait_until

redis = pytest.importorskip("redis", reason="redis-py is not installed")


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
def client(request: pytest.FixtureRequest, shared_dflite: Server) -> Iterator[Any]:
    made = redis.Redis(port=shared_dflite.port, db=8, protocol=request.param, decode_responses=True)
    made.flushdb()
    yield made
    made.close()


def entries(reply: Any) -> list[Any]:
    """Of one stream, in either protocol's shape."""
    if isinstance(reply, dict):
        reply = [[name, lists[0] if name else lists] for name, lists in reply.items()]
    return list(reply[0][1]) if reply else []


def test_what_a_dead_worker_had_is_claimed_by_another(client: Any) -> None:
    client.xgroup_create("work", "group", id="0", mkstream=True)
    for number in range(20):
        client.xadd("work", {"n": number})
    taken = entries(client.xreadgroup("group", "dead", {"work": ">"}, count=5))
    assert [fields["n"] for _, fields in taken] == ["0", "1", "2", "3", "4"]
    done: list[int] = []

    def work(name: str) -> None:
        while len(done) < 20:
            _, claimed, *_ = client.xautoclaim("work", "group", name, min_idle_time=0, count=1)
            found = claimed or entries(
                client.xreadgroup("group", name, {"work": ">"}, count=3, block=20)
            )
            for number, fields in found:
                if client.xack("work", "group", number):
                    done.append(int(fields["n"]))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(20))
    assert client.xpending("work", "group")["pending"] == 0
    assert client.xtrim("work", maxlen=0, approximate=False) == 20


def test_messages_reach_those_who_listen(client: Any) -> None:
    with client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("news")
        listener.psubscribe("n*")
        wait_until(lambda: client.publish("news", "probe") == 2)
        assert client.publish("news", "last") == 2
        heard: list[tuple[str, str]] = []
        while not heard or heard[-1] != ("pmessage", "last"):
            message = listener.get_message(timeout=10)
            if message is not None:
                heard.append((message["type"], message["data"]))
        assert heard[-2] == ("message", "last")
        listener.unsubscribe()
        listener.punsubscribe()
        wait_until(lambda: client.publish("news", "nobody") == 0)


@pytest.mark.parametrize("end", ENDS)
def test_what_was_answered_outlives_the_server(tmp_path: Path, end: str) -> None:
    node = LastingNode(tmp_path / "node", end)
    try:
        client = redis.Redis(port=node.port, decode_responses=True)
        client.xgroup_create("work", "group", id="0", mkstream=True)
        added = [client.xadd("work", {"n": number}) for number in range(50)]
        taken = entries(client.xreadgroup("group", "first", {"work": ">"}, count=10))
        assert client.xack("work", "group", *[number for number, _ in taken[:4]]) == 4
        token = "mine"
        assert client.set("guard", token, nx=True, px=600_000)
        node.restart()
        assert client.get("guard") == token
        assert 0 < client.pttl("guard") <= 600_000
        assert [number for number, _ in client.xrange("work")] == added
        pending = client.xpending_range("work", "group", "-", "+", 100)
        assert [each["message_id"] for each in pending] == added[4:10]
        rest = entries(client.xreadgroup("group", "second", {"work": ">"}, count=100))
        assert [number for number, _ in rest] == added[10:]
        client.close()
    finally:
        node.stop()
