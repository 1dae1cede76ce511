"""AUTH, HELLO, PING, ECHO, SELECT, QUIT and RESET."""

import pytest

from dflite.base.conversation_errors import (
    BadClientName,
    BadHelloOption,
    HelloNeedsAuth,
    NoAuth,
    NoPasswordSet,
    NoProtocol,
    NotAnInt32,
    ProtocolNotAnInteger,
    WrongPass,
)
from dflite.base.errors import BadSyntax, DatabaseOutOfRange, NotAnInteger, WrongArity
from dflite.base.versions import REDIS_VERSION
from tests.support.node import Node, NodeClient
from tests.support.resp import ARRAY, BULK, MAP, NULL, NULL_BULK


@pytest.fixture
def locked() -> Node:
    """A node whose default user has a password."""
    node = Node()
    node.executor.users.require([b"secret"])
    return node


# -- PING, ECHO, SELECT ----------------------------------------------------------------------------


def test_ping_answers_pong_or_the_message(client: NodeClient) -> None:
    assert client.raw(b"PING\r\n") == b"+PONG\r\n"
    assert client.run("PING", "two words") == b"two words"
    assert client.run("PING", "") == b""
    assert client.run("PING a b") == WrongArity


def test_echo_answers_any_bytes(client: NodeClient) -> None:
    assert client.run(b"ECHO", b"\x00\r\n\xff") == b"\x00\r\n\xff"
    assert client.run("ECHO") == WrongArity


def test_select_changes_the_database(client: NodeClient) -> None:
    client.run("SET k zero")
    assert client.run("SELECT 15") == "OK"
    assert client.run("GET k") is None
    assert client.run("SELECT 0") == "OK"
    assert client.run("GET k") == b"zero"


@pytest.mark.parametrize(
    ("index", "error"),
    [
        ("16", DatabaseOutOfRange),
        ("-1", DatabaseOutOfRange),
        ("2147483648", NotAnInt32),
        ("x", NotAnInteger),
        ("99999999999999999999", NotAnInteger),
    ],
)
def test_select_of_no_database(client: NodeClient, index: str, error: type) -> None:
    assert client.run(f"SELECT {index}") == error
    assert client.ctx.db.index == 0


# -- AUTH ------------------------------------------------------------------------------------------


def test_without_a_password_auth_says_that_there_is_none(client: NodeClient) -> None:
    assert client.run("AUTH secret") == NoPasswordSet
    assert client.run("AUTH default anything") == "OK"
    assert client.run("AUTH nobody anything") == WrongPass
    assert client.run("AUTH a b c") == BadSyntax


def test_with_a_password_nothing_runs_before_auth(locked: Node) -> None:
    client = locked.client()
    assert client.run("GET k") == NoAuth
    assert client.run("PING") == NoAuth
    assert client.run("NOSUCH").code == "ERR"  # type: ignore[attr-defined]
    assert client.run("GET") == WrongArity
    assert client.run("AUTH wrong") == WrongPass
    assert client.run("AUTH default wrong") == WrongPass
    assert client.run("AUTH nobody secret") == WrongPass
    assert client.run("GET k") == NoAuth
    assert client.run("AUTH secret") == "OK"
    assert client.run("GET k") is None


def test_both_forms_of_auth_are_the_default_users(locked: Node) -> None:
    assert locked.client().run("AUTH default secret") == "OK"
    assert locked.client().run("AUTH secret") == "OK"


def test_a_wrong_password_takes_nothing_away(locked: Node) -> None:
    client = locked.client()
    client.run("AUTH secret")
    assert client.run("AUTH wrong") == WrongPass
    assert client.run("PING") == "PONG"


def test_a_password_set_later_is_for_new_connections(node: Node, client: NodeClient) -> None:
    node.executor.users.require([b"secret"])
    assert client.run("PING") == "PONG"
    assert node.client().run("PING") == NoAuth


def test_before_auth_requests_may_not_be_large(locked: Node) -> None:
    client = locked.client()
    assert client.raw(b"*11\r\n") == b"-ERR Protocol error: unauthenticated multibulk length\r\n"
    assert client.closed


def test_a_batch_may_begin_with_auth(locked: Node) -> None:
    client = locked.client()
    assert client.run_all("PING", "AUTH secret", "PING", "SET k v") == [
        NoAuth,
        "OK",
        "PONG",
        "OK",
    ]


# -- HELLO -----------------------------------------------------------------------------------------


