"""The port of memcached's protocol, of a real process."""

import subprocess
from pathlib import Path

from tests.support.memcached import McConnection, start_dflite_memcached
from tests.support.servers import dflite_command, free_port, start, start_dflite


def test_both_protocols_have_the_same_strings() -> None:
    with start_dflite_memcached() as server, server.connect() as connection:
        assert connection.call(b"set k 5 0 3\r\nabc\r\n") == b"STORED\r\n"
        assert server.resp.call("GET", "k") == b"abc"
        server.resp.call("APPEND", "k", "d")
        assert connection.call(b"get k\r\n") == b"VALUE k 5 4\r\nabcd\r\nEND\r\n"


def test_a_long_value_comes_and_goes() -> None:
    with start_dflite_memcached("--max_item_size=8mb") as server, server.connect() as connection:
        value = bytes(range(256)) * 32768
        length = len(value)
        assert connection.call(b"set k 0 0 %d\r\n" % length + value + b"\r\n") == b"STORED\r\n"
        expected = b"VALUE k 0 %d\r\n" % length + value + b"\r\nEND\r\n"
        assert connection.call(b"get k\r\n") == expected
        assert connection.call(b"set k 0 0 %d\r\n" % (length + 1) + value + b"x\r\n") == (
            b"SERVER_ERROR object too large for cache\r\n"
        )
        assert connection.call(b"get k\r\n") == b"END\r\n"


def test_its_clients_are_counted_and_listed() -> None:
    with start_dflite_memcached() as server, server.connect() as connection:
        connection.call(b"get k\r\n")
        clients = server.resp.call("CLIENT", "LIST")
        assert isinstance(clients, bytes)
        assert b"cmd=memcached|" in clients
        info = server.resp.call("INFO", "everything")
        assert isinstance(info, bytes)
        assert b"name=memcached,bind=127.0.0.1" in info
        assert b"cmdstat_memcached|get:calls=1" in info
        assert b"keyspace_misses:1" in info


def test_maxclients_holds_for_them_too() -> None:
    with start_dflite_memcached("--maxclients=2") as server, server.connect() as first:
        assert first.call(b"") == b""
        with server.connect() as second, McConnection(server.port) as third:
            assert second.call(b"") == b""
            assert third.read_until(b"\r\n") == b"ERROR Too many open connections"


def test_a_port_that_another_has_is_only_an_error_where_it_was_asked_for() -> None:
    with start_dflite_memcached() as first:
        port = free_port()
        argv = [str(dflite_command()), "serve", f"--port={port}"]
        asked = subprocess.run(
            [*argv, f"--memcached_port={first.port}"], capture_output=True, timeout=30, check=False
        )
        assert asked.returncode == 1
        assert b"cannot listen on" in asked.stdout + asked.stderr


def test_with_a_password_there_is_no_port_unless_it_was_asked_for(tmp_path: Path) -> None:
    port = free_port()
    argv = [str(dflite_command()), "serve", f"--port={port}", "--requirepass=secret"]
    with start("dflite", argv, port) as server:
        assert "no port for memcached" in server.log
    (tmp_path / "users.acl").write_text("user default on >secret ~* &* +@all\n")
    argv = [str(dflite_command()), "serve", f"--port={port}", f"--aclfile={tmp_path}/users.acl"]
    with start("dflite", argv, port) as server:
        assert "no port for memcached" in server.log
    with start_dflite_memcached("--requirepass=secret") as asked, asked.connect() as connection:
        assert connection.call(b"get k\r\n") == b"END\r\n"


def test_a_public_endpoint_has_none(tmp_path: object) -> None:
    argv = [str(dflite_command()), "serve", "--endpoint=public", "--memcached_port=1234"]
    done = subprocess.run(argv, capture_output=True, timeout=30, check=False)
    assert done.returncode != 0
    assert b"memcached's protocol knows no passkey" in done.stdout + done.stderr


def test_none_is_opened_with_zero() -> None:
    with start_dflite() as server:
        info = server.call("INFO", "everything")
        assert isinstance(info, bytes)
        assert b"name=memcached" not in info
