"""The stream of a node as tests read it: steps, of one request or those of a transaction."""

from dflite.native.wire.backlog import Cursor


class Step:
    """What one step put into the stream: (database, request) each."""

    def __init__(self, records: list[tuple[int, list[bytes]]], transaction: bool) -> None:
        self.records = records
        self.transaction = transaction

    @property
    def lines(self) -> list[str]:
        """Its requests as lines, without databases."""
        return [b" ".join(argv).decode("latin-1") for _db, argv in self.records]

    def __repr__(self) -> str:
        return f"Step({self.records}, transaction={self.transaction})"


class StreamReader:
    """Reads a stream on, whose end is always that of a step."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.database = -1

    def read(self) -> list[Step]:
        """The steps since the last call."""
        steps: list[Step] = []
        transaction: Step | None = None
        for argv in split_requests(self.cursor.take(self.cursor.lag())):
            name = argv[0].upper()
            if name == b"SELECT":
                self.database = int(argv[1])
            elif name == b"MULTI":
                transaction = Step([], True)
                steps.append(transaction)
            elif name == b"EXEC":
                transaction = None
            elif transaction is not None:
                transaction.records.append((self.database, argv))
            else:
                steps.append(Step([(self.database, argv)], False))
        assert transaction is None
        return steps


def split_requests(data: bytes) -> list[list[bytes]]:
    """The requests in bytes of RESP, all complete."""
    requests = []
    at = 0
    while at < len(data):
        count, at = read_head(data, at, b"*")
        argv = []
        for _ in range(count):
            length, at = read_head(data, at, b"$")
            argv.append(data[at : at + length])
            assert data[at + length : at + length + 2] == b"\r\n"
            at += length + 2
        requests.append(argv)
    return requests


def read_head(data: bytes, at: int, kind: bytes) -> tuple[int, int]:
    assert data[at : at + 1] == kind
    end = data.index(b"\r\n", at)
    return int(data[at + 1 : end]), end + 2
