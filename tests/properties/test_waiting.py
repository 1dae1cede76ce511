"""Waiting clients beside a model: who comes, pushes, leaves or waits too long loses nothing."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dflite.base.conversation_errors import Unblocked
from tests.support.node import WAITING, Node, NodeClient

KEYS = ["a", "b", "c"]
keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=4)
pushes = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(1, 3)), min_size=1, max_size=3)


class Parked:
    """A client of the model that waits."""

    def __init__(self, client: NodeClient, names: list[str], deadline_ms: int) -> None:
        self.client = client
        self.names = names
        self.deadline_ms = deadline_ms


class Waiting(RuleBasedStateMachine):
    """`lists` and `parked` are the model; `parked` is in order of arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.node = Node()
        self.pusher = self.node.client()
        self.lists: dict[str, deque[bytes]] = {name: deque() for name in KEYS}
        self.parked: list[Parked] = []
        self.items = 0

    def take(self, names: list[str]) -> list[bytes] | None:
        """The first item of the first list that has one."""
        for name in names:
            if self.lists[name]:
                return [name.encode(), self.lists[name].popleft()]
        return None

    @rule(names=keys, timeout_ms=st.sampled_from([0, 10, 20]))
    def wait(self, names: list[str], timeout_ms: int) -> None:
        client = self.node.client()
        reply = client.run(f"BLPOP {' '.join(names)} {timeout_ms / 1000}")
        expected = self.take(names)
        if expected is not None:
            assert reply == expected
        else:
            assert reply is WAITING
            deadline_ms = self.node.clock.now_ms + timeout_ms if timeout_ms else 0
            self.parked.append(Parked(client, names, deadline_ms))

    @rule(pushes=pushes)
    def push(self, pushes: list[tuple[str, int]]) -> None:
        requests = ["MULTI"]
        for name, count in pushes:
            items = [b"%d" % (self.items + number) for number in range(count)]
            self.items += count
            self.lists[name].extend(items)
            requests.append(f"RPUSH {name} {b' '.join(items).decode()}")
        assert isinstance(self.pusher.run_all(*requests, "EXEC")[-1], list)
        for name, _ in pushes:
            for parked in self.parked.copy():
                if name in parked.names and self.lists[name]:
                    assert parked.client.read() == self.take(parked.names)
                    self.parked.remove(parked)

    @rule(name=st.sampled_from(KEYS))
    def pop(self, name: str) -> None:
        expected = self.take([name])
        assert self.pusher.run(f"LPOP {name}") == (expected[1] if expected else None)

    @rule(ms=st.sampled_from([5, 10]))
    def time_passes(self, ms: int) -> None:
        self.node.advance(ms)
        for parked in self.parked.copy():
            if 0 < parked.deadline_ms <= self.node.clock.now_ms:
                assert parked.client.read() is None
                self.parked.remove(parked)

    @precondition(lambda self: self.parked)
    @rule(data=st.data(), how=st.sampled_from(["gone", "killed", "timeout", "error"]))
    def stop_waiting(self, data: st.DataObject, how: str) -> None:
        parked = data.draw(st.sampled_from(self.parked))
        self.parked.remove(parked)
        number = parked.client.id
        if how == "gone":
            parked.client.disconnect()
        elif how == "killed":
            assert self.pusher.run(f"CLIENT KILL ID {number}") == 1
        else:
            assert self.pusher.run(f"CLIENT UNBLOCK {number} {how}") == 1
            reply = parked.client.read()
            assert reply is None if how == "timeout" else reply == Unblocked

    @invariant()
    def nobody_else_is_answered(self) -> None:
        blocking = self.node.executor.blocking
        blocking.check()
        assert list(blocking.waiters) == [parked.client.id for parked in self.parked]
        for parked in self.parked:
            assert parked.client.read() is WAITING
        assert {name for name in KEYS if self.lists[name]} == {
            name for name in KEYS if self.node.db.exists(name.encode())
        }


TestWaiting = Waiting.TestCase
TestWaiting.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
