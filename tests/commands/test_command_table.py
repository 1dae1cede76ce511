"""COMMAND and its subcommands; beside Valkey's for the shapes of replies."""

from collections.abc import Iterator
from typing import Any

import pytest

from dflite.base.errors import BadSyntax, WrongArity
from dflite.base.server_errors import (
    CommandHasNoKeys,
    InvalidCommand,
    InvalidCommandArguments,
    InvalidNumberOfArguments,
)
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    COMMANDS,
    DELETE,
    INCOMPLETE,
    NO_MANDATORY_KEYS,
    NOT_KEY,
    OW,
    READONLY,
    RO,
    RW,
    UPDATE,
    VARIABLE_FLAGS,
    WRITE,
    Family,
    KeySpec,
    every_command,
    top_level,
)
from dflite.engine.context import Context
from tests.support.connection import Connection
from tests.support.node import Node, NodeClient
from tests.support.resp import Reply
from tests.support.servers import Server
from tests.support.toy_lists import toy_lists

# Commands of these tests only, with the layouts of keys that no command in the table has yet.
LAYOUTS = Family("generic", "keyspace")


def answer_ok(ctx: Context, args: Args) -> None:
    ctx.reply.ok()


def keys_of_migrate(argv: list[bytes]) -> list[int]:
    if argv[3]:
        return [3]
    for i in range(len(argv) - 1, 5, -1):
        if argv[i].upper() == b"KEYS":
            return list(range(i + 1, len(argv)))
    return []


def keys_of_sort(argv: list[bytes]) -> list[int]:
    found = [1]
    for i in range(2, len(argv) - 1):
        if argv[i].upper() == b"STORE":
            found = [1, i + 1]
    return found


def use_of_set(argv: list[bytes]) -> int:
    returned = any(word.upper() == b"GET" for word in argv[3:])
    return RW | ACCESS | UPDATE if returned else OW | UPDATE


@pytest.fixture(scope="module", autouse=True)
def layouts() -> Iterator[None]:
    """EVAL-like, ZUNIONSTORE-like, XREAD-like, MIGRATE-like, SORT-like, SET-like, SPUBLISH-like."""
    before = set(COMMANDS)
    facts: dict[str, Any] = {"since": "1.0.0", "complexity": "O(1)", "summary": "A layout of keys."}
    counted: dict[str, Any] = {"numkeys": 0, "first": 1}
    rows: dict[str, tuple[int, int, list[KeySpec], dict[str, Any]]] = {
        "XEVAL script numkeys [key [key ...]]": (
            -3, NO_MANDATORY_KEYS, [KeySpec(RW | ACCESS | UPDATE, begin=2, **counted)], {},
        ),
        "XZSTORE destination numkeys key [key ...]": (
            -4, WRITE, [KeySpec(OW | UPDATE), KeySpec(RO | ACCESS, begin=2, **counted)], {},
        ),
        "XXREAD STREAMS key [key ...] id [id ...]": (
            -4, READONLY, [KeySpec(RO | ACCESS, keyword="STREAMS", last=-1, limit=2)], {},
        ),
        "XMIGRATE host port key destination-db timeout [KEYS key [key ...]]": (
            -6,
            WRITE,
            [
                KeySpec(RW | ACCESS | DELETE, begin=3),
                KeySpec(RW | ACCESS | DELETE | INCOMPLETE, begin=-2, keyword="KEYS", last=-1),
            ],
            {"find_keys": keys_of_migrate},
        ),
        "XSORT key [STORE destination]": (
            -2,
            WRITE,
            [KeySpec(RO | ACCESS), KeySpec(OW | UPDATE, unknown=True)],
            {"find_keys": keys_of_sort},
        ),
        "XSET key value [GET]": (
            -3,
            WRITE,
            [KeySpec(RW | ACCESS | UPDATE | VARIABLE_FLAGS)],
            {"key_use": use_of_set},
        ),
        "XPUBLISH shardchannel message": (3, 0, [KeySpec(NOT_KEY)], {}),
    }  # fmt: skip
    for usage, (arity, flags, keys, more) in rows.items():
        enter = LAYOUTS.command(usage, arity=arity, flags=flags, keys=keys, **facts, **more)
        enter(answer_ok)
    holder = LAYOUTS.container("XHOLD", since="1.0.0", summary="Holds one.")
    assert holder.is_container
    LAYOUTS.command(
        "XHOLD FREQ key", arity=3, flags=READONLY, keys=[KeySpec(RO, begin=2)], **facts
    )(answer_ok)
    yield
    for name in set(COMMANDS) - before:
        del COMMANDS[name]


