"""DEBUG."""

import pytest

from dflite.base.errors import NoSuchKey, NotAnInteger, WrongArity
from dflite.base.server_errors import (
    BadReloadOption,
    DebugRefused,
    NeedsResp3,
    SubcommandOrArity,
    UnknownProtocolType,
)
from tests.support.node import Error, Node, NodeClient


@pytest.fixture
def node() -> Node:
    """A node that lets everybody debug it."""
    node = Node()
    node.host.settings.enable_debug_command = "yes"
    return node


# -- who may ---------------------------------------------------------------------------------------


def test_debug_is_refused_unless_a_setting_allows_it(node: Node) -> None:
    near, far = node.client(), node.client()
    far.state.addr = "192.0.2.7:4000"
    node.host.settings.enable_debug_command = "no"
    assert near.run("DEBUG SLEEP 0") == DebugRefused
    node.host.settings.enable_debug_command = "local"
    assert near.run("DEBUG SLEEP 0") == "OK"
    assert far.run("DEBUG SLEEP 0") == DebugRefused
    far.state.unix_socket = True
    assert far.run("DEBUG SLEEP 0") == "OK"


def test_a_refusal_breaks_the_transaction(node: Node, client: NodeClient) -> None:
    node.host.settings.enable_debug_command = "no"
    client.run("MULTI")
    assert client.run("DEBUG SLEEP 0") == DebugRefused
    reply = client.run("EXEC")
    assert isinstance(reply, Error)
    assert reply.code == "EXECABORT"


@pytest.mark.parametrize(
    "words",
    [
        "NOSUCH",
        "JMAP",
        "SEGFAULT",
        "SLEEP",
        "SLEEP 0 0",
        "OBJECT",
        "POPULATE",
        "POPULATE 1 a 1 1",
        "PROTOCOL",
        "DIGEST x",
        "CHANGE-REPL-ID x",
        "SET-ACTIVE-EXPIRE",
        "HELP x",
    ],
)
def test_what_it_does_not_know_and_wrong_numbers_of_words(client: NodeClient, words: str) -> None:
    argv = ["DEBUG", *words.split()]
    assert client.run(*argv) == SubcommandOrArity([word.encode() for word in argv])
    assert client.run("DEBUG") == WrongArity


# -- what it does ----------------------------------------------------------------------------------


def test_help_lists_the_subcommands(client: NodeClient) -> None:
    lines = client.run("DEBUG HELP")
    assert isinstance(lines, list)
    assert {"SLEEP seconds", "DIGEST", "HELP"} <= set(lines)


@pytest.mark.parametrize("seconds", ["0", "0.001", "abc", "-1", ""])
def test_sleep_takes_any_number(client: NodeClient, seconds: str) -> None:
    assert client.run("DEBUG", "SLEEP", seconds) == "OK"


def test_a_sleep_is_slow(node: Node, client: NodeClient) -> None:
    node.executor.slowlog.threshold_us = 2000
    client.run("DEBUG SLEEP 0.003")
    assert client.run("SLOWLOG LEN") == 1


def test_active_expiry_can_be_stopped(node: Node, client: NodeClient) -> None:
    assert client.run("DEBUG SET-ACTIVE-EXPIRE 0") == "OK"
    client.run("SET a 1 PX 5")
    node.advance(10)
    node.expire_actively()
    assert client.run("DBSIZE") == 1
    client.run("DEBUG SET-ACTIVE-EXPIRE 1")
    node.expire_actively()
    assert client.run("DBSIZE") == 0


def test_what_is_due_can_be_looked_at_while_it_is_there(node: Node, client: NodeClient) -> None:
    client.run("SET a 1 PX 5")
    node.clock.advance(10)
    assert "encoding:int" in str(client.run("DEBUG OBJECT a"))
    assert client.run("EXISTS a") == 0
    assert client.run("DEBUG OBJECT a") == NoSuchKey


def test_a_command_may_be_for_replicas_only(node: Node, client: NodeClient) -> None:
    assert client.run("DEBUG REPLICATE SET a 1") == "OK"
    assert node.take_journal() == ["SET a 1"]
    assert client.run("EXISTS a") == 0
    client.run("MULTI")
    client.run("SET b 1")
    client.run("DEBUG REPLICATE nosuch")
    client.run("EXEC")
    assert {"SET b 1", "nosuch"} <= set(node.take_journal())


@pytest.mark.parametrize(("length", "pattern", "matches"), [
    (10, "*", 1), (10, "a*a", 1), (3, "aaaa", 0), (0, "", 1), (50_000, "*a" * 20 + "b", 0),
])  # fmt: skip
def test_stringmatch_len(client: NodeClient, length: int, pattern: str, matches: int) -> None:
    assert client.run("DEBUG", "STRINGMATCH-LEN", str(length), pattern) == matches


