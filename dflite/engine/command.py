"""The command table: a row a command, written at its handler.

    STRING = Family("string")

    @STRING.command("GET key", arity=2, flags=READONLY | FAST, keys=[KeySpec(RO | ACCESS)],
                    since="1.0.0", complexity="O(1)", summary="The string at key, or null.")
    def cmd_get(ctx: Context, args: Args) -> None: ...

COMMAND, COMMAND DOCS, GETKEYS and the ACL categories are made of the row. `arity` counts the name; -3 is
"three or more". `usage` is the line a person would write; its notation is explained in `usage.py`.
"""

from collections.abc import Callable
from typing import Final

from dflite.engine.args import Args
from dflite.engine.context import Context

Handler = Callable[[Context, Args], None]

# How a command behaves.
WRITE: Final = 1 << 0
READONLY: Final = 1 << 1
DENYOOM: Final = 1 << 2
ADMIN: Final = 1 << 3
PUBSUB: Final = 1 << 4
NOSCRIPT: Final = 1 << 5
BLOCKING: Final = 1 << 6
LOADING: Final = 1 << 7
STALE: Final = 1 << 8
SKIP_MONITOR: Final = 1 << 9
SKIP_SLOWLOG: Final = 1 << 10
ASKING: Final = 1 << 11
FAST: Final = 1 << 12
NO_AUTH: Final = 1 << 13
MAY_REPLICATE: Final = 1 << 14
NO_MANDATORY_KEYS: Final = 1 << 15
NO_ASYNC_LOADING: Final = 1 << 16
NO_MULTI: Final = 1 << 17
ALLOW_BUSY: Final = 1 << 18
MOVABLE_KEYS: Final = 1 << 19
PROTECTED: Final = 1 << 20
TOUCHES_ARBITRARY_KEYS: Final = 1 << 21

# The order in which COMMAND lists them, with the protocol's names.
FLAG_NAMES: Final = [
    (WRITE, "write"),
    (READONLY, "readonly"),
    (DENYOOM, "denyoom"),
    (MAY_REPLICATE, "may_replicate"),
    (ADMIN, "admin"),
    (PUBSUB, "pubsub"),
    (NOSCRIPT, "noscript"),
    (BLOCKING, "blocking"),
    (LOADING, "loading"),
    (STALE, "stale"),
    (SKIP_MONITOR, "skip_monitor"),
    (SKIP_SLOWLOG, "skip_slowlog"),
    (ASKING, "asking"),
    (FAST, "fast"),
    (NO_AUTH, "no_auth"),
    (NO_MANDATORY_KEYS, "no_mandatory_keys"),
    (NO_ASYNC_LOADING, "no_async_loading"),
    (NO_MULTI, "no_multi"),
    (MOVABLE_KEYS, "movablekeys"),
    (ALLOW_BUSY, "allow_busy"),
    (TOUCHES_ARBITRARY_KEYS, "touches_arbitrary_keys"),
]

# What is done to a key of a key specification.
RO: Final = 1 << 0  # reads it
RW: Final = 1 << 1  # reads and writes it
OW: Final = 1 << 2  # overwrites it whole
RM: Final = 1 << 3  # removes it
ACCESS: Final = 1 << 4  # the user gets to know the value
UPDATE: Final = 1 << 5
INSERT: Final = 1 << 6
DELETE: Final = 1 << 7
NOT_KEY: Final = 1 << 8
INCOMPLETE: Final = 1 << 9
VARIABLE_FLAGS: Final = 1 << 10

KEY_FLAG_NAMES: Final = [
    (RO, "RO"),
    (RW, "RW"),
    (OW, "OW"),
    (RM, "RM"),
    (ACCESS, "access"),
    (UPDATE, "update"),
    (INSERT, "insert"),
    (DELETE, "delete"),
    (NOT_KEY, "not_key"),
    (INCOMPLETE, "incomplete"),
    (VARIABLE_FLAGS, "variable_flags"),
]

# ACL categories, in ACL CAT's order.
CATEGORIES: Final = [
    "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
    "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous",
    "connection", "transaction", "scripting",
]  # fmt: skip
CATEGORY_BITS: Final = {name: 1 << i for i, name in enumerate(CATEGORIES)}


