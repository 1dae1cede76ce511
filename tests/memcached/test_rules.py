"""What users may do: the rules are those of RESP, on the keys that requests are really about."""

import pytest

from tests.support.mc_node import McClient
from tests.support.node import Node

NO_KEY = "CLIENT_ERROR No permissions to access a key"
HELLO = "aGVsbG8="  # hello


@pytest.fixture
def node() -> Node:
    node = Node(lane=True, journal=False)
    admin = node.client()
    admin.run("SET hello secret")
    admin.run("SET abc 7")
    return node


def only(node: Node, *rules: str) -> McClient:
    assert node.client().run("ACL", "SETUSER", "default", *rules) == "OK"
    return McClient(node)


@pytest.mark.parametrize(
    "request_",
    [
        "get hello",
        "gat 0 hello",
        "gats 0 hello",
        "touch hello 5",
        "incr hello 1",
        "delete hello",
        "set hello 0 0 1\r\nx",
        "mg hello v",
        "me hello",
        f"mg {HELLO} b v",
        f"mg {HELLO} v bx",
        f"mg {HELLO} T5 b",
        f"md {HELLO} b",
        f"ma {HELLO} b",
        f"me {HELLO} b",
        f"ms {HELLO} 1 b\r\nx",
    ],
)
def test_a_key_that_may_not_be_used_is_not(node: Node, request_: str) -> None:
    client = only(node, "resetkeys", "~a*")
    assert client.run(request_) == NO_KEY
    only(node, "~*")
    assert node.client().run("GET hello") == b"secret"
    assert node.client().run("TTL hello") == -1


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("get abc", "VALUE abc 0 1\r\n7\r\nEND"),
        ("gat 0 abc", "VALUE abc 0 1\r\n7\r\nEND"),
        ("mg YWJj b v", "VA 1\r\n7"),
        ("ms YWJj 1 b\r\nb", "HD"),
    ],
)
def test_what_may_be_used_is(node: Node, request_: str, answer: str) -> None:
    client = only(node, "resetkeys", "~abc", "~YWJj")
    assert client.run(request_) == answer


def test_a_request_without_a_key_is_answered_and_so_is_the_one_before(node: Node) -> None:
    client = only(node, "resetkeys", "~a*")
    assert client.run("mn\r\nme") == "MN\r\nCLIENT_ERROR bad command line format"
    assert not client.closed


def test_who_may_only_read_reads_in_every_way(node: Node) -> None:
    client = only(node, "-@write")
    assert client.run("get abc") == "VALUE abc 0 1\r\n7\r\nEND"
    assert client.run("mg abc v") == "VA 1\r\n7"
    assert client.run("mg abc v T5").startswith("CLIENT_ERROR User default has no permissions")
    assert client.run("mg new v N5").startswith("CLIENT_ERROR User default has no permissions")
    assert client.run("gat 0 abc").startswith("CLIENT_ERROR User default has no permissions")


def test_who_may_not_read_does_not(node: Node) -> None:
    client = only(node, "-get")
    for request in ("get abc", "gat 0 abc", "mg abc v", "me abc"):
        assert client.run(request).startswith("CLIENT_ERROR User default has no permissions")


@pytest.mark.parametrize(
    "line", ["POST / HTTP/1.1", "Host: x", "GET /index.html HTTP/1.1", "PUT /x HTTP/1.0"]
)
def test_a_browser_is_shown_the_door(node: Node, line: str) -> None:
    client = McClient(node)
    assert client.raw(line.encode() + b"\r\nset pwn 0 0 3\r\nabc\r\n") == b""
    assert client.closed
    assert node.client().run("EXISTS pwn") == 0


def test_keys_in_base64_are_new_too(node: Node) -> None:
    listener = node.client(resp3=True)
    listener.run("CONFIG SET notify-keyspace-events KEAn")
    node.executor.notifications.configure("KEAn")
    node.executor.observers_changed()
    listener.run("SUBSCRIBE __keyevent@0__:new")
    McClient(node).run("ms bmV3 1 b\r\nv")
    assert b"new" in listener.raw(b"").split(b"\r\n")[-2]


def test_what_is_no_name_of_memcacheds_is_not_dumped(node: Node) -> None:
    node.client().run("SET", "k\r\nEND\r\nzzz", "v")
    node.client().run("SET", "with space", "v")
    node.client().run("SET", "x" * 251, "v")
    lines = McClient(node).lines("stats cachedump 1 100")
    assert sorted(line.split()[1] for line in lines[:-1]) == ["abc", "hello"]
    assert lines[-1] == "END"


def test_touches_and_gets_are_counted_apart(node: Node) -> None:
    client = McClient(node)
    for _ in range(5):
        client.run("gat 0 abc")
    for _ in range(3):
        client.run("gat 0 nope")
    for _ in range(7):
        client.run("mg abc T0")
    client.run("mg nope v")
    stats = dict(line.split()[1:3] for line in client.lines("stats")[:-1])
    counted = {name: stats[name] for name in ("cmd_get", "get_hits", "get_misses")}
    assert counted == {"cmd_get": "1", "get_hits": "0", "get_misses": "1"}
    touched = {name: stats[name] for name in ("cmd_touch", "touch_hits", "touch_misses")}
    assert touched == {"cmd_touch": "15", "touch_hits": "12", "touch_misses": "3"}
