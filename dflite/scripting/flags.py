"""What the first line of a script says: `#!lua name=mylib flags=no-writes,allow-oom`."""

from typing import Final

from dflite.base.script_errors import (
    InvalidShebang,
    NoEngineInShebang,
    UnexpectedEngine,
    UnexpectedFlag,
    UnknownShebangOption,
)
from dflite.native.wire.inline import split_inline

NO_WRITES: Final = 1
ALLOW_OOM: Final = 2
ALLOW_STALE: Final = 4
NO_CLUSTER: Final = 8
ALLOW_CROSS_SLOT_KEYS: Final = 16
UNFLAGGED: Final = 32  # there is no such line: what the script does decides

FLAGS: Final = {
    b"no-writes": NO_WRITES,
    b"allow-oom": ALLOW_OOM,
    b"allow-stale": ALLOW_STALE,
    b"no-cluster": NO_CLUSTER,
    b"allow-cross-slot-keys": ALLOW_CROSS_SLOT_KEYS,
}
# Dragonfly's, which are about what this node does not forbid. They also come as a comment,
# `--!df flags=...`, which Lua passes over by itself.
NEEDLESS: Final = (b"allow-undeclared-keys", b"disable-atomicity")


def read_flags(body: bytes) -> tuple[int, int]:
    """A script's flags, and where its text begins behind the first line's words.

    The line's end stays, so that the numbers of lines are right.
    """
    if not body.startswith(b"#!"):
        return UNFLAGGED, 0
    end = body.find(b"\n")
    if end < 0:
        raise InvalidShebang
    words = split_inline(body[:end])
    if not words:
        raise NoEngineInShebang
    if words[0] != b"#!lua":
        raise UnexpectedEngine(words[0])
    flags = 0
    for word in words[1:]:
        if not word.startswith(b"flags="):
            raise UnknownShebangOption(word)
        for name in word[6:].split(b",") if len(word) > 6 else []:
            if name in FLAGS:
                flags |= FLAGS[name]
            elif name not in NEEDLESS:
                raise UnexpectedFlag(name)
    return flags, end
