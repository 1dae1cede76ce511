"""The passkey of an endpoint: made, kept in `--dir`, and changed in two steps.

The file has a line for each passkey that is taken, the current one first. While a passkey is being
changed there are two, so that clients move from one to the other at their own time.
"""

import fcntl
import os
import secrets
import string
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dflite.server.private_files import PRIVATE, close_to_others, write_private

FILE: Final = "dflite.passkey"
LETTERS: Final = string.ascii_letters + string.digits  # means nothing to a URI or a shell
LENGTH: Final = 40
LOCK_SUFFIX: Final = ".lock"
BLANKS: Final = " \t\r"
DELETE: Final = "\x7f"


def make_passkey() -> str:
    """About 238 bits of chance."""
    return "".join([secrets.choice(LETTERS) for _ in range(LENGTH)])


def is_line(passkey: str) -> bool:
    """Is it the same again when it has been a line of the file?"""
    return passkey == passkey.strip(BLANKS) and not any(
        letter < " " or letter == DELETE for letter in passkey
    )


class PasskeyFile:
    """The passkeys that a node in this folder takes."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, FILE)

    def read(self) -> list[str]:
        """The current passkey, then older ones; nothing where there is no file."""
        try:
            with open(self.path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            return []
        return [line.strip(BLANKS) for line in lines if line.strip(BLANKS)]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only process that changes it; BlockingIOError if another one does."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path + LOCK_SUFFIX, flags, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(descriptor)

    def write(self, passkeys: list[str]) -> None:
        text = "".join([f"{passkey}\n" for passkey in passkeys])
        write_private(self.path, text.encode("utf-8", "surrogateescape"))

    def protect(self) -> bool:
        """Let nobody else read it; could anybody?"""
        return close_to_others(self.path)
