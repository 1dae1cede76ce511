"""Values that are no strings, for commands that must refuse them or pass them on as they are."""

from typing import Final

from dflite.native.values import lists
from tests.support.node import Node

LIST: Final = 2  # a type's number


class Thing:
    """What a value beside the keyspace's table is to commands that do not look into it."""

    encoding: bytes = b"listpack"

    def __init__(self, *items: bytes) -> None:
        self.items = list(items)

    def copy(self) -> "Thing":
        return Thing(*self.items)


def put_thing(node: Node, key: bytes, *items: bytes, db: int = 0) -> Thing:
    """Such a value at key, of which no command about lists may hear."""
    thing = Thing(*items)
    node.keyspace.dbs[db].put_value(key, LIST, thing)
    return thing


def put_list(node: Node, key: bytes, *items: bytes, db: int = 0) -> None:
    """A list at key, in the place of what is there."""
    database = node.keyspace.dbs[db]
    database.delete(key)
    lists.push(database.table(key), key, list(items) or [b"item"], False)
