"""May this user run this request? `check` answers whoever runs commands: clients, EXEC, scripts.

A request must be allowed whole by one of the user's selectors. If none does that, the refusal that
came last is told, of a database, the command, a key or a channel, in this order.
"""

from dflite.engine.acl_log import CHANNEL, COMMAND, DATABASE, KEY
from dflite.engine.acl_patterns import READS, WRITES
from dflite.engine.acl_selector import Selector
from dflite.engine.acl_users import User
from dflite.engine.command import (
    ACCESS,
    ALL_PATTERNS,
    DELETE,
    FIRST_CHANNEL,
    INSERT,
    NO_AUTH,
    NO_KEY,
    NOT_KEY,
    NOT_KNOWN,
    NOT_ONE,
    READONLY,
    UPDATE,
    WRITE,
    Command,
    KeyAt,
)
from dflite.native.base.bytesops import parse_int


class Refusal:
    """What a user may not: `kind`, and the word of the request that it is about."""

    def __init__(self, kind: int, at: int) -> None:
        self.kind = kind
        self.at = at  # 0 is the command itself

    def reason(self, user: User, command: Command) -> bytes:
        """What an error says; it does not quote the request."""
        if self.kind == COMMAND:
            return b"User %b has no permissions to run the '%b' command" % (
                user.name,
                command.name.encode(),
            )
        if self.kind == KEY:
            return b"No permissions to access a key"
        if self.kind == CHANNEL:
            return b"No permissions to access a channel"
        return b"No permissions to access database"

    def later_reason(self) -> bytes:
        """What is said of a request that could be queued, but may not be run any more."""
        if self.kind == COMMAND:
            return b"no permission to execute the command or subcommand"
        if self.kind == KEY:
            return b"no permission to touch the specified keys"
        if self.kind == CHANNEL:
            return b"no permission to access one of the channels used as arguments"
        return b"no permission"

    def full_reason(self, user: User, command: Command, argv: list[bytes]) -> bytes:
        """What ACL DRYRUN says."""
        if self.kind == COMMAND:
            return self.reason(user, command)
        word = argv[self.at]
        if self.kind == KEY:
            return b"User %b has no permissions to access the '%b' key" % (user.name, word)
        if self.kind == CHANNEL:
            return b"User %b has no permissions to access the '%b' channel" % (user.name, word)
        return b"User %b has no permissions to access database %b" % (user.name, word)

    def subject(self, command: Command, argv: list[bytes]) -> bytes:
        """What ACL LOG calls the object."""
        return argv[self.at] if self.at else command.name.encode()


def check(
    user: User, command: Command, argv: list[bytes], database: int, databases: int = 16
) -> Refusal | None:
    """What forbids the request, in that database of so many; None if nothing does."""
    if user.unrestricted:
        return None
    refusal: Refusal | None = None
    for selector in user.selectors:
        found = refusal_of(selector, command, argv, database, databases)
        if found is None:
            return None
        if (
            refusal is None
            or found.kind > refusal.kind
            or (found.kind == refusal.kind and found.at > refusal.at)
        ):
            refusal = found
    return refusal


def refusal_of(
    selector: Selector, command: Command, argv: list[bytes], database: int, databases: int
) -> Refusal | None:
    """What one selector has against the request."""
    if not selector.all_databases:
        at = forbidden_database(selector, command, argv, database, databases)
        if at >= 0:
            return Refusal(DATABASE, at)
    if not selector.allowed[command.number] and not command.flags & NO_AUTH:
        words = selector.first_words.get(command.number)
        if words is None or len(argv) < 2 or argv[1].lower() not in words:
            return Refusal(COMMAND, 0)
    if not selector.all_keys:
        only = command.only_key
        if only == NOT_KNOWN:
            only = learn_keys(command)
        if only == NOT_ONE:
            for key in command.keys_at(argv) or keys_without_rest(command, argv):
                if not selector.allows_key(argv[key.index], use_of(key.flags)):
                    return Refusal(KEY, key.index)
        elif only > 0 and not selector.allows_key(argv[only], command.only_use):
            return Refusal(KEY, only)
    if command.channels and not selector.all_channels:
        at = forbidden_channel(selector, command, argv)
        if at:
            return Refusal(CHANNEL, at)
    return None


