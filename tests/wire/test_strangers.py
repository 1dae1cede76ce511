"""Every kind of endpoint, tried from another machine by somebody who has no passkey.

Two network namespaces with a wire between them: the node is in one, the stranger in the other.
"""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.endpoints import EndpointNode

STRANGER: Final = Path(__file__).parent.parent / "support" / "stranger.py"
HERE, THERE = "10.203.77.1", "10.203.77.2"
DENIED: Final = "-DENIED"
REFUSED: Final = ("-NOAUTH", "-WRONGPASS", "-ERR", "HTTP/1.1 400", "no TLS")
HARMLESS: Final = {"QUIT", "RESET", "TLS QUIT", "TLS RESET"}  # Redis answers these to everybody


class Machines:
    """A machine for the node, and one for the stranger."""

    def __init__(self) -> None:
        name = uuid.uuid4().hex[:8]
        self.node, self.stranger = f"dfl-n-{name}", f"dfl-s-{name}"
        wire = f"dfn{name}", f"dfs{name}"
        ip("netns", "add", self.node)
        ip("netns", "add", self.stranger)
        ip("link", "add", wire[0], "type", "veth", "peer", "name", wire[1])
        for place, end, address in (
            (self.node, wire[0], HERE),
            (self.stranger, wire[1], THERE),
        ):
            ip("link", "set", end, "netns", place)
            ip("-n", place, "address", "add", f"{address}/30", "dev", end)
            ip("-n", place, "link", "set", end, "up")
            ip("-n", place, "link", "set", "lo", "up")

    def remove(self) -> None:
        for place in (self.node, self.stranger):
            subprocess.run(["ip", "netns", "del", place], capture_output=True, check=False)

    def tries(self, port: int, passkey: str = "") -> dict[str, str]:
        """What the stranger hears for each thing that it tries."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.stranger, sys.executable, str(STRANGER), HERE, str(port)]
            + ([passkey] if passkey else []),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        heard: dict[str, str] = json.loads(done.stdout)
        return heard


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root, and the program ip")
    try:
        made = Machines()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
    yield made
    made.remove()


Start = Callable[..., EndpointNode]


@pytest.fixture
def start(machines: Machines, tmp_path: Path) -> Iterator[Start]:
    nodes: list[EndpointNode] = []

    def run(*flags: str) -> EndpointNode:
        prefix = ["ip", "netns", "exec", machines.node]
        nodes.append(EndpointNode(tmp_path, *flags, prefix=prefix))
        return nodes[-1]

    yield run
    for node in nodes:
        node.stop()


def gets_nothing(heard: dict[str, str], refusals: tuple[str, ...]) -> None:
    """Every try was refused in one of these ways, or not answered at all."""
    for tried, answer in heard.items():
        if tried not in HARMLESS:
            assert not answer or answer.startswith(refusals), (tried, answer)


def test_a_private_endpoint_cannot_even_be_reached(machines: Machines, start: Start) -> None:
    node = start()
    assert set(machines.tries(node.port).values()) == {"unreachable"}


def test_with_an_address_protected_mode_denies_strangers(machines: Machines, start: Start) -> None:
    node = start(f"--bind={HERE} 127.0.0.1", "--admin_port=9999")
    heard = machines.tries(node.port)
    assert heard["PING"].startswith(DENIED)
    gets_nothing(heard, (DENIED, "no TLS"))
    gets_nothing(machines.tries(9999), (DENIED, "no TLS"))


def test_with_tls_and_an_address_it_denies_them_too(machines: Machines, start: Start) -> None:
    start(f"--bind={HERE} 127.0.0.1", "--endpoint=public").stop()  # makes a certificate
    node = start(
        f"--bind={HERE}", "--tls", "--tls_cert_file=dflite.crt", "--tls_key_file=dflite.key"
    )
    heard = machines.tries(node.port)
    assert heard["TLS PING"].startswith(DENIED)
    gets_nothing(heard, (DENIED, "-ERR this port speaks TLS", "HTTP/1.1 400"))


def test_without_protected_mode_everybody_gets_in(machines: Machines, start: Start) -> None:
    node = start("--bind=*", "--protected-mode=no")
    assert machines.tries(node.port)["PING"] == "+PONG\r\n"


def test_a_password_stands_in_the_place_of_protected_mode(machines: Machines, start: Start) -> None:
    node = start("--bind=*", "--requirepass=sesame")
    heard = machines.tries(node.port)
    assert heard["PING"].startswith("-NOAUTH")
    gets_nothing(heard, (*REFUSED, "HTTP/1.1 200"))
    assert machines.tries(node.port, "sesame")["PING"] == "+PONG\r\n"


def test_a_public_endpoint_lets_nobody_in_without_its_passkey(
    machines: Machines, start: Start
) -> None:
    node = start("--endpoint=public", "--admin_port=9999")
    for port in (node.port, 9999):
        heard = machines.tries(port)
        assert heard["TLS PING"].startswith("-NOAUTH")
        assert heard["TLS SET stolen 1"].startswith("-NOAUTH")
        gets_nothing(heard, REFUSED if port == node.port else (*REFUSED, "HTTP/1.1 200"))
    assert set(machines.tries(6371).values()) == {"unreachable"}
    assert machines.tries(node.port, node.passkey)["TLS GET stolen"] == "$-1\r\n"


def test_a_public_endpoint_without_tls_wants_the_passkey_all_the_same(
    machines: Machines, start: Start
) -> None:
    node = start("--endpoint=public", "--tls=no")
    heard = machines.tries(node.port)
    assert heard["PING"].startswith("-NOAUTH")
    gets_nothing(heard, REFUSED)
