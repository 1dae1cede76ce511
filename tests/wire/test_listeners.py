"""The ways in: several addresses, a Unix socket, the admin port; and how a process ends."""

import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.connection import Closed, Connection
from tests.support.servers import Server, dflite_command, free_port, wait_until


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with a short path: that of a Unix socket may have about a hundred bytes."""
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def test_a_unix_socket_serves_the_same_keys(
    run_dflite: Callable[..., Server], folder: Path
) -> None:
    path = folder / "d.sock"
    server = run_dflite(f"--unixsocket={path}", "--unixsocketperm=700")
    with server.connect() as tcp, Connection(str(path)) as local:
        assert local.call("SET", "a", "1").text == "OK"
        assert tcp.call("GET", "a").data == b"1"
        info = local.call("CLIENT", "INFO").text
        assert f"addr={path}:0 laddr={path}:0" in info
        assert "flags=U" in info
        assert tcp.call("MONITOR").text == "OK"
        local.call("PING")
        assert f'[0 unix:{path}] "PING"' in tcp.read().text
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_unix_socket_left_behind_is_taken_over_and_removed_at_the_end(
    run_dflite: Callable[..., Server], folder: Path
) -> None:
    path = folder / "d.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    server = run_dflite(f"--unixsocket={path}")
    with Connection(str(path)) as local:
        assert local.call("PING").text == "PONG"
    server.stop()
    assert not path.exists()


def test_several_addresses(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--bind=127.0.0.1 127.0.0.2", "--protected-mode=no")
    for host in ("127.0.0.1", "127.0.0.2"):
        with socket.create_connection((host, server.port), timeout=10) as plain:
            plain.sendall(b"PING\r\n")
            assert plain.recv(100) == b"+PONG\r\n"


def test_the_admin_port_answers_when_the_places_are_taken(
    run_dflite: Callable[..., Server],
) -> None:
    admin = free_port()
    server = run_dflite(f"--admin_port={admin}", "--maxclients=2")
    with server.connect() as one, server.connect() as two:
        wait_until(lambda: one.call("PING").text == "PONG" and two.call("PING").text == "PONG")
        with Connection(admin) as rescue:
            assert rescue.call("PING").text == "PONG"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_in_order(dflite: Server, number: signal.Signals) -> None:
    with dflite.connect() as connection:
        assert connection.call("SET", "a", "1").text == "OK"
        dflite.process.send_signal(number)
        assert connection.read_to_end() == b""
    assert dflite.process.wait(15) == 0
    assert "Traceback" not in dflite.log


def test_shutdown_ends_the_process_without_a_reply(dflite: Server) -> None:
    with dflite.connect() as connection:
        connection.send("SHUTDOWN", "NOSAVE")
        with pytest.raises(Closed):
            connection.read()
    assert dflite.process.wait(15) == 0


def test_a_port_that_is_taken_is_said_in_a_sentence(dflite: Server) -> None:
    done = subprocess.run(
        [str(dflite_command()), "serve", f"--port={dflite.port}", "--memcached_port=0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode not in (0, -6, -11)
    assert str(dflite.port) in said
    assert "Traceback" not in said


def test_healthcheck_asks_over_the_same_flags(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--requirepass=sesame")
    good = [str(dflite_command()), "healthcheck", f"--port={server.port}", "--requirepass=sesame"]
    assert subprocess.run(good, timeout=30, capture_output=True, check=False).returncode == 0
    nobody = [str(dflite_command()), "healthcheck", f"--port={free_port()}"]
    assert subprocess.run(nobody, timeout=30, capture_output=True, check=False).returncode == 1
