"""CLIENT, in a process without sockets; tests/wire has what connections do."""

import re

import pytest

from dflite.base.conversation_errors import (
    BadClientAttribute,
    BadClientId,
    BadClientName,
    BadPauseMode,
    BadUnblockReason,
    FilterNotAnInteger,
    FilterNotPositive,
    NoSuchClient,
    NoSuchUser,
    UnknownClientAttribute,
    UnknownClientType,
)
from dflite.base.errors import (
    BadSyntax,
    NegativeTimeout,
    NotAnInteger,
    TimeoutNotAnInteger,
    TimeoutOutOfRange,
    WrongArity,
)
from tests.support.node import WAITING, Node, NodeClient
from tests.support.resp import ARRAY, BULK, MAP, SET, SIMPLE, VERBATIM

FIELDS = [
    "id", "addr", "laddr", "fd", "name", "age", "idle", "flags", "db", "sub", "psub", "ssub",
    "multi", "watch", "qbuf", "qbuf-free", "argv-mem", "multi-mem", "rbs", "rbp", "obl", "oll",
    "omem", "tot-mem", "events", "cmd", "user", "redir", "resp", "lib-name", "lib-ver",
]  # fmt: skip


def fields_of(asking: NodeClient, asked: NodeClient) -> dict[str, str]:
    """What CLIENT LIST tells of a client."""
    line = asking.run(f"CLIENT LIST ID {asked.id}")
    assert isinstance(line, bytes)
    assert line.count(b"\n") == 1
    return dict(word.split("=", 1) for word in line.decode().strip().split(" "))


def listed(client: NodeClient, filters: str = "") -> list[int]:
    text = client.run(f"CLIENT LIST {filters}")
    assert isinstance(text, bytes), text
    return [int(number) for number in re.findall(rb"^id=(\d+) ", text, re.MULTILINE)]


@pytest.fixture
def other(node: Node) -> NodeClient:
    return node.client()


# -- about oneself ---------------------------------------------------------------------------------


def test_ids_grow(node: Node) -> None:
    first, second = node.client(), node.client()
    assert first.run("CLIENT ID") == first.id
    assert second.id > first.id


def test_names_are_set_and_forgotten(client: NodeClient) -> None:
    assert client.run("CLIENT GETNAME") is None
    assert client.run("CLIENT SETNAME worker-1") == "OK"
    assert client.run("CLIENT GETNAME") == b"worker-1"
    assert client.run("CLIENT", "SETNAME", "") == "OK"
    assert client.run("CLIENT GETNAME") is None


@pytest.mark.parametrize("name", ["a b", "a\n", "\x7f", b"\x80", b"caf\xc3\xa9", "\x1f"])
def test_names_are_printable(client: NodeClient, name: str | bytes) -> None:
    assert client.run("CLIENT", "SETNAME", name) == BadClientName
    assert client.run("CLIENT", "SETINFO", "lib-ver", name) == BadClientAttribute


def test_libraries_tell_who_they_are(client: NodeClient) -> None:
    assert client.run("CLIENT SETINFO LIB-NAME redis-py(x)") == "OK"
    assert client.run("CLIENT SETINFO lib-ver 6.0") == "OK"
    assert client.run("CLIENT SETINFO lib-foo 6.0") == UnknownClientAttribute
    fields = fields_of(client, client)
    assert (fields["lib-name"], fields["lib-ver"]) == ("redis-py(x)", "6.0")


def test_info_is_ones_own_line_of_list(client: NodeClient) -> None:
    info = client.run("CLIENT INFO")
    assert isinstance(info, bytes)
    assert [word.split(b"=")[0].decode() for word in info.split()] == FIELDS
    assert info.endswith(b"\n")
    assert b" cmd=client|info " in info


@pytest.mark.parametrize(("resp3", "kind"), [(False, BULK), (True, VERBATIM)])
def test_lines_are_text(node: Node, resp3: bool, kind: str) -> None:
    client = node.client(resp3)
    assert client.run_exactly("CLIENT INFO").kind == kind
    assert client.run_exactly("CLIENT LIST").kind == kind


def test_nothing_is_tracked(node: Node) -> None:
    client = node.client(resp3=True)
    assert client.run("CLIENT GETREDIR") == -1
    reply = client.run_exactly("CLIENT TRACKINGINFO")
    assert reply.kind == MAP
    assert {name.text: value.kind for name, value in reply.pairs}["flags"] == SET
    assert client.run("CLIENT TRACKINGINFO") == {
        b"flags": {b"off"},
        b"redirect": -1,
        b"prefixes": [],
    }


