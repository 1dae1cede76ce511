"""`dflite passkey` against a node that answers what a test wants."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dflite.server import passkey_command
from dflite.server.passkey import PasskeyFile
from dflite.server.passkey_command import main


class FakeNode:
    """Takes connections one after the other, and answers each request with one line."""

    def __init__(self) -> None:
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.sock.getsockname()[1])
        self.heard: list[list[bytes]] = []
        self.refuses = b""  # requests that begin with this word
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.sock.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                while line := lines.readline():
                    words = []
                    for _ in range(int(line[1:])):
                        lines.readline()
                        words.append(lines.readline().rstrip(b"\r\n"))
                    self.heard.append(words)
                    refused = words[0] == self.refuses
                    connection.sendall(b"-ERR no\r\n" if refused else b"+OK\r\n")

    def stop(self) -> None:
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.thread.join(5)


@pytest.fixture
def fake() -> Iterator[FakeNode]:
    node = FakeNode()
    yield node
    node.stop()


@pytest.fixture
def flags(fake: FakeNode, tmp_path: Path) -> list[str]:
    return [
        "--endpoint=public", "--tls=no", "--bind=127.0.0.1", f"--port={fake.port}",
        f"--dir={tmp_path}",
    ]  # fmt: skip


def test_without_a_step_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 2
    assert main(["--help"], {}) == 0
    assert main(["show", "--help"], {}) == 0
    out, err = capsys.readouterr()
    assert out == passkey_command.USAGE * 2
    assert err == passkey_command.USAGE


def test_where_there_is_no_passkey_it_says_where_it_looked(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", *flags], {}) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_show_prints_the_uri(
    flags: list[str], fake: FakeNode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    PasskeyFile(str(tmp_path)).write(["p/k"])
    assert main(["show", *flags], {}) == 0
    assert capsys.readouterr().out == f"redis://default:p%2Fk@127.0.0.1:{fake.port}\n"


def test_rotate_adds_a_passkey_and_keeps_the_old_one(
    flags: list[str], fake: FakeNode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = PasskeyFile(str(tmp_path))
    file.write(["old"])
    assert main(["rotate", *flags], {}) == 0
    new, old = file.read()
    assert old == "old"
    assert fake.heard == [
        [b"AUTH", b"default", b"old"],
        [b"ACL", b"SETUSER", b"default", b">" + new.encode()],
        [b"AUTH", b"default", new.encode()],
        [b"PING"],
    ]
    out = capsys.readouterr().out
    assert f"default:{new}@" in out
    assert "drop-old" in out
    assert main(["rotate", *flags], {}) == 1
    assert "not over" in capsys.readouterr().err


def test_drop_old_leaves_the_new_one_only(
    flags: list[str], fake: FakeNode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = PasskeyFile(str(tmp_path))
    file.write(["new", "old"])
    assert main(["drop-old", *flags], {}) == 0
    assert file.read() == ["new"]
    assert fake.heard[-1] == [b"CONFIG", b"SET", b"requirepass", b"new"]
    assert main(["drop-old", *flags], {}) == 1
    assert "no older passkey" in capsys.readouterr().err


def test_a_node_that_refuses_leaves_the_file_as_it_was(
    flags: list[str], fake: FakeNode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = PasskeyFile(str(tmp_path))
    file.write(["old"])
    fake.refuses = b"ACL"
    assert main(["rotate", *flags], {}) == 1
    assert file.read() == ["old"]
    assert "says: ERR no" in capsys.readouterr().err


def test_a_node_that_does_not_run_is_said_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = PasskeyFile(str(tmp_path))
    file.write(["old"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    flags = ["--endpoint=public", "--tls=no", f"--port={port}", f"--dir={tmp_path}"]
    assert main(["rotate", *flags], {}) == 1
    assert file.read() == ["old"]
    assert "Is the node running there?" in capsys.readouterr().err


def test_a_password_that_was_given_is_changed_there_too(
    flags: list[str], fake: FakeNode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rotate", *flags, "--requirepass=sesame"], {}) == 0
    assert PasskeyFile(str(tmp_path)).read() == []
    assert "give the new passkey there too" in capsys.readouterr().out


@pytest.mark.parametrize("step", ["rotate", "drop-old"])
def test_only_one_changes_the_passkey_at_a_time(
    step: str,
    flags: list[str],
    fake: FakeNode,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = PasskeyFile(str(tmp_path))
    file.write(["new", "old"])
    with file.locked():
        assert main([step, *flags], {}) == 1
        assert main(["show", *flags], {}) == 0
    assert "another dflite passkey is changing it" in capsys.readouterr().err
    assert file.read() == ["new", "old"]
    assert fake.heard == []
    assert main(["drop-old", *flags], {}) == 0