def keys_without_rest(command: Command, argv: list[bytes]) -> list[KeyAt]:
    """The keys of a request whose further keys were left out, as PFMERGE's sources may be."""
    if command.find_keys is not None or any(not spec.is_plain() for spec in command.keys):
        return []
    return [
        KeyAt(at, spec.flags)
        for spec in command.keys
        if not spec.flags & NOT_KEY
        for at in spec.positions(argv) or []
    ]


def use_of(flags: int) -> int:
    """What is done to a key with these flags."""
    use = 0
    if flags & ACCESS:
        use |= READS
    if flags & (INSERT | DELETE | UPDATE):
        use |= WRITES
    return use


def learn_keys(command: Command) -> int:
    """Note of a command where its only key is, if it always has one; most have."""
    specs = [spec for spec in command.keys if not spec.flags & NOT_KEY]
    if command.find_keys is not None or command.key_use is not None or len(specs) > 1:
        command.only_key = NOT_ONE
    elif not specs:
        command.only_key = NO_KEY
    elif specs[0].is_plain() and specs[0].last == 0:
        command.only_key = specs[0].begin
        command.only_use = use_of(specs[0].flags)
        # an arity that leaves the key out makes the others' way safe
        if abs(command.arity) <= specs[0].begin:
            command.only_key = NOT_ONE
    else:
        command.only_key = NOT_ONE
    return command.only_key


def forbidden_channel(selector: Selector, command: Command, argv: list[bytes]) -> int:
    """The index of a channel that may not be used; 0 if there is none."""
    if command.channels == FIRST_CHANNEL:
        return 0 if selector.allows_channel(argv[1], False) else 1
    for at in range(1, len(argv)):
        if not selector.allows_channel(argv[at], command.channels == ALL_PATTERNS):
            return at
    return 0


def forbidden_database(
    selector: Selector, command: Command, argv: list[bytes], database: int, databases: int
) -> int:
    """The index of what names a database that may not be used, 0 for the selected one; or -1."""
    name = command.name
    if name == "flushall":
        each = [selector.allows_database(index) for index in range(databases)]
        return -1 if all(each) else 0
    forbidden = -1
    for at in named_databases(name, argv):
        index = parse_int(argv[at])
        if index is None or not 0 <= index < databases:
            forbidden = -1  # the handler says what is wrong
            break
        if forbidden < 0 and not selector.allows_database(index):
            forbidden = at
    if forbidden >= 0:
        return forbidden
    about_keys = command.flags & (READONLY | WRITE) or command.has_keys()
    if name != "swapdb" and about_keys and not selector.allows_database(database):
        return 0
    return -1


def named_databases(name: str, argv: list[bytes]) -> list[int]:
    """Where a request names databases."""
    if name == "select":
        return [1]
    if name == "swapdb":
        return [1, 2]
    if name == "move":
        return [2]
    return databases_of_copy(argv) if name == "copy" else []


def databases_of_copy(argv: list[bytes]) -> list[int]:
    """Where COPY's options name a database; nowhere if one of them is none."""
    places: list[int] = []
    i = 3
    while i < len(argv):
        word = argv[i].upper()
        if word == b"DB" and i + 1 < len(argv):
            places.append(i + 1)
            i += 1
        elif word != b"REPLACE":
            return []
        i += 1
    return places


def may_use_every_key(
    user: User, use: int, command: Command, argv: list[bytes], database: int, databases: int = 16
) -> bool:
    """May the request be run by one who also may do that to whatever key there is?"""
    return user.unrestricted or any(
        selector.allows_every_key(use)
        and refusal_of(selector, command, argv, database, databases) is None
        for selector in user.selectors
    )
