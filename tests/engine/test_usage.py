"""Usage lines and the arguments read from them."""

import pytest

from dflite.engine.command import Command, every_command
from dflite.engine.usage import Argument, UsageError, arguments_of, read_usage
from tests.support.connection import Connection
from tests.support.resp import MAP, Reply
from tests.support.servers import Server


def shown(argument: Argument) -> str:
    """An argument on one line: token, name, type, flags, parts."""
    text = f"{argument.token} " if argument.token else ""
    text += f"{argument.name}:{argument.type}"
    if argument.key_spec_index >= 0:
        text += f"#{argument.key_spec_index}"
    text += "".join(["?" * argument.optional, "+" * argument.multiple])
    text += "+" * argument.multiple_token
    if argument.arguments:
        text += "(" + ", ".join([shown(part) for part in argument.arguments]) + ")"
    return text


def read(usage: str, command: str = "x", key_specs: int = 1) -> list[str]:
    return [shown(argument) for argument in read_usage(usage, command, key_specs)]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ("X", []),
        ("X key", ["key:key#0"]),
        ("X key value", ["key:key#0", "value:string"]),
        ("X key [key ...]", ["key:key#0+"]),
        ("X [key [key ...]]", ["key:key#0?+"]),
        ("X seconds", ["seconds:integer"]),
        ("X pattern", ["pattern:pattern"]),
        ("X unix-time-seconds", ["unix-time-seconds:unix-time"]),
        ("X longitude", ["longitude:double"]),
        ("X [GET]", ["GET get:pure-token?"]),
        ("X NOW", ["NOW now:pure-token"]),
        ("X [COUNT count]", ["COUNT count:integer?"]),
        ("X [ID client-id [client-id ...]]", ["ID client-id:integer?+"]),
        ("X [GET pattern [GET pattern ...]]", ["GET get-pattern:pattern#1?++"]),
        (
            "X [NX | XX]",
            ["condition:oneof?(NX nx:pure-token, XX xx:pure-token)"],
        ),
        (
            "X [EX seconds | KEEPTTL]",
            ["seconds-keepttl:oneof?(EX seconds:integer, KEEPTTL keepttl:pure-token)"],
        ),
        (
            "X <LEFT | RIGHT>",
            ["where:oneof(LEFT left:pure-token, RIGHT right:pure-token)"],
        ),
        (
            "X <LEFT | RIGHT> <LEFT | RIGHT>",
            [
                "wherefrom:oneof(LEFT left:pure-token, RIGHT right:pure-token)",
                "whereto:oneof(LEFT left:pure-token, RIGHT right:pure-token)",
            ],
        ),
        ("X key value [key value ...]", ["data:block+(key:key#0, value:string)"]),
        ("X [LIMIT offset count]", ["LIMIT limit:block?(offset:integer, count:integer)"]),
        (
            "X [COUNT count [ANY]]",
            ["count-block:block?(COUNT count:integer, ANY any:pure-token?)"],
        ),
        (
            "X [start end [BYTE | BIT]]",
            [
                "start-end-unit:block?(start:integer, end:integer, "
                "unit:oneof?(BYTE byte:pure-token, BIT bit:pure-token))"
            ],
        ),
        (
            "X STREAMS key [key ...] id [id ...]",
            ["STREAMS streams:block(key:key#0+, id:string+)"],
        ),
        (
            "X [FILTERBY <MODULE module-name | PATTERN pattern>]",
            ["FILTERBY filterby:oneof?(MODULE module-name:string, PATTERN pattern:pattern)"],
        ),
        ("X <host port | NO ONE>", [
            "args:oneof(host-port:block(host:string, port:integer), "
            "no-one:block(NO no:pure-token, ONE one:pure-token))"
        ]),
        ("X [GET encoding offset [GET encoding offset ...]]", [
            "GET get-block:block?++(encoding:string, offset:integer)"
        ]),
        ("X numkeys key [key ...] [WITHSCORES]", [
            "numkeys:integer", "key:key#0+", "WITHSCORES withscores:pure-token?"
        ]),
    ],
)  # fmt: skip
def test_usage_lines_are_read(usage: str, expected: list[str]) -> None:
    assert read(usage) == expected


def test_a_subcommand_has_two_words() -> None:
    assert read("CONFIG GET parameter [parameter ...]", "config|get") == ["parameter:string+"]


def test_one_command_may_mean_something_else_by_a_name() -> None:
    assert read("INCRBY key increment", "incrby") == ["key:key#0", "increment:integer"]
    assert read("INCRBYFLOAT key increment", "incrbyfloat") == ["key:key#0", "increment:double"]


