"""The text of --help and --helpfull, made from the table and as wide as the terminal."""

import os
import textwrap
from collections.abc import Mapping
from typing import Final

from dflite.settings.registry import GROUPS
from dflite.settings.setting import Setting, plain
from dflite.settings.upstream import IGNORED_FLAGS, IGNORED_SWITCHES

NARROWEST: Final = 50
WIDEST: Final = 100
LEFT: Final = 36


def terminal_width(environ: Mapping[str, str]) -> int:
    """Columns to write in: $COLUMNS, the terminal's, or 80."""
    columns = 80
    if environ.get("COLUMNS", "").isdigit():
        columns = int(environ["COLUMNS"])
    else:
        try:
            columns = os.get_terminal_size(1).columns
        except OSError:
            columns = 80
    return max(NARROWEST, min(columns, WIDEST))


def flags_help(width: int, full: bool) -> str:
    """All groups; without `full` only the flags that do something here."""
    parts: list[str] = []
    for group in GROUPS:
        rows = [row for row in group.rows if full or row.honoured]
        if rows:
            parts.append(f"{group.title}:")
            parts.extend(flag_help(row, width) for row in rows)
            parts.append("")
    if full:
        parts.append("Flags of Dragonfly that are accepted and ignored:")
        names = " ".join(sorted(IGNORED_SWITCHES | IGNORED_FLAGS))
        parts.append(
            textwrap.fill(
                names,
                width,
                initial_indent="  ",
                subsequent_indent="  ",
                break_on_hyphens=False,
            )
        )
    else:
        hidden = sum(not row.honoured for group in GROUPS for row in group.rows)
        parts.append(f"--helpfull also lists {hidden} settings that are accepted without effect.")
    return "\n".join(parts).rstrip() + "\n"


def flag_help(row: Setting, width: int) -> str:
    """The flag with its default on the left, what it does on the right."""
    left = f"  --{row.name}={default_shown(row)}"
    text = textwrap.fill(
        description(row),
        width,
        initial_indent=" " * LEFT,
        subsequent_indent=" " * LEFT,
        break_on_hyphens=False,
    )
    if len(left) < LEFT - 1:
        return left + text[len(left) :]
    return left + "\n" + text


def default_shown(row: Setting) -> str:
    text = row.default_text
    return f'"{text}"' if " " in text else text


def description(row: Setting) -> str:
    words = [row.help_text]
    names = [name for name in row.config_names if plain(name) != row.name]
    if names:
        words.append(f"In redis.conf: {', '.join(names)}.")
    if not row.honoured:
        words.append("(Without effect here.)")
    return " ".join(words)
