"""Connections over TLS."""

import signal
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.certificates import make_certificate
from tests.support.servers import Server, dflite_command, free_port, wait_until


class TlsServer:
    """A dflite whose port beside the plain one speaks TLS."""

    def __init__(self, server: Server, port: int, certificate: Path) -> None:
        self.server = server
        self.port = port
        self.context = ssl.create_default_context(cafile=str(certificate))

    def connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.fixture
def tls(run_dflite: Callable[..., Server], tmp_path: Path) -> TlsServer:
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    server = run_dflite(
        f"--tls_port={port}", f"--tls_cert_file={certificate}", f"--tls_key_file={key}",
    )  # fmt: skip
    return TlsServer(server, port, certificate)


def read_exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        assert piece, f"the connection ended after {data!r}"
        data += piece
    return data


def test_a_pipeline_over_tls_is_answered_in_order(tls: TlsServer) -> None:
    with tls.connect() as sock:
        sock.sendall(b"SET a 1\r\nGET a\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\nNOSUCH\r\nPING\r\n")
        wanted = (
            b"+OK\r\n$1\r\n1\r\n:2\r\n"
            b"-ERR unknown command 'NOSUCH', with args beginning with: \r\n+PONG\r\n"
        )
        assert read_exactly(sock, len(wanted)) == wanted


def test_tls_and_plain_clients_see_the_same_keys(tls: TlsServer) -> None:
    with tls.connect() as sock, tls.server.connect() as plain:
        assert plain.call("SET", "k", "v").text == "OK"
        sock.sendall(b"GET k\r\n")
        assert read_exactly(sock, 7) == b"$1\r\nv\r\n"


def test_a_long_value_crosses_tls_in_pieces(tls: TlsServer) -> None:
    value = bytes(range(256)) * 8192
    with tls.connect() as sock:
        sock.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%b\r\n" % (len(value), value))
        assert read_exactly(sock, 5) == b"+OK\r\n"
        sock.sendall(b"GET k\r\n")
        assert read_exactly(sock, len(value) + 12) == b"$%d\r\n%b\r\n" % (len(value), value)


def test_a_reader_that_does_not_read_is_not_served_without_end(tls: TlsServer) -> None:
    value = b"x" * 100_000
    with tls.connect() as sock, tls.server.connect() as plain:
        assert plain.call("SET", "k", value).text == "OK"
        before = tls.server.resident()
        for _ in range(300):
            sock.sendall(b"GET k\r\n" * 10)
        for _ in range(100):
            assert plain.call("PING").text == "PONG"
        assert tls.server.resident() - before < 100_000_000
        for _ in range(3000):
            assert read_exactly(sock, len(value) + 11).startswith(b"$100000\r\n")


def test_a_client_that_leaves_is_forgotten(tls: TlsServer) -> None:
    with tls.server.connect() as plain:
        for _ in range(5):
            with tls.connect() as sock:
                sock.sendall(b"PING\r\n")
                assert read_exactly(sock, 7) == b"+PONG\r\n"
        wait_until(lambda: plain.call("CLIENT", "LIST").data.count(b"\n") == 1)


def test_a_plaintext_client_of_a_tls_port_does_no_harm(tls: TlsServer) -> None:
    with socket.create_connection(("127.0.0.1", tls.port), timeout=10) as plain:
        plain.sendall(b"PING\r\n")
        while plain.recv(1000):
            continue
    with tls.connect() as sock:
        sock.sendall(b"PING\r\n")
        assert read_exactly(sock, 7) == b"+PONG\r\n"


def test_quit_ends_the_connection_after_its_reply(tls: TlsServer) -> None:
    with tls.connect() as sock:
        sock.sendall(b"PING\r\nQUIT\r\nPING\r\n")
        assert read_exactly(sock, 12) == b"+PONG\r\n+OK\r\n"
        assert sock.recv(100) == b""


def test_a_certificate_changes_while_serving(tls: TlsServer, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "second")
    with tls.connect() as before, tls.server.connect() as plain:
        reply = plain.call(
            "CONFIG", "SET", "tls-cert-file", str(certificate), "tls-key-file", str(key)
        )
        assert reply.text == "OK"
        before.sendall(b"PING\r\n")
        assert read_exactly(before, 7) == b"+PONG\r\n"
    with pytest.raises(ssl.SSLError):
        tls.connect()
    tls.context = ssl.create_default_context(cafile=str(certificate))
    with tls.connect() as after:
        after.sendall(b"PING\r\n")
        assert read_exactly(after, 7) == b"+PONG\r\n"


