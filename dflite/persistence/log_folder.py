"""The directory of an append-only log: one process at a time writes there.

The lock is on the directory itself, so nothing has to be tidied up behind a process that was
killed. File systems that cannot lock it are told of, and used without.
"""

import errno
import fcntl
import os
import re
import threading
from typing import Final

from dflite.persistence.manifest import SUFFIX

NONE: Final = -1
TAKEN: Final = (errno.EWOULDBLOCK, errno.EACCES)
DATA: Final = r"\.\d+\.(base\.(rdb|aof)|incr\.aof)"


class FolderLock:
    """The right to write a log. It may be given back in a thread, when all is done there."""

    def __init__(self) -> None:
        self.fd = NONE
        self.unwanted = False
        self.problem = ""  # why the file system cannot lock
        self.mutex = threading.Lock()

    @property
    def is_held(self) -> bool:
        return self.fd != NONE

    def take(self, folder: str) -> None:
        """Have it, if need be still; OSError, a BlockingIOError if another process does."""
        with self.mutex:
            self.unwanted = False
            if self.is_held:
                if os.path.samestat(os.fstat(self.fd), os.stat(folder)):
                    return
                self.close()
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(fd)
                if error.errno in TAKEN:
                    said = f"another process writes the log in {os.path.abspath(folder)}"
                    raise BlockingIOError(errno.EWOULDBLOCK, said) from None
                self.problem = error.strerror or str(error)
                return
            self.fd = fd

    def let_go(self) -> None:
        """It is not needed any more, unless it is taken again before it is given back."""
        with self.mutex:
            self.unwanted = True

    def give_back(self) -> None:
        with self.mutex:
            if self.unwanted:
                self.close()

    def close(self) -> None:
        if self.is_held:
            os.close(self.fd)
            self.fd = NONE


def without_manifest(folder: str, name: str) -> str:
    """What files of that log hold data though no manifest is there to name them, in a sentence.

    Nothing if there are none. Those of a first base that was not finished have one.
    """
    pattern = re.compile(re.escape(name) + DATA)
    try:
        found = [
            entry
            for entry in sorted(os.listdir(folder))
            if pattern.fullmatch(entry) and os.path.getsize(os.path.join(folder, entry))
        ]
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if not found or os.path.exists(os.path.join(folder, name + SUFFIX)):
        return ""
    return (
        f"{os.path.abspath(folder)} holds {', '.join(found)}, but not {name}{SUFFIX}, which says "
        "what of them is the log: put it back from a copy; or move these files to another "
        "directory, and the node starts without them"
    )
