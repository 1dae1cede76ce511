"""The language of ACL rules: words such as `on`, `>password`, `~key:*`, `+@read`, `(+get ~a)`.

Rules are applied in their order to a copy of the user, which replaces the user only if all of them
are right.
"""

from typing import Final

from dflite.base.numbers import INT32_MAX
from dflite.engine.acl_gate import gate_for
from dflite.engine.acl_patterns import READS, READS_AND_WRITES, WRITES, Pattern
from dflite.engine.acl_selector import ALL, NONE, Selector
from dflite.engine.acl_users import User, password_hash
from dflite.engine.command import CATEGORY_BITS, COMMANDS, ROWS, Command
from dflite.native.base.bytesops import parse_int
from dflite.native.wire.inline import split_inline

HASH_LENGTH: Final = 64
HEX_DIGITS: Final = b"0123456789abcdef"
SPACES: Final = b" \t\n\v\f\r\0"

SYNTAX: Final = b"Syntax error"
UNKNOWN: Final = b"Unknown command or category name in ACL"
AFTER_ALL_KEYS: Final = (
    b"Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have "
    b"any effect. Try 'resetkeys' to start with an empty list of patterns"
)
AFTER_ALL_CHANNELS: Final = (
    b"Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not "
    b"have any effect. Try 'resetchannels' to start with an empty list of channels"
)
NO_SUCH_PASSWORD: Final = b"The password you are trying to remove from the user does not exist"
BAD_HASH: Final = (
    b"The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
    b"characters"
)
NO_FIRST_WORD: Final = b"Allowing first-arg of a subcommand is not supported"
BAD_DATABASE: Final = b"The provided database ID is out of range"


class BadRule(Exception):
    """A rule that makes no sense; `rule` is all of it, passwords too."""

    def __init__(self, reason: bytes) -> None:
        super().__init__(reason.decode())
        self.reason = reason
        self.rule = b""


class UnmatchedParenthesis(Exception):
    """A selector begins and does not end."""

    def __init__(self, start: bytes) -> None:
        super().__init__("unmatched parenthesis")
        self.start = start


def has_spaces(word: bytes) -> bool:
    """Does a name or pattern hold what would end it in a file?"""
    return any(byte in SPACES for byte in word)


def new_user(name: bytes, all_channels: bool) -> User:
    """A user without rules; `all_channels` is what acl-pubsub-default says."""
    user = User(name)
    user.root.all_channels = all_channels
    return user


def with_rules(user: User, words: list[bytes], all_channels: bool) -> User:
    """A copy of the user with these rules added; BadRule names the first that is wrong."""
    draft = user.copy()
    for rule in join_selectors(words):
        try:
            apply_rule(draft, rule, all_channels)
        except BadRule as problem:
            problem.rule = rule
            raise
    draft.weigh()
    draft.gate = gate_for(draft)
    return draft


def join_selectors(words: list[bytes]) -> list[bytes]:
    """Selectors that were split at spaces are made one word each again."""
    rules: list[bytes] = []
    parts: list[bytes] = []
    for word in words:
        if parts or (word.startswith(b"(") and not word.endswith(b")")):
            parts.append(word)
            if word.endswith(b")"):
                rules.append(b" ".join(parts))
                parts = []
        else:
            rules.append(word)
    if parts:
        raise UnmatchedParenthesis(parts[0])
    return rules


# -- the user --------------------------------------------------------------------------------------