def test_keys_count_through_the_specifications() -> None:
    assert read("RENAME key newkey", "rename", 2) == ["key:key#0", "newkey:key#1"]
    assert read("LCS key1 key2", "lcs", 1) == ["key1:key#0", "key2:key#0"]
    assert read("SORT key [BY pattern] [STORE destination]", "sort", 3) == [
        "key:key#0",
        "BY by-pattern:pattern#1?",
        "STORE destination:key#2?",
    ]
    assert read("CLUSTER KEYSLOT key", "cluster|keyslot", 0) == ["key:string"]


@pytest.mark.parametrize(
    "usage",
    ["X [key", "X key]", "X <a | b", "X []", "X a | b", "X a [b ...]", "X a >", "X [a | ]"],
)
def test_lines_that_break_the_notation_are_refused(usage: str) -> None:
    with pytest.raises(UsageError):
        read(usage)


def test_every_row_has_a_usage_line_that_can_be_read() -> None:
    for row in every_command():
        assert row.usage.replace(" ", "|").lower().startswith(row.name)
        arguments_of(row)


def test_arguments_are_read_once() -> None:
    row: Command = every_command()[0]
    assert arguments_of(row) is arguments_of(row)


# -- Valkey's arguments written as usage lines and read again ------------------------------------

# Commands whose groups no usage line can tell.
UNTOLD = {
    "client|kill": "filters that may be left out within a choice",
    "client|list": "SKIPME and NOT-TYPE have names of their own",
    "cluster|migrateslots": "tokens as arguments of their own",
    "cluster|slot-stats": "a token in front of a block with options",
    "failover": "a token in front of a block with options",
    "geosearch": "tokens before the first part of a block",
    "geosearchstore": "tokens before the first part of a block",
    "xtrim": "a block without a sign of it",
}


class Node:
    """An argument of a COMMAND DOCS reply."""

    def __init__(self, reply: Reply) -> None:
        fields = {name.text: value for name, value in reply.pairs}
        self.name = fields["name"].text
        self.type = fields["type"].text
        self.display = fields["display_text"].text if "display_text" in fields else self.name
        self.token = fields["token"].text or '""' if "token" in fields else ""
        self.key_spec = fields["key_spec_index"].number if "key_spec_index" in fields else -1
        self.flags = {flag.text for flag in fields["flags"].items} if "flags" in fields else set()
        self.parts = [Node(part) for part in fields["arguments"].items] if (
            "arguments" in fields) else []  # fmt: skip

    def written(self) -> str:
        """Its piece of a usage line."""
        if self.type == "oneof":
            text = " | ".join([part.written() for part in self.parts])
            if self.token or "optional" not in self.flags or "multiple" in self.flags:
                text = f"<{text}>"
        elif self.parts:
            text = " ".join([part.written() for part in self.parts])
        else:
            text = "" if self.type == "pure-token" else self.display
        whole = f"{self.token} {text}".strip()
        if "multiple" in self.flags:
            whole += f" [{whole if 'multiple_token' in self.flags else text} ...]"
        return f"[{whole}]" if "optional" in self.flags else whole

    def shown(self) -> str:
        text = f"{self.token} " if self.token else ""
        text += f"{self.name}:{self.type}"
        if self.key_spec >= 0:
            text += f"#{self.key_spec}"
        text += "?" * ("optional" in self.flags) + "+" * ("multiple" in self.flags)
        text += "+" * ("multiple_token" in self.flags)
        if self.parts:
            text += "(" + ", ".join([part.shown() for part in self.parts]) + ")"
        return text

    def last_key_spec(self) -> int:
        return max([self.key_spec, *[part.last_key_spec() for part in self.parts]])


def test_valkeys_arguments_survive_being_written_as_usage_lines(shared_valkey: Server) -> None:
    with Connection(shared_valkey.port) as connection:
        connection.call("HELLO", "3")
        waiting = list(connection.call("COMMAND", "DOCS").pairs)
    differing = []
    checked = 0
    while waiting:
        name, reply = waiting.pop()
        assert reply.kind == MAP
        fields = {field.text: value for field, value in reply.pairs}
        if "subcommands" in fields:
            waiting += fields["subcommands"].pairs
        if "arguments" not in fields or name.text in UNTOLD:
            continue
        nodes = [Node(item) for item in fields["arguments"].items]
        usage = " ".join([name.text.replace("|", " ").upper(), *[n.written() for n in nodes]])
        specs = max([node.last_key_spec() for node in nodes]) + 1
        checked += 1
        if read(usage, name.text, specs) != [node.shown() for node in nodes]:
            differing.append(usage)
    assert differing == []
    assert checked > 250
