"""Programs of clients that listen: all that reaches every connection is compared after each step.

A step's requests are sent at once on one connection. Nobody counts replies, since messages come in
between and to others: two PINGs on a connection of their own tell that both servers have done what
was asked and have sent what comes of it; then everything that has arrived is read.
"""

import contextlib
import itertools
import re
from collections.abc import Sequence
from typing import Final

from tests.against.compare import alike
from tests.against.differences import intended
from tests.against.programs import Program, Step
from tests.against.references import Reference
from tests.against.seats import Mismatch
from tests.support.connection import Closed, Connection
from tests.support.resp import ARRAY, INTEGER, Reply, encode
from tests.support.servers import Server

SEATS: Final = 3
PATIENCE: Final = 20.0
ID: Final = re.compile(rb"\{id:(\d)\}")
REDIRECTION: Final = re.compile(rb"redir=(\d+)")
# Whose integers may be ids of clients, which no two servers give alike.
TELLS_IDS: Final = (b"CLIENT GETREDIR", b"CLIENT TRACKINGINFO", b"CLIENT ID")
BROKEN: Final = b"tracking-redir-broken"
# Messages in no promised order: to several patterns, and at the end of several subscriptions.
NO_ORDER: Final = (b"pmessage", b"unsubscribe", b"punsubscribe", b"sunsubscribe")

