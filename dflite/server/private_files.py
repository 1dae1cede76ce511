"""Files that nobody else may read: secrets, written whole or not at all."""

import contextlib
import os
import secrets
import stat
from typing import Final

PRIVATE: Final = 0o600


def write_private(path: str, data: bytes) -> None:
    """Put `data` at `path` in one step. It is the owner's alone from its first byte on."""
    temporary = f"{path}.{secrets.token_hex(4)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, PRIVATE)  # whatever the umask takes away
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(path)


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