def test_a_bad_certificate_leaves_the_old_one(tls: TlsServer, tmp_path: Path) -> None:
    bad = tmp_path / "bad.crt"
    bad.write_text("no certificate")
    with tls.server.connect() as plain:
        reply = plain.call("CONFIG", "SET", "tls-cert-file", str(bad))
        assert reply.text.startswith("ERR CONFIG SET failed")
    with tls.connect() as sock:
        sock.sendall(b"PING\r\n")
        assert read_exactly(sock, 7) == b"+PONG\r\n"


def test_tls_without_files_is_a_sentence() -> None:
    done = subprocess.run(
        [dflite_command(), "serve", f"--port={free_port()}", "--tls"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0
    assert "tls_cert_file" in done.stderr
    assert "Traceback" not in done.stderr


def test_config_set_tls_reads_the_files_anew(tls: TlsServer, tmp_path: Path) -> None:
    with tls.connect() as before, tls.server.connect() as plain:
        make_certificate(tmp_path)  # under the same names
        assert plain.call("CONFIG", "SET", "tls", "true").text == "OK"
        before.sendall(b"PING\r\n")
        assert read_exactly(before, 7) == b"+PONG\r\n"
        # "tls" itself is a change of the plain port
        assert plain.call("PING").text == "PONG"
    with pytest.raises(ssl.SSLError):
        tls.connect()
    tls.context = ssl.create_default_context(cafile=str(tmp_path / "node.crt"))
    with tls.connect() as after:
        after.sendall(b"PING\r\n")
        assert read_exactly(after, 7) == b"+PONG\r\n"


def test_a_hangup_reads_the_files_anew_and_ends_nothing(tls: TlsServer, tmp_path: Path) -> None:
    make_certificate(tmp_path)
    tls.server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "SIGHUP received: new certificate" in tls.server.log)
    tls.context = ssl.create_default_context(cafile=str(tmp_path / "node.crt"))
    with tls.connect() as after:
        after.sendall(b"PING\r\n")
        assert read_exactly(after, 7) == b"+PONG\r\n"


def test_changed_files_are_noticed(tls: TlsServer, tmp_path: Path) -> None:
    with tls.connect() as before:
        make_certificate(tmp_path)
        wait_until(lambda: "the files have changed" in tls.server.log)
        before.sendall(b"PING\r\n")
        assert read_exactly(before, 7) == b"+PONG\r\n"
    tls.context = ssl.create_default_context(cafile=str(tmp_path / "node.crt"))
    tls.connect().close()


def test_a_bad_file_is_told_of_and_the_old_certificate_serves_on(
    tls: TlsServer, tmp_path: Path
) -> None:
    (tmp_path / "node.crt").write_text("no certificate")
    tls.server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the certificate in use stays" in tls.server.log)
    with tls.connect() as sock, tls.server.connect() as plain:
        sock.sendall(b"PING\r\n")
        assert read_exactly(sock, 7) == b"+PONG\r\n"
        info = plain.call("INFO", "tls").text
        assert "tls_certificate_problem:" in info
        assert "no PEM files" in info


def test_who_speaks_what_is_not_spoken_is_told_and_the_log_says_it(tls: TlsServer) -> None:
    with socket.create_connection(("127.0.0.1", tls.port), timeout=10) as plain:
        plain.sendall(b"*2\r\n$4\r\nAUTH\r\n$6\r\nsesame\r\n")
        assert plain.recv(1000).startswith(b"-ERR this port speaks TLS")
        assert plain.recv(10) == b""
    with (
        socket.create_connection(("127.0.0.1", tls.server.port), timeout=10) as plain,
        pytest.raises(ssl.SSLError),
    ):
        tls.context.wrap_socket(plain, server_hostname="127.0.0.1")
    log = tls.server.log
    assert f"sends plaintext to port {tls.port}, which speaks TLS" in log
    assert f"speaks TLS to port {tls.server.port}, which does not" in log
    assert "sesame" not in log


def test_tls_shows_in_client_list_and_in_figures(tls: TlsServer) -> None:
    with tls.connect() as sock, tls.server.connect() as plain:
        sock.sendall(b"PING\r\n")
        assert read_exactly(sock, 7) == b"+PONG\r\n"
        assert "tls=TLSv1.3" in plain.call("CLIENT", "LIST").text
        info = plain.call("INFO", "tls").text
        assert "tls_clients:1" in info
        assert "tls_handshakes_completed:1" in info
        assert "tls_cert_subject:CN=node" in plain.call("INFO", "server").text


def test_the_main_port_takes_up_tls_and_gives_it_up(tls: TlsServer) -> None:
    with tls.server.connect() as plain:
        assert plain.call("CONFIG", "SET", "tls", "yes").text == "OK"
        with socket.create_connection(("127.0.0.1", tls.server.port), timeout=10) as sock:
            tls.context.wrap_socket(sock, server_hostname="127.0.0.1").close()
        assert plain.call("CONFIG", "SET", "tls", "no").text == "OK"
    with tls.server.connect() as plain:
        assert plain.call("PING").text == "PONG"


def test_the_tls_port_can_be_moved(tls: TlsServer) -> None:
    port = free_port()
    with tls.connect() as before, tls.server.connect() as plain:
        assert plain.call("CONFIG", "SET", "tls-port", str(port)).text == "OK"
        tls.port = port
        before.sendall(b"PING\r\n")
        assert read_exactly(before, 7) == b"+PONG\r\n"
    with tls.connect() as after:
        after.sendall(b"PING\r\n")
        assert read_exactly(after, 7) == b"+PONG\r\n"


def test_clients_have_to_show_a_certificate_where_there_is_a_ca(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    server = run_dflite(
        f"--tls_port={port}", f"--tls_cert_file={certificate}", f"--tls_key_file={key}",
        f"--tls_ca_cert_file={certificate}",
    )  # fmt: skip
    tls = TlsServer(server, port, certificate)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        read_exactly(tls.connect(), 1)
    wait_until(lambda: "it shows no certificate" in server.log)
    with server.connect() as plain:
        assert plain.call("CONFIG", "SET", "tls-auth-clients", "no").text == "OK"
        with tls.connect() as sock:
            sock.sendall(b"PING\r\n")
            assert read_exactly(sock, 7) == b"+PONG\r\n"
        assert plain.call("CONFIG", "SET", "tls-auth-clients", "yes").text == "OK"
    tls.context.load_cert_chain(certificate, key)
    with tls.connect() as sock:
        sock.sendall(b"PING\r\n")
        assert read_exactly(sock, 7) == b"+PONG\r\n"
    done = subprocess.run(
        [
            *(dflite_command(), "healthcheck", "--port=0", f"--tls_port={port}"),
            *(f"--tls_cert_file={certificate}", f"--tls_key_file={key}"),
            f"--tls_ca_cert_file={certificate}",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_ports_with_and_without(run_dflite: Callable[..., Server], tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    tls_port, admin_port = free_port(), free_port()
    server = run_dflite(
        f"--tls_port={tls_port}", f"--admin_port={admin_port}", "--no_tls_on_admin_port",
        f"--tls_cert_file={certificate}", f"--tls_key_file={key}",
    )  # fmt: skip
    with server.connect() as plain:
        assert plain.call("CONFIG", "SET", "tls", "yes").text == "OK"
    for port in (server.port, tls_port):
        with TlsServer(server, port, certificate).connect() as sock:
            sock.sendall(b"PING\r\n")
            assert read_exactly(sock, 7) == b"+PONG\r\n"
    with socket.create_connection(("127.0.0.1", admin_port), timeout=10) as sock:
        sock.sendall(b"CLIENT LIST\r\n")
        assert b" tls=" not in sock.recv(10_000)


def test_an_address_that_cannot_be_had_leaves_both_ports_as_they_were(tls: TlsServer) -> None:
    with tls.server.connect() as plain:
        reply = plain.call("CONFIG", "SET", "bind", "127.0.0.1 203.0.113.1")
        assert reply.text.startswith("ERR CONFIG SET failed")
    with tls.connect() as sock, tls.server.connect() as plain:
        sock.sendall(b"PING\r\n")
        assert read_exactly(sock, 7) == b"+PONG\r\n"
        assert plain.call("PING").text == "PONG"


def test_memcached_speaks_tls_where_the_main_port_does(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    server = run_dflite(
        f"--memcached_port={port}", f"--tls_cert_file={certificate}", f"--tls_key_file={key}",
    )  # fmt: skip
    with server.connect() as plain:
        assert plain.call("CONFIG", "SET", "tls", "yes").text == "OK"
    with TlsServer(server, port, certificate).connect() as sock:
        sock.sendall(b"set a 0 0 1\r\n1\r\nget a\r\n")
        assert read_exactly(sock, 29) == b"STORED\r\nVALUE a 0 1\r\n1\r\nEND\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"get a\r\n")
        assert sock.recv(100) == b"SERVER_ERROR this port speaks TLS\r\n"
