"""The table of commands: arity, flags, keys and categories as in Valkey's COMMAND."""

from typing import Final

import pytest

from tests.against.differences import ONLY_HERE, TABLE
from tests.support.resp import Reply
from tests.support.servers import Server

FIELDS: Final = {
    1: "arity",
    2: "flags",
    3: "first key",
    4: "last key",
    5: "key step",
    6: "categories",
    8: "key specs",
}


def plain(reply: Reply) -> object:
    """A reply as Python values: lists, integers and text."""
    if isinstance(reply.value, list):
        return [plain(item) for item in reply.items]
    return reply.text if isinstance(reply.value, bytes) else reply.value


def in_no_order(value: object) -> object:
    return sorted(value, key=repr) if isinstance(value, list) else value


def rows(server: Server) -> dict[str, dict[str, object]]:
    """Every command and subcommand with its fields, by its full name."""
    found: dict[str, dict[str, object]] = {}
    with server.connect() as connection:
        waiting = list(connection.call("COMMAND").items)
    while waiting:
        row = waiting.pop()
        name = row.items[0].text
        waiting += row.items[9].items
        found[name] = {field: plain(row.items[at]) for at, field in FIELDS.items()}
        flags = [flag.text for flag in row.items[2].items]
        # Valkey's slow log became one of several command logs; Redis' name stays ours.
        found[name]["flags"] = sorted(f.replace("skip_commandlog", "skip_slowlog") for f in flags)
        found[name]["categories"] = in_no_order(found[name]["categories"])
        found[name]["key specs"] = [key_spec(spec) for spec in row.items[8].items]
    return found


def key_spec(spec: Reply) -> object:
    """Where keys are and how they are used; the remarks are prose."""
    fields = {name.text: value for name, value in spec.pairs if name.text != "notes"}
    return [
        in_no_order(plain(fields["flags"])),
        plain(fields["begin_search"]),
        plain(fields["find_keys"]),
    ]


@pytest.fixture(scope="module")
def ours(shared_dflite: Server) -> dict[str, dict[str, object]]:
    return rows(shared_dflite)


@pytest.fixture(scope="module")
def theirs(shared_valkey: Server) -> dict[str, dict[str, object]]:
    return rows(shared_valkey)


def test_commands_that_valkey_lacks_are_known(
    ours: dict[str, dict[str, object]], theirs: dict[str, dict[str, object]]
) -> None:
    assert set(ours) - set(theirs) - set(ONLY_HERE) == set()


@pytest.mark.parametrize("field", FIELDS.values())
def test_the_table_agrees(
    ours: dict[str, dict[str, object]], theirs: dict[str, dict[str, object]], field: str
) -> None:
    differing = {
        name: f"{row[field]} in place of {theirs[name][field]}"
        for name, row in ours.items()
        if name in theirs and row[field] != theirs[name][field] and (name, field) not in TABLE
    }
    assert not differing, "\n".join(f"{name}: {text}" for name, text in differing.items())


def test_every_command_describes_itself(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        names = [item.text for item in connection.call("COMMAND", "LIST").items]
        docs = connection.call("COMMAND", "DOCS")
        described = {name.text: dict_of(fields) for name, fields in docs.pairs}
        # A subcommand is listed with a bar, and described inside its container.
        assert {name for name in names if "|" not in name} == set(described)
        assert all(fields["summary"] and fields["group"] for fields in described.values())
        assert connection.call("COMMAND", "COUNT").number == len(described)


def dict_of(reply: Reply) -> dict[str, str]:
    return {name.text: value.text for name, value in reply.pairs if value.kind == "bulk"}


def test_groups_agree(shared_dflite: Server, shared_valkey: Server) -> None:
    groups = []
    for server in (shared_dflite, shared_valkey):
        with server.connect() as connection:
            docs = connection.call("COMMAND", "DOCS")
        groups.append({name.text: dict_of(fields)["group"] for name, fields in docs.pairs})
    ours, theirs = groups
    shared = set(ours) & set(theirs)
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}
