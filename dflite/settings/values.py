"""How the text of a setting is read and written: whole numbers, sizes in bytes, quoted strings."""

import re
from typing import Final

INT64_MAX: Final = (1 << 63) - 1
UINT64_MAX: Final = (1 << 64) - 1
INT_MAX: Final = (1 << 31) - 1
UINT_MAX: Final = (1 << 32) - 1

PLAIN_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]*")
PLAIN_SIZE: Final = re.compile(r"([0-9]*)([a-z]*)")
LOOSE_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([a-z]*)")

# Redis' units: the short ones are powers of ten, those that end in b are powers of two.
PLAIN_UNITS: Final = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1 << 10,
    "m": 1000**2,
    "mb": 1 << 20,
    "g": 1000**3,
    "gb": 1 << 30,
}
# Flags take these as well, and fractions of them, as Dragonfly's do.
LOOSE_UNITS: Final = {
    **PLAIN_UNITS,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "t": 1000**4,
    "tb": 1 << 40,
    "tib": 1 << 40,
}

ESCAPES: Final = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\a": "\\a",
    "\b": "\\b",
}


class ChangeRefused(Exception):
    """CONFIG SET or CONFIG REWRITE failed; says so as Redis does, without the leading ERR."""


class Refused(Exception):
    """A value, or a change, that is not taken; says why in the words a client gets."""


def read_integer(text: str) -> int | None:
    """A whole number as Redis takes it: no sign but minus, no leading zero, 64 bits."""
    if PLAIN_INTEGER.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -INT64_MAX - 1 <= number <= INT64_MAX else None


def read_size(text: str) -> int | None:
    """Bytes, as Redis' configuration takes them: `100`, `1k` is 1000, `1kb` is 1024."""
    match = PLAIN_SIZE.fullmatch(text.lower())
    if match is None or match[2] not in PLAIN_UNITS:
        return None
    size = int(match[1] or "0") * PLAIN_UNITS[match[2]]
    return size if size <= UINT64_MAX else None


def read_size_loosely(text: str) -> int | None:
    """Bytes, as flags take them: also `1.5gb`, `4GiB` and `2TB`."""
    match = LOOSE_SIZE.fullmatch(text.strip().lower())
    if match is None or match[2] not in LOOSE_UNITS:
        return None
    unit = LOOSE_UNITS[match[2]]
    size = int(match[1]) * unit if match[1].isdigit() else int(float(match[1]) * unit)
    return size if size <= UINT64_MAX else None


def size_text(size: int) -> str:
    """The shortest exact way to write a size in a configuration file."""
    for unit in ("gb", "mb", "kb"):
        factor = PLAIN_UNITS[unit]
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def quoted(text: str) -> str:
    """The text in double quotes, as redis.conf reads it back."""
    out = ['"']
    for char in text:
        escape = ESCAPES.get(char)
        if escape is not None:
            out.append(escape)
        elif char.isprintable():
            out.append(char)
        else:
            out.extend(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    out.append('"')
    return "".join(out)


def quoted_if_needed(word: str) -> str:
    """One word of several, which most of the time can stand as it is."""
    plain = word.isprintable() and not any(char in " \"'\\" for char in word)
    return word if word and plain else quoted(word)


def listed(words: list[str], last: str = "or") -> str:
    """`a, b or c`, for sentences that say what is allowed."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + f" {last} {words[-1]}"
