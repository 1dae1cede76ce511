"""Files that are there whole or not at all: written beside, synced, then given their name.

`SafeFile` writes where it is called; `DiskWriter` does so in a thread, for a snapshot whose bytes
come bit by bit while clients are served.
"""

import contextlib
import errno
import itertools
import os
import queue
import threading
from typing import Final

from dflite.native.base.bytesops import crc64

SYNC_BYTES: Final = 32 << 20  # written before the disk is waited for
LOW_PRIORITY: Final = 10  # of a thread that writes; Linux knows priorities of threads
NUMBERS: Final = itertools.count(1)  # a file that was given up may still be open: names differ


class SafeFile:
    """A file under a name of its own until `commit`. Raises OSError."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.temporary = f"{path}.{os.getpid()}.{next(NUMBERS)}.tmp"
        self.written = 0
        self.sum = 0
        self.unsynced = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self.fd = os.open(self.temporary, flags, 0o640)

    def write(self, data: bytes) -> None:
        self.sum = crc64(data, self.sum)
        self.append(data)

    def append(self, data: bytes) -> None:
        """Write what the checksum does not cover."""
        rest = memoryview(data)
        while rest:
            done = os.write(self.fd, rest)
            rest = rest[done:]
        self.written += len(data)
        self.unsynced += len(data)
        if self.unsynced >= SYNC_BYTES:
            os.fdatasync(self.fd)
            self.unsynced = 0

    def commit(self) -> None:
        """From now on it is there, whatever happens to the machine."""
        self.sync()
        self.take_name()
        sync_directory(os.path.dirname(self.path) or ".")

    def sync(self) -> None:
        """That was all of it: it reaches the disk."""
        os.fsync(self.fd)
        os.close(self.fd)
        self.fd = -1

    def take_name(self) -> None:
        os.rename(self.temporary, self.path)

    def discard(self) -> None:
        """There never was such a file."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)


def sync_directory(path: str) -> None:
    """Names in a directory reach the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_end(file: SafeFile, end: bytes, summed: bool) -> None:
    """Write the end of an RDB file and its checksum."""
    file.write(end)
    file.append((file.sum if summed else 0).to_bytes(8, "little"))


def seal(file: SafeFile, end: bytes, summed: bool) -> None:
    """Write the end of an RDB file and its checksum, and give it its name."""
    write_end(file, end, summed)
    file.commit()


def give_way() -> None:
    """Let this thread run when the others of the process do not want to."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)


class DiskWriter:
    """A thread that writes a file. What it is given waits in memory: mind `waiting`."""

    def __init__(self, path: str, end: bytes, summed: bool) -> None:
        self.file = SafeFile(path)
        self.end = end
        self.summed = summed
        self.error: OSError | None = None
        self.finished = False
        self.given = 0
        self.work: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.cancelled = False
        self.naming = threading.Lock()  # one that was called off may not replace a newer file
        self.thread = threading.Thread(target=self.run, name="snapshot", daemon=True)
        self.thread.start()

    @property
    def waiting(self) -> int:
        """Bytes that are still to be written."""
        return self.given - self.file.written

    def write(self, data: bytes) -> None:
        self.given += len(data)
        self.work.put(data)

    def finish(self) -> None:
        """That was all: sync the file and give it its name; then `finished` or `error`."""
        self.work.put(None)

    def cancel(self) -> None:
        """Nobody wants the file any more; the thread leaves off when the disk lets it."""
        with self.naming:
            self.cancelled = True
        self.work.put(None)

    def run(self) -> None:
        give_way()
        try:
            while True:
                data = self.work.get()
                if self.cancelled:
                    self.file.discard()
                    return
                if data is None:
                    break
                self.file.write(data)
            write_end(self.file, self.end, self.summed)
            self.file.sync()
            with self.naming:
                if self.cancelled:
                    self.file.discard()
                    return
                self.file.take_name()
            sync_directory(os.path.dirname(self.file.path) or ".")
            self.finished = True
        except Exception as error:  # else who waits for the end would wait for ever
            with contextlib.suppress(OSError):
                self.file.discard()
            self.error = error if isinstance(error, OSError) else OSError(errno.EIO, str(error))