def test_hello_tells_who_is_there(client: NodeClient) -> None:
    reply = client.run_exactly("HELLO")
    assert reply.kind == ARRAY
    assert [name.text for name, _ in reply.pairs] == [
        "server", "version", "proto", "id", "mode", "role", "modules",
    ]  # fmt: skip
    reply = client.run_exactly("HELLO 3")
    assert reply.kind == MAP
    assert client.run("HELLO") == {
        b"server": b"redis",
        b"version": REDIS_VERSION,
        b"proto": 3,
        b"id": client.id,
        b"mode": b"standalone",
        b"role": b"master",
        b"modules": [],
    }


def test_hello_switches_the_protocol_there_and_back(client: NodeClient) -> None:
    assert client.run_exactly("GET k").kind == NULL_BULK
    client.run("HELLO 3")
    assert client.run_exactly("GET k").kind == NULL
    client.run("HELLO")
    assert client.run_exactly("GET k").kind == NULL
    client.run("HELLO 2")
    assert client.run_exactly("GET k").kind == NULL_BULK


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("1", NoProtocol),
        ("4", NoProtocol),
        ("-3", NoProtocol),
        ("three", ProtocolNotAnInteger),
        ('""', ProtocolNotAnInteger),
        ("3 AUTH default", BadHelloOption),
        ("3 SETNAME", BadHelloOption),
        ("3 NAME x", BadHelloOption),
        ("3 SETNAME 'a b'", BadClientName),
        ("3 AUTH nobody x SETNAME me", WrongPass),
    ],
)
def test_a_refused_hello_changes_nothing(client: NodeClient, words: str, error: type) -> None:
    assert client.run(f"HELLO {words}") == error
    assert client.state.resp == 2
    assert client.run("CLIENT GETNAME") is None


def test_hello_may_name_the_connection(client: NodeClient) -> None:
    client.run("HELLO 3 SETNAME first setname second")
    assert client.run("CLIENT GETNAME") == b"second"


def test_hello_may_authenticate(locked: Node) -> None:
    client = locked.client()
    assert client.run("HELLO 3") == HelloNeedsAuth
    assert client.run("HELLO 3 SETNAME me") == HelloNeedsAuth
    assert client.run("HELLO 3 AUTH default wrong") == WrongPass
    assert client.state.resp == 2
    assert client.run("PING") == NoAuth
    reply = client.run("HELLO 3 AUTH default secret SETNAME me")
    assert isinstance(reply, dict)
    assert client.run("CLIENT GETNAME") == b"me"


# -- QUIT, RESET -----------------------------------------------------------------------------------


def test_quit_answers_and_leaves_the_rest_undone(node: Node, client: NodeClient) -> None:
    assert client.run_all("PING", "QUIT now", "SET k v") == ["PONG", "OK"]
    assert client.closed
    assert node.client().run("GET k") is None


def test_reset_makes_a_connection_new(node: Node, client: NodeClient) -> None:
    client.run("HELLO 3 SETNAME me")
    client.run_all(
        "CLIENT SETINFO LIB-NAME library",
        "CLIENT NO-TOUCH ON",
        "CLIENT NO-EVICT ON",
        "SELECT 3",
        "WATCH k",
        "MULTI",
        "PING",
    )
    assert client.run("RESET") == "RESET"
    assert client.run_exactly("GET k").kind == NULL_BULK
    info = client.run_exactly("CLIENT INFO")
    assert info.kind == BULK
    fields = info.text.split(" ")
    for field in ("name=", "flags=N", "db=0", "multi=-1", "watch=0", "resp=2", "lib-name=library"):
        assert field in fields
    assert node.executor.watching.watchers == {}


def test_reset_asks_for_the_password_again(locked: Node) -> None:
    client = locked.client()
    client.run("AUTH secret")
    assert client.run("RESET") == "RESET"
    assert client.run("PING") == NoAuth


def test_reset_leaves_the_admin_port_without_a_password(locked: Node) -> None:
    locked.host.settings.admin_nopass = True
    client = locked.client()
    client.state.admin = client.state.authenticated = True
    client.state.update_lane()
    assert client.run_all("RESET", "PING") == ["RESET", "PONG"]


def test_reset_ends_silence(client: NodeClient) -> None:
    client.send("CLIENT REPLY OFF")
    assert client.run("RESET") == "RESET"
    assert client.run("PING") == "PONG"
