"""The whole process: how it starts, what it says, how it ends."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.support.connection import Connection
from tests.support.resp import BULK, Reply
from tests.support.servers import Server, dflite_command, free_port, start, wait_until


def run_to_end(*flags: str) -> subprocess.CompletedProcess[str]:
    """`dflite serve` with flags that keep it from serving."""
    return subprocess.run(
        [dflite_command(), "serve", "--memcached_port=0", *flags],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_start_up_block_says_how_to_connect(dflite: Server) -> None:
    wait_until(lambda: "redis-cli" in dflite.log, what="the block is printed")
    assert f"redis://127.0.0.1:{dflite.port}" in dflite.log
    assert f"process {dflite.pid}" in dflite.log


def test_a_taken_port_is_a_sentence_not_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run_to_end(f"--port={other.getsockname()[1]}", "--bind=127.0.0.1")
    assert done.returncode == 1
    assert "is another server running there?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_not_there_is_a_sentence() -> None:
    done = run_to_end(f"--port={free_port()}", "--dir=/no/such/folder")
    assert done.returncode != 0
    assert "/no/such/folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_after_kill_9_it_starts_again_at_once(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite()
    server.process.kill()
    server.process.wait(10)
    argv = [str(dflite_command()), "serve", f"--port={server.port}"]
    with start("dflite", argv, server.port) as again:
        assert again.call("PING") == b"PONG"


def test_the_pid_file_lives_as_long_as_the_process(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "node.pid"
    server = run_dflite(f"--pidfile={path}")
    assert path.read_text() == f"{server.pid}\n"
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(15) == 0
    assert not path.exists()


def test_a_node_that_cannot_start_leaves_the_files_of_another_alone(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "node.pid"
    socket_path = os.path.relpath(tmp_path / "s")
    server = run_dflite(f"--pidfile={path}", f"--unixsocket={os.path.abspath(socket_path)}")
    done = run_to_end(f"--port={server.port}", f"--pidfile={path}")
    assert done.returncode == 1
    done = run_to_end(f"--port={free_port()}", f"--pidfile={path}", f"--unixsocket={socket_path}")
    assert done.returncode == 1
    assert "another server is running there" in done.stderr
    assert path.read_text() == f"{server.pid}\n"
    assert os.path.exists(socket_path)


def test_a_node_that_cannot_start_leaves_no_socket_behind(tmp_path: Path) -> None:
    path = os.path.relpath(tmp_path / "s")
    done = run_to_end("--port=0", f"--unixsocket={path}", "--unixsocketgroup=no such group")
    assert done.returncode == 1
    assert not os.path.exists(path)


def test_the_end_of_a_terminal_is_not_the_end_of_the_node(dflite: Server) -> None:
    with dflite.connect() as client:
        dflite.process.send_signal(signal.SIGHUP)
        assert client.call("PING").text == "PONG"
        assert client.call("PING").text == "PONG"
    assert dflite.running()


def test_json_logs_are_json(run_dflite: Callable[..., Server], tmp_path: Path) -> None:
    path = tmp_path / "log"
    server = run_dflite("--log_format=json", f"--logfile={path}")
    server.stop()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    ends = ("Ready to accept connections", "ready to exit, bye bye")  # tools wait for those
    assert tuple([line["message"] for line in lines if line["message"] in ends]) == ends


def test_port_0_serves_the_unix_socket_alone(tmp_path: Path) -> None:
    path = os.path.relpath(tmp_path / "s")  # a long absolute path may not fit into an address
    process = subprocess.Popen(
        [dflite_command(), "serve", "--port=0", "--memcached_port=0", f"--unixsocket={path}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with socket.socket(socket.AF_UNIX) as client:
            wait_until(lambda: client.connect_ex(path) == 0, what="the socket is there")
            client.sendall(b"PING\r\n")
            assert client.recv(100) == b"+PONG\r\n"
    finally:
        process.terminate()
        assert process.wait(15) == 0


def test_the_port_moves_while_clients_stay(dflite: Server) -> None:
    port = free_port()
    with dflite.connect() as client:
        assert client.call("CONFIG", "SET", "port", str(port)).text == "OK"
        assert client.call("PING").text == "PONG"
        with socket.create_connection(("127.0.0.1", port), timeout=10) as other:
            other.sendall(b"PING\r\n")
            assert other.recv(100) == b"+PONG\r\n"
        with socket.create_server(("127.0.0.1", 0)) as taken:
            reply = client.call("CONFIG", "SET", "port", str(taken.getsockname()[1]))
        assert "Unable to listen on this port" in reply.text
        with socket.create_connection(("127.0.0.1", port), timeout=10) as other:
            other.sendall(b"PING\r\n")
            assert other.recv(100) == b"+PONG\r\n"


def test_an_address_of_somebody_else_is_refused_and_the_old_one_kept(dflite: Server) -> None:
    with dflite.connect() as client:
        before = client.call("CONFIG", "GET", "bind")
        reply = client.call("CONFIG", "SET", "bind", "999.999.999.999")
        assert "'bind') - Failed to bind to specified addresses." in reply.text
        assert client.call("CONFIG", "GET", "bind") == before
    with dflite.connect() as client:
        assert client.call("PING").text == "PONG"


def test_it_serves_on_when_nobody_reads_what_it_says() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    port = free_port()
    argv = [str(dflite_command()), "serve", f"--port={port}", "--memcached_port=0"]
    process = subprocess.Popen(argv, stdout=writer, stderr=writer)
    os.close(writer)
    try:
        wait_until(lambda: can_connect(port), what="the port is open")
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"POST /\r\n")
            assert client.recv(100) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"PING\r\n")
            assert client.recv(100) == b"+PONG\r\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()


def can_connect(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_full_disk_costs_the_log_and_nothing_else(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--logfile=/dev/full", "--enable_debug_command=yes")
    with server.connect() as connection:
        assert connection.call("DEBUG", "LOG", "lost").text == "OK"
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(15) == 0
    assert "Traceback" not in server.log
    assert "Error" not in server.log


# -- while a script takes long ---------------------------------------------------------------------


def begin_script(server: Server, script: str) -> Connection:
    """A connection whose script runs for ever, once others are told so."""
    connection = server.connect()
    connection.send("EVAL", script, 0)
    with server.connect() as other:
        wait_until(lambda: other.call("PING").data.startswith(b"BUSY"))
    return connection


def test_a_signal_ends_a_script_that_has_not_written(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--busy_reply_threshold=10")
    with begin_script(server, "redis.call('GET', 'k') while true do end") as connection:
        server.process.send_signal(signal.SIGTERM)
        assert b"ended, because the server shuts down script: " in connection.read().data
        assert server.process.wait(30) == 0
    assert "SIGTERM received" in server.log


def test_a_script_that_has_written_ends_with_its_process_only_by_shutdown_nosave(
    run_dflite: Callable[..., Server],
) -> None:
    server = run_dflite("--busy_reply_threshold=10")
    with begin_script(server, "redis.call('SET', 'k', 1) while true do end"):
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "the running script has written" in server.log)
        with server.connect() as other:
            assert other.call("SCRIPT", "KILL").data.startswith(b"UNKILLABLE")
            assert other.call("SHUTDOWN").is_error
            other.send("SHUTDOWN", "NOSAVE")
            assert server.process.wait(30) == 0


def test_shutdown_nosave_leaves_no_half_of_a_script_in_the_log(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    server = run_dflite("--busy_reply_threshold=10", "--appendonly=yes", f"--dir={tmp_path}")
    server.call("SET", "whole", 1)
    with (
        begin_script(server, "redis.call('SET', 'half', 1) while true do end"),
        server.connect() as other,
    ):
        other.send("SHUTDOWN", "NOSAVE")
        assert server.process.wait(30) == 0
    assert "neither the log nor replicas get any of it" in server.log
    again = run_dflite("--appendonly=yes", f"--dir={tmp_path}")
    assert again.call("KEYS", "*") == [Reply(BULK, b"whole")]


def test_a_script_that_has_written_is_waited_for(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--busy_reply_threshold=10")
    script = (
        "redis.call('SET', 'k', 1) local t = os.clock() while os.clock() - t < 1 do end return 5"
    )
    with begin_script(server, script) as connection:
        server.process.send_signal(signal.SIGTERM)
        assert connection.read().value == 5
        assert server.process.wait(30) == 0


def test_a_health_check_is_answered_while_a_script_runs(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--busy_reply_threshold=10")
    with begin_script(server, "while true do end"):
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=10) as reply:
            assert reply.status == 200
        server.call("SCRIPT", "KILL")
    assert server.call("PING") == b"PONG"
