"""Writes docs/flags.md from the table: `python -m dflite.settings.docs [--check] [path]`."""

import sys
from typing import Final

from dflite.base.pages import write_or_check
from dflite.settings.registry import GROUPS
from dflite.settings.setting import FIXED, Setting, plain
from dflite.settings.upstream import IGNORED_FLAGS, IGNORED_SWITCHES

PAGE: Final = "docs/flags.md"
INTRODUCTION: Final = """\
# Flags and settings

<!-- Written by `python -m dflite.settings.docs`; change the table in dflite/settings/tables/. -->

One table holds every setting. Each can be given in five places; a later one of this list goes
before an earlier one, and within one place the last line counts:

1. the defaults below,
2. a redis.conf: `dflite serve path/to/redis.conf`, with Redis' quoting and `include`,
3. flag files: `--flagfile=path`, a line `--flag=value` each, `#` for comments, no quotes,
4. the environment: `DFLITE_MAXMEMORY=2gb` (variables `DFLY_...` count too, but give way to these),
5. the command line: `--maxmemory=2gb`, `--maxmemory 2gb`, `--tls`, `--notls`, and Redis' form
   with several words, `--save 900 1 --bind 127.0.0.1 ::1`.

`-` and `_` in names are the same everywhere. `CONFIG GET` and `CONFIG SET` know the flags' names
and Redis' names, and `CONFIG REWRITE` writes to the flag file, or else to the redis.conf, that
the node was started with. A wrong name or value ends the start with exit status 2 and one sentence.

Sizes have Redis' units: `1k` is 1000 bytes and `1kb` is 1024, so too `m`, `mb`, `g`, `gb`. Flags,
flag files and the environment also take `KiB`, `MiB`, `GiB`, `T`, `TB`, `TiB` and fractions such
as `1.5gb`.

What is marked *no effect* is accepted, kept and shown, and one log line at start-up says so.

`dflite healthcheck` takes the same flags, files and variables and asks the node it finds there
for a PONG: by the first of `port`, `tls_port`, `admin_port` and `unixsocket` that is set, or by
`HEALTHCHECK_PORT`. It ends with 0 when the node lives, and with 1 and one sentence otherwise. A
node that is loading data, follows a primary that is down, is busy with a script or has no place
for one more client lives; with `--ready` only a PONG will do. A wrong password is a failure.
"""
DIRECTIVES: Final = """\
## Directives of redis.conf that are no settings

`include` is followed. `user`, `rename-command` and `loadmodule` are accepted without effect, and
one log line says so; so are `list-max-ziplist-entries`, `list-max-ziplist-value` and
`lua-replicate-commands`, which Redis has given up.
"""


def page() -> str:
    parts = [INTRODUCTION]
    for group in GROUPS:
        parts.append(f"## {group.title}\n")
        parts.append("| flag | default | takes | changes | what it does |")
        parts.append("|---|---|---|---|---|")
        parts.extend(table_row(row) for row in group.rows)
        parts.append("")
    parts.append(DIRECTIVES)
    parts.append("## Flags of Dragonfly that are accepted and ignored\n")
    names = sorted(IGNORED_SWITCHES | IGNORED_FLAGS)
    parts.append(", ".join(f"`{name}`" for name in names) + "\n")
    return "\n".join(parts)


def table_row(row: Setting) -> str:
    names = [name for name in row.config_names if plain(name) != row.name]
    other = f" ({', '.join(f'`{name}`' for name in names)})" if names else ""
    changes = "at start-up" if row.when == FIXED else "CONFIG SET"
    if row.protected:
        changes = "CONFIG SET, where enable-protected-configs allows it"
    what = row.help_text if row.honoured else f"{row.help_text} *No effect.*"
    cells = [
        f"`--{row.name}`{other}",
        f"`{row.default_text}`" if row.default_text else "empty",
        row.kind.allowed(),
        changes,
        what,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: list[str]) -> int:
    return write_or_check(arguments, PAGE, page(), "dflite.settings.docs")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