def apply_rule(user: User, rule: bytes, all_channels: bool) -> None:
    """One rule."""
    word = rule.lower()
    sign = rule[:1]
    if word in (b"", b"sanitize-payload", b"skip-sanitize-payload"):
        return  # what RESTORE is given is looked at always
    if word in (b"on", b"off"):
        user.enabled = word == b"on"
    elif word == b"nopass":
        user.nopass = True
        user.hashes = []
    elif word == b"resetpass":
        user.nopass = False
        user.hashes = []
    elif sign in (b">", b"#"):
        known = hash_of(rule)
        if known not in user.hashes:
            user.hashes.append(known)
        user.nopass = False
    elif sign in (b"<", b"!"):
        known = hash_of(rule)
        if known not in user.hashes:
            raise BadRule(NO_SUCH_PASSWORD)
        user.hashes.remove(known)
    elif sign == b"(" and rule.endswith(b")"):
        user.selectors.append(read_selector(rule[1:-1], all_channels))
    elif word == b"clearselectors":
        del user.selectors[1:]
    elif word == b"reset":
        user.enabled = user.nopass = False
        user.hashes = []
        user.selectors = [Selector()]
        user.root.all_channels = all_channels
    else:
        apply_to_selector(user.root, rule)


def hash_of(rule: bytes) -> bytes:
    """The hash of the password that a rule has, or the hash that it has itself."""
    given = rule[1:]
    if rule[:1] in (b">", b"<"):
        return password_hash(given)
    if len(given) != HASH_LENGTH or any(byte not in HEX_DIGITS for byte in given):
        raise BadRule(BAD_HASH)
    return given


def read_selector(text: bytes, all_channels: bool) -> Selector:
    """What stands in parentheses."""
    selector = Selector()
    selector.all_channels = all_channels
    words = split_inline(text)
    if words is None:
        raise BadRule(SYNTAX)
    for word in words:
        apply_to_selector(selector, word)
    if not is_readable(selector):
        raise BadRule(SYNTAX)
    return selector


def is_readable(selector: Selector) -> bool:
    """Can it be read again as it stands in files, in parentheses?"""
    text = selector.describe()
    words = text.split(b" ")
    return split_inline(text) == words and b") " not in text + b" "


# -- a selector ------------------------------------------------------------------------------------


def apply_to_selector(selector: Selector, rule: bytes) -> None:
    """One rule of those that may stand in parentheses too."""
    word = rule.lower()
    sign = rule[:1]
    if word in (b"allkeys", b"~*"):
        selector.all_keys = True
        selector.keys = []
    elif word == b"resetkeys":
        selector.all_keys = False
        selector.keys = []
    elif word in (b"allchannels", b"&*"):
        selector.all_channels = True
        selector.channels = []
    elif word == b"resetchannels":
        selector.all_channels = False
        selector.channels = []
    elif word in (b"allcommands", b"+@all"):
        set_all_commands(selector, True)
    elif word in (b"nocommands", b"-@all"):
        set_all_commands(selector, False)
    elif sign in (b"~", b"%"):
        add_key_pattern(selector, rule)
    elif sign == b"&":
        add_channel_pattern(selector, rule[1:])
    elif sign in (b"+", b"-") and word[1:2] == b"@":
        change_category(selector, word[1:], sign == b"+")
    elif sign == b"+":
        allow_command(selector, word[1:])
    elif sign == b"-":
        command = command_named(word[1:])
        change_commands(selector, [command], False)
        note_rule(selector, b"-", command.name.encode())
    elif word.startswith(b"db=") or word in (b"alldbs", b"resetdbs") or sign == b"$":
        set_databases(selector, word)
    else:
        raise BadRule(SYNTAX)


def set_all_commands(selector: Selector, allowed: bool) -> None:
    selector.allowed = ALL if allowed else NONE
    selector.all_commands = selector.future = allowed
    selector.command_rules = []
    selector.first_words = {}


def add_key_pattern(selector: Selector, rule: bytes) -> None:
    """`~pattern`, or with what may be done between % and ~."""
    if selector.all_keys:
        raise BadRule(AFTER_ALL_KEYS)
    allows = READS_AND_WRITES
    text = rule[1:]
    if rule.startswith(b"%"):
        signs, _, text = text.partition(b"~")
        allows = 0
        for sign in signs.upper():
            use = {ord("R"): READS, ord("W"): WRITES}.get(sign, 0)
            if not use or allows & use:
                raise BadRule(SYNTAX)
            allows |= use
        if not allows:
            raise BadRule(SYNTAX)
    if has_spaces(text):
        raise BadRule(SYNTAX)
    for pattern in selector.keys:
        if pattern.text == text:
            pattern.allows |= allows
            break
    else:
        selector.keys.append(Pattern(text, allows))