# With a deadline in the past a key is deleted, says Redis 7; it expires, says Valkey 9.
DEADLINES: Final = {b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT", b"GETEX", b"SET"}


class Parted(Exception):
    """The servers differ as intended, and go on from different states."""


class Listener:
    """A connection that anything may reach at any time."""

    def __init__(self, server: Server, resp: int) -> None:
        self.server = server
        self.resp = resp
        self.open()

    def open(self) -> None:
        self.connection: Connection = self.server.connect(PATIENCE)
        if self.resp == 3:
            self.connection.call("HELLO", "3")
        self.id = self.connection.call("CLIENT", "ID").number
        self.gone = False

    def take(self) -> list[Reply]:
        """All that has come."""
        try:
            return self.connection.take_all()
        except Closed:
            self.gone = True
            return [Reply("gone", b"")]


class Hall:
    """Two servers with as many listeners each."""

    def __init__(
        self,
        servers: tuple[Server, Server],
        control: Sequence[Connection],
        resp: int,
        reference: Reference,
    ) -> None:
        self.servers = servers
        self.reference = reference
        self.control = control
        self.resp = resp
        self.seats = [[Listener(server, resp) for _ in range(SEATS)] for server in servers]
        self.others: list[Listener] = []
        self.in_multi: set[int] = set()  # as far as can be told
        self.said: list[list[Sequence[bytes]]] = [[] for _ in range(SEATS)]

    def keep_tracking(self) -> None:
        """When nobody tracks any more the table is forgotten here, but not there: never mind."""
        for server in self.servers:
            other = Listener(server, 3)
            other.connection.call("CLIENT", "TRACKING", "ON")
            self.others.append(other)

    def close(self) -> None:
        for other in self.others:
            other.connection.close()
        for seats in self.seats:
            for seat in seats:
                seat.connection.close()

    def play(self, program: Program) -> Mismatch | None:
        """The first difference, or None."""
        if any(argv[:2] == (b"CLIENT", b"TRACKING") for step in program for argv in step.requests):
            self.keep_tracking()
        try:
            for at, step in enumerate(program):
                mismatch = self.run(step, at)
                if mismatch is not None:
                    return mismatch
        except Parted:
            pass
        return None

    def places(self) -> list[dict[int, int]]:
        """Seats by the ids of their clients, of each server."""
        return [{seat.id: number for number, seat in enumerate(seats)} for seats in self.seats]

    def unnested(self, step: Step) -> Step:
        """A step without MULTI or WATCH in MULTI, which Redis and Valkey take differently."""
        requests = []
        for argv in step.requests:
            name = argv[0].upper()
            if name in (b"MULTI", b"WATCH") and step.connection in self.in_multi:
                argv = (b"PING",)
            elif name == b"MULTI":
                self.in_multi.add(step.connection)
            elif name in (b"EXEC", b"DISCARD", b"RESET"):
                self.in_multi.discard(step.connection)
            requests.append(argv)
        return step._replace(requests=tuple(requests))

    def said_by(self, step: Step) -> list[Sequence[bytes]]:
        """The requests that a step's replies may be replies to: EXEC's are those since MULTI."""
        queued = self.said[step.connection]
        said: list[Sequence[bytes]] = []
        for argv in step.requests:
            said.append(argv)
            queued.append(argv)
            name = argv[0].upper()
            if name == b"EXEC":
                said += queued
            if name in (b"EXEC", b"MULTI", b"DISCARD", b"RESET"):
                queued.clear()
        return said

    def run(self, step: Step, at: int) -> Mismatch | None:
        step = self.unnested(step)
        for seats in self.seats:
            requests = [with_ids(argv, seats) for argv in step.requests]
            seats[step.connection].connection.send_raw(b"".join(map(encode, requests)))
        for _ in range(2):
            for connection in self.control:
                connection.call("PING")
        said = self.said_by(step)
        told = any(b" ".join(argv[:2]).upper() in TELLS_IDS for argv in said)
        mismatch = None
        for number in sorted(range(SEATS), key=lambda number: number != step.connection):
            theirs, ours = [
                [without_ids(reply, told, places) for reply in seats[number].take()]
                for seats, places in zip(self.seats, self.places(), strict=True)
            ]
            if mismatch is None and not same(
                self.reference,
                said if number == step.connection else [],
                *heard(said, theirs, ours),
            ):
                argv = tuple(word for request in step.requests for word in (*request, b";"))
                where = (b"(connection %d)" % number,)
                mismatch = Mismatch(at, argv + where, Reply(ARRAY, theirs), Reply(ARRAY, ours))
        for seats in self.seats:
            for seat in seats:
                if seat.gone:
                    seat.open()
        return mismatch


def with_ids(argv: Sequence[bytes], seats: list[Listener]) -> list[bytes]:
    """A request with the clients' ids in their places."""
    return [ID.sub(lambda found: b"%d" % seats[int(found[1])].id, word) for word in argv]


def without_ids(reply: Reply, told: bool, places: dict[int, int]) -> Reply:
    """A reply with places for clients' ids; its integers are some if it was `told` for that."""
    if isinstance(reply.value, bytes) and b" redir=" in reply.value:
        text = REDIRECTION.sub(
            lambda found: b"redir=(%d)" % places.get(int(found[1]), -1), reply.value
        )
        return Reply(reply.kind, text)
    if told and reply.kind == INTEGER and reply.number > 0:
        return Reply(INTEGER, 1_000_000 + places.get(reply.number, -1))
    if isinstance(reply.value, list):
        told = told or first_word(reply) == BROKEN
        if all(isinstance(item, Reply) for item in reply.value):
            items = [without_ids(item, told, places) for item in reply.value]
            return Reply(reply.kind, items)
        pairs = [(name, without_ids(value, told, places)) for name, value in reply.pairs]
        return Reply(reply.kind, pairs)
    return reply


def same(
    reference: Reference,
    said: Sequence[Sequence[bytes]],
    theirs: list[Reply],
    ours: list[Reply],
) -> bool:
    """Did the same reach a connection, by the rules for what was said on it lately?"""
    if theirs == ours:
        return True
    return len(theirs) == len(ours) and all(
        one == other
        or any(allowed(reference, argv, one, other) for argv in said)
        or (
            one.kind == other.kind == ARRAY
            and b"EXEC" in {argv[0].upper() for argv in said}
            and same(reference, said, one.items, other.items)
        )
        for one, other in zip(in_order(theirs), in_order(ours), strict=True)
    )


def heard(
    said: Sequence[Sequence[bytes]], theirs: list[Reply], ours: list[Reply]
) -> tuple[list[Reply], list[Reply]]:
    """What is to be compared of that which came after these requests."""
    if DEADLINES.isdisjoint({argv[0].upper() for argv in said}):
        return theirs, ours
    return (
        [reply for reply in theirs if not tells_of_end(reply)],
        [reply for reply in ours if not tells_of_end(reply)],
    )


def in_order(replies: list[Reply]) -> list[Reply]:
    """The same replies, neighbours sorted where nobody promises an order."""
    found: list[Reply] = []
    for word, group in itertools.groupby(replies, first_word):
        if word == b"pmessage":
            found += sorted(group, key=repr)
        elif word in NO_ORDER:
            several = list(group)
            named = sorted(several, key=lambda reply: repr(reply.items[1]))
            for reply, counted in zip(named, several, strict=True):
                found.append(Reply(reply.kind, [*reply.items[:2], *counted.items[2:]]))
        else:
            found += group
    return found


def tells_of_end(reply: Reply) -> bool:
    """Is it the message that a key is deleted, or has expired?"""
    return first_word(reply) in (b"message", b"pmessage") and any(
        (isinstance(item.value, bytes) and item.value in (b"del", b"expired"))
        or (isinstance(item.value, bytes) and item.value.endswith((b"__:del", b"__:expired")))
        for item in reply.items
    )


def first_word(reply: Reply) -> object:
    if isinstance(reply.value, list) and reply.value and isinstance(reply.value[0], Reply):
        return reply.value[0].value
    return None


def allowed(reference: Reference, argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """May these be the replies to that request? EXEC's may be those to several."""
    # a rule may be for other replies than these
    with contextlib.suppress(AssertionError, AttributeError, ValueError):
        if alike(argv, theirs, ours):
            return True
    difference = intended(reference, argv, theirs, ours)
    if difference is not None and difference.parts:
        raise Parted
    return difference is not None
