"""The URI that a public endpoint prints, used as it is; node-redis and ioredis are in test_node."""

import shlex
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from dflite.server.certificates import furnish
from dflite.server.own_files import OwnFiles
from tests.support.endpoints import EndpointNode
from tests.support.servers import program, wait_until


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EndpointNode]:
    with EndpointNode(tmp_path, "--endpoint=public", "--announce_ip=127.0.0.1") as node:
        yield node


def test_redis_cli_by_the_line_that_is_printed(node: EndpointNode) -> None:
    program("redis-cli", "redis-tools")
    lines = node.text.splitlines()
    (line,) = [line.strip() for line in lines if line.strip().startswith("redis-cli -u")]
    words = shlex.split(line)
    for command, answer in (("SET a 1", "OK"), ("GET a", "1")):
        done = subprocess.run(
            [*words, *command.split()], capture_output=True, text=True, timeout=30, check=False
        )
        assert done.stdout.strip() == answer, done.stderr


def test_redis_cli_that_does_not_trust_the_authority_is_told_so(node: EndpointNode) -> None:
    program("redis-cli", "redis-tools")
    done = subprocess.run(
        ["redis-cli", "-u", node.uri, "PING"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "certificate" in done.stderr + done.stdout


@pytest.mark.parametrize("protocol", [2, 3])
def test_redis_py(node: EndpointNode, protocol: int) -> None:
    uri = f"{node.uri}?ssl_ca_certs={node.authority}&protocol={protocol}"
    with redis.Redis.from_url(uri, decode_responses=True) as client:
        assert client.set("a", "1")
        assert client.get("a") == "1"
        with client.pipeline(transaction=True) as pipe:
            assert pipe.incr("a").incr("a").execute() == [2, 3]


def test_a_certificate_is_changed_under_load_and_no_request_fails(node: EndpointNode) -> None:
    """Clients that stay, and clients that come all the time, while it changes again and again."""
    done = threading.Event()
    failures: list[BaseException] = []
    counts = [0] * 6
    uri = f"{node.uri}?ssl_ca_certs={node.authority}"

    def work(number: int) -> None:
        client = redis.Redis.from_url(uri, retry=None)
        try:
            while not done.is_set():
                client.set(f"k{number}", counts[number])
                assert int(client.get(f"k{number}") or b"-1") == counts[number]
                counts[number] += 1
                if number % 2:
                    client.connection_pool.disconnect()
        except BaseException as error:
            failures.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    files = OwnFiles(str(node.folder))
    serials = {serial_of(uri)}
    try:
        for change in range(3):
            # as the node itself does before the end; the authority is the same
            (node.folder / "dflite.crt").unlink()
            furnish(files, ["127.0.0.1", "localhost", f"change-{change}"])
            wait_until(lambda: node.text.count("the files have changed") > change)  # noqa: B023
            before = list(counts)
            wait_until(lambda: all(now > then for now, then in zip(counts, before, strict=True)))  # noqa: B023
            serials.add(serial_of(uri))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(serials) == 4


def serial_of(uri: str) -> str:
    with redis.Redis.from_url(uri) as client:
        return str(client.info("tls")["tls_server_cert_serial"])
