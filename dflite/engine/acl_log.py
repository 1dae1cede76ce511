"""What ACL LOG tells: requests and passwords that were refused, the same ones counted together."""

from collections import deque
from typing import Final

# What was refused, in the order of the checks.
DATABASE: Final = 1
COMMAND: Final = 2
KEY: Final = 3
CHANNEL: Final = 4
AUTH: Final = 5  # a password that did not fit

REASONS: Final = {
    COMMAND: "command",
    KEY: "key",
    CHANNEL: "channel",
    DATABASE: "database",
    AUTH: "auth",
}
# What INFO and the metrics call them.
DENIED: Final = {AUTH: "auth", COMMAND: "cmd", KEY: "key", CHANNEL: "channel", DATABASE: "db"}

# Where it was tried.
TOPLEVEL: Final = b"toplevel"
MULTI: Final = b"multi"
LUA: Final = b"lua"

TOGETHER_MS: Final = 60_000  # what comes again within this time is the same entry
COMPARED: Final = 10  # newest entries that may be the same one
LONGEST: Final = 4096  # bytes of a key or a name that are kept: they come from strangers


class AclEntry:
    """Refusals of one kind. Times are Unix ms."""

    def __init__(self, number: int, kind: int, context: bytes, subject: bytes, user: bytes) -> None:
        self.number = number
        self.kind = kind
        self.context = context
        self.subject = subject
        self.user = user
        self.client = b""  # the line of CLIENT LIST of who tried last
        self.count = 0
        self.created_ms = 0
        self.updated_ms = 0

    def is_like(self, other: "AclEntry") -> bool:
        return (
            self.kind == other.kind
            and self.context == other.context
            and self.subject == other.subject
            and self.user == other.user
        )


class AclLog:
    """The newest entry first; `denied` counts by kind what ever was refused."""

    def __init__(self) -> None:
        self.entries: deque[AclEntry] = deque()
        self.max_length = 128
        self.next_number = 0
        self.denied: dict[int, int] = {}
        self.forget_counts()

    def forget_counts(self) -> None:
        """Begin to count anew (CONFIG RESETSTAT)."""
        self.denied = dict.fromkeys(REASONS, 0)

    def note(
        self, kind: int, context: bytes, subject: bytes, user: bytes, client: bytes, now_ms: int
    ) -> None:
        """Something was refused."""
        self.denied[kind] += 1
        entry = AclEntry(self.next_number, kind, context, subject[:LONGEST], user[:LONGEST])
        entry.created_ms = now_ms
        for i in range(min(COMPARED, len(self.entries))):
            known = self.entries[i]
            if known.is_like(entry) and abs(now_ms - known.updated_ms) <= TOGETHER_MS:
                del self.entries[i]
                entry = known
                break
        else:
            self.next_number += 1
        entry.count += 1
        entry.client = client
        entry.updated_ms = now_ms
        self.entries.appendleft(entry)
        while len(self.entries) > self.max_length:
            self.entries.pop()
