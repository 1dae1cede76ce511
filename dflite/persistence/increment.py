"""The increment of a log that is being written: bytes are in it as a whole or not at all."""

import os
from typing import Final

ANNOTATION: Final = b"#TS:%d\r\n"


class Increment:
    """A file that requests are appended to. Raises OSError."""

    def __init__(self, path: str, fresh: bool = False) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self.fd = os.open(path, flags | (os.O_TRUNC if fresh else 0), 0o640)
        self.size = os.fstat(self.fd).st_size
        self.cut_off = False  # there may be a piece of something behind `size`
        self.stamped_s = 0  # the time of the last annotation

    def append(self, data: bytes) -> None:
        """Write all of it, or leave the file as it was."""
        if self.cut_off:
            self.cut()
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self.fd, rest) :]
        except OSError:
            self.cut_off = True
            self.try_to_cut()
            raise
        self.size += len(data)

    def stamp(self, now_s: int) -> bytes:
        """The annotation that says what time it is, once a second."""
        if now_s == self.stamped_s:
            return b""
        self.stamped_s = now_s
        return ANNOTATION % now_s

    def go_back(self, size: int) -> None:
        """What stands behind that size was never written: it could not be synced."""
        self.size = size
        self.cut_off = True
        self.try_to_cut()

    def cut(self) -> None:
        os.ftruncate(self.fd, self.size)
        self.cut_off = False

    def try_to_cut(self) -> None:
        try:
            self.cut()
        except OSError:
            return  # before the next piece

    def sync(self) -> None:
        """What is in it is so after a loss of power too."""
        os.fdatasync(self.fd)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