class KeySpec:
    """Where keys stand in a request, and what is done to them.

    They begin at index `begin`, or behind the word `keyword` searched from index `begin` on. They are
    every `step`-th argument up to `last` (relative to the first; negative counts from the request's end,
    with `limit` 2 meaning the first half of what is left), or, with `numkeys` >= 0, as many as the argument
    `numkeys` places behind the beginning says, from `first` places behind it on.
    """

    def __init__(
        self,
        flags: int,
        begin: int = 1,
        last: int = 0,
        step: int = 1,
        limit: int = 0,
        keyword: str = "",
        numkeys: int = -1,
        first: int = 0,
        unknown: bool = False,
    ) -> None:
        self.flags = flags
        self.begin = begin
        self.last = last
        self.step = step
        self.limit = limit
        self.keyword = keyword
        self.numkeys = numkeys
        self.first = first
        self.unknown = unknown

    def positions(self, argv: list[bytes]) -> list[int]:
        """Indices of the keys in a request; empty when the request is malformed."""
        begin = self.begin
        if self.unknown:
            return []
        if self.keyword:
            begin = keyword_index(argv, self.keyword.encode(), self.begin)
        if begin <= 0 or begin >= len(argv):
            return []
        if self.numkeys >= 0:
            if begin + self.numkeys >= len(argv) or not argv[begin + self.numkeys].isdigit():
                return []
            count = int(argv[begin + self.numkeys])
            first = begin + self.first
            last = first + (count - 1) * self.step
            if count == 0 or last >= len(argv):
                return []
        else:
            first = begin
            if self.last >= 0:
                last = first + self.last
            elif self.limit <= 1:
                last = len(argv) + self.last
            else:
                last = first + (len(argv) - first) // self.limit + self.last
            if last >= len(argv):
                return []
        return list(range(first, last + 1, self.step))


def keyword_index(argv: list[bytes], keyword: bytes, start: int) -> int:
    """The index behind keyword, searched from `start` on (from the end if negative); 0 if it isn't there."""
    if start >= 0:
        for i in range(start, len(argv) - 1):
            if argv[i].upper() == keyword:
                return i + 1
        return 0
    for i in range(len(argv) + start, 0, -1):
        if argv[i].upper() == keyword:
            return i + 1
    return 0


class Command:
    """A row of the table, and the figures INFO commandstats has of it."""

    def __init__(
        self,
        name: str,
        usage: str,
        group: str,
        arity: int,
        flags: int,
        acl: int,
        keys: list[KeySpec],
        since: str,
        complexity: str,
        summary: str,
        tips: list[str],
        handler: Handler | None,
    ) -> None:
        self.name = name  # "get", "client|list"
        self.usage = usage
        self.group = group
        self.arity = arity
        self.flags = flags
        self.acl = acl
        self.keys = keys
        self.since = since
        self.complexity = complexity
        self.summary = summary
        self.tips = tips
        self.handler = handler
        self.parent: Command | None = None
        self.subcommands: dict[bytes, Command] = {}
        self.find_keys: Callable[[list[bytes]], list[int]] | None = None
        self.lane = 0  # its number in the hot lane, 0 if it has none
        self.deprecated_since = ""
        self.replaced_by = ""
        # figures
        self.calls = 0
        self.usec = 0
        self.rejected = 0
        self.failed = 0
        self.histogram: dict[int, int] = {}  # calls by power of two of their nanoseconds

    def fits(self, count: int) -> bool:
        """May a request of `count` words, the name counted, be this command?"""
        return count == self.arity if self.arity > 0 else count >= -self.arity

    def key_positions(self, argv: list[bytes]) -> list[int]:
        """Indices of the keys in a request."""
        if self.find_keys is not None:
            return self.find_keys(argv)
        positions: list[int] = []
        for spec in self.keys:
            if not spec.flags & NOT_KEY:
                positions.extend(spec.positions(argv))
        return positions


COMMANDS: Final[dict[bytes, Command]] = {}  # by name in capitals and in small letters


