"""What a process may take, in made-up trees of control groups."""

from pathlib import Path

import pytest

from dflite.server.containers import available_memory, memory_limit

GIB = 1 << 30
MACHINE = 64 * GIB


class Tree:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "cgroup"
        self.own = folder / "own"
        self.own.write_text("")

    def put(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def available(self, machine: int = MACHINE) -> int:
        return available_memory(str(self.root), str(self.own), machine)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_without_groups_it_is_the_machine(tree: Tree) -> None:
    assert tree.available() == MACHINE


def test_without_anything_that_tells_it_is_unknown(tree: Tree) -> None:
    assert tree.available(machine=0) == 0


def test_version_2_says_a_number(tree: Tree) -> None:
    tree.own.write_text("0::/app.slice/node.service\n")
    tree.put("app.slice/node.service/memory.max", str(2 * GIB))
    tree.put("app.slice/memory.max", "max")
    assert tree.available() == 2 * GIB


def test_the_least_of_the_groups_around_counts(tree: Tree) -> None:
    tree.own.write_text("0::/app.slice/node.service\n")
    tree.put("app.slice/node.service/memory.max", "max")
    tree.put("app.slice/memory.max", str(GIB))
    assert tree.available() == GIB


def test_version_2_without_a_limit_is_the_machine(tree: Tree) -> None:
    tree.own.write_text("0::/\n")
    tree.put("memory.max", "max")
    assert tree.available() == MACHINE


def test_in_a_container_the_root_is_its_group(tree: Tree) -> None:
    tree.own.write_text("0::/docker/0123\n")
    tree.put("memory.max", str(GIB))
    assert tree.available() == GIB


def test_version_1_says_a_number(tree: Tree) -> None:
    tree.own.write_text("9:pids:/x\n4:cpu,memory:/docker/0123\n0::/\n")
    tree.put("memory/docker/0123/memory.limit_in_bytes", str(3 * GIB))
    tree.put("memory/memory.limit_in_bytes", "9223372036854771712")
    assert tree.available() == 3 * GIB


def test_version_1_without_a_limit_says_an_absurd_one(tree: Tree) -> None:
    tree.own.write_text("4:memory:/\n")
    tree.put("memory/memory.limit_in_bytes", "9223372036854771712")
    assert tree.available() == MACHINE


def test_a_limit_above_the_machine_is_none(tree: Tree) -> None:
    tree.own.write_text("0::/x\n")
    tree.put("x/memory.max", str(2 * MACHINE))
    assert tree.available() == MACHINE


@pytest.mark.parametrize("line", ["", "nonsense", "0::", "0::/../../etc", "4:memory:/none"])
def test_odd_lines_do_no_harm(tree: Tree, line: str) -> None:
    tree.own.write_text(line + "\n")
    assert tree.available() == MACHINE


@pytest.mark.parametrize("text", ["", "many", "0", "-1"])
def test_odd_limits_do_no_harm(tree: Tree, text: str) -> None:
    tree.own.write_text("0::/x\n")
    tree.put("x/memory.max", text)
    assert tree.available() == MACHINE


@pytest.mark.parametrize(
    ("setting", "limit"), [(0, 8 * GIB // 10), (5 * GIB, 5 * GIB), (-50, GIB // 2), (1, 1)]
)
def test_the_limit_is_given_or_a_share(setting: int, limit: int) -> None:
    assert memory_limit(setting, GIB) == limit


def test_without_anything_that_tells_there_is_no_limit() -> None:
    assert memory_limit(0, 0) == 0
