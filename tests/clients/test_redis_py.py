"""redis-py in both protocols: greeting, pipelines, transactions, decoding, iteration, errors."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.servers import Server

redis = pytest.importorskip("redis", reason="redis-py is not installed")


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
def client(request: pytest.FixtureRequest, shared_dflite: Server) -> Iterator[Any]:
    made = redis.Redis(
        port=shared_dflite.port, db=5, protocol=request.param, client_name="redis-py-check"
    )
    made.flushdb()
    yield made
    made.close()


def test_the_greeting_sets_name_library_database_and_protocol(client: Any) -> None:
    info = client.client_info()
    assert info["name"] == "redis-py-check"
    assert info["lib-name"].startswith("redis-py")
    assert info["lib-ver"] == redis.__version__
    assert info["db"] in (5, "5")
    protocol = client.connection_pool.connection_kwargs["protocol"]
    assert info["resp"] in (protocol, str(protocol))
    assert client.client_getname() in ("redis-py-check", b"redis-py-check")


def test_the_protocol_that_redis_py_chooses_by_itself(shared_dflite: Server) -> None:
    with redis.Redis(port=shared_dflite.port) as client:
        assert client.ping() is True
        assert client.echo("hello") == b"hello"


def test_a_url_with_a_password(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--requirepass=sesame")
    at_once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    for protocol in (2, 3):
        url = f"redis://default:sesame@127.0.0.1:{server.port}/2?protocol={protocol}"
        with redis.Redis.from_url(url) as client:
            assert client.set("a", 1) is True
            assert client.client_info()["db"] in (2, "2")
        for password in ("wrong", None):
            client = redis.Redis(
                port=server.port, password=password, protocol=protocol, retry=at_once
            )
            with client, pytest.raises(redis.AuthenticationError):
                client.ping()


def test_strings(client: Any) -> None:
    assert client.set("a", "1", ex=100) is True
    assert client.get("a") == b"1"
    assert client.ttl("a") > 90
    assert client.set("a", "2", nx=True) is None
    assert client.set("a", "2", xx=True, keepttl=True, get=True) == b"1"
    assert client.ttl("a") > 90
    assert client.getex("a", persist=True) == b"2"
    assert client.ttl("a") == -1
    assert client.incrby("count", 5) == 5
    assert client.incrbyfloat("share", 0.25) == 0.25
    assert client.mset({"x": 1, "y": 2}) is True
    assert client.mget("x", "none", "y") == [b"1", None, b"2"]
    assert client.append("x", "yz") == 3
    assert client.getrange("x", 1, -1) == b"yz"
    assert client.getdel("x") == b"1yz"
    assert client.get("x") is None
    assert client.lcs("a", "y") == b"2"


def test_values_may_be_decoded(client: Any, shared_dflite: Server) -> None:
    client.set("text", "café")
    with redis.Redis(port=shared_dflite.port, db=5, decode_responses=True) as decoding:
        assert decoding.get("text") == "café"
        assert decoding.keys() == ["text"]


def test_a_pipeline_without_a_transaction(client: Any) -> None:
    pipe = client.pipeline(transaction=False)
    for number in range(1_000):
        pipe.set(f"key:{number}", number)
        pipe.get(f"key:{number}")
    answers = pipe.execute()
    assert answers[1::2] == [b"%d" % number for number in range(1_000)]


def test_a_transaction_and_its_errors(client: Any) -> None:
    client.set("text", "abc")
    pipe = client.pipeline()
    pipe.set("a", 1).incr("a").incr("text").get("a")
    done = pipe.execute(raise_on_error=False)
    assert done[0:2] == [True, 2]
    assert isinstance(done[2], redis.ResponseError)
    assert done[3] == b"2"
    with pytest.raises(redis.ResponseError, match="not an integer"):
        client.pipeline().incr("text").execute()


def test_watch_notices_what_others_do(client: Any, shared_dflite: Server) -> None:
    client.set("stock", 5)
    with client.pipeline() as pipe:
        pipe.watch("stock")
        left = int(pipe.get("stock"))
        with redis.Redis(port=shared_dflite.port, db=5) as other:
            other.decr("stock")
        pipe.multi()
        pipe.set("stock", left - 1)
        with pytest.raises(redis.WatchError):
            pipe.execute()
    assert client.get("stock") == b"4"

    def restock(pipe: Any) -> None:
        pipe.multi()
        pipe.incr("stock")

    assert client.transaction(restock, "stock") == [5]


def test_scan_iter_returns_every_key(client: Any) -> None:
    keys = {b"key:%d" % number for number in range(500)}
    client.mset(dict.fromkeys(keys, b""))
    client.set("other", "")
    assert set(client.scan_iter(match="key:*", count=7)) == keys
    assert set(client.scan_iter(_type="string")) == keys | {b"other"}
    assert set(client.scan_iter(_type="list")) == set()


def test_expiry(client: Any) -> None:
    client.set("a", 1)
    assert client.expire("a", 100, nx=True) in (True, 1)
    assert client.expire("a", 50, gt=True) in (False, 0)
    assert client.expireat("a", 4_102_444_800) in (True, 1)
    assert client.expiretime("a") == 4_102_444_800
    assert client.pexpiretime("a") == 4_102_444_800_000
    assert client.persist("a") in (True, 1)


def test_figures_and_settings(client: Any) -> None:
    info = client.info()
    assert info["redis_version"]
    assert info["loading"] == 0
    assert info["role"] == "master"
    assert info["tcp_port"] == client.connection_pool.connection_kwargs["port"]
    assert len(info["run_id"]) == 40
    assert all(part.isdigit() for part in str(info["redis_version"]).split("."))
    assert "maxmemory_policy" in client.info("memory")
    assert set(client.config_get("maxmemory*")) >= {"maxmemory", "maxmemory-policy"}
    assert client.config_set("maxmemory-policy", "noeviction") is True
    assert client.dbsize() == 0
    assert isinstance(client.time(), tuple)
    assert isinstance(client.slowlog_get(), list)
    assert client.memory_usage("none") is None
    clients = client.client_list()
    assert any(entry["name"] == "redis-py-check" for entry in clients)
    assert client.command_count() > 50
    assert "get" in client.command()


def test_errors_have_their_classes(client: Any) -> None:
    with pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command("NOSUCH")
    with pytest.raises(redis.ResponseError, match="wrong number of arguments"):
        client.execute_command("GET")
    with pytest.raises(redis.ResponseError, match="DB index is out of range"):
        client.execute_command("SELECT", 99)


def test_a_killed_connection_is_opened_anew(client: Any, shared_dflite: Server) -> None:
    own = client.client_id()
    shared_dflite.call("CLIENT", "KILL", "ID", own)
    assert client.ping() is True
    assert client.client_id() != own


def test_monitor(client: Any, shared_dflite: Server) -> None:
    with client.monitor() as monitor:
        with redis.Redis(port=shared_dflite.port) as other:
            other.set("seen", "by monitor")
        for event in monitor.listen():
            if "by monitor" in event["command"]:
                break
    assert event["command"] == 'SET seen "by monitor"' or "seen" in event["command"]


@pytest.mark.parametrize("protocol", [2, 3])
def test_the_asyncio_client(shared_dflite: Server, protocol: int) -> None:
    import redis.asyncio as aio

    async def talk() -> None:
        client = aio.Redis(port=shared_dflite.port, db=6, protocol=protocol)
        await client.flushdb()
        assert await client.set("a", 1)
        assert await asyncio.gather(*[client.incr("a") for _ in range(50)])
        assert await client.get("a") == b"51"
        async with client.pipeline() as pipe:
            pipe.incr("a")
            pipe.get("a")
            assert await pipe.execute() == [52, b"52"]
        assert [key async for key in client.scan_iter()] == [b"a"]
        await client.aclose()

    asyncio.run(talk())
