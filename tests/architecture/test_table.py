"""The table of commands beside Valkey's and Redis': what clients rely on is the same."""

import pytest

from tests.architecture.known import KNOWN, KNOWN_IN_REDIS, ONLY_HERE
from tests.architecture.rows import (
    ARITY,
    DEPRECATED,
    DOC_FIELDS,
    ROW_FIELDS,
    Fields,
    read_docs,
    read_rows,
)
from tests.support.connection import Connection
from tests.support.node import Node
from tests.support.servers import Server


class Table:
    """Rows and documentation of one server."""

    def __init__(self, rows: dict[str, Fields], docs: dict[str, Fields]) -> None:
        self.rows = rows
        self.docs = docs

    def field(self, name: str, field: str) -> object:
        return (self.rows if field in ROW_FIELDS else self.docs)[name].get(field)


def table_of(server: Server) -> Table:
    with Connection(server.port) as connection:
        connection.call("HELLO", "3")
        return Table(read_rows(connection.call), read_docs(connection.call))


@pytest.fixture(scope="module")
def ours() -> Table:
    client = Node().client()
    client.ctx.reply.speak(True)
    return Table(read_rows(client.run_exactly), read_docs(client.run_exactly))


@pytest.fixture(scope="module")
def valkey(shared_valkey: Server) -> Table:
    return table_of(shared_valkey)


@pytest.fixture(scope="module")
def redis(shared_redis: Server) -> Table:
    return table_of(shared_redis)


def test_commands_that_valkey_lacks_are_known(ours: Table, valkey: Table) -> None:
    assert set(ours.rows) - set(valkey.rows) == set(ONLY_HERE) & set(ours.rows)


def test_every_row_is_documented(ours: Table) -> None:
    assert set(ours.rows) == set(ours.docs)


@pytest.mark.parametrize("field", ROW_FIELDS + DOC_FIELDS)
def test_rows_agree_with_valkey(ours: Table, valkey: Table, field: str) -> None:
    differing = {
        name: f"{ours.field(name, field)} in place of {valkey.field(name, field)}"
        for name in ours.rows
        if name in valkey.rows
        and ours.field(name, field) != valkey.field(name, field)
        and (name, field) not in KNOWN
    }
    assert not differing, "\n" + "\n".join(f"{name}: {text}" for name, text in differing.items())


@pytest.mark.parametrize("field", ROW_FIELDS)
def test_rows_agree_with_redis_where_they_do_not_with_valkey(
    ours: Table, valkey: Table, redis: Table, field: str
) -> None:
    differing = {
        name: f"{ours.field(name, field)} in place of {redis.field(name, field)}"
        for name in ours.rows
        if name in redis.rows
        and (name not in valkey.rows or ours.field(name, field) != valkey.field(name, field))
        and ours.field(name, field) != redis.field(name, field)
        and (name, field) not in KNOWN_IN_REDIS
    }
    assert not differing, "\n" + "\n".join(f"{name}: {text}" for name, text in differing.items())


def test_what_redis_deprecates_is_deprecated(ours: Table, redis: Table) -> None:
    """Valkey 9 has taken its deprecations back; clients of Redis 7 still warn of them."""
    differing = {
        name: f"{ours.field(name, DEPRECATED)} in place of {redis.field(name, DEPRECATED)}"
        for name in ours.docs
        if name in redis.docs and ours.field(name, DEPRECATED) != redis.field(name, DEPRECATED)
    }
    assert differing == {}


# Arguments that requests are made of, taken in turn from one of these on.
WORDS = ("a", "1", "b", "GET", "2", "c", "0")


def requests(row: Fields, name: str) -> list[list[str]]:
    """Requests of a command: too short, just long enough, longer; from each word on."""
    words = name.split("|")
    arity = row[ARITY]
    assert isinstance(arity, int)
    least = max(abs(arity) - 1, len(words))
    found = []
    for length in range(least, abs(arity) + 4):
        for start in range(len(WORDS)):
            rest = [WORDS[(start + i) % len(WORDS)] for i in range(length - len(words))]
            found.append(words + rest)
    return found


def test_keys_of_requests_are_those_that_valkey_finds(ours: Table, shared_valkey: Server) -> None:
    client = Node().client()
    with Connection(shared_valkey.port) as connection:
        for name, row in ours.rows.items():
            if name in ONLY_HERE:
                continue
            for request in requests(row, name):
                question = ["COMMAND", "GETKEYSANDFLAGS", *request]
                assert client.run_exactly(*question) == connection.call(*question), question


def test_the_list_of_differences_is_not_longer_than_needed(ours: Table, valkey: Table) -> None:
    for name, field in KNOWN:
        if name in ours.rows:
            assert ours.field(name, field) != valkey.field(name, field), (name, field)
