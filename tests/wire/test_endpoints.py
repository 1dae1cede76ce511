"""Public and private endpoints as processes: what they make, what they print, whom they let in."""

import os
import socket
import ssl
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.certificates import make_certificate
from tests.support.endpoints import EndpointNode, say
from tests.support.servers import dflite_command, free_port

Start = Callable[..., EndpointNode]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    nodes: list[EndpointNode] = []

    def run(*flags: str) -> EndpointNode:
        nodes.append(EndpointNode(tmp_path, *flags))
        return nodes[-1]

    yield run
    for node in nodes:
        node.stop()


def test_a_public_endpoint_wants_tls_and_its_passkey(start: Start) -> None:
    node = start("--endpoint=public")
    parts = urlsplit(node.uri)
    assert (parts.scheme, parts.username, parts.port) == ("rediss", "default", node.port)
    assert parts.password == node.passkey
    with node.connect() as sock:
        assert say(sock, "GET", "a").startswith("-NOAUTH")
        assert say(sock, "AUTH", "default", "guess").startswith("-WRONGPASS")
        assert say(sock, "AUTH", "default", node.passkey) == "+OK\r\n"
        assert say(sock, "SET", "a", "1") == "+OK\r\n"
        assert say(sock, "CONFIG", "SET", "requirepass", "").startswith("-ERR CONFIG SET failed")
        assert say(sock, "CONFIG", "SET", "tls", "no").startswith("-ERR CONFIG SET failed")
    with node.connect() as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert sock.recv(100).startswith(b"-ERR")
    assert node.run("healthcheck").returncode == 0
    log = node.text.partition("\ndflite ")[0]
    assert node.passkey not in log


def test_what_it_made_is_its_own_and_used_again(start: Start) -> None:
    first = start("--endpoint=public")
    made = {path.name: path.read_bytes() for path in first.folder.glob("dflite*")}
    assert len(made) == 5
    for name in made:
        assert stat.S_IMODE(os.stat(first.folder / name).st_mode) == 0o600
    uri = urlsplit(first.uri)
    first.stop()
    second = start("--endpoint=public")
    assert {path.name: path.read_bytes() for path in second.folder.glob("dflite*")} == made
    assert urlsplit(second.uri).password == uri.password
    assert oct(os.stat(second.folder).st_mode) == oct(os.stat(first.folder).st_mode)


def test_tls_is_left_out_only_by_saying_so_and_the_log_warns(start: Start) -> None:
    node = start("--endpoint=public", "--tls=no")
    assert urlsplit(node.uri).scheme == "redis"
    assert "in the clear" in node.text
    assert "WITHOUT TLS" in node.line("endpoint")
    assert not (node.folder / "dflite.crt").exists()


@pytest.mark.parametrize(
    "flags", [["--memcached_port=6371"], ["--requirepass="], ["--admin_port=1", "--admin_nopass"]]
)
def test_what_cannot_be_public_is_a_sentence(flags: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [dflite_command(), "serve", "--endpoint=public", f"--port={free_port()}", *flags],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_private_endpoint_is_open_on_loopback(start: Start) -> None:
    node = start()
    assert node.uri == f"redis://127.0.0.1:{node.port}"
    assert list(node.folder.glob("dflite*")) == []


def test_a_certificate_that_is_given_is_used_with_a_passkey_that_is_made(
    start: Start, tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path, "given")
    node = start("--endpoint=public", f"--tls_cert_file={certificate}", f"--tls_key_file={key}")
    with node.connect(trust=certificate) as sock:
        assert say(sock, "AUTH", node.passkey) == "+OK\r\n"
    assert not (node.folder / "dflite.crt").exists()
    with pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(
            node.connect(trust=certificate).unwrap(), server_hostname="127.0.0.1"
        )


def test_a_passkey_is_changed_in_two_steps_while_the_node_serves(start: Start) -> None:
    node = start("--endpoint=public")
    old = node.passkey
    with node.connect() as connected:
        assert say(connected, "AUTH", "default", old) == "+OK\r\n"
        rotated = node.run("passkey", "rotate")
        assert rotated.returncode == 0, rotated.stderr
        new = node.passkey
        assert new != old
        assert f"default:{new}@" in rotated.stdout
        assert accepts(node, old)
        assert accepts(node, new)
        assert say(connected, "CONFIG", "SET", "maxmemory", "1gb") == "+OK\r\n"
        assert accepts(node, old)
        node.stop()
        node = start("--endpoint=public")
        assert urlsplit(node.uri).password == new
        assert accepts(node, old)
        assert accepts(node, new)
        dropped = node.run("passkey", "drop-old")
        assert dropped.returncode == 0, dropped.stderr
    assert not accepts(node, old)
    assert accepts(node, new)
    assert node.run("passkey", "show").stdout.strip() == node.uri
    assert node.run("healthcheck").returncode == 0
    node.stop()
    node = start("--endpoint=public")
    assert not accepts(node, old)
    assert accepts(node, new)


def accepts(node: EndpointNode, passkey: str) -> bool:
    with node.connect() as sock:
        return say(sock, "AUTH", "default", passkey) == "+OK\r\n"


@pytest.mark.parametrize("kept_in", ["aclfile", "config file"])
def test_a_passkey_that_was_dropped_does_not_come_back_with_users(
    start: Start, tmp_path: Path, kept_in: str
) -> None:
    (tmp_path / "users.acl").touch()
    config = tmp_path / "dflite.conf"
    config.touch()
    flags = ["--endpoint=public", "--tls=no"]
    flags.append("--aclfile=users.acl" if kept_in == "aclfile" else str(config))
    node = start(*flags)
    old = node.passkey
    assert node.run("passkey", "rotate").returncode == 0
    assert accepts_plain(node, old, "ACL SAVE" if kept_in == "aclfile" else "CONFIG REWRITE")
    assert node.run("passkey", "drop-old").returncode == 0
    new = node.passkey
    node.stop()
    node = start(*flags)
    assert not accepts_plain(node, old)
    assert accepts_plain(node, new)


def accepts_plain(node: EndpointNode, passkey: str, request: str = "PING") -> bool:
    with socket.create_connection(("127.0.0.1", node.port), timeout=10) as sock:
        if say(sock, "AUTH", "default", passkey) != "+OK\r\n":
            return False
        assert say(sock, *request.split()).startswith("+")
        return True
