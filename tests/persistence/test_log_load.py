"""Requests of a log are run as they came, up to the last that is whole."""

from pathlib import Path

import pytest

from dflite.persistence.log_load import RequestsLoad
from dflite.persistence.rdb_file import DamagedFile
from tests.support.node import START_MS, Node
from tests.support.resp import encode

FOR_EVER_US = 1 << 50


def requests(*lines: str) -> bytes:
    return b"".join(encode(line.split(" ")) for line in lines)


def load(node: Node, path: Path, data: bytes, start: int = 0) -> RequestsLoad:
    path.write_bytes(data)
    node.executor.loading = True
    node.executor.observers_changed()
    loading = RequestsLoad(str(path), node.executor, start)
    try:
        while loading.run(FOR_EVER_US):
            continue
    finally:
        loading.close()
        node.executor.loading = False
        node.executor.observers_changed()
    return loading


def test_requests_are_run_in_their_databases(tmp_path: Path) -> None:
    node = Node(lane=True)
    text = requests("SELECT 3", "SET a 1", "INCR a", "SELECT 0", "RPUSH l x y")
    text += b"#TS:17\r\n" + requests("SADD s m")
    loading = load(node, tmp_path / "log", text)
    assert (loading.valid, loading.truncated) == (len(text), False)
    client = node.client()
    assert client.run("LRANGE l 0 -1") == [b"x", b"y"]
    assert client.run("SISMEMBER s m") == 1
    client.run("SELECT 3")
    assert client.run("GET a") == b"2"
    assert node.steps == []
    assert len(node.executor.clients) == 1


def test_a_log_begins_anywhere_in_a_file(tmp_path: Path) -> None:
    node = Node()
    load(node, tmp_path / "log", b"RDB" + requests("SET a 1"), 3)
    assert node.client().run("GET a") == b"1"


def test_nothing_is_due_while_it_is_run(tmp_path: Path) -> None:
    node = Node(lane=True)
    past = START_MS - 1000
    text = requests(f"SET a 1 PXAT {past}", "PERSIST a", f"SET b 1 PXAT {past}", "INCR b")
    load(node, tmp_path / "log", text)
    client = node.client()
    assert client.run("MGET a b") == [b"1", None]


@pytest.mark.parametrize("lane", [False, True])
def test_the_last_whole_request_is_where_a_truncated_file_is_valid(
    tmp_path: Path, lane: bool
) -> None:
    whole = requests("SET a 1", "MULTI", "INCR a", "INCR a", "EXEC")
    begun = requests("MULTI", "INCR a", "EXEC")
    for length in range(len(begun)):
        node = Node(lane=lane)
        loading = load(node, tmp_path / "log", whole + begun[:length])
        assert loading.valid == len(whole)
        assert loading.truncated == (length > 0)
        assert node.client().run("GET a") == b"3"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"SET a 1\r\n", "something that is no request"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (requests("NONSENSE"), "NONSENSE: ERR unknown command"),
        (requests("SET a"), "wrong number of arguments"),
        (requests("SELECT 99"), "DB index is out of range"),
        (b"\0" * 70_000, "something that is no request|no request"),
    ],
)
def test_what_is_no_log_is_damage(tmp_path: Path, text: bytes, problem: str) -> None:
    node = Node()
    with pytest.raises(DamagedFile, match=problem):
        load(node, tmp_path / "log", requests("SET a 1") + text)


def test_other_errors_are_told_and_passed_over(tmp_path: Path) -> None:
    node = Node()
    loading = load(node, tmp_path / "log", requests("SET a x", "INCR a", "SET b 1"))
    assert loading.session.failed == 1
    assert node.client().run("GET b") == b"1"
    level, line = node.host.logged[-1]
    assert level == "warning"
    assert line.startswith("INCR in the log was answered with an error: ERR value is not")


def test_a_limit_of_memory_does_not_hold_while_it_is_run(tmp_path: Path) -> None:
    node = Node()
    node.executor.max_memory = 1
    load(node, tmp_path / "log", requests("SET a 1"))
    assert node.client().run("GET a") == b"1"
