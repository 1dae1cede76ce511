"""redis-cli and redis-benchmark against dflite, as their users run them."""

import re
import subprocess
from collections.abc import Callable

import pytest

from tests.support.resp import encode
from tests.support.servers import Server, program


def cli(server: Server, *words: str, stdin: bytes = b"") -> str:
    """What `redis-cli` prints, which must end well."""
    path = program("redis-cli", "redis-tools")
    done = subprocess.run(
        [path, "-p", str(server.port), *words],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture
def database(shared_dflite: Server) -> Server:
    shared_dflite.call("FLUSHALL")
    return shared_dflite


def test_one_command_on_the_command_line(database: Server) -> None:
    assert cli(database, "set", "a", "1", "ex", "100") == "OK\n"
    assert cli(database, "get", "a") == "1\n"
    assert cli(database, "--no-raw", "get", "none") == "(nil)\n"
    assert cli(database, "--no-raw", "incr", "a") == "(integer) 2\n"
    assert cli(database, "--no-raw", "mget", "a", "none") == '1) "2"\n2) (nil)\n'


def test_resp3_by_option(database: Server) -> None:
    cli(database, "-3", "set", "a", "1")
    assert cli(database, "-3", "--no-raw", "get", "a") == '"1"\n'
    shown = cli(database, "-3", "--no-raw", "hello", "3")
    assert '"proto" => (integer) 3' in shown
    assert '"role" => "master"' in shown


def test_commands_from_standard_input(database: Server) -> None:
    commands = b'SET "a b" "x\\ny"\nGET "a b"\nSELECT 2\nDBSIZE\nNOSUCH\n'
    shown = cli(database, stdin=commands).splitlines()
    assert shown[:5] == ["OK", "x", "y", "OK", "0"]
    assert shown[5].startswith("ERR unknown command 'NOSUCH'")


def test_pipe_mode_loads_many_commands(database: Server) -> None:
    count = 20_000
    load = b"".join(encode((b"SET", b"key:%d" % number, b"value")) for number in range(count))
    shown = cli(database, "--pipe", stdin=load)
    assert f"errors: 0, replies: {count}" in shown
    assert cli(database, "dbsize") == f"{count}\n"


def test_pipe_mode_counts_errors(database: Server) -> None:
    load = encode((b"SET", b"a", b"x")) + encode((b"INCR", b"a")) + encode((b"GET", b"a"))
    path = program("redis-cli", "redis-tools")
    done = subprocess.run(
        [path, "-p", str(database.port), "--pipe"],
        input=load,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"errors: 1, replies: 3" in done.stdout


def test_scan_bigkeys_and_stat(database: Server) -> None:
    for number in range(50):
        database.call("SET", f"key:{number}", "x" * number)
    assert len(cli(database, "--scan", "--pattern", "key:*").split()) == 50
    shown = cli(database, "--bigkeys")
    assert "Sampled 50 keys" in shown
    assert re.search(r"Biggest string found .*key:49", shown)
    shown = cli(database, "--memkeys")
    assert "Sampled 50 keys" in shown


def test_info_and_client_list_are_readable(database: Server) -> None:
    info = cli(database, "info", "server")
    assert "redis_version:" in info
    assert f"tcp_port:{database.port}" in info
    assert " name= " in cli(database, "client", "list")


def test_a_password_by_option(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--requirepass=sesame")
    assert cli(server, "--no-auth-warning", "-a", "sesame", "ping") == "PONG\n"
    shown = cli(server, "--no-auth-warning", "--user", "default", "--pass", "sesame", "dbsize")
    assert shown == "0\n"
    assert "NOAUTH" in cli(server, "ping")


def test_help_is_at_hand_for_command_names(database: Server) -> None:
    """redis-cli asks COMMAND DOCS when it starts, and must be able to read the answer."""
    assert cli(database, stdin=b"PING\n") == "PONG\n"
    assert "get" in cli(database, "command", "docs", "get")


@pytest.mark.parametrize(
    "options",
    [
        ("-t", "ping,set,get,incr,mset"),
        ("-t", "set,get", "-P", "16", "-r", "1000"),
        ("-t", "set,get", "-P", "64", "-d", "5000"),
        ("-t", "get", "-3"),
        ("-t", "set", "-k", "0"),
    ],
    ids=lambda options: " ".join(options),
)
def test_redis_benchmark_runs(database: Server, options: tuple[str, ...]) -> None:
    path = program("redis-benchmark", "redis-tools")
    done = subprocess.run(
        [path, "-p", str(database.port), "-n", "5000", "-c", "20", "--csv", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rror" not in done.stdout + done.stderr
    assert re.search(r'^"(SET|GET|PING_INLINE)', done.stdout, re.MULTILINE)
