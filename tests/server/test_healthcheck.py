"""`dflite healthcheck` against small servers that answer what a test wants."""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dflite.server import healthcheck
from dflite.settings.settings import Settings

PING = b"*1\r\n$4\r\nPING\r\n"
NO_PASSWORD = b"-ERR AUTH <password> called without any password configured\r\n"


class Listener:
    """Takes one connection, keeps what it hears, and says one thing."""

    def __init__(self, sock: socket.socket, answer: bytes, context: ssl.SSLContext | None) -> None:
        self.sock = sock
        self.answer = answer
        self.context = context
        self.heard = b""
        self.connection: socket.socket | None = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.sock.getsockname()[1])

    def run(self) -> None:
        try:
            connection, _ = self.sock.accept()
            connection.settimeout(5)
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.connection = connection  # stays open as long as this object
            while not self.heard.endswith(PING):
                chunk = connection.recv(4096)
                if not chunk:
                    break
                self.heard += chunk
            for at in range(len(self.answer)):
                connection.sendall(self.answer[at : at + 1])
            if not self.answer.endswith(b"..."):
                connection.close()
        except OSError:
            return

    def stop(self) -> None:
        self.sock.close()
        self.thread.join(5)


Listen = Callable[..., Listener]


@pytest.fixture
def listen() -> Iterator[Listen]:
    listeners: list[Listener] = []

    def start(answer: bytes, path: str = "", context: ssl.SSLContext | None = None) -> Listener:
        if path:
            sock = socket.socket(socket.AF_UNIX)
            sock.bind(path)
            sock.listen()
        else:
            sock = socket.create_server(("127.0.0.1", 0))
        listeners.append(Listener(sock, answer, context))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.stop()


def check(*words: str, **environ: str) -> int:
    return healthcheck.main(list(words), environ)


def test_a_pong_is_health(listen: Listen, capsys: pytest.CaptureFixture[str]) -> None:
    listener = listen(b"+PONG\r\n")
    assert check(f"--port={listener.port}", "--ready") == 0
    listener.stop()
    assert listener.heard == PING
    assert capsys.readouterr() == ("", "")


def test_the_port_comes_from_file_and_environment(listen: Listen, tmp_path: Path) -> None:
    assert check(DFLITE_PORT=str(listen(b"+PONG\r\n").port)) == 0
    assert check(HEALTHCHECK_PORT=str(listen(b"+PONG\r\n").port)) == 0
    conf = tmp_path / "a.conf"
    conf.write_text(f"port {listen(b'+PONG' + bytes([13, 10])).port}\nbind 127.0.0.1\n")
    assert check(str(conf)) == 0


def test_a_password_is_sent_first(listen: Listen) -> None:
    listener = listen(b"+OK\r\n+PONG\r\n")
    assert check(f"--port={listener.port}", DFLITE_REQUIREPASS="ge heim") == 0
    listener.stop()
    assert listener.heard == b"*2\r\n$4\r\nAUTH\r\n$7\r\nge heim\r\n" + PING


def test_a_password_that_nobody_asked_for_does_no_harm(listen: Listen) -> None:
    listener = listen(NO_PASSWORD + b"+PONG\r\n")
    assert check(f"--port={listener.port}", "--requirepass=x") == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
        b"-BUSY Redis is busy running a script.\r\n",
        b"-ERR max number of clients reached\r\n",
    ],
)
def test_a_node_that_cannot_serve_now_lives_but_is_not_ready(
    listen: Listen, capsys: pytest.CaptureFixture[str], answer: bytes
) -> None:
    assert check(f"--port={listen(answer).port}") == 0
    assert check(f"--port={listen(answer).port}", "--ready") == 1
    assert "is not ready: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "words", "sentence"),
    [
        (b"-NOAUTH Authentication required.\r\n", [], "wants a password: give it as DFLITE_REQ"),
        (
            b"-WRONGPASS invalid username-password pair\r\n-NOAUTH Authentication required.\r\n",
            ["--requirepass=x"],
            "does not take the password that was given.",
        ),
        (b"HTTP/1.1 400 Bad Request\r\n", [], "answered 'HTTP/1.1 400 Bad Request' in place"),
        (b"", [], "closed the connection without a word. If it speaks TLS, give --tls."),
        (b"+PON", [], "closed the connection without a word."),
        (b"x" * 9000, [], "closed the connection without a word."),
    ],
)
def test_anything_else_is_a_sentence_and_status_1(
    listen: Listen,
    capsys: pytest.CaptureFixture[str],
    answer: bytes,
    words: list[str],
    sentence: str,
) -> None:
    listener = listen(answer)
    assert check(f"--port={listener.port}", *words) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"dflite healthcheck: 127.0.0.1:{listener.port} ")
    assert sentence in err
    assert err.count("\n") == 1


