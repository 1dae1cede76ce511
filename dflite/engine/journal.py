"""The journal: what steps did, in the order it happened, into the one stream of the node.

A step's records arrive together; several of them are one transaction, unless the step says that
they have nothing to do with each other. While nobody wants the stream nothing is made;
`Effects.journaling` tells the floors below.
"""

from typing import Final

from dflite.native.wire.backlog import Backlog
from dflite.store.effects import Record

MULTI: Final = [b"MULTI"]
EXEC: Final = [b"EXEC"]
GETACK: Final = [b"REPLCONF", b"GETACK", b"*"]  # replicas say how far they are
ANY_DATABASE: Final = -1


class Journal:
    """Writes every step's records into the stream; `steps` counts them."""

    def __init__(self, backlog: Backlog) -> None:
        self.backlog = backlog
        self.steps = 0
        self.closed = False  # the node ends in the middle of a step, which is not to be seen

    def append(self, records: list[Record], transaction: bool) -> None:
        """One step happened."""
        if self.closed:
            return
        backlog = self.backlog
        self.steps += 1
        if transaction:
            backlog.request(records[0].db, MULTI)
        for record in records:
            backlog.request(record.db, record.argv)
        if transaction:
            backlog.request(ANY_DATABASE, EXEC)
