"""Patterns of a user's rules: which keys and channels they let through.

Most of them are a name, or a prefix and a star, which are compared without the glob machinery. (A
star alone is not: as everywhere in Redis it does not match an empty name.)
"""

from typing import Final

from dflite.native.base.bytesops import glob_match

# What a key pattern allows to do to its keys, and what a command does to a key.
READS: Final = 1
WRITES: Final = 2
READS_AND_WRITES: Final = 3

SIGNS: Final = {READS: b"%R~", WRITES: b"%W~", READS_AND_WRITES: b"~"}
SPECIAL: Final = b"*?[\\"

EXACT: Final = 0
PREFIX: Final = 1
GLOB: Final = 2


class Pattern:
    """A pattern of keys, or, where `allows` means nothing, of channels."""

    def __init__(self, text: bytes, allows: int = READS_AND_WRITES) -> None:
        self.text = text
        self.allows = allows
        self.start = text[:-1] if text.endswith(b"*") else text
        if any(byte in SPECIAL for byte in self.start) or text == b"*":
            self.kind = GLOB
        else:
            self.kind = EXACT if self.start == text else PREFIX

    def copy(self) -> "Pattern":
        return Pattern(self.text, self.allows)

    def matches(self, name: bytes) -> bool:
        """Does the name fit?"""
        if self.kind == PREFIX:
            return name.startswith(self.start)
        if self.kind == EXACT:
            return name == self.text
        return glob_match(self.text, name)

    def rule(self) -> bytes:
        """As a rule for keys; `~*` would mean that no other may follow."""
        if self.text == b"*" and self.allows == READS_AND_WRITES:
            return b"%RW~*"
        return SIGNS[self.allows] + self.text
