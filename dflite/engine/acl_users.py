"""Users: who they are, what their passwords are known by, and what each may do."""

import hashlib
import hmac
from typing import Final

from dflite.engine.acl_selector import ALL, Selector
from dflite.native.wire.gate import Gate

DEFAULT: Final = b"default"


def password_hash(password: bytes) -> bytes:
    """What is kept of a password: its SHA-256 in hex."""
    return hashlib.sha256(password).hexdigest().encode()


class User:
    """Who may do what. A new one may do nothing, and cannot come in."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.enabled = False
        self.nopass = False
        self.hashes: list[bytes] = []  # of passwords
        self.selectors: list[Selector] = [Selector()]
        self.gate: Gate | None = None  # to the hot lane, for who is restricted
        self.unrestricted = False  # may do everything: nothing needs to be checked

    @property
    def root(self) -> Selector:
        """What its rules outside of parentheses allow."""
        return self.selectors[0]

    def copy(self) -> "User":
        other = User(self.name)
        other.become(self)
        return other

    def become(self, other: "User") -> None:
        """Take all of another one's rules; whoever is connected as this user has them at once."""
        self.enabled = other.enabled
        self.nopass = other.nopass
        self.hashes = other.hashes.copy()
        self.selectors = [selector.copy() for selector in other.selectors]
        self.gate = other.gate
        self.weigh()

    def weigh(self) -> None:
        """Note whether there is anything to check at all."""
        self.unrestricted = any(selector.allows_all() for selector in self.selectors)

    def require(self, passwords: list[bytes]) -> None:
        """Have these passwords; none means that it needs none."""
        self.hashes = [password_hash(password) for password in passwords]
        self.nopass = not passwords

    def lets_in_all(self) -> bool:
        """Can one be this user without a password?"""
        return self.enabled and self.nopass

    def has_password(self, password: bytes) -> bool:
        """Does one of its passwords fit? Takes the same time whichever does, or none."""
        if self.nopass:
            return True
        given = password_hash(password)
        found = False
        for known in self.hashes:
            found = hmac.compare_digest(known, given) or found
        return found

    def describe(self) -> bytes:
        """The rules that make it anew."""
        words = [b"on" if self.enabled else b"off"]
        if self.nopass:
            words.append(b"nopass")
        words += [b"#" + known for known in self.hashes]
        words.append(self.root.describe())
        words += [b"(" + selector.describe() + b")" for selector in self.selectors[1:]]
        return b" ".join(words)

    def allows_every_channel(self) -> bool:
        return any(selector.all_channels for selector in self.selectors)

    def has_channels(self) -> bool:
        """May it use any channel? Who has none cannot lose one."""
        return any(selector.all_channels or selector.channels for selector in self.selectors)

    def allows_channel(self, name: bytes, is_pattern: bool) -> bool:
        return any(selector.allows_channel(name, is_pattern) for selector in self.selectors)


def make_default_user() -> User:
    """The one that everybody is who has not said otherwise: without a password, free to do all."""
    user = User(DEFAULT)
    user.enabled = user.nopass = True
    root = user.root
    root.allowed = ALL
    root.all_commands = root.future = True
    root.all_keys = root.all_channels = True
    user.unrestricted = True
    return user


class Users:
    """All users by name. `operator` is who needs no password on the admin port.

    With `never_open` each user always needs a password; with `passwords_kept` those of the default
    user are the node's own affair, whatever files of users say. `all_channels` is what
    acl-pubsub-default says about those who are made.
    """

    def __init__(self) -> None:
        self.default = make_default_user()
        self.operator = make_default_user()
        self.by_name: dict[bytes, User] = {DEFAULT: self.default}
        self.never_open = False
        self.passwords_kept = False
        self.all_channels = False

    def named(self, name: bytes) -> User | None:
        return self.by_name.get(name)

    def in_order(self) -> list[User]:
        """By name, as lists and files have them."""
        return [self.by_name[name] for name in sorted(self.by_name)]

    def require(self, passwords: list[bytes]) -> None:
        """The default user's passwords from now on; none lets everybody in."""
        self.default.require(passwords)

    def keep_passwords(self, draft: User) -> bool:
        """Give the draft from a file the passwords that are kept; did it have others?"""
        if not self.passwords_kept or draft.name != DEFAULT or draft.nopass:
            return False
        others = bool(draft.hashes) and sorted(draft.hashes) != sorted(self.default.hashes)
        draft.hashes = self.default.hashes.copy()
        return others

    def is_open(self) -> bool:
        """Is everybody let in who connects, as the default user?"""
        return self.default.lets_in_all()
