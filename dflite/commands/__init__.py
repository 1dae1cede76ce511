"""The front of RESP: one module a family. Importing this package enters every command in the table."""

from dflite.commands import strings

__all__ = ["strings"]
