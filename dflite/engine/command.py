"""The command table: a row a command, written at its handler.

    STRING = Family("string")

    @STRING.command("GET key", arity=2, flags=READONLY | FAST, keys=[KeySpec(RO | ACCESS)],
                    since="1.0.0", complexity="O(1)", summary="The string at key, or null.")
    def cmd_get(ctx: Context, args: Args) -> None: ...

COMMAND, COMMAND DOCS, GETKEYS and the ACL categories are made of the row. `arity` counts the name;
-3 is "three or more". `usage` is the line a person would write; `usage.py` explains its notation.

A command whose keys no specification can tell takes `find_keys`, which gets the request and returns
the indices of the keys in it; one whose options say what is done to its keys (VARIABLE_FLAGS) takes
`key_use`, which returns the flags that hold for this request.
"""

from collections.abc import Callable
from typing import Final

from dflite.engine.args import Args
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int

Handler = Callable[[Context, Args], None]
KeyFinder = Callable[[list[bytes]], list[int]]
KeyUse = Callable[[list[bytes]], int]

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

# What COMMAND tells of them, with the protocol's names.
FLAG_NAMES: Final = [
    (WRITE, "write"),
    (READONLY, "readonly"),
    (DENYOOM, "denyoom"),
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

# Which words of a request are channels.
NO_CHANNELS: Final = 0
FIRST_CHANNEL: Final = 1  # the first behind the name
ALL_CHANNELS: Final = 2  # all behind the name
ALL_PATTERNS: Final = 3  # so too, and they are patterns

# ACL categories, in ACL CAT's order.
CATEGORIES: Final = [
    "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
    "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous",
    "connection", "transaction", "scripting",
]  # fmt: skip
CATEGORY_BITS: Final = {name: 1 << i for i, name in enumerate(CATEGORIES)}


class KeySpec:
    """Where keys stand in a request, and what is done to them.

    They begin at index `begin`, or behind the word `keyword` searched from index `begin` on. They
    are every `step`-th argument up to `last` (relative to the first; negative counts from the
    request's end, with `limit` 2 meaning the first half of what is left), or, with `numkeys` >= 0,
    as many as the argument `numkeys` places behind the beginning says, from `first` places behind
    it on.
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

    def is_plain(self) -> bool:
        """Is it a range from an index on?"""
        return not self.keyword and self.numkeys < 0 and not self.unknown

    def positions(self, argv: list[bytes]) -> list[int] | None:
        """Indices of the keys in a request; None if they cannot be told: mostly a syntax error."""
        if self.unknown or self.flags & INCOMPLETE:
            return None
        first = self.begin
        if self.keyword:
            first = keyword_index(argv, self.keyword.encode(), self.begin)
        end = len(argv)
        if first <= 0:
            return None
        if self.numkeys >= 0:
            count = parse_int(argv[first + self.numkeys]) if first + self.numkeys < end else None
            if count is None:
                return None
            first += self.first
            last = first + (count - 1) * self.step
        elif self.last >= 0:
            last = first + self.last
        elif self.limit <= 1:
            last = end + self.last
        else:
            last = first + (end - first) // self.limit + self.last
        if last < first or last >= end:
            return None
        return list(range(first, last + 1, self.step))


def keyword_index(argv: list[bytes], keyword: bytes, start: int) -> int:
    """The index behind keyword, or 0; searched from `start` on, or if negative back from it."""
    if start >= 0:
        for i in range(start, len(argv) - 1):
            if argv[i].upper() == keyword:
                return i + 1
        return 0
    for i in range(len(argv) + start, 0, -1):
        if argv[i].upper() == keyword:
            return i + 1
    return 0


# What Command.only_key says besides an index.
NOT_KNOWN: Final = -2
NOT_ONE: Final = -1
NO_KEY: Final = 0


class KeyAt:
    """A key of a request: its index there, and the flags that say what is done to it."""

    def __init__(self, index: int, flags: int) -> None:
        self.index = index
        self.flags = flags


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
        self.is_container = False
        self.find_keys: KeyFinder | None = None
        self.key_use: KeyUse | None = None
        self.lane = 0  # its number in the hot lane, 0 if it has none
        self.number = 0  # its place in what tells commands apart
        self.channels = NO_CHANNELS
        self.only_key = NOT_KNOWN  # the index of its key, if each request has that one alone
        self.only_use = 0  # what is done to that key: see acl.py
        self.deprecated_since = ""
        self.replaced_by = ""
        # figures
        self.calls = 0
        self.usec = 0
        self.rejected = 0
        self.failed = 0
        self.times: dict[int, int] = {}  # calls by duration: see durations.py

    def fits(self, count: int) -> bool:
        """May a request of `count` words, the name counted, be this command?"""
        return count == self.arity if self.arity > 0 else count >= -self.arity

    def has_keys(self) -> bool:
        """May a request of this command name keys?"""
        return self.find_keys is not None or any(not spec.flags & NOT_KEY for spec in self.keys)

    def key_positions(self, argv: list[bytes]) -> list[int]:
        """Indices of the keys in a request; none when one of the specifications cannot tell."""
        if self.find_keys is not None:
            return self.find_keys(argv)
        positions: list[int] = []
        for spec in self.keys:
            if not spec.flags & NOT_KEY:
                found = spec.positions(argv)
                if found is None:
                    return []
                positions.extend(found)
        return positions

    def keys_at(self, argv: list[bytes]) -> list[KeyAt]:
        """The keys of a request with what is done to each."""
        if self.key_use is not None:
            flags = self.key_use(argv)
            return [KeyAt(index, flags) for index in self.key_positions(argv)]
        return [KeyAt(index, self.flags_at(argv, index)) for index in self.key_positions(argv)]

    def flags_at(self, argv: list[bytes], index: int) -> int:
        """Flags of the key there: of the specification that finds it, else of the last one."""
        flags = 0
        for spec in self.keys:
            if spec.flags & NOT_KEY:
                continue
            flags = spec.flags
            found = spec.positions(argv)
            if found is not None and index in found:
                break
        return flags & ~(INCOMPLETE | VARIABLE_FLAGS)


ENABLE_LANE: Final = -1  # a command's number in the hot lane before it has one

COMMANDS: Final[dict[bytes, Command]] = {}  # by name in capitals and in small letters
ROWS: Final[list[Command]] = []  # all of them and their subcommands, by number
FOREIGN: Final[list[Command]] = []  # of another protocol: counted like the others, but not listed


class Family:
    """Commands about one thing; gives them their group and, if there is one, their ACL category."""

    def __init__(self, group: str, category: str = "", other: str = "") -> None:
        self.group = group
        self.category = sum([CATEGORY_BITS[name] for name in (category, other) if name])

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
        find_keys: KeyFinder | None = None,
        key_use: KeyUse | None = None,
        deprecated_since: str = "",
        replaced_by: str = "",
        lane: bool = False,
        channels: int = NO_CHANNELS,
    ) -> Callable[[Handler], Handler]:
        """Enter the function below in the table, under the first word of `usage`.

        When that word is a container entered before (CLIENT), the second word names a subcommand.
        `acl` are further categories, by name, parted by spaces; `lane` says that the hot lane may
        answer it too, which the executor then enables.
        """

        def enter(handler: Handler) -> Handler:
            row = self.enter(usage, arity, flags, since, complexity, summary, keys or [], acl,
                             self.category, tips or [], handler)  # fmt: skip
            row.find_keys = find_keys
            row.key_use = key_use
            row.deprecated_since = deprecated_since
            row.replaced_by = replaced_by
            row.channels = channels
            if lane:
                row.lane = ENABLE_LANE
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
        tips: list[str] | None = None,
        handler: Handler | None = None,
    ) -> Command:
        """Enter a command with subcommands; `handler` answers it without one, if it can.

        The family's ACL category goes to the subcommands, not to the container.
        """
        row = self.enter(name, arity, flags, since, complexity, summary, [], acl, 0, tips or [],
                         handler)  # fmt: skip
        row.is_container = True
        return row

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
        category: int,
        tips: list[str],
        handler: Handler | None,
    ) -> Command:
        words = usage.split(" ")
        name = words[0].encode()
        parent = COMMANDS.get(name)
        full_name = words[0].lower()
        if parent is not None:
            assert parent.is_container, usage + " is entered twice"
            full_name = full_name + "|" + words[1].lower()
        row = Command(full_name, usage, self.group, arity, flags,
                      categories_of(flags, category, acl), keys, since, complexity, summary,
                      tips, handler)  # fmt: skip
        row.number = len(ROWS)
        ROWS.append(row)
        if any(not spec.is_plain() for spec in keys):
            # A client must ask COMMAND GETKEYS: indices alone do not tell.
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
    if flags & FAST:
        bits |= CATEGORY_BITS["fast"]
    if not bits & CATEGORY_BITS["fast"]:
        bits |= CATEGORY_BITS["slow"]
    return bits


def key_range(keys: list[KeySpec]) -> tuple[int, int, int]:
    """First key, last key and step: how clients of before key specifications find keys.

    Several specifications count as one range where they follow each other without a gap.
    """
    if not keys:
        return 0, 0, 0
    if len(keys) == 1 and keys[0].is_plain():
        spec = keys[0]
        return spec.begin, spec.last if spec.last < 0 else spec.begin + spec.last, spec.step
    first = 0
    last = 0
    for spec in keys:
        if not spec.is_plain():
            continue
        if spec.step != 1 or (last and last != spec.begin - 1):
            return 0, 0, 0
        first = min(first, spec.begin) if first else spec.begin
        end = spec.last if spec.last < 0 else spec.begin + spec.last
        last = end if end < 0 or last < 0 else max(last, end)
    return first, last, 1 if first else 0


def top_level() -> list[Command]:
    """The commands that are no subcommands, each once, in order of their entry."""
    return [row for name, row in COMMANDS.items() if name.isupper()]


def own_subcommands(row: Command) -> list[Command]:
    """Its subcommands, each once, in order of their entry."""
    return [sub for name, sub in row.subcommands.items() if name.isupper()]


def every_command() -> list[Command]:
    """All commands and subcommands, each once."""
    rows: list[Command] = []
    for row in top_level():
        rows.append(row)
        rows.extend(own_subcommands(row))
    return rows


def counted_commands() -> list[Command]:
    """Every request that is counted, other protocols' too."""
    return every_command() + FOREIGN
