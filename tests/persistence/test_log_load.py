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
        (b"*1\r\n\nx\r\n", r"expected '\$', got '\\n'"),
        (requests("NONSENSE", "SET a 9"), "NONSENSE: ERR unknown command"),
        (requests("SET a"), "wrong number of arguments"),
        (requests("SELECT 99"), "DB index is out of range"),
        (b"\1" * 70_000, "too big inline request"),
        (b"NONSENSE", "something that is no request"),
        (b"*2\r\n$3\r\nGET\r\n$1\r\nab\r\n", "an argument does not end where its length says"),
        (b"*x", "something that is no request"),
        (requests("NONSENSE") + b"\0" * 20, "NONSENSE: ERR unknown command"),
        (b"\0" * 20 + requests("SET a 2"), "a line without words"),
        (b"\r\n", "a line without words"),
    ],
)
@pytest.mark.parametrize("lane", [False, True])
def test_what_is_no_log_is_damage(tmp_path: Path, text: bytes, problem: str, lane: bool) -> None:
    node = Node(lane=lane)
    sound = requests("SET a 1", "SET b 2")
    with pytest.raises(DamagedFile, match=f"{problem}.*: at byte {len(sound)}$"):
        load(node, tmp_path / "log", sound + text)
    assert node.client().run("MGET a b") == [b"1", b"2"]


@pytest.mark.parametrize("line", [b"$3", b"$1", b"$5"])
@pytest.mark.parametrize("wrong", [b"$300000", b"$70", b"$7000000000"])
def test_a_length_that_is_damaged_is_no_end_that_was_cut_off(
    tmp_path: Path, line: bytes, wrong: bytes
) -> None:
    sound, behind = requests("SET a 1"), requests("SET c 1", "INCR c")
    damaged = requests("SET b value").replace(line, wrong)
    for tail in (b"", b"*2\r\n$3"):
        with pytest.raises(DamagedFile) as refusal:
            load(Node(), tmp_path / "log", sound + damaged + behind + tail)
        assert str(refusal.value).endswith(f": at byte {len(sound)}")
        if wrong != b"$70":  # which ends within the file, where there is no end of a line
            at = len(sound + damaged)
            assert f"but the requests go on at byte {at}" in str(refusal.value)


@pytest.mark.parametrize("lane", [False, True])
@pytest.mark.parametrize("wrong", [b"$3", b"$2", b"$1", b"$0"])
@pytest.mark.parametrize("value", [b"val3", b"a\r\n3", b"al\r\n", b"\r\n\r\n"])
def test_a_length_that_is_too_short_is_damage(
    tmp_path: Path, lane: bool, wrong: bytes, value: bytes
) -> None:
    sound = requests("SET a 1", "SET b 1")
    damaged = requests("SET b ____").replace(b"$4", wrong).replace(b"____", value)
    node = Node(lane=lane)
    with pytest.raises(DamagedFile) as refusal:
        load(node, tmp_path / "log", sound + damaged + requests("SET c 1"))
    at = int(str(refusal.value).rpartition(" at byte ")[2])
    assert len(sound) <= at < len(sound + damaged)  # by chance it may end where it says
    assert node.client().run("EXISTS c") == 0


@pytest.mark.parametrize("length", [b"$300000", b"$7"])
def test_a_transaction_whose_end_is_damaged_was_not_cut_off(tmp_path: Path, length: bytes) -> None:
    sound = requests("SET a 1")
    transaction = requests("MULTI", "INCR a", "EXEC").replace(b"$1", length, 1)
    with pytest.raises(DamagedFile):
        load(Node(), tmp_path / "log", sound + transaction)
    begun = sound + requests("MULTI", "INCR a")
    lost = b"*2\r\n$3\r\nGET\r\n$15\r\na\r\n*1\r\n$4\r\nEXEC\r\n"
    with pytest.raises(DamagedFile, match="the EXEC at byte"):
        load(Node(), tmp_path / "log", begun + lost + requests("SET b 1"))
    again = requests("MULTI", "INCR a", "EXEC")
    with pytest.raises(DamagedFile, match=f"its EXEC is not there: at byte {len(begun)}$"):
        load(Node(), tmp_path / "log", begun + again)


def test_a_large_value_may_end_anywhere(tmp_path: Path) -> None:
    sound = requests("SET a 1")
    value = "line\r\n*1\r\n$8\r\nNONSENSE\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n"
    begun = encode(["SET", "b", value])
    for length in range(1, len(begun)):
        loading = load(Node(), tmp_path / "log", sound + begun[:length])
        assert loading.truncated
        assert loading.valid == len(sound)


@pytest.mark.parametrize("zeros", [1, 20, 70_000])
def test_what_was_never_written_is_an_end_that_was_cut_off(tmp_path: Path, zeros: int) -> None:
    sound, last = requests("SET a 1"), requests("SET b 1234")
    for length in (*range(len(last) - 1), 0):
        loading = load(Node(), tmp_path / "log", sound + last[:length] + b"\0" * zeros)
        assert loading.valid == len(sound)
        assert loading.truncated
        assert loading.at == loading.size
    damaged = last.replace(b"$4", b"$40")
    with pytest.raises(DamagedFile):
        load(Node(), tmp_path / "log", sound + damaged + sound + bytes(zeros))


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
