"""Writes docs/commands.md from the table: `python -m dflite.commands.docs [--check] [path]`."""

import sys
from typing import Final

import dflite.commands  # noqa: F401  (enters every command in the table)
from dflite.base.pages import write_or_check
from dflite.engine.command import (
    CATEGORIES,
    CATEGORY_BITS,
    Command,
    own_subcommands,
    top_level,
)

PAGE: Final = "docs/commands.md"
INTRODUCTION: Final = """\
# Commands

<!-- Written by `python -m dflite.commands.docs`; change the rows in dflite/commands/. -->

Words in capitals are written as they stand; other words name what stands in their place. `[...]`
may be left out, `<...>` groups, `|` parts choices, and `key [key ...]` is one key or more. Names of
commands and of their options may be written in any case.

`since` is the version of Redis, Valkey or Dragonfly that first had the command. `COMMAND DOCS`
tells clients all this too, and `COMMAND INFO` flags and positions of keys.
"""
# Groups as COMMAND DOCS names them, with their headings, in the order of the page.
GROUPS: Final = {
    "generic": "Keys of any type",
    "string": "Strings",
    "hash": "Hashes",
    "list": "Lists",
    "set": "Sets",
    "sorted-set": "Sorted sets",
    "stream": "Streams",
    "bitmap": "Bitmaps",
    "hyperloglog": "HyperLogLogs",
    "geo": "Places",
    "json": "JSON",
    "search": "Search",
    "bf": "Bloom filters",
    "pubsub": "Publish and subscribe",
    "transactions": "Transactions",
    "scripting": "Scripts",
    "connection": "Connections",
    "server": "Server",
    "cluster": "Cluster",
}


def page() -> str:
    parts = [INTRODUCTION]
    groups: dict[str, list[Command]] = {}
    for row in top_level():
        groups.setdefault(row.group, []).append(row)
    unknown = sorted(set(groups) - set(GROUPS))
    assert not unknown, f"groups without a heading: {unknown}"
    for group, heading in GROUPS.items():
        if group in groups:
            parts.append(f"## {heading}\n")
            for row in sorted(groups[group], key=name_of):
                parts.extend(entry(row))
            parts.append("")
    return "\n".join(parts)


def name_of(row: Command) -> str:
    return row.name


def entry(row: Command, indent: str = "") -> list[str]:
    """The lines about a command and its subcommands."""
    facts = [row.complexity, f"since {row.since}", categories(row)]
    if row.deprecated_since:
        facts.append(f"out of use since {row.deprecated_since}: {row.replaced_by}")
    lines = [f"{indent}* `{row.usage}`: {row.summary}"]
    lines.append(f"{indent}  *{' · '.join([fact for fact in facts if fact])}*")
    for sub in sorted(own_subcommands(row), key=name_of):
        lines.extend(entry(sub, indent + "  "))
    return lines


def categories(row: Command) -> str:
    return " ".join(["@" + name for name in CATEGORIES if row.acl & CATEGORY_BITS[name]])


def main(arguments: list[str]) -> int:
    return write_or_check(arguments, PAGE, page(), "dflite.commands.docs")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
