"""Clients that wait for keys, each key's in order of arrival.

Whoever adds a command that waits writes one `serve` function and calls `Context.serve_or_wait`. A command
that makes a key ready needs nothing: its `Db.changed` is the signal.
"""

from collections import deque

from dflite.base.errors import WrongType
from dflite.engine.client import Client
from dflite.store.effects import Change


class Waiter:
    """A parked client: what it waits for, until when (Unix ms, 0: for ever), and how to answer it."""

    def __init__(
        self, client: Client, db: int, keys: list[bytes], kind: int, deadline_ms: int
    ) -> None:
        self.client = client
        self.db = db
        self.keys = keys
        self.kind = kind
        self.deadline_ms = deadline_ms

    def serve(self, key: bytes) -> bool:
        """Answer from key and return True, or change nothing and return False."""
        raise NotImplementedError

    def time_out(self) -> None:
        """Answer what is said when time is up."""
        raise NotImplementedError

    def unblock_with_error(self) -> None:
        """Answer CLIENT UNBLOCK … ERROR."""
        raise NotImplementedError

    def left(self) -> None:
        """The waiter is in no queue any more."""


class Blocking:
    """The queues of waiters by key, and who was served and has to be let go on."""

    def __init__(self) -> None:
        self.queues: dict[tuple[int, bytes], deque[Waiter]] = {}
        self.waiters: dict[int, Waiter] = {}  # by client id
        self.served: list[Waiter] = []

    def park(self, waiter: Waiter) -> None:
        """Queue a waiter on each of its keys."""
        self.waiters[waiter.client.id] = waiter
        for key in waiter.keys:
            place = (waiter.db, key)
            queue = self.queues.get(place)
            if queue is None:
                self.queues[place] = queue = deque()
            queue.append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Served, timed out or gone: out of every queue."""
        if self.waiters.pop(waiter.client.id, None) is None:
            return
        for key in waiter.keys:
            place = (waiter.db, key)
            queue = self.queues.get(place)
            if queue is not None and waiter in queue:
                queue.remove(waiter)
                if not queue:
                    del self.queues[place]
        waiter.left()

    def serve(self, change: Change) -> None:
        """Let those who wait for this kind of change try, in order, until one can't."""
        queue = self.queues.get((change.db, change.key))
        if queue is None:
            return
        for waiter in list(queue):
            if not change.kind & waiter.kind:
                continue
            try:
                if not waiter.serve(change.key):
                    return
            except WrongType:
                return  # by now the key holds something else: keep waiting
            self.leave(waiter)
            self.served.append(waiter)

    def check(self) -> None:
        """Assert that queues and waiters agree; for tests."""
        for place, queue in self.queues.items():
            assert queue, "an empty queue"
            for waiter in queue:
                assert self.waiters[waiter.client.id] is waiter, "a waiter that has left"
                assert waiter.db == place[0], "a waiter in the queue of another database"
                assert place[1] in waiter.keys, "a waiter in the queue of another key"
        for waiter in self.waiters.values():
            for key in waiter.keys:
                assert waiter in self.queues[(waiter.db, key)], "a waiter in no queue"