def test_stringmatch_refuses_what_is_no_length(client: NodeClient) -> None:
    assert client.run("DEBUG STRINGMATCH-LEN abc *") == NotAnInteger
    assert client.run("DEBUG STRINGMATCH-LEN -1 *") == NotAnInteger
    assert isinstance(client.run("DEBUG STRINGMATCH-TEST"), str)


def test_reload_is_the_hosts(node: Node, client: NodeClient) -> None:
    assert client.run("DEBUG RELOAD") == "OK"
    assert client.run("DEBUG RELOAD NOSAVE noflush MERGE") == "OK"
    assert node.host.saves == ["RELOAD True True False", "RELOAD False False True"]
    assert client.run("DEBUG RELOAD SOON") == BadReloadOption


def test_object_tells_encoding_length_and_idle_time(node: Node, client: NodeClient) -> None:
    client.run("SET a 1234")
    node.advance(7000)
    line = client.run("DEBUG OBJECT a")
    assert isinstance(line, str)
    assert "refcount:1 encoding:int serializedlength:3 " in line
    assert line.endswith("lru_seconds_idle:7")
    assert client.run("DEBUG OBJECT nosuch") == NoSuchKey


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("1", 2),
        ("-129", 3),
        ("70000", 5),
        ("4000000000", 11),
        ("hello", 6),
        ("x1y2z3a4b5c6d7e8f9g0", 21),
        ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 63),
    ],
)
def test_object_tells_the_length_in_rdb(client: NodeClient, value: str, length: int) -> None:
    client.run("SET", "a", value)
    line = client.run("DEBUG OBJECT a")
    assert f"serializedlength:{length} " in str(line)


def test_object_counts_compressed_strings_as_compressed(client: NodeClient) -> None:
    client.run("SET", "a", "z" * 5000)
    line = str(client.run("DEBUG OBJECT a"))
    assert int(line.split("serializedlength:")[1].split()[0]) < 100


def test_error_log_and_replication_id(node: Node, client: NodeClient) -> None:
    assert client.run("DEBUG", "ERROR", "LOADING a\r\nb") == "LOADING a  b"
    assert client.run("DEBUG", "LOG", b"caf\xc3\xa9 \xff") == "OK"
    assert node.host.logged[-1] == ("warning", "DEBUG LOG: caf\u00e9 \\xff")
    before = node.executor.replication.id
    assert client.run("DEBUG CHANGE-REPL-ID") == "OK"
    assert node.executor.replication.id != before


def test_digests(client: NodeClient) -> None:
    assert client.run("DEBUG DIGEST") == "0" * 40
    client.run("SET a 1")
    assert client.run("DEBUG DIGEST") != "0" * 40
    both = client.run("DEBUG DIGEST-VALUE a nosuch")
    assert isinstance(both, list)
    assert both[1] == "0" * 40
    assert client.run("DEBUG DIGEST-VALUE") == []


# -- PROTOCOL --------------------------------------------------------------------------------------

EXAMPLES = [
    ("string", b"$11\r\nHello World\r\n", None),
    ("integer", b":12345\r\n", None),
    ("double", b"$5\r\n3.141\r\n", b",3.141\r\n"),
    ("null", b"$-1\r\n", b"_\r\n"),
    ("array", b"*3\r\n:0\r\n:1\r\n:2\r\n", None),
    ("set", b"*3\r\n:0\r\n:1\r\n:2\r\n", b"~3\r\n:0\r\n:1\r\n:2\r\n"),
    (
        "map",
        b"*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n",
        b"%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n",
    ),
    (
        "attrib",
        b"$39\r\nSome real reply following the attribute\r\n",
        b"|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
        b"$39\r\nSome real reply following the attribute\r\n",
    ),
    (
        "verbatim",
        b"$25\r\nThis is a verbatim\nstring\r\n",
        b"=29\r\ntxt:This is a verbatim\nstring\r\n",
    ),
    ("TRUE", b":1\r\n", b"#t\r\n"),
    ("false", b":0\r\n", b"#f\r\n"),
    (
        "bignum",
        b"$37\r\n1234567999999999999999999999999999999\r\n",
        b"(1234567999999999999999999999999999999\r\n",
    ),
]


@pytest.mark.parametrize(("kind", "resp2", "resp3"), EXAMPLES)
def test_an_example_of_each_type(
    client: NodeClient, kind: str, resp2: bytes, resp3: bytes | None
) -> None:
    request = b"DEBUG PROTOCOL %b\r\n" % kind.encode()
    assert client.raw(request) == resp2
    client.run("HELLO 3")
    assert client.raw(request) == (resp3 or resp2)


def test_push_is_of_resp3_only(client: NodeClient) -> None:
    assert client.run("DEBUG PROTOCOL push") == NeedsResp3
    client.run("HELLO 3")
    assert client.raw(b"DEBUG PROTOCOL push\r\n") == (
        b"$40\r\nSome real reply following the push reply\r\n"
        b">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n"
    )
    assert client.run("DEBUG PROTOCOL nosuch") == UnknownProtocolType
