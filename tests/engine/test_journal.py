"""The journal hands each step to its readers, in the order of what happened."""

from dflite.engine.journal import Journal
from dflite.native.wire.backlog import Backlog
from dflite.store.effects import Record
from tests.support.node import Node


def read(backlog: Backlog, offset: int) -> bytes:
    cursor = backlog.cursor(offset)
    data = cursor.take(cursor.lag())
    cursor.close()
    return data


def test_steps_stand_in_the_stream_as_requests() -> None:
    backlog = Node().executor.backlog
    journal = Journal(backlog)
    journal.append([Record(0, [b"DEL", b"a"])], False)
    journal.append([Record(0, [b"DEL", b"b"]), Record(3, [b"DEL", b"c"])], True)
    assert read(backlog, 0) == b"".join(
        [
            b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n",
            b"*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$1\r\nb\r\n",
            b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*2\r\n$3\r\nDEL\r\n$1\r\nc\r\n",
            b"*1\r\n$4\r\nEXEC\r\n",
        ]
    )
    assert journal.steps == 2


def test_a_step_that_the_end_cuts_off_is_not_in_the_stream() -> None:
    backlog = Node().executor.backlog
    journal = Journal(backlog)
    journal.closed = True
    journal.append([Record(0, [b"DEL", b"a"])], False)
    assert (journal.steps, backlog.offset) == (0, 0)


def test_requests_are_journaled_as_they_came_and_with_their_database() -> None:
    node = Node()
    client = node.client()
    client.run("set K v")
    client.run("SELECT 2")
    client.run("DEL nosuch")
    client.run("GET K")
    client.run("APPEND K v")
    assert [(step.records, step.transaction) for step in node.steps] == [
        ([(0, [b"set", b"K", b"v"])], False),
        ([(2, [b"APPEND", b"K", b"v"])], False),
    ]


def test_a_transaction_is_one_step() -> None:
    node = Node()
    client = node.client()
    client.run_all("MULTI", "SET a 1", "GET a", "INCR a", "EXEC")
    (step,) = node.steps
    assert step.transaction
    assert step.lines == ["SET a 1", "INCR a"]


def test_what_the_clock_decides_is_journaled_with_its_time() -> None:
    node = Node()
    node.client().run("SET k v EX 10")
    assert node.journal == [f"SET k v PXAT {node.clock.now_ms + 10_000}"]


def test_an_expired_key_is_removed_before_what_follows() -> None:
    node = Node()
    client = node.client()
    client.run("SET k v PX 5")
    node.take_journal()
    node.advance(5)
    client.run("APPEND k w")
    assert node.journal == ["DEL k", "APPEND k w"]


def test_nothing_is_made_while_nobody_reads() -> None:
    node = Node(journal=False)
    node.client().run("SET k v")
    assert node.executor.journal.steps == 0
    assert not node.effects.records
