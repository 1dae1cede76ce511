"""node-redis and ioredis in both protocols, and BullMQ, as npm delivers them."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.support.endpoints import EndpointNode
from tests.support.lasting import ENDS, LastingNode
from tests.support.servers import Server, missing, program, wait_until
from tests.support.workers import PATIENCE, Worker

HERE: Final = Path(__file__).parent / "node"
LIBRARIES: Final = ("node-redis", "ioredis")


@pytest.fixture(scope="module")
def check(request: pytest.FixtureRequest) -> Path:
    """The script, beside the libraries that npm installs once into pytest's cache."""
    npm = program("npm", "npm")
    program("node", "nodejs")
    cache = request.config.cache
    assert cache is not None
    place = Path(str(cache.mkdir("dflite-node")))
    wanted = HERE / "package.json"
    installed = place / "installed.json"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        shutil.copy(wanted, place / "package.json")
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"],
            cwd=place,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            missing(f"npm could not install the libraries: {done.stderr.strip()[-300:]}")
        shutil.copy(wanted, installed)
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, place / script.name)
    return place / "check.mjs"


def run(check: Path, *words: str) -> None:
    done = subprocess.run(
        ["node", str(check), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "all as expected" in done.stdout


@pytest.mark.parametrize("protocol", ["2", "3"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_handshake_pipeline_and_transactions(
    shared_dflite: Server, check: Path, library: str, protocol: str
) -> None:
    run(check, library, str(shared_dflite.port), protocol)


@pytest.mark.parametrize("protocol", ["2", "3"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_locks_streams_and_messages(
    shared_dflite: Server, check: Path, library: str, protocol: str
) -> None:
    run(check.with_name("together.mjs"), library, str(shared_dflite.port), protocol)


@pytest.mark.parametrize("library", LIBRARIES)
def test_handshake_with_a_password(
    run_dflite: Callable[..., Server], check: Path, library: str
) -> None:
    server = run_dflite("--requirepass=sesame")
    run(check, library, str(server.port), "3", "sesame")


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_uri_that_a_public_endpoint_prints(check: Path, library: str, tmp_path: Path) -> None:
    with EndpointNode(tmp_path, "--endpoint=public") as node:
        run(check.with_name("uri.mjs"), library, node.uri, str(node.authority))


def test_jobs_of_bullmq_in_are_jobs_out(run_dflite: Callable[..., Server], check: Path) -> None:
    run(check.with_name("bullmq.mjs"), str(run_dflite("--specialization=bullmq").port))


@pytest.mark.parametrize("end", ENDS)
def test_jobs_of_bullmq_outlive_the_server(check: Path, tmp_path: Path, end: str) -> None:
    node = LastingNode(tmp_path / "node", end)
    try:
        words = ["node", str(check.with_name("bullmq.mjs")), str(node.port), "outlive"]
        with Worker(words, tmp_path, {"NODE_NO_WARNINGS": "1"}) as program:
            wait_until(lambda: "now" in program.text, PATIENCE)
            node.restart()
            wait_until(lambda: program.process.poll() is not None, PATIENCE)
            assert program.process.returncode == 0, program.text
            assert "all as expected" in program.text
    finally:
        node.stop()