def add_channel_pattern(selector: Selector, text: bytes) -> None:
    if selector.all_channels:
        raise BadRule(AFTER_ALL_CHANNELS)
    if has_spaces(text):
        raise BadRule(SYNTAX)
    if all(pattern.text != text for pattern in selector.channels):
        selector.channels.append(Pattern(text))


def set_databases(selector: Selector, word: bytes) -> None:
    """`db=1,2` is Valkey's way to name databases, `$1` is Dragonfly's."""
    selector.home = -1
    selector.all_databases = word in (b"alldbs", b"$all")
    selector.databases = []
    if word in (b"alldbs", b"$all", b"resetdbs"):
        return
    numbers = {database_number(text) for text in word.removeprefix(b"db=").lstrip(b"$").split(b",")}
    selector.databases = sorted(numbers)
    if word.startswith(b"$"):
        if word.count(b"$") > 1 or len(numbers) > 1:
            raise BadRule(SYNTAX)
        selector.home = selector.databases[0]


def database_number(text: bytes) -> int:
    digits = text.lstrip(SPACES[:-1])
    negative = digits.startswith(b"-")
    if digits[:1] in (b"+", b"-"):
        digits = digits[1:]
    if not digits.isdigit():
        raise BadRule(SYNTAX)
    number = parse_int(digits.lstrip(b"0") or b"0")
    if number is None or number > INT32_MAX or (negative and number):
        raise BadRule(BAD_DATABASE)
    return number


# -- commands --------------------------------------------------------------------------------------


def find_command(name: bytes) -> Command | None:
    """The row of `get`, `config` or `config|get`."""
    first, bar, second = name.upper().partition(b"|")
    command = COMMANDS.get(first)
    if command is not None and bar:
        return command.subcommands.get(second)
    return command


def command_named(name: bytes) -> Command:
    command = find_command(name)
    if command is None:
        raise BadRule(UNKNOWN)
    return command


def allow_command(selector: Selector, name: bytes) -> None:
    """A command, a subcommand, or a command with one first word behind it."""
    before, bar, word = name.rpartition(b"|")
    if not bar:
        command = command_named(name)
    else:
        command = command_named(before)
        if command.parent is not None:
            raise BadRule(NO_FIRST_WORD)
        if not word or has_spaces(word):
            raise BadRule(SYNTAX)
        if not command.is_container:
            words = selector.first_words.setdefault(command.number, [])
            if word not in words:
                words.append(word)
            note_rule(selector, b"+", name)
            return
        command = command_named(name)
    change_commands(selector, [command], True)
    note_rule(selector, b"+", command.name.encode())


def change_category(selector: Selector, name: bytes, allowed: bool) -> None:
    bit = CATEGORY_BITS.get(name[1:].decode("latin-1"))
    if bit is None:
        raise BadRule(UNKNOWN)
    change_commands(selector, [row for row in ROWS if row.acl & bit], allowed)
    note_rule(selector, b"+" if allowed else b"-", name)


def change_commands(selector: Selector, commands: list[Command], allowed: bool) -> None:
    """Allow commands or not, each with its subcommands."""
    table = bytearray(selector.allowed)
    for command in commands:
        for row in [command, *command.subcommands.values()]:
            table[row.number] = allowed
            selector.first_words.pop(row.number, None)
    selector.allowed = bytes(table)
    if commands and not allowed:
        selector.all_commands = False


def note_rule(selector: Selector, sign: bytes, name: bytes) -> None:
    """Keep a rule about commands; those before that it makes idle go."""
    selector.command_rules = [
        rule
        for rule in selector.command_rules
        if rule[1:] != name and not rule[1:].startswith(name + b"|")
    ]
    selector.command_rules.append(sign + name)
