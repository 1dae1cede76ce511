"""The front of RESP: one module a family. Importing this enters every command in the table."""

from dflite.commands import (
    clients,
    command_table,
    connection,
    counters,
    deadlines,
    keys,
    lcs,
    object,
    scanning,
    strings,
    substrings,
    transactions,
)

__all__ = [
    "clients",
    "command_table",
    "connection",
    "counters",
    "deadlines",
    "keys",
    "lcs",
    "object",
    "scanning",
    "strings",
    "substrings",
    "transactions",
]
