"""Files that nobody else may read: secrets, written whole or not at all."""

import contextlib
import os
import secrets
import stat
from typing import Final

PRIVATE: Final = 0o600
MARK_BYTES: Final = 4  # of a name that is for the time of writing
HEX_DIGITS: Final = frozenset("0123456789abcdef")


def write_private(path: str, data: bytes) -> None:
    """Put `data` at `path` in one step. It is the owner's alone from its first byte on."""
    temporary = f"{path}.{secrets.token_hex(MARK_BYTES)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, PRIVATE)  # whatever the umask takes away
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = path  # a full disk does not tell
        raise
    sync_folder(path)


def halves_of(path: str) -> list[str]:
    """What `write_private` has begun, and left there if it was killed."""
    folder, name = os.path.split(path)
    found = []
    for other in os.listdir(folder or "."):
        start, _, end = other.rpartition(".")
        if start == name and len(end) == 2 * MARK_BYTES and set(end) <= HEX_DIGITS:
            found.append(os.path.join(folder, other))
    return found


def remove_halves(path: str) -> None:
    """Remove what was left."""
    for half in halves_of(path):
        with contextlib.suppress(OSError):
            os.unlink(half)


def sync_folder(path: str) -> None:
    """Have the file's name last too, where the file system can promise that."""
    with contextlib.suppress(OSError):
        folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def close_to_others(path: str) -> bool:
    """Take everybody else's rights to the file away; was there anything to take?"""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if not mode & 0o077:
        return False
    os.chmod(path, mode & PRIVATE)
    return True
