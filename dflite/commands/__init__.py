"""The front of RESP: one module a family. Importing this enters every command in the table."""

from dflite.commands import command_table, strings

__all__ = ["command_table", "strings"]
