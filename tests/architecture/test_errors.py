"""Error texts stand once, in the errors modules of dflite.base, under a code that clients know."""

import ast
import re
from collections import Counter
from typing import Final

from dflite.base import (
    collection_errors,
    conversation_errors,
    errors,
    replication_errors,
    script_errors,
    server_errors,
    stream_errors,
    string_errors,
)
from dflite.base.errors import CommandError
from tests.architecture.sources import PACKAGE, modules, parsed, short

# The first word of an error is what clients branch on; these are Redis' and Dragonfly's.
CODES: Final = {
    "BUSY", "BUSYGROUP", "BUSYKEY", "CROSSSLOT", "DENIED", "ERR", "EXECABORT", "INPROG",
    "INVALIDOBJ", "IOERR", "LOADING", "MASTERDOWN", "MISCONF", "MOVED", "NOAUTH", "NOGOODSLAVE",
    "NOGROUP", "NOMASTERLINK", "NOPERM", "NOPROTO", "NOREPLICAS", "NOSCRIPT", "NOTBUSY",
    "NOTREADY", "OOM", "READONLY", "SYNTAX", "UNBLOCKED", "UNKILLABLE", "UNWATCHED", "WRONGPASS",
    "WRONGTYPE",
}  # fmt: skip

MODULES: Final = (
    errors,
    collection_errors,
    conversation_errors,
    replication_errors,
    script_errors,
    server_errors,
    stream_errors,
    string_errors,
)

# The answer to a bug has a class of its own beside the default of CommandError.
SAME_ON_PURPOSE: Final = {b"ERR internal error"}


def texts() -> list[tuple[str, bytes]]:
    """Names and texts of the error classes that have a text of their own."""
    found = []
    for module in MODULES:
        for name, value in vars(module).items():
            if not isinstance(value, type) or value.__module__ != module.__name__:
                continue
            if issubclass(value, CommandError) and "text" in vars(value):
                found.append((name, value.text))
    return found


def test_every_text_stands_once() -> None:
    counts = Counter(text for _, text in texts())
    twice = [text for text, count in counts.items() if count > 1 and text not in SAME_ON_PURPOSE]
    assert twice == []


def test_every_text_starts_with_a_known_code() -> None:
    strange = [name for name, text in texts() if text.split(b" ")[0].decode() not in CODES]
    assert strange == []


def test_no_text_breaks_a_reply_line() -> None:
    assert [name for name, text in texts() if b"\r" in text or b"\n" in text] == []


def test_every_module_of_errors_is_looked_at() -> None:
    files = {path.stem for path in (PACKAGE / "base").glob("*errors.py")}
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == files


def test_texts_of_errors_are_written_nowhere_else() -> None:
    known = {text for _, text in texts()}
    repeated = []
    for path in modules():
        if path.parent.name == "base" and path.stem.endswith("errors"):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and node.value in known:
                repeated.append(f"{short(path)}:{node.lineno}: {node.value!r}")
    assert repeated == []


def test_an_error_is_made_in_one_place_only() -> None:
    """Two modules that write the same custom text should share a class instead."""
    places: dict[bytes, set[str]] = {}
    for path in modules():
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, bytes)
                and re.match(rb"(ERR|WRONGTYPE|NOAUTH|NOPERM|OOM) \S", node.value)
            ):
                places.setdefault(node.value, set()).add(short(path))
    shared = {text: sorted(names) for text, names in places.items() if len(names) > 1}
    assert shared == {}