def test_nobody_there_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    assert check(f"--port={port}") == 1
    assert capsys.readouterr().err == (
        f"dflite healthcheck: 127.0.0.1:{port} does not answer: Connection refused.\n"
    )


def test_silence_ends_after_the_timeout(listen: Listen, capsys: pytest.CaptureFixture[str]) -> None:
    listener = listen(b"+OK...")
    assert check(f"--port={listener.port}", "--healthcheck_timeout=50ms") == 1
    assert "did not answer within 0.05 s." in capsys.readouterr().err


def test_a_unix_socket_is_asked_where_there_is_no_port(listen: Listen, tmp_path: Path) -> None:
    listen(b"+PONG\r\n", path=str(tmp_path / "x.sock"))
    assert check("--port=0", "--unixsocket=x.sock", f"--dir={tmp_path}") == 0
    assert check("--port=0", f"--unixsocket={tmp_path}/none.sock") == 1


def test_a_mistake_in_the_flags_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--prot=1") == 1
    assert capsys.readouterr().err.startswith("dflite healthcheck: There is no flag --prot")
    assert check(HEALTHCHECK_PORT="x") == 1
    assert check("--port=0") == 1
    assert "no fixed port" in capsys.readouterr().err


def test_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--help") == 0
    assert capsys.readouterr().out.startswith("Usage: dflite healthcheck")


# Which way in is taken


def door(wanted: str = "", **given: object) -> tuple[list[str], int, str, bool, str]:
    settings = Settings()
    settings.requirepass = "p"
    for name, value in given.items():
        setattr(settings, name, value)
    found = healthcheck.find_door(settings, wanted)
    return found.hosts, found.port, found.path, found.tls, found.password


def test_the_first_of_the_ways_in_is_taken() -> None:
    loopback = ["127.0.0.1", "::1"]
    assert door() == (loopback, 6379, "", False, "p")
    assert door(tls=True) == (loopback, 6379, "", True, "p")
    assert door(port=0, tls_port=7) == (loopback, 7, "", True, "p")
    assert door(port=-1, admin_port=9) == (loopback, 9, "", False, "p")
    assert door(bind=[], unixsocket="/x") == ([], 0, "/x", False, "p")
    assert door(bind=["*", "-::*"]) == (loopback, 6379, "", False, "p")
    assert door(bind=["0.0.0.0", "10.0.0.1"]) == (["127.0.0.1", "10.0.0.1"], 6379, "", False, "p")


def test_the_admin_port_has_an_address_tls_and_password_of_its_own() -> None:
    given: dict[str, Any] = {"port": 0, "admin_port": 9, "admin_bind": "10.0.0.1", "tls": True}
    assert door(**given) == (["10.0.0.1"], 9, "", True, "p")
    assert door(**given, no_tls_on_admin_port=True)[3] is False
    assert door(**given, admin_nopass=True)[4] == ""


def test_a_wanted_port_is_asked_as_what_it_is() -> None:
    given: dict[str, Any] = {
        "tls": True,
        "admin_port": 9,
        "no_tls_on_admin_port": True,
        "admin_nopass": True,
    }
    assert door("9", **given)[1:] == (9, "", False, "")
    assert door("8", **given)[1:] == (8, "", True, "p")
    assert door("8")[1:] == (8, "", False, "p")
    assert door("8", tls_port=8)[1:] == (8, "", True, "p")


def test_the_next_address_is_tried_when_one_refuses(listen: Listen) -> None:
    listener = listen(b"+PONG\r\n")
    assert check(f"--port={listener.port}", "--bind=127.0.0.2,127.0.0.1") == 0


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


def server_context(certificate: tuple[str, str], ask_clients: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if ask_clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate[0])
    return context


def tls_flags(listener: Listener, certificate: tuple[str, str]) -> list[str]:
    return [
        f"--port={listener.port}",
        "--tls",
        f"--tls_cert_file={certificate[0]}",
        f"--tls_key_file={certificate[1]}",
    ]


def test_a_certificate_that_signs_itself_is_enough_without_a_ca(
    listen: Listen, certificate: tuple[str, str]
) -> None:
    listener = listen(b"+PONG\r\n", context=server_context(certificate, False))
    assert check(*tls_flags(listener, certificate)) == 0


def test_with_a_ca_both_sides_show_their_certificate(
    listen: Listen, certificate: tuple[str, str]
) -> None:
    listener = listen(b"+PONG\r\n", context=server_context(certificate, True))
    ca = f"--tls_ca_cert_file={certificate[0]}"
    assert check(*tls_flags(listener, certificate), ca) == 0


def test_a_port_without_tls_is_a_sentence(
    listen: Listen, certificate: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    listener = listen(b"+PONG\r\n")
    flags = [*tls_flags(listener, certificate), "--healthcheck_timeout=500ms"]
    assert check(*flags) == 1
    assert "answer" in capsys.readouterr().err
