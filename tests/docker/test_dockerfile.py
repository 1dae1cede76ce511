"""The Dockerfile's own steps, done in a fresh virtual environment for want of an engine."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.docker.dockerfile import (
    CHECKOUT,
    copy_sources,
    environment,
    is_sent,
    stages,
    steps,
)
from tests.support.servers import Server, free_port, start

PREFIX: Final = "/opt/dflite"
WHEEL: Final = os.environ.get("DFLITE_WHEEL", "")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first stage leaves behind, done by its own RUN lines.

    Takes about a minute, which is the compilers'; DFLITE_WHEEL=path spares it.
    """
    folder = tmp_path_factory.mktemp("docker")
    source = folder / "source"
    source.mkdir()
    copy_sources(source)
    prefix = folder / "opt"
    commands = [step.text for step in stages()["builder"] if step.word == "RUN"]
    for command in commands:
        words = shlex.split(command.replace(PREFIX, str(prefix)))
        if words[0] == "apt-get":
            continue
        words[:1] = {"python": [sys.executable], "pip": [sys.executable, "-m", "pip"]}[words[0]]
        if WHEEL:
            words = [WHEEL if word == "." else word for word in words]
        done = subprocess.run(words, cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return prefix


@pytest.fixture(scope="module")
def container(prefix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for the image's /usr/local/bin, with what the second stage copies."""
    folder = tmp_path_factory.mktemp("bin")
    for step in stages()["runtime"]:
        if step.word == "COPY":
            stage, sources, _ = step.copied
            for source in sources:
                if not stage:
                    assert is_sent(CHECKOUT / source)
                    shutil.copy2(CHECKOUT / source, folder)
    return folder


def image_environment(prefix: Path, **more: str) -> dict[str, str]:
    """The variables that a container starts with."""
    variables = environment(stages()["runtime"])
    variables["PATH"] = (
        variables["PATH"].replace(PREFIX, str(prefix)).replace("$PATH", os.environ["PATH"])
    )
    kept = {name: text for name, text in os.environ.items() if not name.startswith("DFLITE_")}
    return {**kept, **variables, **more}


def only(word: str) -> list[str]:
    """The exec form of the one such instruction of the last stage."""
    found = [step for step in stages()["runtime"] if step.word == word]
    assert len(found) == 1
    return found[0].json


def start_container(
    prefix: Path, container: Path, tmp_path: Path, *words: str, **more: str
) -> Server:
    """`docker run -p ... image words`, where more are its environment variables."""
    port = free_port()
    entrypoint = container / Path(only("ENTRYPOINT")[0]).name
    argv = [str(entrypoint), *(words or only("CMD"))]
    variables = image_environment(prefix, DFLITE_PORT=str(port), **more)
    for word in words:
        if word.startswith("--port="):
            port = int(word.removeprefix("--port="))
            del variables["DFLITE_PORT"]
    old = dict(os.environ)
    os.environ.clear()
    try:
        return start("container", argv, port, variables, tmp_path)
    finally:
        os.environ.update(old)


@pytest.fixture
def protected(prefix: Path, container: Path, tmp_path: Path) -> Iterator[Server]:
    """A container with a password, as `docker run -e DFLITE_REQUIREPASS=...` starts it."""
    home = tmp_path / "data"
    home.mkdir()
    with start_container(prefix, container, home, DFLITE_REQUIREPASS="sesame") as server:
        yield server


def check_health(
    prefix: Path, container: Path, tmp_path: Path, pid: int, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the HEALTHCHECK, with the process given for process 1."""
    script = container / Path(only("HEALTHCHECK")[0]).name
    copy = tmp_path / "healthcheck.sh"
    text = script.read_text()
    assert "/proc/1/" in text
    copy.write_text(text.replace("/proc/1/", f"/proc/{pid}/"))
    return subprocess.run(
        ["/bin/sh", str(copy)],
        env=image_environment(prefix, **more),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_every_source_that_is_copied_exists_and_reaches_the_build() -> None:
    for step in steps():
        if step.word == "COPY":
            stage, sources, _ = step.copied
            for source in sources:
                assert stage or (CHECKOUT / source).exists(), step
                assert stage in ("", *stages())


def test_only_what_is_needed_reaches_the_build() -> None:
    sent = {path.name for path in CHECKOUT.iterdir() if is_sent(path)}
    assert sent == {"dflite", "docker", "LICENSE", "README.md", "pyproject.toml", "setup.py"}
    assert is_sent(CHECKOUT / "dflite/native/keyspace/table.pyx")
    assert not is_sent(CHECKOUT / "dflite/native/keyspace/table.cpython-311-x86_64-linux-gnu.so")
    assert not is_sent(CHECKOUT / "dflite/native/keyspace/table.c")
    assert not is_sent(CHECKOUT / "dflite/base/__pycache__/errors.cpython-311.pyc")


def test_the_runtime_stage_has_no_compiler_and_no_root() -> None:
    builder, runtime = stages()["builder"], stages()["runtime"]
    assert builder[0].text.split()[0] == runtime[0].text
    assert not any("apt" in step.text or "gcc" in step.text for step in runtime)
    users = [step.text for step in runtime if step.word == "USER"]
    # Kubernetes' runAsNonRoot wants a number.
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    user, _, group = users[-1].partition(":")
    made = next(step.text for step in runtime if step.word == "RUN")
    assert f"--uid {user} " in made
    assert f"groupadd --system --gid {group} " in made


def test_what_the_first_stage_builds_is_what_the_second_one_takes() -> None:
    taken = [step.copied for step in stages()["runtime"] if step.word == "COPY"]
    assert ("builder", [PREFIX], PREFIX) in taken
    assert environment(stages()["runtime"])["PATH"] == f"{PREFIX}/bin:$PATH"


def test_the_data_folder_is_made_mounted_and_worked_in() -> None:
    runtime = stages()["runtime"]
    folders = {step.text for step in runtime if step.word in ("VOLUME", "WORKDIR")}
    assert len(folders) == 1
    made = next(step.text for step in runtime if step.word == "RUN")
    assert made.endswith(f"install --directory --owner=dflite --group=dflite {folders.pop()}")


def test_a_container_answers_with_its_password_and_is_healthy(
    prefix: Path, container: Path, tmp_path: Path, protected: Server
) -> None:
    with protected.connect() as connection:
        assert connection.call("PING").data.startswith(b"NOAUTH")
        assert not connection.call("AUTH", "sesame").is_error
        assert connection.call("SET", "a", "1").data == b"OK"
    assert Path(f"/proc/{protected.pid}/cwd").resolve().name == "data"
    variables = {"DFLITE_PORT": str(protected.port), "DFLITE_REQUIREPASS": "sesame"}
    done = check_health(prefix, container, tmp_path, protected.pid, **variables)
    assert done.returncode == 0, done.stderr
    wrong = check_health(
        prefix, container, tmp_path, protected.pid, DFLITE_PORT=str(protected.port)
    )
    assert wrong.returncode == 1
    assert "wants a password" in wrong.stderr


def test_a_container_is_ended_by_the_signal_that_docker_sends(protected: Server) -> None:
    protected.process.send_signal(signal.SIGTERM)
    assert protected.process.wait(15) == 0


def test_flags_alone_start_a_node_and_its_health_check_knows_them(
    prefix: Path, container: Path, tmp_path: Path
) -> None:
    port = free_port()
    home = tmp_path / "data"
    home.mkdir()
    flags = (f"--port={port}", "--requirepass=a b", "--maxmemory=1gb")
    with start_container(prefix, container, home, *flags) as server:
        done = check_health(prefix, container, tmp_path, server.pid)
        assert done.returncode == 0, done.stderr
        pid = server.pid
    gone = check_health(prefix, container, tmp_path, pid)
    assert gone.returncode == 1


def test_the_flags_of_a_kubernetes_operator_start_a_node_whose_probe_finds_the_admin_port(
    prefix: Path, container: Path, tmp_path: Path
) -> None:
    port, admin_port = free_port(), free_port()
    home = tmp_path / "data"
    home.mkdir()
    flags = (
        "--alsologtostderr",
        "--break_replication_on_master_restart=true",
        "--primary_port_http_enabled=false",
        f"--admin_port={admin_port}",
        "--admin_nopass",
        f"--dir={home}",
        "--snapshot_cron=*/5 * * * *",
        f"--port={port}",
    )
    secret = {"DFLITE_REQUIREPASS": "sesame"}
    with start_container(prefix, container, home, *flags, **secret) as server:
        probe = {"HEALTHCHECK_PORT": str(admin_port)}
        done = check_health(prefix, container, tmp_path, server.pid, **probe)
        assert done.returncode == 0, done.stderr


def test_a_sick_container_is_known_by_status_1(
    prefix: Path, container: Path, tmp_path: Path
) -> None:
    done = check_health(prefix, container, tmp_path, os.getpid(), DFLITE_PORT=str(free_port()))
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_other_commands_run_as_they_are(prefix: Path, container: Path) -> None:
    entrypoint = str(container / Path(only("ENTRYPOINT")[0]).name)
    for words, answer in (
        (["dflite", "--version"], "dflite "),
        (["--version"], "dflite "),
        (["echo", "a b"], "a b\n"),
    ):
        done = subprocess.run(
            [entrypoint, *words],
            env=image_environment(prefix),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(answer)


def test_compose_names_what_exists() -> None:
    lines = [line.strip() for line in (CHECKOUT / "docker/compose.yml").read_text().splitlines()]
    assert "context: .." in lines
    assert "dockerfile: docker/Dockerfile" in lines
    folder = next(step.text for step in stages()["runtime"] if step.word == "VOLUME")
    assert f"- data:{folder}" in lines
