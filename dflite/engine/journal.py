"""The journal: the one stream of what replicas and logs have to repeat, in the order it happened.

A step's records arrive together; several of them are one transaction, unless the step says that
they have nothing to do with each other. While nobody reads, nothing is made; `Effects.journaling`
tells the floors below.
"""

from collections.abc import Callable

from dflite.store.effects import Record

Reader = Callable[[list[Record], bool], None]


class Journal:
    """Hands every step's records to its readers; `steps` counts them."""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.steps = 0

    def attach(self, reader: Reader) -> None:
        """Let `reader(records, is_transaction)` see every step from now on."""
        self.readers.append(reader)

    def detach(self, reader: Reader) -> None:
        """Stop telling `reader`."""
        self.readers.remove(reader)

    def append(self, records: list[Record], transaction: bool) -> None:
        """One step happened."""
        self.steps += 1
        for reader in self.readers:
            reader(records, transaction)
