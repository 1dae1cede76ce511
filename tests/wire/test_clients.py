"""What CLIENT, MONITOR and QUIT do to connections: listing, killing, pausing, silencing."""

import re
from typing import Final

import pytest

from tests.support.connection import Closed, Connection
from tests.support.resp import encode_all
from tests.support.servers import Server

LINE: Final = re.compile(rb"^\d+\.\d{6} \[(\d+) ([^\]]+)\] (.*)$")


def identity(connection: Connection) -> int:
    return connection.call("CLIENT", "ID").number


def address(connection: Connection) -> str:
    host, port = connection.socket.getsockname()
    return f"{host}:{port}"


def gone(connection: Connection) -> bool:
    try:
        connection.call("PING")
    except (Closed, OSError):
        return True
    return False


def listed(connection: Connection, *filters: str | int) -> set[int]:
    """The ids in CLIENT LIST."""
    text = connection.call("CLIENT", "LIST", *filters).data
    return {int(number) for number in re.findall(rb"^id=(\d+) ", text, re.MULTILINE)}


def test_ids_grow_and_are_never_reused(shared_dflite: Server) -> None:
    with shared_dflite.connect() as first:
        one = identity(first)
    with shared_dflite.connect() as second:
        assert identity(second) > one


def test_client_list_tells_what_a_connection_is(shared_dflite: Server) -> None:
    with shared_dflite.connect() as asked, shared_dflite.connect() as asking:
        asked.call("CLIENT", "SETNAME", "worker-1")
        asked.call("SELECT", "3")
        asked.call("CLIENT", "SETINFO", "LIB-NAME", "hand-made")
        asked.call("CLIENT", "SETINFO", "LIB-VER", "1.0")
        line = asking.call("CLIENT", "LIST", "ID", identity(asked)).text
        fields = dict(word.split("=", 1) for word in line.strip().split(" "))
        assert fields["name"] == "worker-1"
        assert fields["db"] == "3"
        assert fields["addr"] == address(asked)
        assert fields["laddr"] == f"127.0.0.1:{shared_dflite.port}"
        assert fields["lib-name"] == "hand-made"
        assert fields["lib-ver"] == "1.0"
        assert fields["resp"] == "2"
        assert fields["multi"] == "-1"
        assert fields["cmd"] == "client|id"
        asked.call("HELLO", "3")
        asked.call("MULTI")
        asked.call("GET", "a")
        line = asking.call("CLIENT", "LIST", "ID", identity_in(line)).text
        fields = dict(word.split("=", 1) for word in line.strip().split(" "))
        assert fields["resp"] == "3"
        assert fields["multi"] == "1"
        assert fields["flags"] == "x"


def identity_in(line: str) -> int:
    return int(line.split("id=")[1].split(" ")[0])


def test_client_list_filters(shared_dflite: Server) -> None:
    with shared_dflite.connect() as one, shared_dflite.connect() as two:
        first, second = identity(one), identity(two)
        assert listed(one, "ID", first) == {first}
        assert listed(one, "ID", first, second) == {first, second}
        assert listed(one, "ID", 999_999_999) == set()
        assert {first, second} <= listed(one, "TYPE", "normal")
        assert listed(one, "TYPE", "pubsub") == set()
        assert {first, second} <= listed(one)


@pytest.mark.parametrize("form", ["old", "ADDR", "ID", "USER", "LADDR"])
def test_client_kill_ends_the_one_that_is_meant(dflite: Server, form: str) -> None:
    with dflite.connect() as victim, dflite.connect() as killer:
        filters: dict[str, list[str | int]] = {
            "old": [address(victim)],
            "ADDR": ["ADDR", address(victim)],
            "ID": ["ID", identity(victim)],
            "USER": ["USER", "default"],
            "LADDR": ["LADDR", f"127.0.0.1:{dflite.port}"],
        }
        reply = killer.call("CLIENT", "KILL", *filters[form])
        assert reply.text == "OK" if form == "old" else reply.number == 1
        assert gone(victim)
        assert killer.call("PING").text == "PONG"


