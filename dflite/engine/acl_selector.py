"""A selector: what one set of rules allows, of commands, keys, channels and databases.

A user has one of its own, the root, and those that its rules have in parentheses. A request must
be allowed by one of them alone.
"""

from typing import Final

from dflite.engine.acl_patterns import Pattern

PLACES: Final = 1024  # commands and subcommands that a selector can tell apart, at most
NONE: Final = bytes(PLACES)
ALL: Final = b"\1" * PLACES


class Selector:
    """Rules applied so far. `allowed` has a byte for each command, by its number.

    `first_words` are those of requests whose command is not allowed but for them. `future` says
    that commands which come to be later are allowed too; `home` is the database that users of
    Dragonfly's `$n` find themselves in, or -1.
    """

    def __init__(self) -> None:
        self.allowed: bytes = NONE
        self.all_commands = False
        self.future = False
        self.command_rules: list[bytes] = []
        self.first_words: dict[int, list[bytes]] = {}
        self.all_keys = False
        self.keys: list[Pattern] = []
        self.all_channels = False
        self.channels: list[Pattern] = []
        self.all_databases = True
        self.databases: list[int] = []
        self.home = -1

    def copy(self) -> "Selector":
        other = Selector()
        other.allowed = self.allowed
        other.all_commands = self.all_commands
        other.future = self.future
        other.command_rules = self.command_rules.copy()
        other.first_words = {number: words.copy() for number, words in self.first_words.items()}
        other.all_keys = self.all_keys
        other.keys = [pattern.copy() for pattern in self.keys]
        other.all_channels = self.all_channels
        other.channels = [pattern.copy() for pattern in self.channels]
        other.all_databases = self.all_databases
        other.databases = self.databases.copy()
        other.home = self.home
        return other

    def allows_all(self) -> bool:
        """Is there nothing that it does not allow?"""
        return self.all_commands and self.all_keys and self.all_channels and self.all_databases

    # -- questions ---------------------------------------------------------------------------------

    def allows_key(self, key: bytes, use: int) -> bool:
        """May READS or WRITES, or both, be done to the key? Use 0 is to ask whether it is there."""
        if self.all_keys:
            return True
        for pattern in self.keys:  # noqa: SIM110  (any() would make a generator for each key)
            if pattern.allows & use == use and pattern.matches(key):
                return True
        return False

    def allows_every_key(self, use: int) -> bool:
        """May it be done to whatever key there is?"""
        return self.all_keys or any(
            pattern.allows & use == use and pattern.text == b"*" for pattern in self.keys
        )

    def allows_channel(self, name: bytes, is_pattern: bool) -> bool:
        """May the channel be used? One who subscribes to a pattern needs the very same pattern."""
        if self.all_channels:
            return True
        if is_pattern:
            return any(pattern.text == name for pattern in self.channels)
        return any(pattern.matches(name) for pattern in self.channels)

    def allows_database(self, index: int) -> bool:
        return self.all_databases or index in self.databases

    # -- as rules ----------------------------------------------------------------------------------

    def describe_commands(self) -> bytes:
        return b" ".join([b"+@all" if self.future else b"-@all", *self.command_rules])

    def describe_keys(self) -> bytes:
        if self.all_keys:
            return b"~*"
        return b" ".join([pattern.rule() for pattern in self.keys])

    def describe_channels(self) -> bytes:
        if self.all_channels:
            return b"&*"
        return b" ".join([b"&" + pattern.text for pattern in self.channels])

    def describe_databases(self) -> bytes:
        if self.all_databases:
            return b"alldbs"
        if self.home >= 0:
            return b"$%d" % self.home
        if not self.databases:
            return b"resetdbs"
        return b"db=" + b",".join([b"%d" % index for index in self.databases])

    def describe(self) -> bytes:
        """Rules that make it anew."""
        words = [self.describe_keys()]
        words.append(b"&*" if self.all_channels else b"resetchannels " + self.describe_channels())
        if not self.all_databases:
            words.append(self.describe_databases())
        words.append(self.describe_commands())
        return b" ".join([word.strip() for word in words if word.strip()])
