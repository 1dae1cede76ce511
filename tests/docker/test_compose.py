"""The compose files: what they start is what there is, and belongs together."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.docker.compose import DOCKER, Node, read_compose
from tests.support.servers import start_dflite

NODES = ["node-1", "node-2", "node-3"]
SENTINELS = ["sentinel-1", "sentinel-2", "sentinel-3"]


def part(node: Node, *names: str) -> Node:
    for name in names:
        assert isinstance(node, dict)
        node = node[name]
    return node


def words(node: Node) -> list[str]:
    assert isinstance(node, list)
    return node


@pytest.mark.parametrize("name", ["compose.yml", "compose.ha.yml"])
def test_volumes_and_files_are_there(name: str) -> None:
    compose = read_compose(name)
    services = part(compose, "services")
    assert isinstance(services, dict)
    used = {
        volume.partition(":")[0]
        for each in services.values()
        for volume in words(part(each, "volumes"))
    }
    assert used == set(part(compose, "volumes"))
    for each in services.values():
        assert isinstance(each, dict)
        if "build" in each:
            assert (DOCKER / ".." / str(part(each, "build", "dockerfile"))).exists()


def test_there_are_a_primary_two_replicas_and_three_sentinels() -> None:
    services = part(read_compose("compose.ha.yml"), "services")
    assert isinstance(services, dict)
    assert sorted(services) == NODES + SENTINELS
    following = []
    for name in NODES:
        script = words(part(services, name, "command"))[2]
        assert f"--replica_announce_ip={name}" in script
        assert part(services, name, "hostname") == name
        following.append("replicaof node-1 6379" in script)
        passwords = part(services, name, "environment")
        assert isinstance(passwords, dict)
        assert len(set(map(str, passwords.values()))) == 1
    assert following == [False, True, True]
    for name in SENTINELS:
        config = part(services, name, "environment", "SENTINEL_CONF")
        assert isinstance(config, str)
        assert "sentinel monitor mymaster node-1 6379 2\n" in config
        assert f"sentinel announce-ip {name}\n" in config
        assert words(part(services, name, "depends_on")) == NODES


@pytest.mark.parametrize("name", NODES)
def test_a_node_is_started_as_its_command_says(name: str, tmp_path: Path) -> None:
    """Its shell's part, then its flags."""
    script = words(part(read_compose("compose.ha.yml"), "services", name, "command"))[2]
    prepare, _, serve = script.partition(" exec ")
    subprocess.run(["sh", "-c", prepare.rstrip("; ")], cwd=tmp_path, check=True)
    config = (tmp_path / "node.conf").read_text()
    assert config == ("" if name == "node-1" else "replicaof node-1 6379\n")
    arguments = shlex.split(serve)
    assert arguments[:3] == ["dflite", "serve", "node.conf"]
    with start_dflite(str(tmp_path / "node.conf"), *arguments[3:], f"--dir={tmp_path}") as node:
        node.call("CONFIG", "REWRITE")
        assert (tmp_path / "appendonlydir").exists()
        assert node.call("CONFIG", "GET", "replica-announce-ip") is not None
