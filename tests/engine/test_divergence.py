"""What the primary or the log has done and cannot be done here is counted, or ends the node."""

from pathlib import Path

import pytest

from dflite.base.conversation_errors import LogMisconfigured
from dflite.engine.divergence import Divergence
from dflite.engine.replication import LOG
from dflite.persistence.rdb_file import DamagedFile
from tests.persistence.test_log_load import load, requests
from tests.support.following import Following
from tests.support.node import Node

FAILING = requests("SET a x", "INCR a", "SET b 1")


@pytest.mark.parametrize(
    ("behavior", "ends", "ends_loading"),
    [("ignore", False, False), ("panic-on-replicas", True, False), ("panic", True, True)],
)
def test_errors_end_what_the_setting_says(behavior: str, ends: bool, ends_loading: bool) -> None:
    divergence = Divergence()
    divergence.behave(behavior, True)
    assert (divergence.ends_replica, divergence.ends_loading) == (ends, ends_loading)
    assert not divergence.disk_ends_replica


@pytest.mark.parametrize("behavior", ["ignore", "panic", "panic-on-replicas"])
@pytest.mark.parametrize("read_only", [False, True])
def test_an_error_in_the_stream_is_counted_and_may_end_a_replica(
    behavior: str, read_only: bool
) -> None:
    following = Following(Node())
    executor = following.node.executor
    executor.divergence.behave(behavior, True)
    executor.read_only = read_only
    following.stream.feed(FAILING)
    assert executor.divergence.errors == 1
    failures = following.node.host.failures
    if read_only and behavior != "ignore":
        assert failures[0].endswith("says: incr: ERR value is not an integer or out of range")
    else:
        assert failures == []


@pytest.mark.parametrize("behavior", ["ignore", "panic", "panic-on-replicas"])
def test_an_error_in_a_log_is_counted_and_may_end_the_start(behavior: str, tmp_path: Path) -> None:
    node = Node()
    node.executor.divergence.behave(behavior, True)
    if behavior == "panic":
        with pytest.raises(DamagedFile, match=r"INCR was answered with an error: .*: at byte 27$"):
            load(node, tmp_path / "log", FAILING)
    else:
        load(node, tmp_path / "log", FAILING)
        assert node.client().run("GET b") == b"1"
    assert node.executor.divergence.errors == 1
    assert node.host.failures == []


@pytest.mark.parametrize("ignoring", [False, True])
def test_a_disk_that_cannot_be_written_may_end_a_replica(ignoring: bool) -> None:
    following = Following(Node())
    node = following.node
    node.executor.divergence.behave("ignore", ignoring)
    following.stream.feed(requests("SET a 1"))
    node.executor.note_disk(LOG, LogMisconfigured(b"No space left on device"))
    following.stream.feed(requests("PING"))
    assert node.host.failures == []
    assert node.client().run("GET a") == b"1"
    following.stream.feed(requests("SET a 2"))
    assert len(node.host.failures) == (0 if ignoring else 1)
    assert node.client().run("GET a") == b"2"
    assert node.host.logged[-1][1].startswith("what the primary says is done")


def test_a_log_is_loaded_though_the_disk_cannot_be_written(tmp_path: Path) -> None:
    node = Node()
    node.executor.divergence.behave("ignore", False)
    node.executor.note_disk(LOG, LogMisconfigured(b"No space left on device"))
    load(node, tmp_path / "log", requests("SET a 1"))
    assert node.host.failures == []
    assert node.client().run("GET a") == b"1"
