"""Where memory goes, in bytes: what INFO, MEMORY STATS and MEMORY DOCTOR tell."""

from typing import Final

from dflite.base.numbers import MIB
from dflite.native.keyspace.memory import CHANNELS, CLIENTS, QUEUES, TRACKING, WATCHES

FEW: Final = 5 * MIB  # of a nearly empty server there is nothing to say
BUFFERS_A_CLIENT: Final = 200 * 1024


class DatabaseMemory:
    """A database's share: keys, and bytes that the tables take beside their entries."""

    def __init__(self, index: int, keys: int, expiring: int, table_bytes: int) -> None:
        self.index = index
        self.keys = keys
        self.expiring = expiring
        self.table_bytes = table_bytes


class MemoryFigures:
    """`used` is counted exactly: entries, tables, buffers; `resident` is as the system says."""

    def __init__(
        self,
        used: int,
        peak: int,
        startup: int,
        resident: int,
        buffers: int,
        clients: int,
        databases: list[DatabaseMemory],
        beside: dict[int, int] | None = None,
        flushed: int = 0,
        program: int = 0,
    ) -> None:
        self.used = used
        self.peak = max(peak, used)
        self.startup = startup  # before it held anything
        self.resident = resident
        self.buffers = buffers  # of clients: requests not complete, replies not sent
        self.clients = clients
        self.beside = beside or {}  # what is no data, by kind
        self.tracking = self.kind(TRACKING)  # which clients have read which keys
        self.flushed = flushed  # deleted, and waiting to be freed
        self.program = program  # resident before it held anything; not used in this sense
        self.databases = databases
        self.keys = sum([db.keys for db in databases])
        self.table_bytes = sum([db.table_bytes for db in databases])

    def kind(self, kind: int) -> int:
        """Bytes of one kind of what is no data."""
        return self.beside.get(kind, 0)

    @property
    def of_clients(self) -> int:
        """What clients take: buffers, queued requests, watched keys, subscriptions, objects."""
        kinds = (CLIENTS, QUEUES, WATCHES, CHANNELS)
        return self.buffers + sum([self.kind(kind) for kind in kinds])

    @property
    def overhead(self) -> int:
        """What is no data."""
        return self.table_bytes + self.buffers + sum(self.beside.values())

    @property
    def dataset(self) -> int:
        return max(self.used - self.overhead, 0)

    @property
    def dataset_percentage(self) -> float:
        """The data's share of what came after the start."""
        net = self.used - self.startup
        return self.dataset * 100 / net if net > 0 else 0.0

    @property
    def peak_percentage(self) -> float:
        return self.used * 100 / self.peak if self.peak else 100.0

    @property
    def fragmentation(self) -> float:
        """Resident bytes for each counted one."""
        return self.resident / self.used if self.used else 0.0


def examine(memory: MemoryFigures) -> str:
    """What is odd about the use of memory, and what to do about it."""
    if memory.used < FEW:
        return "There is hardly any data here: its use of memory tells nothing yet.\n"
    findings = []
    if memory.peak > memory.used * 1.5:
        findings.append(
            f"At its peak it used {memory.peak / memory.used:.1f} times as much as now. What was "
            'freed may still be resident: "MEMORY PURGE" gives it back to the operating system.'
        )
    unexplained = memory.resident - memory.used - memory.program
    if memory.fragmentation > 1.4 and unexplained > 10 * MIB:
        findings.append(
            f"{memory.fragmentation:.2f} bytes are resident for each that is used: memory is "
            'fragmented, or was freed lately. "MEMORY PURGE" may help.'
        )
    if memory.clients and memory.buffers > memory.clients * BUFFERS_A_CLIENT:
        findings.append(
            f"Buffers of clients take {memory.buffers // memory.clients} bytes each on average: "
            "some send requests in small pieces, or do not read replies. See CLIENT LIST."
        )
    if not findings:
        return "Nothing is odd about the use of memory.\n"
    return "\n".join(["About the use of memory:", "", *["- " + text for text in findings]]) + "\n"
