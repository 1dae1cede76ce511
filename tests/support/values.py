"""A value that is no string, for commands that must refuse it or pass it on as it is."""

from typing import Final

from tests.support.node import Node

LIST: Final = 2  # a type's number


class Thing:
    """What a value of another type is to the commands about strings and keys."""

    encoding: bytes = b"listpack"

    def __init__(self, *items: bytes) -> None:
        self.items = list(items)

    def copy(self) -> "Thing":
        return Thing(*self.items)


def put_list(node: Node, key: bytes, *items: bytes, db: int = 0) -> Thing:
    """A value of the type list at key."""
    thing = Thing(*items)
    node.keyspace.dbs[db].put_value(key, LIST, thing)
    return thing
