"""redis-py as a subscriber in both protocols, and its client-side cache."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.servers import Server, wait_until

redis = pytest.importorskip("redis", reason="redis-py is not installed")


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
def client(request: pytest.FixtureRequest, shared_dflite: Server) -> Iterator[Any]:
    with redis.Redis(port=shared_dflite.port, protocol=request.param) as made:
        made.flushall()
        yield made


def next_message(pubsub: Any) -> Any:
    """The next message, confirmations included."""
    found: list[Any] = []

    def look() -> bool:
        message = pubsub.get_message(timeout=0.05)
        if message is not None:
            found.append(message)
        return bool(found)

    wait_until(look, what="a message")
    return found[0]


def test_channels_and_patterns(client: Any) -> None:
    with client.pubsub() as pubsub:
        pubsub.subscribe("news")
        pubsub.psubscribe("n*")
        assert [next_message(pubsub)["type"] for _ in range(2)] == ["subscribe", "psubscribe"]
        assert client.publish("news", "hello") == 2
        messages = [next_message(pubsub) for _ in range(2)]
        assert [message["type"] for message in messages] == ["message", "pmessage"]
        assert [message["data"] for message in messages] == [b"hello", b"hello"]
        assert messages[1]["pattern"] == b"n*"
        assert client.pubsub_channels() == [b"news"]
        assert client.pubsub_numsub("news") == [(b"news", 1)]
        assert client.pubsub_numpat() == 1
        pubsub.ping("are you there")
        assert next_message(pubsub)["type"] == "pong"
        pubsub.unsubscribe()
        assert next_message(pubsub)["type"] == "unsubscribe"


def test_shard_channels(client: Any) -> None:
    with client.pubsub() as pubsub:
        pubsub.ssubscribe("news")
        assert next_message(pubsub)["type"] == "ssubscribe"
        assert client.spublish("news", "hello") == 1
        assert next_message(pubsub)["data"] == b"hello"
        assert client.pubsub_shardchannels() == [b"news"]


def test_handlers_in_a_thread(client: Any) -> None:
    heard: list[bytes] = []
    with client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(news=lambda message: heard.append(message["data"]))
        thread = pubsub.run_in_thread(sleep_time=0.01)
        wait_until(lambda: client.publish("news", "hello") == 1)
        wait_until(lambda: heard == [b"hello"])
        thread.stop()
        thread.join()


def test_keyspace_notifications(client: Any) -> None:
    client.config_set("notify-keyspace-events", "KEA")
    try:
        with client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.psubscribe("__keyspace@0__:*")
            wait_until(lambda: client.pubsub_numpat() == 1)
            client.set("k", "v", ex=100)
            events: list[bytes] = []
            while len(events) < 2:
                message = pubsub.get_message(timeout=1)
                if message is not None:
                    events.append(message["data"])
            assert events == [b"set", b"expire"]
    finally:
        client.config_set("notify-keyspace-events", "")


def test_a_cache_of_redis_py_is_kept_up_to_date(shared_dflite: Server) -> None:
    cache = pytest.importorskip("redis.cache")
    with (
        redis.Redis(
            port=shared_dflite.port, protocol=3, cache_config=cache.CacheConfig(max_size=100)
        ) as cached,
        redis.Redis(port=shared_dflite.port) as writer,
    ):
        writer.set("k", "1")
        assert cached.get("k") == b"1"
        assert cached.get_cache().size == 1
        writer.set("k", "2")
        wait_until(lambda: cached.get("k") == b"2")
        writer.flushall()
        wait_until(lambda: cached.get("k") is None)


def test_asyncio(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite()

    async def listen() -> list[Any]:
        heard: list[Any] = []
        async with (
            redis.asyncio.Redis(port=server.port, protocol=3) as client,
            client.pubsub(ignore_subscribe_messages=True) as pubsub,
        ):
            await pubsub.subscribe("a")
            while await client.publish("a", "1") == 0:
                await asyncio.sleep(0.01)
            await client.publish("a", "2")
            while len(heard) < 2:
                message = await pubsub.get_message(timeout=1)
                if message is not None:
                    heard.append(message["data"])
        return heard

    assert asyncio.run(listen()) == [b"1", b"2"]