@pytest.mark.parametrize("option", ["NO-EVICT", "NO-TOUCH"])
def test_switches_are_on_or_off(client: NodeClient, option: str) -> None:
    letter = {"NO-EVICT": "e", "NO-TOUCH": "T"}[option]
    assert client.run(f"CLIENT {option} on") == "OK"
    assert fields_of(client, client)["flags"] == letter
    assert client.run(f"CLIENT {option} OFF") == "OK"
    assert fields_of(client, client)["flags"] == "N"
    assert client.run(f"CLIENT {option} maybe") == BadSyntax


def test_no_touch_leaves_the_idle_time_alone(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    node.advance(60_000)
    client.run("CLIENT NO-TOUCH ON")
    client.run_all("GET k", "STRLEN k", "MULTI", "GET k", "EXEC")
    assert client.run("OBJECT IDLETIME k") == 60
    client.run("TOUCH k")
    assert client.run("OBJECT IDLETIME k") == 0
    node.advance(60_000)
    client.run("GET nosuch key")
    client.run("CLIENT NO-TOUCH OFF")
    client.run("GET k")
    assert client.run("OBJECT IDLETIME k") == 0


@pytest.mark.parametrize(
    "line", ["CLIENT", "CLIENT ID x", "CLIENT SETNAME", "CLIENT REPLY", "CLIENT KILL"]
)
def test_too_many_or_too_few_words(client: NodeClient, line: str) -> None:
    assert client.run(line) == WrongArity


def test_what_is_not_known_is_no_subcommand(client: NodeClient) -> None:
    assert client.run("CLIENT MAINT_NOTIFICATIONS ON") == (
        b"ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP."
    )


def test_help_is_lines(client: NodeClient) -> None:
    reply = client.run_exactly("CLIENT HELP")
    assert reply.kind == ARRAY
    assert {line.kind for line in reply.items} == {SIMPLE}
    assert reply.items[0].text.startswith("CLIENT <subcommand>")


# -- replies ---------------------------------------------------------------------------------------


def test_reply_off_silences_everything_until_on(client: NodeClient) -> None:
    silent = ["CLIENT REPLY OFF", "PING", "NOSUCH", "SET k v", "CLIENT REPLY SKIP", "GET k"]
    assert client.run_all(*silent) == []
    assert client.run("CLIENT REPLY ON") == "OK"
    assert client.run("GET k") == b"v"


def test_reply_skip_silences_one(client: NodeClient) -> None:
    assert client.run_all("CLIENT REPLY SKIP", "SET k v", "GET k") == [b"v"]
    assert client.run_all("CLIENT REPLY SKIP", "NOSUCH", "PING") == ["PONG"]


def test_reply_skip_again_skips_the_next(client: NodeClient) -> None:
    skips = ["CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "ECHO 1", "ECHO 2"]
    assert client.run_all(*skips) == [b"2"]


def test_reply_on_is_answered_even_when_skipped(client: NodeClient) -> None:
    assert client.run_all("CLIENT REPLY SKIP", "CLIENT REPLY ON", "PING") == ["OK", "PONG"]


def test_an_unknown_mode_of_replies_is_an_error(client: NodeClient) -> None:
    assert client.run("CLIENT REPLY maybe") == BadSyntax


def test_a_protocol_error_is_silent_too(client: NodeClient) -> None:
    client.send("CLIENT REPLY OFF")
    assert client.raw(b"*1\r\nPING\r\n") == b""
    assert client.closed


# -- LIST ------------------------------------------------------------------------------------------


def test_list_tells_what_a_client_is_doing(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    other.run_all("SELECT 3", "WATCH a b", "CLIENT SETNAME me")
    other.run("HELLO 3")
    other.run_all("MULTI", "SET k v", "GET k")
    node.advance(5000)
    fields = fields_of(client, other)
    assert list(fields) == FIELDS
    assert fields["id"] == str(other.id)
    assert fields["addr"] == other.state.addr
    assert fields["laddr"] == "127.0.0.1:6379"
    assert fields["name"] == "me"
    assert fields["age"] == fields["idle"] == "5"
    assert fields["flags"] == "x"
    assert fields["db"] == "3"
    assert fields["multi"] == "2"
    assert fields["watch"] == "2"
    assert int(fields["multi-mem"]) > 8
    assert fields["cmd"] == "get"
    assert fields["user"] == "default"
    assert fields["resp"] == "3"


def test_list_tells_of_what_is_not_sent_or_not_complete(
    client: NodeClient, other: NodeClient
) -> None:
    other.run("SET", "k", "x" * 50_000)
    other.conn.reading = False
    other.conn.feed(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n$3\r\nGET\r\n$5\r\nab")
    fields = fields_of(client, other)
    assert int(fields["qbuf"]) == len(b"*2\r\n$3\r\nGET\r\n$5\r\nab")
    assert int(fields["obl"]) + int(fields["omem"]) == 50_000 + len(b"$50000\r\n\r\n")
    assert int(fields["oll"]) == 3
    assert int(fields["tot-mem"]) > 50_000


def test_list_shows_flags(node: Node, client: NodeClient, other: NodeClient) -> None:
    other.run("WATCH k")
    client.run("SET k v")
    assert fields_of(client, other)["flags"] == "d"
    other.state.unix_socket = True
    other.run("CLIENT NO-EVICT ON")
    assert set(fields_of(client, other)["flags"]) == set("dUe")


def test_list_is_in_order_of_ids(node: Node, client: NodeClient) -> None:
    ids = [client.id, *[node.client().id for _ in range(10)]]
    assert listed(client) == ids


def test_list_filters(node: Node, client: NodeClient, other: NodeClient) -> None:
    third = node.client()
    other.run_all("CLIENT SETNAME named", "SELECT 2", "CLIENT SETINFO LIB-NAME x", "MULTI")
    third.state.addr = "[::1]:99"
    me, them, far = client.id, other.id, third.id
    assert listed(client, f"ID {them}") == [them]
    assert listed(client, f"ID {far} {me} 12345") == [me, far]
    assert listed(client, f"ID {far} ID {me}") == [me, far]
    assert listed(client, "TYPE normal") == [me, them, far]
    assert listed(client, "TYPE PUBSUB") == []
    assert listed(client, "TYPE replica") == listed(client, "TYPE master") == []
    assert listed(client, f"ADDR {other.state.addr}") == [them]
    assert listed(client, f"NOT-ADDR {other.state.addr}") == [me, far]
    assert listed(client, "IP ::1") == [far]
    assert listed(client, "LADDR 127.0.0.1:6379 NOT-IP 127.0.0.1") == [far]
    assert listed(client, "USER default") == [me, them, far]
    assert listed(client, "NAME named") == [them]
    assert listed(client, "NOT-NAME named SKIPME yes") == [far]
    assert listed(client, "DB 2") == listed(client, "LIB-NAME x") == [them]
    assert listed(client, "NOT-LIB-VER ''") == []
    assert listed(client, "FLAGS x") == [them]
    assert listed(client, "NOT-FLAGS x") == [me, far]
    assert listed(client, f"ID {me} {them} TYPE normal FLAGS N") == [me]
    assert listed(client, f"NOT-ID {me} {far}") == [them]
    node.advance(10_000)
    young = node.client()
    assert listed(client, "MAXAGE 10") == [me, them, far]
    assert listed(client, "IDLE 10") == [them, far]
    assert young.id in listed(client)


FILTER_ERRORS: list[tuple[str, type]] = [
    ("FOO", BadSyntax),
    ("FOO bar", BadSyntax),
    ("ID", BadSyntax),
    ("ID abc", BadSyntax),
    ("ID 1 abc", BadSyntax),
    ("ID 0", BadClientId),
    ("ID 1 -1", BadClientId),
    ("TYPE nosuch", UnknownClientType),
    ("NOT-TYPE nosuch", UnknownClientType),
    ("USER nobody", NoSuchUser),
    ("SKIPME maybe", BadSyntax),
    ("NOT-SKIPME yes", BadSyntax),
    ("MAXAGE abc", FilterNotAnInteger),
    ("MAXAGE 0", FilterNotPositive),
    ("IDLE -1", FilterNotPositive),
    ("NOT-IDLE 1", BadSyntax),
    ("DB abc", FilterNotAnInteger),
]


@pytest.mark.parametrize(("words", "error"), FILTER_ERRORS)
def test_bad_filters(client: NodeClient, words: str, error: type) -> None:
    assert client.run(f"CLIENT LIST {words}") == error
    assert client.run(f"CLIENT KILL ID 12345 {words}") == error


def test_bad_filters_say_what_would_be_good(client: NodeClient) -> None:
    assert client.run("CLIENT LIST DB 16") == "ERR DB number should be between 0 and 15"
    assert client.run("CLIENT LIST NOT-DB -1") == "ERR NOT-DB number should be between 0 and 15"
    unknown = "ERR Unknown flags found in the"
    assert client.run("CLIENT LIST FLAGS Nq") == f"{unknown} provided filter: Nq"
    assert client.run("CLIENT LIST NOT-FLAGS q") == f"{unknown} NOT-FLAGS filter: q"


# -- KILL ------------------------------------------------------------------------------------------


def test_kill_by_address(client: NodeClient, other: NodeClient) -> None:
    assert client.run(f"CLIENT KILL {other.state.addr}") == "OK"
    assert other.closed
    assert client.run(f"CLIENT KILL {other.state.addr}") == NoSuchClient
    assert listed(client) == [client.id]


def test_kill_by_filters_counts_and_spares_who_asks(node: Node, client: NodeClient) -> None:
    others = [node.client() for _ in range(3)]
    assert client.run("CLIENT KILL USER default") == 3
    assert all(each.closed for each in others)
    assert client.run("PING") == "PONG"
    assert client.run("CLIENT KILL TYPE normal SKIPME yes") == 0


def test_kill_of_oneself_is_answered_first(client: NodeClient) -> None:
    assert client.run_all(f"CLIENT KILL ID {client.id} SKIPME no", "PING") == [1]
    assert client.closed


def test_kill_of_oneself_by_address(client: NodeClient) -> None:
    assert client.run_all("PING", f"CLIENT KILL {client.state.addr}", "PING") == ["PONG", "OK"]
    assert client.closed


def test_kill_of_oneself_within_a_transaction_lets_it_end(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run_all("MULTI", f"CLIENT KILL ID {client.id} SKIPME no", "SET k v")
    assert client.run("EXEC") == [1, "OK"]
    assert client.closed
    assert other.run("GET k") == b"v"


def test_a_killed_client_leaves_nothing_behind(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    other.run_all("WATCH k", "MULTI", "SET k v")
    client.run(f"CLIENT KILL ID {other.id}")
    assert node.executor.watching.watchers == {}
    assert list(node.executor.clients) == [client.id]
    assert other.raw(b"EXEC\r\n") == b""
    assert client.run("GET k") is None


# -- PAUSE, UNBLOCK --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("abc", TimeoutNotAnInteger),
        ("1.5", TimeoutNotAnInteger),
        ("-1", NegativeTimeout),
        ("9223372036854775807", TimeoutOutOfRange),
        ("99999999999999999999", TimeoutNotAnInteger),
        ("10 SOME", BadPauseMode),
        ("abc SOME", BadPauseMode),
        ("10 WRITE x", BadSyntax),
    ],
)
def test_bad_pauses(client: NodeClient, words: str, error: type) -> None:
    assert client.run(f"CLIENT PAUSE {words}") == error
    assert client.run("SET k v") == "OK"


def test_a_pause_of_no_time_is_none(client: NodeClient) -> None:
    assert client.run_all("CLIENT PAUSE 0", "CLIENT PAUSE 0 WRITE", "SET k v") == ["OK"] * 3


def test_unpause_without_a_pause(client: NodeClient) -> None:
    assert client.run("CLIENT UNPAUSE") == "OK"


def test_a_pause_of_everything_ends_by_time(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    assert client.run("CLIENT PAUSE 100") == "OK"
    assert other.run("GET k") is WAITING
    assert client.run("CLIENT UNPAUSE") is WAITING
    node.advance(99)
    assert other.read() is WAITING
    node.advance(1)
    assert other.read() is None
    assert client.read() == "OK"


def test_unblock_of_nobody(client: NodeClient, other: NodeClient) -> None:
    assert client.run(f"CLIENT UNBLOCK {other.id}") == 0
    assert client.run("CLIENT UNBLOCK 999 ERROR") == 0
    assert client.run("CLIENT UNBLOCK abc") == NotAnInteger
    assert client.run("CLIENT UNBLOCK abc soon") == BadUnblockReason
    assert client.run("CLIENT UNBLOCK 1 TIMEOUT x") == BadSyntax
