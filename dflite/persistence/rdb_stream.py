"""RDB as it comes: from a primary's socket into tables, while more of it is on its way.

$<bytes> and that many, or $EOF:<40 letters>, the snapshot, and the same 40 letters

A record that has not come as a whole is read again from its start, and only when much more is
there, so that a large value costs no more than twice its reading.
"""

from typing import Final

from dflite.native.rdb.loader import Loader
from dflite.native.rdb.reader import Reader, Truncated
from dflite.persistence.rdb_file import (
    HEAD_BYTES,
    SUM_BYTES,
    Contents,
    DamagedFile,
    read_version,
    shown,
)
from dflite.rdb.values import BadFormat
from dflite.store.keyspace import Keyspace

MARK_BYTES: Final = 40
ALL: Final = -1  # keys that are due are kept: the primary will say when they go
SHORT: Final = 64 * 1024  # bytes of a record that may be read again with each piece that comes

# where it stands
HEAD: Final = 0
KEYS: Final = 1
TAIL: Final = 2
DONE: Final = 3


class StreamLoad:
    """A snapshot that comes in pieces and is read into `keyspace`, in slices.

    `size` is how long it is, or -1, and then `mark` stands behind it. What comes behind the end is
    `left_over`. DamagedFile where it is not as it should be.
    """

    def __init__(self, keyspace: Keyspace, size: int, mark: bytes = b"") -> None:
        self.keyspace = keyspace
        self.size = size
        self.mark = mark
        self.contents = Contents(keyspace)
        self.version = 0
        self.received = 0
        self.read_bytes = 0  # of records that were read
        self.state = HEAD
        self.left_over = b""
        self.coming = bytearray()  # what came since `data`
        self.data = b""
        self.at = 0  # in `data`
        self.loader: Loader | None = None
        self.reader: Reader | None = None
        self.sum = 0

    @property
    def done(self) -> bool:
        return self.state == DONE

    @property
    def waiting(self) -> int:
        """Bytes that came and are not read yet."""
        return len(self.data) - self.at + len(self.coming)

    @property
    def keys(self) -> int:
        """Keys that were read so far."""
        return self.loader.keys if self.loader is not None else 0

    def is_busy(self) -> bool:
        """Is there something to read right now?"""
        return self.reader is not None

    def feed(self, data: bytes) -> None:
        """Take a piece of it; `run` reads."""
        self.coming += data
        self.received += len(data)

    def is_all_there(self) -> bool:
        """Has the end come, as far as that can be seen?"""
        if self.size >= 0:
            return self.received >= self.size
        if len(self.coming) >= MARK_BYTES:
            return self.coming.endswith(self.mark)
        return (self.data[-MARK_BYTES:] + self.coming).endswith(self.mark)

    def is_worth_reading(self) -> bool:
        """Is there more than there was of an incomplete record; much more, if it is long?"""
        rest = len(self.data) - self.at
        return len(self.coming) > 0 and (
            rest <= SHORT or len(self.coming) >= rest or self.is_all_there()
        )

    def run(self, budget_us: int, hurried: bool = False) -> bool:
        """Read what is there for about so long; True if there is more to read right now.

        `hurried`: try to read though little more has come, for it seems to be all.
        """
        if self.reader is None:
            if self.state == DONE or not (hurried or self.is_worth_reading()):
                return False
            self.data = self.data[self.at :] + bytes(self.coming)
            self.at = 0
            self.coming.clear()
            if not self.begin():
                return False
            self.reader = Reader(self.data, self.at)
        try:
            if self.state == KEYS:
                assert self.loader is not None
                more = self.loader.run(self.reader, budget_us)
                self.note_read(self.reader.at)
                if more:
                    return True
                self.state = TAIL
        except Truncated:
            self.note_read(self.reader.at)
            if self.size >= 0 and self.received >= self.size:
                raise DamagedFile(f"it ends too soon: {self.where()}") from None
        except BadFormat as error:
            raise DamagedFile(f"{error}: {self.where()}") from None
        self.reader = None
        if self.state == TAIL:
            self.end()
        return False

    def where(self) -> str:
        """Where the record is that could not be read."""
        key = self.loader.key if self.loader is not None else None
        place = f"at byte {self.read_bytes}"
        return place if key is None else f"{place}, at key {shown(key)}"

    def begin(self) -> bool:
        """Read the head, if that was not done; False while it is not there."""
        if self.state == HEAD:
            if len(self.data) < HEAD_BYTES:
                return False
            self.version = read_version(self.data[:HEAD_BYTES])
            self.loader = Loader(self.keyspace.tables, self.version, self.contents, ALL)
            self.state = KEYS
            self.note_read(HEAD_BYTES)
        return True

    def note_read(self, at: int) -> None:
        """Everything in `data` up to there was read."""
        if self.version >= 5:
            self.sum = Reader(self.data).sum(self.sum, self.at, at)
        self.read_bytes += at - self.at
        self.at = at

    def end(self) -> None:
        """The keys are read: look at what has to stand behind them, if it is there."""
        behind = self.data[self.at :] + bytes(self.coming)
        checked = SUM_BYTES if self.version >= 5 else 0
        if self.size >= 0 and self.read_bytes + checked != self.size:
            raise DamagedFile(f"its end is at byte {self.read_bytes + checked}, not {self.size}")
        expected = checked + len(self.mark)
        if len(behind) < expected:
            return
        written = behind[:checked]
        if any(written) and int.from_bytes(written, "little") != self.sum:
            raise DamagedFile("its checksum does not fit its bytes")
        if behind[checked:expected] != self.mark:
            raise DamagedFile("its end is not where the primary has announced it")
        self.left_over = behind[expected:]
        self.data = b""
        self.at = 0
        self.coming.clear()
        self.state = DONE
