"""Who comes in: protected mode, the number of places, socket options."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dflite.engine.executor import Executor
from dflite.native.wire.connection import HELD_OTHER
from dflite.native.wire.reactor import Reactor
from dflite.native.wire.requests import Limits
from dflite.server.doorman import DENIED, FULL, PATIENCE_MS, Doorman, address_text
from dflite.settings.settings import Settings
from tests.support.certificates import make_certificate
from tests.support.node import Node


@pytest.fixture
def doorman(node: Node) -> Doorman:
    executor: Executor = node.executor
    reactor = Reactor(node.clock, executor.lane, Limits())
    return Doorman(executor, reactor, node.host, Settings())


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connected pair on loopback: the client's end, the server's."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname(), timeout=10)
        served, _ = listening.accept()
    served.setblocking(False)
    with client:
        yield client, served


Pair = tuple[socket.socket, socket.socket]


def test_an_accepted_socket_becomes_a_client(doorman: Doorman, pair: Pair) -> None:
    client_end, served = pair
    peer = served.getpeername()
    client = doorman.admit(served, False)
    assert client is not None
    assert client.addr == f"127.0.0.1:{peer[1]}"
    assert doorman.executor.clients == {client.id: client}
    assert client.conn.plain
    client.conn.abort()
    assert doorman.executor.clients == {}
    assert client_end.recv(10) == b""


@pytest.mark.parametrize(
    ("peer", "stranger"),
    [
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("10.0.0.1", True),
        ("192.168.1.2", True),
        ("2001:db8::1", True),
        ("::ffff:10.0.0.1", True),
    ],
)
def test_protected_mode_denies_strangers(doorman: Doorman, peer: str, stranger: bool) -> None:
    assert doorman.denies(peer) is stranger
    doorman.executor.users.require([b"secret"])
    assert not doorman.denies(peer)
    doorman.executor.users.require([])
    doorman.settings.protected_mode = False
    assert not doorman.denies(peer)


def test_a_denied_client_gets_a_sentence(
    doorman: Doorman, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_end, served = pair
    monkeypatch.setattr(doorman, "denies", lambda peer: True)
    assert doorman.admit(served, False) is None
    assert client_end.recv(1000) == DENIED
    assert client_end.recv(10) == b""
    assert doorman.rejected == 1


def test_the_places_are_counted_and_the_admin_has_one_more(
    doorman: Doorman, pair: Pair, node: Node
) -> None:
    client_end, served = pair
    doorman.settings.maxclients = 1
    node.client()
    twin = served.dup()
    assert doorman.admit(twin, False) is None
    assert client_end.recv(1000) == FULL
    admitted = doorman.admit(served, True)
    assert admitted is not None
    assert admitted.admin
    admitted.conn.abort()


def test_a_password_is_asked_of_all_but_an_excepted_admin(
    doorman: Doorman, make_pair: Callable[[], Pair]
) -> None:
    doorman.executor.users.require([b"secret"])
    stranger = doorman.admit(make_pair()[1], False)
    admin = doorman.admit(make_pair()[1], True)
    doorman.settings.admin_nopass = True
    excepted = doorman.admit(make_pair()[1], True)
    assert stranger is not None
    assert admin is not None
    assert excepted is not None
    assert [c.authenticated for c in (stranger, admin, excepted)] == [False, False, True]
    for client in (stranger, admin, excepted):
        client.conn.abort()


@pytest.fixture
def make_pair() -> Iterator[Callable[[], Pair]]:
    kept: list[socket.socket] = []

    def make() -> Pair:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            client = socket.create_connection(listening.getsockname(), timeout=10)
            served, _ = listening.accept()
        served.setblocking(False)
        kept.append(client)
        return client, served

    yield make
    for sock in kept:
        sock.close()


def test_socket_options_follow_the_settings(doorman: Doorman, pair: Pair) -> None:
    _, served = pair
    doorman.settings.tcp_keepalive = 60
    doorman.set_options(served)
    assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert served.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
    assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 20
    served.close()


def test_over_tls_a_client_comes_in_behind_its_handshake(
    doorman: Doorman, pair: Pair, tmp_path: Path
) -> None:
    client_end, served = pair
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path))
    assert doorman.admit(served, False, context) is None
    assert doorman.executor.clients == {}
    assert len(doorman.handshakes.going) == 1
    client_end.setblocking(False)
    tls = insecure_context().wrap_socket(client_end, do_handshake_on_connect=False)
    with tls:
        while not doorman.executor.clients:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
            doorman.reactor.poll()
            doorman.reactor.run_pending()
        (client,) = doorman.executor.clients.values()
        assert client.tls == "TLSv1.3"
        assert client.addr.startswith("127.0.0.1:")
        assert client.conn.plain
        client.conn.abort()
    assert doorman.handshakes.going == {}


def insecure_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_addresses_are_written_as_redis_writes_them() -> None:
    assert address_text(("127.0.0.1", 6379)) == "127.0.0.1:6379"
    assert address_text(("::1", 6379, 0, 0)) == "[::1]:6379"


def test_who_says_no_passkey_to_a_public_endpoint_makes_room(
    doorman: Doorman, node: Node, pair: Pair
) -> None:
    client_end, served = pair
    doorman.settings.endpoint = "public"
    node.executor.users.require([b"secret"])
    client = doorman.admit(served, False)
    assert client is not None
    node.advance(PATIENCE_MS - 1)
    doorman.send_strangers_away()
    client.conn.hold(HELD_OTHER)  # its attempt waits
    node.advance(1)
    doorman.send_strangers_away()
    assert not client.conn.closed
    client.conn.release(HELD_OTHER)
    doorman.send_strangers_away()
    assert client.conn.closed
    assert client_end.recv(10) == b""
    assert doorman.strangers == {}


@pytest.mark.parametrize("endpoint", ["public", "private"])
def test_others_stay(doorman: Doorman, node: Node, pair: Pair, endpoint: str) -> None:
    doorman.settings.endpoint = endpoint
    node.executor.users.require([b"secret"])
    client = doorman.admit(pair[1], False)
    assert client is not None
    client.authenticated = endpoint == "public"
    node.advance(10 * PATIENCE_MS)
    doorman.send_strangers_away()
    assert not client.conn.closed
    assert doorman.strangers == {}
    client.conn.abort()
