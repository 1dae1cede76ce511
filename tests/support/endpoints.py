"""A dflite whose endpoint is to be tried, in a folder of its own, known by what it prints."""

import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.servers import dflite_command, free_port, wait_until

CLEAN: dict[str, str] = {
    name: value for name, value in os.environ.items() if not name.upper().startswith(("DFL",))
}


class EndpointNode:
    """A node, its start-up block and its log. Stop it, or use it in a `with`."""

    def __init__(self, folder: Path, *flags: str, prefix: Sequence[str] = ()) -> None:
        self.folder = folder
        self.port = free_port()
        self.flags = [f"--port={self.port}", f"--dir={folder}", *flags]
        self.output = folder / "output"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [*prefix, dflite_command(), "serve", *self.flags],
                cwd=folder,
                env={**CLEAN, **path_of_modules()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: "  stop " in self.text or self.process.poll() is not None, 30)
        assert self.process.poll() is None, self.text

    @property
    def text(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def line(self, label: str) -> str:
        """What the start-up block says behind a label."""
        for line in self.text.splitlines():
            if line.startswith(f"  {label} "):
                return line[len(label) + 2 :].strip()
        raise AssertionError(f"no {label} in {self.text}")

    @property
    def uri(self) -> str:
        return self.line("connect")

    @property
    def authority(self) -> Path:
        return self.folder / "dflite-ca.crt"

    @property
    def passkey(self) -> str:
        return (self.folder / "dflite.passkey").read_text().splitlines()[0]

    def connect(self, trust: Path | None = None) -> ssl.SSLSocket:
        """A client of 127.0.0.1 that trusts the node's own authority, or another."""
        context = ssl.create_default_context(cafile=str(trust or self.authority))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another subcommand, with this node's flags."""
        return subprocess.run(
            [dflite_command(), *words, *self.flags],
            cwd=self.folder,
            env={**CLEAN, **path_of_modules()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def __enter__(self) -> "EndpointNode":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def path_of_modules() -> dict[str, str]:
    """What a checkout that is tested in place needs; nothing where the package is installed."""
    return {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}


def say(sock: socket.socket, *words: str) -> str:
    """One request, and its reply as far as it came in one piece."""
    data = b"*%d\r\n" % len(words)
    for word in words:
        data += b"$%d\r\n%b\r\n" % (len(word.encode()), word.encode())
    sock.sendall(data)
    return sock.recv(65536).decode()
