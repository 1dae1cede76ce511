"""Which collections have elements with deadlines, and when the next of them is due.

Fields of hashes and members of sets have deadlines of their own, which their structure keeps. Here
is one for each key that has some: not later than its first, so that expiry asks only who has to be
asked.
"""

import heapq

from dflite.store.effects import FAR


class ElementDeadlines:
    """The first deadlines of a database's collections, as Unix ms by key.

    What has become of a key since is found out when its time has come.
    """

    def __init__(self) -> None:
        self.first: dict[bytes, int] = {}
        self.heap: list[tuple[int, bytes]] = []  # others than in `first` are of the past

    def __len__(self) -> int:
        """How many keys are noted."""
        return len(self.first)

    def note(self, key: bytes, deadline: int) -> None:
        """An element of key has this deadline."""
        if deadline < self.first.get(key, FAR):
            self.first[key] = deadline
            heapq.heappush(self.heap, (deadline, key))

    def next(self) -> int:
        """No element is due before this Unix ms; FAR if none has a deadline."""
        heap = self.heap
        while heap:
            deadline, key = heap[0]
            if self.first.get(key) == deadline:
                return deadline
            heapq.heappop(heap)
        return FAR

    def take(self) -> bytes:
        """The key whose elements are due next; it is not noted any more. There must be one."""
        key = heapq.heappop(self.heap)[1]
        del self.first[key]
        return key

    def forget(self, key: bytes) -> None:
        """No element of key is known to be due."""
        self.first.pop(key, None)

    def check(self) -> None:
        """Assert its invariants; for tests."""
        noted = set(self.heap)
        for key, deadline in self.first.items():
            assert (deadline, key) in noted, "a deadline that is not in the heap"