class Family:
    """Commands about one thing; gives them their group and, where there is one, their ACL category."""

    def __init__(self, group: str, category: str = "") -> None:
        self.group = group
        self.category = CATEGORY_BITS[category] if category else 0

    def command(
        self,
        usage: str,
        *,
        arity: int,
        flags: int,
        since: str,
        complexity: str,
        summary: str,
        keys: list[KeySpec] | None = None,
        acl: str = "",
        tips: list[str] | None = None,
        find_keys: Callable[[list[bytes]], list[int]] | None = None,
        deprecated_since: str = "",
        replaced_by: str = "",
    ) -> Callable[[Handler], Handler]:
        """Enter the function below in the table, under the first word of `usage`.

        When that word is a container entered before (CLIENT), the second word names a subcommand.
        `acl` are further categories, by name, parted by spaces.
        """

        def enter(handler: Handler) -> Handler:
            self.enter(usage, arity, flags, since, complexity, summary, keys or [], acl, tips or [],
                       handler, find_keys, deprecated_since, replaced_by)  # fmt: skip
            return handler

        return enter

    def container(
        self,
        name: str,
        *,
        since: str,
        summary: str,
        complexity: str = "Depends on subcommand.",
        arity: int = -2,
        flags: int = 0,
        acl: str = "",
        handler: Handler | None = None,
    ) -> Command:
        """Enter a command that only has subcommands, or (`handler`) an answer of its own without one."""
        return self.enter(name, arity, flags, since, complexity, summary, [], acl, [], handler,
                          None, "", "")  # fmt: skip

    def enter(
        self,
        usage: str,
        arity: int,
        flags: int,
        since: str,
        complexity: str,
        summary: str,
        keys: list[KeySpec],
        acl: str,
        tips: list[str],
        handler: Handler | None,
        find_keys: Callable[[list[bytes]], list[int]] | None,
        deprecated_since: str,
        replaced_by: str,
    ) -> Command:
        words = usage.split(" ")
        name = words[0].encode()
        parent = COMMANDS.get(name)
        full_name = words[0].lower()
        if parent is not None:
            full_name = full_name + "|" + words[1].lower()
        row = Command(full_name, usage, self.group, arity, flags,
                      categories_of(flags, self.category, acl), keys, since, complexity, summary,
                      tips, handler)  # fmt: skip
        row.find_keys = find_keys
        row.deprecated_since = deprecated_since
        row.replaced_by = replaced_by
        if find_keys is not None or any(has_movable_keys(spec) for spec in keys):
            row.flags |= MOVABLE_KEYS
        if parent is None:
            COMMANDS[name] = row
            COMMANDS[name.lower()] = row
        else:
            sub = words[1].encode()
            assert sub not in parent.subcommands, usage + " is entered twice"
            row.parent = parent
            parent.subcommands[sub] = row
            parent.subcommands[sub.lower()] = row
        return row


def has_movable_keys(spec: KeySpec) -> bool:
    """Must a client ask COMMAND GETKEYS, because indices alone do not tell?"""
    return bool(spec.keyword) or spec.numkeys >= 0 or spec.unknown


def categories_of(flags: int, category: int, acl: str) -> int:
    """The ACL categories that follow from a command's flags, with those named."""
    bits = category
    for name in acl.split():
        bits |= CATEGORY_BITS[name]
    if flags & WRITE:
        bits |= CATEGORY_BITS["write"]
    if flags & READONLY and not bits & CATEGORY_BITS["scripting"]:
        bits |= CATEGORY_BITS["read"]
    if flags & ADMIN:
        bits |= CATEGORY_BITS["admin"] | CATEGORY_BITS["dangerous"]
    if flags & PUBSUB:
        bits |= CATEGORY_BITS["pubsub"]
    if flags & BLOCKING:
        bits |= CATEGORY_BITS["blocking"]
    bits |= CATEGORY_BITS["fast"] if flags & FAST else CATEGORY_BITS["slow"]
    return bits


def top_level() -> list[Command]:
    """The commands that are no subcommands, each once, in order of their entry."""
    return [row for name, row in COMMANDS.items() if name.isupper()]


def every_command() -> list[Command]:
    """All commands and subcommands, each once."""
    rows = []
    for row in top_level():
        rows.append(row)
        rows.extend([sub for name, sub in row.subcommands.items() if name.isupper()])
    return rows
