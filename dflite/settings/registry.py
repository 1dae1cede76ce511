"""All settings of a node in one table, and the way from any of their names to the row."""

import difflib
from typing import Final

from dflite.settings.setting import Group, Setting, plain
from dflite.settings.tables.limits import CLIENTS, DATA, MEMORY
from dflite.settings.tables.network import LISTENING, TLS
from dflite.settings.tables.replicas import CLUSTER, REPLICATION, USERS
from dflite.settings.tables.storing import STORING
from dflite.settings.tables.watching import LOGS, PROCESS, SCRIPTS

GROUPS: Final[list[Group]] = [
    LISTENING,
    TLS,
    USERS,
    CLIENTS,
    MEMORY,
    DATA,
    LOGS,
    PROCESS,
    STORING,
    REPLICATION,
    CLUSTER,
    SCRIPTS,
]
SETTINGS: Final[list[Setting]] = [row for group in GROUPS for row in group.rows]
BY_NAME: Final[dict[str, Setting]] = {
    plain(name): row for row in SETTINGS for name in (row.name, *row.config_names)
}
# What CONFIG GET matches patterns against.
SHOWN: Final[list[tuple[str, Setting]]] = sorted(
    [(name, row) for row in SETTINGS if row.shown for name in row.shown_names()],
    key=lambda pair: pair[0],
)


def find_setting(name: str) -> Setting | None:
    """The row of a setting by its flag's name or by any of Redis' names for it."""
    return BY_NAME.get(plain(name))


def nearest_name(name: str, others: list[str]) -> str:
    """What was probably meant by a name that nothing has, or ''."""
    close = difflib.get_close_matches(plain(name), [*BY_NAME, *others], n=1, cutoff=0.7)
    if not close:
        return ""
    row = BY_NAME.get(close[0])
    return close[0] if row is None else row.name
