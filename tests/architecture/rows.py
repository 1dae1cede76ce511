"""A server's table of commands, as its COMMAND and COMMAND DOCS tell it, in a form to compare."""

from typing import Final, Protocol

from tests.support.resp import MAP, Reply

# What a row of COMMAND says, by name.
ARITY: Final = "arity"
FLAGS: Final = "flags"
RANGE: Final = "first key, last key, step"
CATEGORIES: Final = "categories"
TIPS: Final = "tips"
KEY_SPECS: Final = "key specs"
ROW_FIELDS: Final = (ARITY, FLAGS, RANGE, CATEGORIES, TIPS, KEY_SPECS)
# What COMMAND DOCS says, by name; summaries and complexities are prose.
SINCE: Final = "since"
GROUP: Final = "group"
DEPRECATED: Final = "deprecated_since"
ARGUMENTS: Final = "arguments"
DOC_FIELDS: Final = (SINCE, GROUP, ARGUMENTS)

# Of an argument's fields, those that its usage line can tell.
ARGUMENT_FIELDS: Final = ("name", "type", "display_text", "token", "key_spec_index")

Fields = dict[str, object]


class Asked(Protocol):
    """Whatever answers requests."""

    def __call__(self, *words: str) -> Reply: ...


def plain(reply: Reply) -> object:
    """A reply as Python values; sets are sorted."""
    if reply.kind == MAP:
        return {key.text: plain(value) for key, value in reply.pairs}
    if isinstance(reply.value, list):
        items = [plain(item) for item in reply.items]
        return items if reply.kind == "array" else sorted(items, key=repr)
    return reply.text if isinstance(reply.value, bytes) else reply.value


def read_rows(ask: Asked) -> dict[str, Fields]:
    """Every command and subcommand by its full name. `ask` speaks RESP3."""
    found: dict[str, Fields] = {}
    waiting = list(ask("COMMAND").items)
    while waiting:
        items = waiting.pop().items
        name = items[0].text
        waiting += items[9].items
        # Valkey has several command logs; the first keeps Redis' name here.
        flags = [flag.text.replace("commandlog", "slowlog") for flag in items[2].items]
        found[name] = {
            ARITY: items[1].number,
            FLAGS: sorted(flags),
            RANGE: [items[3].number, items[4].number, items[5].number],
            CATEGORIES: plain(items[6]),
            TIPS: plain(items[7]),
            KEY_SPECS: [key_spec(spec) for spec in items[8].items],
        }
    return found


def key_spec(spec: Reply) -> object:
    """Where keys are and how they are used; the remarks are prose."""
    return {name.text: plain(value) for name, value in spec.pairs if name.text != "notes"}


def read_docs(ask: Asked) -> dict[str, Fields]:
    """The documentation of every command and subcommand by its full name."""
    found: dict[str, Fields] = {}
    waiting = list(ask("COMMAND", "DOCS").pairs)
    while waiting:
        name, reply = waiting.pop()
        fields = {field.text: value for field, value in reply.pairs}
        if "subcommands" in fields:
            waiting += fields.pop("subcommands").pairs
        found[name.text] = {
            field: fields[field].text for field in (SINCE, GROUP, DEPRECATED) if field in fields
        }
        if ARGUMENTS in fields:
            found[name.text][ARGUMENTS] = arguments(fields[ARGUMENTS])
    return found


def arguments(reply: Reply) -> list[Fields]:
    return [argument(item) for item in reply.items]


def argument(reply: Reply) -> Fields:
    fields = {field.text: value for field, value in reply.pairs}
    found: Fields = {name: plain(fields[name]) for name in ARGUMENT_FIELDS if name in fields}
    if "flags" in fields:
        found["flags"] = plain(fields["flags"])
    if ARGUMENTS in fields:
        found[ARGUMENTS] = arguments(fields[ARGUMENTS])
    return found