def test_client_kill_may_end_the_one_who_asks(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        own = identity(connection)
        assert connection.call("CLIENT", "KILL", "ID", own, "SKIPME", "yes").number == 0
        assert connection.call("CLIENT", "KILL", "ID", own, "SKIPME", "no").number == 1
        assert connection.read_to_end() == b""


def test_client_kill_needs_all_its_filters_to_match(dflite: Server) -> None:
    with dflite.connect() as one, dflite.connect() as killer:
        wrong = killer.call("CLIENT", "KILL", "ID", identity(one), "ADDR", address(killer))
        assert wrong.number == 0
        assert not gone(one)
        right = killer.call("CLIENT", "KILL", "ID", identity(one), "ADDR", address(one))
        assert right.number == 1
        assert gone(one)


def test_client_kill_by_age_spares_the_young(dflite: Server) -> None:
    with dflite.connect() as young, dflite.connect() as killer:
        assert killer.call("CLIENT", "KILL", "MAXAGE", 1_000_000).number == 0
        assert not gone(young)


def held_back(waiting: Connection, other: Connection) -> None:
    """Give the server every occasion to answer `waiting`; it must not."""
    for _ in range(50):
        other.call("PING")
    waiting.socket.setblocking(False)
    try:
        with pytest.raises(BlockingIOError):
            waiting.socket.recv(1)
    finally:
        waiting.socket.settimeout(10)


def test_client_pause_write_holds_writers_and_lets_readers_go(dflite: Server) -> None:
    with dflite.connect() as writer, dflite.connect() as other:
        other.call("SET", "k", "before")
        assert other.call("CLIENT", "PAUSE", 600_000, "WRITE").text == "OK"
        writer.send("SET", "k", "after")
        assert other.call("GET", "k").data == b"before"
        held_back(writer, other)
        assert other.call("GET", "k").data == b"before"
        assert other.call("CLIENT", "UNPAUSE").text == "OK"
        assert writer.read().text == "OK"
        assert other.call("GET", "k").data == b"after"


def test_client_pause_all_holds_readers_until_it_ends(dflite: Server) -> None:
    with dflite.connect() as reader, dflite.connect() as other:
        assert other.call("CLIENT", "PAUSE", 400, "ALL").text == "OK"
        reader.send("GET", "k")
        # Even the way out is closed: only time ends a pause of everything.
        assert other.call("CLIENT", "UNPAUSE").text == "OK"
        assert reader.read().is_null


def test_client_pause_ends_by_itself(dflite: Server) -> None:
    with dflite.connect() as writer:
        assert writer.call("CLIENT", "PAUSE", 50).text == "OK"
        assert writer.call("SET", "k", "v").text == "OK"


def test_a_paused_pipeline_is_answered_in_order(dflite: Server) -> None:
    with dflite.connect() as writer, dflite.connect() as other:
        other.call("CLIENT", "PAUSE", 600_000, "WRITE")
        requests = [("GET", "k"), ("SET", "k", "1"), ("INCR", "k"), ("GET", "k"), ("PING",)]
        writer.send_raw(encode_all(requests))
        assert writer.read().is_null
        held_back(writer, other)
        other.call("CLIENT", "UNPAUSE")
        assert [reply.value for reply in writer.read_many(4)] == [b"OK", 2, b"2", b"PONG"]


def test_client_reply_off_and_skip_are_silent(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        off = [("CLIENT", "REPLY", "OFF"), ("PING",), ("NOSUCH",), ("CLIENT", "REPLY", "ON")]
        skip = [("CLIENT", "REPLY", "SKIP"), ("ECHO", "unheard"), ("ECHO", "heard")]
        answer = connection.exchange(encode_all([*off, *skip]))
        assert answer == b"+OK\r\n$5\r\nheard\r\n"


def test_client_unblock_of_somebody_not_blocked(shared_dflite: Server) -> None:
    with shared_dflite.connect() as one, shared_dflite.connect() as two:
        assert two.call("CLIENT", "UNBLOCK", identity(one)).number == 0
        assert two.call("CLIENT", "UNBLOCK", identity(one), "ERROR").number == 0


def monitored(line: bytes) -> tuple[int, str, str]:
    """Database, address and words of one line of MONITOR."""
    match = LINE.match(line)
    assert match, line
    return int(match[1]), match[2].decode(), match[3].decode("latin-1")


def test_monitor_shows_commands_as_they_run(dflite: Server) -> None:
    with dflite.connect() as watcher, dflite.connect() as actor:
        assert watcher.call("MONITOR").text == "OK"
        actor.call("SELECT", "2")
        actor.call("set", "a b", b'x\n\r\t\x01\xff"\\')
        actor.send_raw(b"GET plain\r\n")
        actor.read()
        seen = [monitored(watcher.read().data) for _ in range(3)]
        assert [words for _, _, words in seen] == [
            '"SELECT" "2"',
            '"set" "a b" "x\\n\\r\\t\\x01\\xff\\"\\\\"',
            '"GET" "plain"',
        ]
        assert {who for _, who, _ in seen} == {address(actor)}
        assert seen[2][0] == 2


def test_monitor_hides_passwords_and_what_admins_do(dflite: Server) -> None:
    with dflite.connect() as watcher, dflite.connect() as actor:
        assert watcher.call("MONITOR").text == "OK"
        actor.call("AUTH", "default", "secret")
        actor.call("HELLO", "3", "AUTH", "default", "secret")
        actor.call("CONFIG", "SET", "maxmemory", "0")
        actor.call("NOSUCH", "command")
        actor.call("ECHO", "last")
        words: list[str] = []
        while not words or words[-1] != '"ECHO" "last"':
            words.append(monitored(watcher.read().data)[2])
        assert not any("secret" in line for line in words)
        assert not any("CONFIG" in line or "NOSUCH" in line for line in words)
        assert '"AUTH" "(redacted)" "(redacted)"' in words


def test_monitor_shows_a_transaction_in_the_order_of_its_running(dflite: Server) -> None:
    with dflite.connect() as watcher, dflite.connect() as actor:
        watcher.call("MONITOR")
        actor.pipeline([("MULTI",), ("SET", "a", "1"), ("INCR", "a"), ("EXEC",)])
        lines = [monitored(watcher.read().data)[2] for _ in range(4)]
        assert lines == ['"MULTI"', '"SET" "a" "1"', '"INCR" "a"', '"EXEC"']


def test_a_monitor_that_never_reads_does_not_stop_the_server(dflite: Server) -> None:
    with dflite.connect() as watcher, dflite.connect() as actor:
        watcher.call("MONITOR")
        before = dflite.resident()
        for _ in range(40):
            actor.pipeline([("SET", "a", "x" * 50_000)] * 50)
        assert actor.call("PING").text == "PONG"
        assert dflite.resident() - before < 256 * 1024 * 1024


def test_quit_answers_and_closes(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        assert connection.call("QUIT").text == "OK"
        assert connection.read_to_end() == b""


def test_quit_in_a_pipeline_answers_what_came_before(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        sent = encode_all([("PING",), ("ECHO", "a"), ("QUIT",), ("ECHO", "b")])
        connection.send_raw(sent)
        assert connection.read_to_end() == b"+PONG\r\n$1\r\na\r\n+OK\r\n"


def test_reset_brings_a_connection_back_to_its_beginning(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        connection.call("HELLO", "3", "SETNAME", "somebody")
        connection.call("SELECT", "4")
        connection.call("MULTI")
        assert connection.call("RESET").text == "RESET"
        info = connection.call("CLIENT", "INFO")
        assert info.kind == "bulk"
        assert b" name= " in info.data
        assert b" db=0 " in info.data
        assert connection.call("EXEC").text == "ERR EXEC without MULTI"
