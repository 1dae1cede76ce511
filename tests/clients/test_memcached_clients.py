"""Clients and tools of memcached against dflite: pymemcache, Dalli, libmemcached's."""

import os
import subprocess
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.memcached import McServer, start_dflite_memcached
from tests.support.servers import missing, program


@pytest.fixture(scope="module")
def server() -> Iterator[McServer]:
    with start_dflite_memcached() as server:
        yield server


@pytest.fixture
def pymemcache() -> Any:
    if find_spec("pymemcache") is None:
        missing("pymemcache is not installed")
    for name in ("pymemcache.client.base", "pymemcache.client.hash", "pymemcache.serde"):
        import_module(name)
    return import_module("pymemcache")


def use(client: Any) -> None:
    """What every kind of client of pymemcache does."""
    client.flush_all()
    assert client.get("a") is None
    assert client.set("a", {"deep": [1, "x"]}, expire=100)
    assert client.get("a") == {"deep": [1, "x"]}
    assert not client.add("a", 1, noreply=False)
    assert client.set_many({f"k{i}": i for i in range(50)}) == []
    assert client.get_many([f"k{i}" for i in range(60)]) == {f"k{i}": i for i in range(50)}
    assert client.incr("k7", 5) == 12
    assert client.decr("k7", 100) == 0
    value, cas = client.gets("a")
    assert value == {"deep": [1, "x"]}
    assert client.cas("a", "new", cas)
    assert client.cas("a", "newer", cas) is False
    assert client.cas("none", "x", cas) is None
    assert client.touch("a", expire=10, noreply=False)
    assert client.delete("a", noreply=False)
    assert not client.delete("a", noreply=False)


def test_the_plain_client(pymemcache: Any, server: McServer) -> None:
    client = pymemcache.client.base.Client(
        ("127.0.0.1", server.port), serde=pymemcache.serde.pickle_serde
    )
    use(client)
    client.set("t", "abc")
    assert client.append("t", "d", noreply=False)
    assert client.prepend("t", "_", noreply=False)
    assert client.get("t") == "_abcd"
    assert client.version().startswith(b"1.6")
    assert client.stats()[b"threads"] == 1
    client.quit()


def test_the_pooled_client(pymemcache: Any, server: McServer) -> None:
    address = ("127.0.0.1", server.port)
    serde = pymemcache.serde.pickle_serde
    use(pymemcache.client.base.PooledClient(address, serde=serde, max_pool_size=4))


def test_the_hash_client(pymemcache: Any, server: McServer) -> None:
    with start_dflite_memcached() as second:
        addresses = [("127.0.0.1", server.port), ("127.0.0.1", second.port)]
        client = pymemcache.client.hash.HashClient(
            addresses, serde=pymemcache.serde.pickle_serde, use_pooling=True
        )
        client.flush_all()
        assert client.set_many({f"k{i}": i for i in range(200)}) == []
        assert client.get_many([f"k{i}" for i in range(200)]) == {f"k{i}": i for i in range(200)}
        sizes = [each.resp.call("DBSIZE") for each in (server, second)]
        assert sum(size for size in sizes if isinstance(size, int)) >= 200
        assert all(sizes)


def tool(server: McServer, name: str, *words: str, status: int = 0) -> str:
    """What one of libmemcached's tools prints."""
    path = program(name, "libmemcached-tools")
    done = subprocess.run(
        [path, f"--servers=127.0.0.1:{server.port}", *words],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return (done.stdout + done.stderr).decode()


def test_memccapable(server: McServer) -> None:
    path = program("memccapable", "libmemcached-tools")
    done = subprocess.run(
        [path, "-h", "127.0.0.1", "-p", str(server.port), "-a"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    shown = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, shown
    assert "[FAIL]" not in shown


def test_libmemcacheds_tools(server: McServer) -> None:
    tool(server, "memcping")
    assert "curr_items" in tool(server, "memcstat")
    with server.connect() as connection:
        connection.call(b"flush_all\r\nset a 5 0 5\r\nhello\r\nset b 0 0 1\r\nx\r\n")
    assert "hello" in tool(server, "memccat", "a")
    tool(server, "memcexist", "a")
    tool(server, "memcexist", "none", status=1)
    tool(server, "memctouch", "--expire=100", "a")
    assert set(tool(server, "memcdump").split()) >= {"a", "b"}
    tool(server, "memcrm", "a")
    tool(server, "memcexist", "a", status=1)
    tool(server, "memcflush")
    assert server.resp.call("DBSIZE") == 0


def dalli_path() -> dict[str, str]:
    """Where Ruby finds a Dalli that speaks meta: installed, or unpacked under DALLI_UNPACKED."""
    env = dict(os.environ)
    unpacked = env.get("DALLI_UNPACKED", "")
    for folder in sorted(Path(unpacked).glob("**/dalli/protocol/meta.rb")) if unpacked else []:
        env["RUBYLIB"] = str(folder.parents[2])
    return env


def test_dalli_by_the_meta_protocol(server: McServer) -> None:
    ruby = program("ruby", "ruby")
    env = dalli_path()
    probe = [ruby, "-rdalli", "-rdalli/protocol/meta", "-e", "1"]
    if subprocess.run(probe, env=env, capture_output=True, check=False).returncode:
        pytest.skip("there is no Dalli that speaks meta (3.2 or later)")
    script = Path(__file__).parent / "ruby" / "dalli.rb"
    done = subprocess.run(
        [ruby, "-rdalli", str(script), str(server.port)],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "all of it\n", done.stderr
