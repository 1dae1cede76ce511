"""Client eviction: connections that take the most go when all of them together take too much.

The sum is cheap and looked at after every round of requests; only above the bound are clients
looked at one by one.
"""

from collections.abc import Callable

from dflite.engine.client import Client


class ClientEviction:
    """Of one node. `bound` is in bytes, 0 for none; CLIENT NO-EVICT spares a client."""

    def __init__(
        self,
        clients: dict[int, Client],
        sum_of_clients: Callable[[], int],
        kill: Callable[[Client], None],
    ) -> None:
        self.clients = clients
        self.sum_of_clients = sum_of_clients
        self.kill = kill
        self.bound = 0
        self.evicted = 0  # since the start or CONFIG RESETSTAT

    def run(self) -> list[Client]:
        """End connections, the largest first, until the others are within the bound; those ended.

        Sizes count by powers of two, and of about equal ones the oldest connection goes.
        """
        if not self.bound or self.sum_of_clients() < self.bound:
            return []
        total = 0
        sizes: list[tuple[int, int, int]] = []
        for client in self.clients.values():
            size = client.memory()
            total += size
            if not client.no_evict and not client.killed:
                sizes.append((-size.bit_length(), client.id, size))
        sizes.sort()
        ended: list[Client] = []
        for _, number, size in sizes:
            if total < self.bound:
                break
            client = self.clients[number]
            total -= size
            self.evicted += 1
            ended.append(client)
            self.kill(client)
        return ended
