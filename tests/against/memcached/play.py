"""Playing a program on both servers, request by request, and comparing what they answer."""

import re
from typing import Final

from tests.against.memcached.differences import reason_for
from tests.against.memcached.programs import Request
from tests.support.memcached import McConnection, McServer

CAS_IN_VALUE: Final = re.compile(rb"(VALUE [^ ]+ \d+ \d+ )(\d+)\r\n")
CAS_IN_META: Final = re.compile(rb"(?m)^((?:VA \d+|HD)(?: [^\r\n]*)?) c(\d+)")
TIMES: Final = re.compile(rb"(?m)^((?:VA \d+|HD|EN)[^\r\n]*?) ([tl])(\d+)")
SLOWLY: Final = re.compile(rb"exp=(-?\d+) la=\d+ cas=\d+ fetch=(\w+) cls=\d+ size=\d+")
VERSION: Final = re.compile(rb"VERSION [^\r]*")


class Side:
    """One server: the CAS numbers that it has told, by key."""

    def __init__(self, server: McServer) -> None:
        self.server = server
        self.connection: McConnection = server.connect()
        self.told: dict[str, bytes] = {}
        self.sent = b""

    def fresh(self) -> None:
        self.connection.close()
        self.connection = self.server.connect()
        self.told.clear()
        self.connection.call(b"flush_all\r\n")

    def play(self, request: Request) -> bytes:
        data = b"".join(
            [self.told.get(part, b"1") if isinstance(part, str) else part for part in request]
        )
        self.sent = data
        try:
            answer = self.connection.call(data)
        except (BrokenPipeError, ConnectionResetError):
            self.connection.ended = True
        if self.connection.ended:
            self.connection.close()
            self.connection = self.server.connect()
            return b"closed"
        for head, number in CAS_IN_VALUE.findall(answer):
            self.told[head.split()[1].decode("latin-1")] = number
        found = CAS_IN_META.search(answer)
        words = data.split()
        if found and len(words) > 1:
            self.told[words[1].decode("latin-1")] = found[2]
        return answer


def alike(ours: bytes, theirs: bytes) -> bool:
    """Are two answers the same, seconds aside?"""
    return any(canonical(ours, shift) == canonical(theirs, shift) for shift in (0, 50))


def canonical(answer: bytes, shift: int = 0) -> bytes:
    """Without what differs between any two servers: CAS numbers, seconds, sizes."""
    answer = CAS_IN_VALUE.sub(rb"\1CAS\r\n", answer)
    answer = CAS_IN_META.sub(rb"\1 cCAS", answer)
    for _ in range(2):
        answer = TIMES.sub(lambda found: near(found, shift), answer)
    answer = VERSION.sub(b"VERSION", answer)
    return SLOWLY.sub(rb"exp la cas fetch=\2", answer)


def near(found: "re.Match[bytes]", shift: int) -> bytes:
    """Seconds, so coarse that a tick between the two servers is not seen."""
    seconds = int(found[3])
    scale = b"soon" if seconds < 5 else b"%d00s" % ((seconds + shift) // 100)
    return found[1] + b" " + found[2].upper() + scale


class Pair:
    """dflite and memcached, side by side."""

    def __init__(self, ours: McServer, theirs: McServer) -> None:
        self.ours = Side(ours)
        self.theirs = Side(theirs)
        self.played = 0
        self.known: dict[str, int] = {}  # differences by reason, how often

    def play(self, program: list[Request]) -> str | None:
        """Play a program; what differs that must not, in words."""
        self.ours.fresh()
        self.theirs.fresh()
        history: list[bytes] = []
        for request in program:
            self.played += 1
            try:
                ours = self.ours.play(request)
                theirs = self.theirs.play(request)
            except TimeoutError:
                return f"  {history[-12:]}\n  {self.ours.sent!r}\n  {self.theirs.sent!r}: no answer"
            history.append(self.ours.sent.replace(b"k" * 250, b"K")[:200])
            if alike(ours, theirs):
                continue
            ours, theirs = canonical(ours), canonical(theirs)
            reason = reason_for(self.ours.sent, ours, theirs, history)
            if reason is None:
                shown = "\n  ".join([repr(sent) for sent in history[-12:]])
                return f"  {shown}\n  ours:   {ours[:400]!r}\n  theirs: {theirs[:400]!r}"
            self.known[reason] = self.known.get(reason, 0) + 1
            return None  # what follows would differ too
        return None
