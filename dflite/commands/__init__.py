"""The front of RESP: one module a family. Importing this enters every command in the table."""

from dflite.commands import (
    command_table,
    counters,
    deadlines,
    keys,
    lcs,
    object,
    scanning,
    strings,
    substrings,
)

__all__ = [
    "command_table",
    "counters",
    "deadlines",
    "keys",
    "lcs",
    "object",
    "scanning",
    "strings",
    "substrings",
]