@pytest.fixture
def client() -> NodeClient:
    return Node().client()


def test_command_tells_every_command_once(client: NodeClient) -> None:
    rows = client.run("COMMAND")
    assert isinstance(rows, list)
    names = [row[0] for row in rows]
    assert names == [row.name.encode() for row in top_level()]
    assert len(set(names)) == len(names) == client.run("COMMAND COUNT")
    assert client.run("COMMAND INFO") == rows


def test_info_nests_subcommands_and_answers_null_for_strangers(client: NodeClient) -> None:
    replies = client.run("COMMAND INFO COMMAND nosuch command|count command|nosuch command|count|x")
    assert isinstance(replies, list)
    whole, *others = replies
    count = [
        b"command|count", 2, ["loading", "stale"], 0, 0, 0, ["@slow", "@connection"], [], [], [],
    ]  # fmt: skip
    assert others == [None, count, None, None]
    assert whole[:6] == [b"command", -1, ["loading", "stale"], 0, 0, 0]
    assert count in whole[9]


def test_list_has_subcommands_too(client: NodeClient) -> None:
    assert client.run("COMMAND LIST") == [row.name.encode() for row in every_command()]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("COMMAND LIST FILTERBY PATTERN XH*", [b"xhold", b"xhold|freq"]),
        ("COMMAND LIST filterby pattern xhold", [b"xhold"]),
        ("COMMAND LIST FILTERBY MODULE x", []),
        ("COMMAND LIST FILTERBY ACLCAT nosuch", []),
    ],
)
def test_list_filters(client: NodeClient, line: str, names: list[bytes]) -> None:
    assert client.run(line) == names


def test_list_filters_by_category(client: NodeClient) -> None:
    found = client.run("COMMAND LIST FILTERBY ACLCAT KeySpace")
    assert isinstance(found, list)
    assert b"xset" in found
    assert b"xhold|freq" in found
    assert b"xhold" not in found


@pytest.mark.parametrize(
    "line",
    [
        "COMMAND LIST x",
        "COMMAND LIST FILTERBY",
        "COMMAND LIST FILTERBY PATTERN",
        "COMMAND LIST FILTERBY PATTERN a b",
        "COMMAND LIST FILTERBY NOSUCH a",
        "COMMAND LIST BY PATTERN a",
    ],
)
def test_list_refuses(client: NodeClient, line: str) -> None:
    assert client.run(line) == BadSyntax


def test_docs_leave_strangers_out(client: NodeClient) -> None:
    assert client.run("COMMAND DOCS nosuch") == []
    replies = client.run("COMMAND DOCS nosuch xset")
    assert isinstance(replies, list)
    name, fields = replies
    assert name == b"xset"
    assert fields[:8] == [
        b"summary", b"A layout of keys.", b"since", b"1.0.0",
        b"group", b"generic", b"complexity", b"O(1)",
    ]  # fmt: skip
    assert fields[8] == b"arguments"
    assert fields[9] == [
        [b"name", b"key", b"type", b"key", b"display_text", b"key", b"key_spec_index", 0],
        [b"name", b"value", b"type", b"string", b"display_text", b"value"],
        [b"name", b"get", b"type", b"pure-token", b"display_text", b"get",
         b"token", b"GET", b"flags", ["optional"]],
    ]  # fmt: skip


