"""What a replica says to its primary before the data come, and what the answers mean."""

from typing import Final

from dflite.base.resp import request

SPEAKS_AS: Final = b"9.0.0"  # Valkey's version whose snapshots can be read here
# Refusals of PING by which a primary only says that it wants a password first.
NOAUTH: Final = b"-NOAUTH"
WANTS_PASSWORD: Final = (NOAUTH, b"-NOPERM", b"-ERR operation not permitted")
CANNOT_WRITE: Final = b"-MISCONF"  # its disk takes no more: its data are there nevertheless
# Refusals that pass.
NO_LINK: Final = b"-NOMASTERLINK"
NOT_YET: Final = (NO_LINK, b"-LOADING", b"-MASTERDOWN", b"-BUSY")
MARK_BYTES: Final = 40
LONGEST_OFFSET: Final = 18  # digits: there is room for more bytes behind it


class Refused(Exception):
    """What the primary has against it, in a sentence."""


class NotYet(Refused):
    """It cannot serve replicas now; nobody need do anything about that."""


class NoLinkThere(NotYet):
    """It is a replica, and has no link to its own primary."""


class Greeting:
    """What is said, in this order; `answered` is told of each answer."""

    def __init__(
        self, user: str, password: str, port: int, announced_ip: str, mark: str = ""
    ) -> None:
        """`mark` is told as if it were a capability: a node that hears its own speaks to itself."""
        self.has_password = bool(password)
        self.steps: list[tuple[str, bytes]] = [("PING", request(b"PING"))]
        if password:
            words = [b"AUTH", user.encode()] if user else [b"AUTH"]
            password_word = password.encode(errors="surrogateescape")
            self.steps.append(("AUTH", request(*words, password_word)))
        replconf = [[b"listening-port", b"%d" % port]]
        if announced_ip:
            replconf.append([b"ip-address", announced_ip.encode()])
        replconf.append([b"capa", b"eof", b"capa", b"psync2", b"capa", b"dflite"])
        if mark:
            replconf[-1] += [b"capa", mark.encode()]
        self.steps += [("REPLCONF", request(b"REPLCONF", *words)) for words in replconf]
        self.steps.append(("version", request(b"REPLCONF", b"version", SPEAKS_AS)))
        self.warnings: list[str] = []
        self.remarks: list[str] = []  # of what most primaries do not know

    def answered(self, name: str, answer: bytes) -> None:
        """Refused if that ends it. Primaries that do not know a REPLCONF need not."""
        if not answer.startswith(b"-"):
            return
        text = answer.decode("utf-8", "replace")
        if answer.startswith(NOAUTH) and not self.has_password:
            raise Refused(f"it wants a password, and there is no --masterauth: {text[1:]}")
        if name == "PING" and not answer.startswith((*WANTS_PASSWORD, CANNOT_WRITE)):
            refusal = NotYet if answer.startswith(NOT_YET) else Refused
            raise refusal(f"it answers PING with {text}")
        if name == "AUTH":
            raise Refused(f"it does not let us in: {text}")
        if name == "REPLCONF":
            self.warnings.append(f"it does not take a REPLCONF: {text}")
        if name == "version":
            self.remarks.append(f"it asks no replica for its version: {text}")


class Answer:
    """What the primary says to PSYNC: go on, under this id if it is another; or begin anew."""

    def __init__(self, line: bytes, can_go_on: bool = True) -> None:
        words = line.decode("utf-8", "replace").split()
        self.partial = words[:1] == ["+CONTINUE"]
        if self.partial and not can_go_on:
            raise Refused("it goes on where nothing is: a snapshot was asked for")
        self.history = ""
        self.offset = 0
        if self.partial:
            self.history = words[1] if len(words) > 1 and len(words[1]) == 40 else ""
        elif words[:1] == ["+FULLRESYNC"] and len(words) == 3 and words[2].isdigit():
            self.history = words[1]
            self.offset = int(words[2][:LONGEST_OFFSET])
            if len(words[2]) > LONGEST_OFFSET or len(self.history) != MARK_BYTES:
                raise Refused(f"it answers PSYNC with {' '.join(words)[:200]}")
        elif line.startswith(NOT_YET):
            refusal = NoLinkThere if line.startswith(NO_LINK) else NotYet
            raise refusal(f"it cannot serve replicas now: {' '.join(words)}")
        else:
            raise Refused(f"it answers PSYNC with {' '.join(words)[:200]}")


class Announcement:
    """The line before a snapshot: how long it is, or by what 40 bytes its end will be known."""

    def __init__(self, line: bytes) -> None:
        self.size = -1
        self.mark = b""
        if line.startswith(b"$EOF:") and len(line) == 5 + MARK_BYTES:
            self.mark = line[5:]
        elif line.startswith(b"$") and line[1:].isdigit():
            self.size = int(line[1:])
        elif line.startswith(b"-"):
            raise Refused(f"it has no snapshot for us: {line[1:].decode('utf-8', 'replace')}")
        else:
            raise Refused(f"it announces no snapshot but {line[:100]!r}")
