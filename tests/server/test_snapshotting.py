"""A snapshot in slices into a sink: its moment, back-pressure, failures, and that there is one."""

import asyncio
import errno
import functools
import os
from collections.abc import Callable, Coroutine

import pytest

from dflite.server import snapshotting
from dflite.server.snapshotting import FULL_SYNC, REWRITE, Fields, SnapshotRun, Snapshots
from tests.support.node import Node

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def in_a_loop(test: Callable[..., Coroutine[None, None, None]]) -> Callable[..., None]:
    """A test that needs an event loop."""

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


class Memory:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.data = b""
        self.waiting = 0
        self.error: OSError | None = None
        self.finished = False
        self.cancelled = False

    def write(self, data: bytes) -> None:
        self.data += data

    def finish(self) -> None:
        self.finished = True

    def cancel(self) -> None:
        self.cancelled = True


class Scene:
    """A node with some keys, and what was told of its snapshots."""

    def __init__(self) -> None:
        self.node = Node()
        self.client = self.node.client()
        self.client.run("MSET a 1 b 2")
        self.snapshots = Snapshots(self.node.executor, self.node.host.settings)
        self.ended: list[SnapshotRun] = []
        self.sink = Memory()

    def begin(self, at_cut: Callable[[], Fields] = snapshotting.no_fields) -> SnapshotRun:
        return self.snapshots.begin(FULL_SYNC, self.sink, self.ended.append, at_cut)

    async def until_the_end(self) -> None:
        while self.snapshots.running is not None:
            await asyncio.sleep(0)


@in_a_loop
async def test_it_shows_the_moment_at_which_it_was_begun() -> None:
    scene = Scene()
    run = scene.begin(lambda: [("repl-offset", "17")])
    scene.client.run("SET a changed")
    scene.client.run("SET c new")
    await scene.until_the_end()
    assert scene.ended == [run]
    assert (run.error, run.called_off, run.keys, run.keys_total) == ("", False, 2, 2)
    assert b"\x0brepl-offset\xc0\x11" in scene.sink.data
    assert b"changed" not in scene.sink.data
    assert b"new" not in scene.sink.data
    assert scene.sink.finished
    assert not scene.node.executor.saving


@in_a_loop
async def test_there_is_one_at_a_time() -> None:
    scene = Scene()
    run = scene.begin()
    assert scene.snapshots.running_for(FULL_SYNC) is run
    assert scene.snapshots.running_for(REWRITE) is None
    with pytest.raises(ValueError, match="full sync"):
        scene.begin()
    scene.snapshots.call_off()
    assert run.called_off
    assert scene.ended == [run]
    assert scene.sink.cancelled
    assert scene.snapshots.running is None
    scene.snapshots.call_off()
    assert scene.ended == [run]


@in_a_loop
async def test_a_sink_that_is_full_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshotting, "SINK_S", 0)
    scene = Scene()
    scene.sink.waiting = snapshotting.MOST_WAITING + 1
    run = scene.begin()
    for _ in range(10):
        await asyncio.sleep(0)
    assert run.keys == 0
    assert run.memory > snapshotting.MOST_WAITING
    scene.sink.waiting = 0
    await scene.until_the_end()
    assert run.keys == 2


@in_a_loop
async def test_a_sink_that_fails_ends_it() -> None:
    scene = Scene()
    run = scene.begin()
    scene.sink.error = FULL
    await scene.until_the_end()
    assert run.error == os.strerror(errno.ENOSPC)
    assert scene.sink.cancelled
    assert scene.ended == [run]


@in_a_loop
async def test_what_fails_at_the_cut_ends_it() -> None:
    def fail() -> Fields:
        raise FULL

    scene = Scene()
    run = scene.begin(fail)
    assert run.error == os.strerror(errno.ENOSPC)
    assert scene.ended == [run]
    assert not scene.node.executor.saving


@in_a_loop
@pytest.mark.parametrize("call", ["write", "finish"])
async def test_whatever_fails_in_the_sink_ends_it_and_another_can_be_taken(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("not a file at all")

    scene = Scene()
    monkeypatch.setattr(scene.sink, call, fail)
    run = scene.begin()
    await scene.until_the_end()
    assert run.error == "not a file at all"
    assert scene.ended == [run]
    assert not scene.node.executor.saving
    monkeypatch.undo()
    again = scene.begin()
    await scene.until_the_end()
    assert (again.error, again.keys) == ("", 2)


@in_a_loop
async def test_who_fails_when_told_of_the_end_is_told_once() -> None:
    def fail(run: SnapshotRun) -> None:
        ended.append(run)
        raise ValueError("mine")

    scene = Scene()
    ended: list[SnapshotRun] = []
    problems: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: problems.append(context["exception"]))
    run = scene.snapshots.begin(FULL_SYNC, scene.sink, fail)
    await scene.until_the_end()
    assert ended == [run]
    assert (run.error, scene.sink.cancelled) == ("", False)
    assert [str(problem) for problem in problems] == ["mine"]


@in_a_loop
async def test_within_a_transaction_the_moment_is_its_end() -> None:
    scene = Scene()
    scene.node.executor.in_exec = True
    run = scene.begin()
    scene.client.run("SET c 3")
    scene.node.executor.in_exec = False
    await scene.until_the_end()
    assert run.keys == 3
    called_off = scene.begin()
    called_off.call_off()
    await asyncio.sleep(0)
    assert called_off.snapshot is None
