"""Loading at the start: while it lasts, and when it cannot be done."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.connection import Connection
from tests.support.servers import (
    DidNotStart,
    Server,
    dflite_command,
    free_port,
    start_dflite,
    wait_until,
)

RunDflite = Callable[..., Server]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"REDIS0011\x00\x01k\x01", "it ends too soon: at byte 9 of 13, at key b'k'"),
        (b"nonsense!!", "it does not begin as an RDB file does"),
        (b"", "it is shorter than the head of an RDB file"),
        (b"REDIS0099\xff", "its version, 99, is none that this server reads"),
    ],
)
def test_a_file_that_cannot_be_read_ends_the_start(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "dump.rdb").write_bytes(data)
    with pytest.raises(DidNotStart, match="cannot start") as refusal:
        start_dflite(f"--dir={tmp_path}")
    assert f"dump.rdb cannot be loaded: {text}" in str(refusal.value)
    assert (tmp_path / "dump.rdb").read_bytes() == data


def test_no_file_name_means_no_snapshots(run_dflite: RunDflite, tmp_path: Path) -> None:
    (tmp_path / "dump.rdb").write_bytes(b"nonsense!!")
    with run_dflite(f"--dir={tmp_path}", "--dbfilename=").connect() as client:
        assert client.call("SAVE").is_error
        assert client.call("SET", "a", "1").text == "OK"


def test_other_servers_files_are_loaded(
    run_dflite: RunDflite, shared_valkey: Server, shared_redis: Server, tmp_path: Path
) -> None:
    for number, other in enumerate((shared_valkey, shared_redis)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with other.connect() as client:
            client.call("FLUSHALL")
            client.call("SET", "string", "text", "EX", "1000")
            client.call("RPUSH", "list", *[str(n) for n in range(1000)])
            client.call("SADD", "set", *[str(n) for n in range(1000)])
            client.call("ZADD", "zset", "1", "a", "2.5", "b")
            client.call("HSET", "hash", "f", "v" * 1000)
            client.call("XADD", "stream", "1-1", "f", "v")
            client.call("SAVE")
            home = client.call("CONFIG", "GET", "dir").items[1].text
            name = client.call("CONFIG", "GET", "dbfilename").items[1].text
            digest = {key: value_of(client, key) for key in KEYS}
            client.call("FLUSHALL")
        (folder / "dump.rdb").write_bytes((Path(home) / name).read_bytes())
        with run_dflite(f"--dir={folder}").connect() as client:
            assert {key: value_of(client, key) for key in KEYS} == digest
            assert 0 < client.call("TTL", "string").number <= 1000


KEYS = {
    "string": ("GET", "string"),
    "list": ("LRANGE", "list", "0", "-1"),
    "set": ("SORT", "set"),
    "zset": ("ZRANGE", "zset", "0", "-1", "WITHSCORES"),
    "hash": ("HGETALL", "hash"),
    "stream": ("XRANGE", "stream", "-", "+"),
}


def value_of(client: Connection, key: str) -> object:
    return client.call(*KEYS[key]).value


def test_who_asks_too_early_is_told_to_wait(run_dflite: RunDflite, tmp_path: Path) -> None:
    server = run_dflite(f"--dir={tmp_path}", "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "300000", "key", "100")
        client.call("SAVE")
    server.stop()
    seen: list[str] = []
    port = free_port()

    def asked() -> bool:
        """A PING as soon as there is somebody to be asked."""
        try:
            with Connection(port) as client:
                seen.append(client.call("PING").text)
                seen.append(client.call("INFO", "persistence").text)
        except OSError:
            pass
        return "PONG" in seen

    flags = [f"--port={port}", "--memcached_port=0", f"--dir={tmp_path}"]
    process = subprocess.Popen(
        [str(dflite_command()), "serve", *flags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(asked, what="all is loaded")
    finally:
        process.terminate()
        process.wait()
    told = [text for text in seen if text.startswith("LOADING ")]
    assert all(text == "LOADING Redis is loading the dataset in memory" for text in told)
    while_loading = [text for text in seen if "loading:1" in text]
    assert all("loading_loaded_perc:" in text for text in while_loading)
    assert bool(told) <= bool(while_loading)
