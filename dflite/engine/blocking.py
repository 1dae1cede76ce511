"""Clients that wait for keys, each key's in order of arrival.

Whoever adds a command that waits writes one `serve` function and calls `Context.serve_or_wait`. A
command that makes a key ready needs nothing: its `Db.changed` is the signal. Who is served is
decided at the end of the step, by the type of what the key holds then.
"""

from collections import deque
from collections.abc import Callable

from dflite.engine.client import Client
from dflite.engine.timers import Timer
from dflite.store.effects import GENERIC, STRING


class Waiter:
    """A parked client: what it waits for, until when (Unix ms, 0: for ever), and how to answer it.

    `kinds` are the types of values that concern it (LIST | ZSET …); with GENERIC among them it also
    wants to know that a key is gone. Whoever waits for strings, or for their absence, turns off the
    hot lane's writes; others do not, since what the lane writes and deletes are strings.
    """

    def __init__(
        self, client: Client, db: int, keys: list[bytes], kinds: int, deadline_ms: int
    ) -> None:
        self.client = client
        self.db = db
        self.keys = keys
        self.kinds = kinds
        self.deadline_ms = deadline_ms
        self.at_streams = False  # what it waits at holds streams, which the lane leaves alone
        self.argv: list[bytes] = []  # the request that waits
        self.usec = 0  # that it has run for
        self.timer: Timer | None = None

    def serve(self, key: bytes) -> bool:
        """Answer, now that `key` changed, and return True; or change nothing and return False.

        A CommandError is an answer too.
        """
        raise NotImplementedError

    def time_out(self) -> None:
        """Answer what is said when time is up."""
        raise NotImplementedError

    def left(self) -> None:
        """The waiter is in no queue any more."""


class TimeOut:
    """What a timer does when a waiter's time is up."""

    def __init__(self, waiter: Waiter, unblock: Callable[[Waiter, bool], None]) -> None:
        self.waiter = waiter
        self.unblock = unblock

    def __call__(self) -> None:
        self.unblock(self.waiter, False)


class Blocking:
    """The queues of waiters by database and key."""

    def __init__(self) -> None:
        self.queues: dict[tuple[int, bytes], deque[Waiter]] = {}
        self.waiters: dict[int, Waiter] = {}  # by client id
        self.await_absence = 0  # waiters that want to know of a key that is gone
        self.await_strings = 0

    def park(self, waiter: Waiter) -> None:
        """Queue a waiter on each of its keys."""
        self.waiters[waiter.client.id] = waiter
        self.count(waiter, 1)
        for key in waiter.keys:
            place = (waiter.db, key)
            queue = self.queues.get(place)
            if queue is None:
                self.queues[place] = queue = deque()
            if not queue or queue[-1] is not waiter:  # else the same key was named twice
                queue.append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Served, timed out or gone: out of every queue."""
        if not self.is_waiting(waiter):
            return
        del self.waiters[waiter.client.id]
        self.count(waiter, -1)
        for key in waiter.keys:
            place = (waiter.db, key)
            queue = self.queues.get(place)
            if queue is not None and waiter in queue:
                queue.remove(waiter)
                if not queue:
                    del self.queues[place]
        if waiter.timer is not None:
            waiter.timer.cancel()
        waiter.left()

    def count(self, waiter: Waiter, one: int) -> None:
        if waiter.kinds & GENERIC:
            self.await_absence += one
        if waiter.kinds & STRING and not waiter.at_streams:
            self.await_strings += one

    def is_waiting(self, waiter: Waiter) -> bool:
        return self.waiters.get(waiter.client.id) is waiter

    def waiting_at(self, db: int, key: bytes) -> list[Waiter]:
        """Who waits for a key, in order of arrival."""
        queue = self.queues.get((db, key))
        return list(queue) if queue is not None else []

    def check(self) -> None:
        """Assert that queues and waiters agree; for tests."""
        for place, queue in self.queues.items():
            assert queue, "an empty queue"
            assert len(set(queue)) == len(queue), "a waiter queued twice"
            for waiter in queue:
                assert self.waiters[waiter.client.id] is waiter, "a waiter that has left"
                assert waiter.db == place[0], "a waiter in the queue of another database"
                assert place[1] in waiter.keys, "a waiter in the queue of another key"
        for waiter in self.waiters.values():
            for key in waiter.keys:
                assert waiter in self.queues[(waiter.db, key)], "a waiter in no queue"
        kinds = [waiter.kinds for waiter in self.waiters.values()]
        assert sum([(kind & GENERIC) > 0 for kind in kinds]) == self.await_absence
        elsewhere = [waiter.kinds for waiter in self.waiters.values() if not waiter.at_streams]
        assert sum([(kind & STRING) > 0 for kind in elsewhere]) == self.await_strings