def test_docs_nest_subcommands(client: NodeClient) -> None:
    replies = client.run("COMMAND DOCS xhold")
    assert isinstance(replies, list)
    fields = dict(zip(replies[1][0::2], replies[1][1::2], strict=True))
    assert fields[b"subcommands"][0] == b"xhold|freq"


def test_docs_tell_what_is_deprecated(client: NodeClient) -> None:
    row = COMMANDS[b"XSORT"]
    row.deprecated_since, row.replaced_by = "6.2.0", "`XSET`"
    try:
        replies = client.run("COMMAND DOCS xsort")
        assert isinstance(replies, list)
        assert replies[1][8:14] == [
            b"doc_flags", ["deprecated"], b"deprecated_since", b"6.2.0",
            b"replaced_by", b"`XSET`",
        ]  # fmt: skip
    finally:
        row.deprecated_since, row.replaced_by = "", ""


RW_DELETE = ["RW", "access", "delete"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("GET a", [(b"a", ["RO", "access"])]),
        ("xhold freq a", [(b"a", ["RO"])]),
        (
            "XEVAL s 2 a b c",
            [(b"a", ["RW", "access", "update"]), (b"b", ["RW", "access", "update"])],
        ),
        ("XEVAL s 0", []),
        ("XEVAL s 9 a", []),
        ("XEVAL s x a", []),
        ("XEVAL s -1 a", []),
        (
            "XZSTORE d 1 a b",
            [(b"d", ["OW", "update"]), (b"a", ["RO", "access"])],
        ),
        ("XXREAD streams x y 1 2", [(b"x", ["RO", "access"]), (b"y", ["RO", "access"])]),
        ('XMIGRATE h 1 "" 0 10 AUTH keys KEYS a b', [(b"a", RW_DELETE), (b"b", RW_DELETE)]),
        ("XMIGRATE h 1 k 0 10", [(b"k", RW_DELETE)]),
        ("XSORT a STORE b STORE c", [(b"a", ["RO", "access"]), (b"c", ["OW", "update"])]),
        ("XSET a b", [(b"a", ["OW", "update"])]),
        ("XSET a b get", [(b"a", ["RW", "access", "update"])]),
    ],
)
def test_keys_of_a_request(
    client: NodeClient, line: str, found: list[tuple[bytes, list[str]]]
) -> None:
    assert client.run("COMMAND GETKEYS " + line) == [key for key, _ in found]
    assert client.run("COMMAND GETKEYSANDFLAGS " + line) == [[key, use] for key, use in found]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("nosuch a", InvalidCommand),
        ("XHOLD nosuch a", InvalidCommand),
        ("XHOLD", CommandHasNoKeys),
        ("COMMAND COUNT", CommandHasNoKeys),
        ("XPUBLISH a b", CommandHasNoKeys),
        ("GET", InvalidNumberOfArguments),
        ("GET a b", InvalidNumberOfArguments),
        ("XZSTORE d 0 a", InvalidCommandArguments),
        ("XZSTORE d 2 a", InvalidCommandArguments),
        ("XZSTORE d x a", InvalidCommandArguments),
        ("XXREAD COUNT 1 a", InvalidCommandArguments),
        ('XMIGRATE h 1 "" 0 10', InvalidCommandArguments),
    ],
)
@pytest.mark.parametrize("command", ["GETKEYS", "GETKEYSANDFLAGS"])
def test_requests_without_keys_are_refused(
    client: NodeClient, command: str, line: str, error: type
) -> None:
    assert client.run(f"COMMAND {command} {line}") == error


def test_unknown_subcommands_are_refused(client: NodeClient) -> None:
    assert client.run("COMMAND FOO") == "ERR unknown subcommand 'FOO'. Try COMMAND HELP."
    assert client.run("COMMAND COUNT x") == WrongArity(b"command|count")


