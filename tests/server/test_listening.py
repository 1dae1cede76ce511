"""Opening listening sockets: what is in the way is said in a sentence."""

import asyncio
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dflite.server.listening import (
    ListenError,
    accept_all,
    hears,
    listen_tcp,
    listen_unix,
    own_addresses,
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with a short path: that of a Unix socket may have about a hundred bytes."""
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def test_a_taken_port_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ListenError) as caught:
            listen_tcp("127.0.0.1", port, 16)
    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use"
        " (is another server running there?)"
    )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_a_sentence(host: str) -> None:
    with pytest.raises(ListenError, match=f"cannot listen on {host}:"):
        listen_tcp(host, 0, 16)


@pytest.mark.parametrize("host", ["\udcff", "x" * 64])
def test_what_is_no_name_is_a_sentence(host: str) -> None:
    with pytest.raises(ListenError, match="no host has such a name"):
        listen_tcp(host, 0, 16)


def test_a_star_is_every_address_of_ipv4() -> None:
    (sock,) = listen_tcp("*", 0, 16)
    with sock:
        assert sock.getsockname()[0] == "0.0.0.0"
        assert not sock.getblocking()


def test_a_file_of_another_kind_is_not_replaced_by_a_unix_socket(folder: Path) -> None:
    path = folder / "precious"
    path.write_text("data")
    with pytest.raises(ListenError, match="a file of another kind"):
        listen_unix(str(path), 0, 16)
    assert path.read_text() == "data"


def test_a_unix_socket_in_use_is_left_alone(folder: Path) -> None:
    path = folder / "s"
    with listen_unix(str(path), 0o600, 16):
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(ListenError, match="another server is running"):
            listen_unix(str(path), 0, 16)
        assert path.exists()


def test_a_folder_that_is_not_there_is_a_sentence(folder: Path) -> None:
    with pytest.raises(ListenError, match="No such file"):
        listen_unix(str(folder / "none" / "s"), 0, 16)


class BrokenSocket(socket.socket):
    """A listening socket whose next accepts fail, as for want of file descriptors."""

    failures = 1

    def accept(self) -> tuple[socket.socket, object]:
        if self.failures:
            self.failures -= 1
            raise OSError(24, "Too many open files")
        return super().accept()


def test_after_a_failed_accept_it_goes_on_later() -> None:
    admitted: list[socket.socket] = []
    failed: list[OSError] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def admit(sock: socket.socket) -> None:
            admitted.append(sock)
            done.set_result(None)

        with BrokenSocket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            listening.setblocking(False)
            loop.add_reader(listening, accept_all, loop, listening, admit, failed.append)
            with socket.create_connection(listening.getsockname()):
                await asyncio.wait_for(done, 10)
            loop.remove_reader(listening)

    asyncio.run(play())
    assert [error.errno for error in failed] == [24]
    assert len(admitted) == 1
    admitted[0].close()


def test_this_machine_knows_its_own_addresses() -> None:
    assert own_addresses("127.0.0.1") == ["127.0.0.1"]
    assert own_addresses("127.0.0.2") == ["127.0.0.2"]
    assert "127.0.0.1" in own_addresses("LocalHost")
    assert own_addresses("192.0.2.1") == []
    assert own_addresses("no.such.host.invalid") == []


@pytest.mark.parametrize(
    ("listener", "address", "heard"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("::", "::1", True),
        ("::", "127.0.0.1", False),
        ("10.0.0.1", "127.0.0.1", False),
    ],
)
def test_who_listens_everywhere_hears_who_calls_any_address(
    listener: str, address: str, heard: bool
) -> None:
    assert hears(listener, address) is heard