def test_help_shows_every_subcommand(client: NodeClient) -> None:
    lines = client.run("COMMAND HELP")
    assert isinstance(lines, list)
    assert lines[0] == "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    assert "(no subcommand)" in lines
    assert "GETKEYS command [arg [arg ...]]" in lines
    assert lines[lines.index("COUNT") + 1].startswith("    ")


# -- beside Valkey -------------------------------------------------------------------------------


def shape(reply: Reply) -> object:
    """Kinds of a reply and of what it holds, the words of simple strings and names too."""
    if reply.kind == "map":
        return "map", sorted([(key.text, shape(value)) for key, value in reply.pairs], key=repr)
    if isinstance(reply.value, list):
        parts = [shape(item) for item in reply.items]
        return reply.kind, sorted(parts, key=repr) if reply.kind == "set" else parts
    return reply.kind, reply.value


@pytest.mark.parametrize("resp3", [False, True])
@pytest.mark.parametrize(
    "line",
    [
        "COMMAND INFO get mset nosuch command|count command|nosuch",
        "COMMAND INFO nosuch",
        "COMMAND LIST FILTERBY PATTERN ge[t]",
        "COMMAND LIST FILTERBY MODULE x",
        "COMMAND LIST FILTERBY x y",
        "COMMAND GETKEYS get a",
        "COMMAND GETKEYS mset a 1 b 2",
        "COMMAND GETKEYS get",
        "COMMAND GETKEYS nosuch",
        "COMMAND GETKEYS command count",
        "COMMAND GETKEYSANDFLAGS set a b",
        "COMMAND GETKEYSANDFLAGS set a b get",
        "COMMAND GETKEYSANDFLAGS mset a 1 b 2",
        "COMMAND GETKEYSANDFLAGS lcs a b",
        "COMMAND DOCS nosuch",
        "COMMAND COUNT x",
        "COMMAND GETKEYS",
        "COMMAND HELP x",
        "COMMAND x",
    ],
)
def test_replies_are_valkeys(
    client: NodeClient, shared_valkey: Server, line: str, resp3: bool
) -> None:
    with Connection(shared_valkey.port) as connection:
        if resp3:
            connection.call("HELLO", "3")
        theirs = connection.call(*line.split())
    client.ctx.reply.speak(resp3)
    assert shape(client.run_exactly(line)) == shape(theirs)


@pytest.mark.parametrize("resp3", [False, True])
def test_documentation_has_valkeys_shape(
    client: NodeClient, shared_valkey: Server, resp3: bool
) -> None:
    with Connection(shared_valkey.port) as connection:
        if resp3:
            connection.call("HELLO", "3")
        theirs = connection.call("COMMAND", "DOCS", "command|list")
    client.ctx.reply.speak(resp3)
    ours = client.run_exactly("COMMAND DOCS command|list")
    for (our_name, our_fields), (their_name, their_fields) in zip(
        ours.pairs, theirs.pairs, strict=True
    ):
        assert our_name == their_name
        their_values = dict(their_fields.pairs)
        for field, value in our_fields.pairs:
            if field.text in ("summary", "complexity"):
                assert value.kind == their_values[field].kind
            else:
                assert shape(value) == shape(their_values[field])


@pytest.mark.parametrize("resp3", [False, True])
@pytest.mark.parametrize("line", ["COMMAND", "COMMAND DOCS"])
def test_the_whole_table_is_told_alike_each_time(line: str, resp3: bool) -> None:
    client = Node().client(resp3)
    first = client.run_exactly(*line.split())
    assert client.run_exactly(*line.split()) == first
    assert Node().client(resp3).run_exactly(*line.split()) == first
    with toy_lists():
        assert client.run_exactly("COMMAND") != first
        assert b"toypush" in client.raw(b"*1\r\n$7\r\nCOMMAND\r\n")
    assert client.run_exactly(*line.split()) == first
