"""Plays one program on two servers at once and finds the first reply that differs."""

from collections.abc import Sequence
from operator import ne
from typing import Final

from tests.against.compare import alike
from tests.against.differences import intended
from tests.against.listening import Hall
from tests.against.omissions import bearable
from tests.against.programs import BLOCK, CALL, LISTEN, QUIT, TALK, WALK, Program, Step
from tests.against.references import DFLITE, reference_of
from tests.against.seats import GONE, PATIENCE, Mismatch, Seat
from tests.against.talks import Talk
from tests.support.resp import ARRAY, ERROR, SIMPLE, Reply, encode
from tests.support.servers import Server

# Settings that programs change, as they are before each program.
SETTINGS: Final = (
    (b"CONFIG", b"SET", b"maxmemory-policy", b"noeviction"),
    (b"CONFIG", b"SET", b"lazyfree-lazy-user-del", b"no"),
    (b"CONFIG", b"SET", b"slowlog-max-len", b"128"),
    (b"CONFIG", b"SET", b"stream-node-max-bytes", b"4096"),
    (b"CONFIG", b"SET", b"stream-node-max-entries", b"100"),
    # Keys whose time is over go when they are met: who sweeps them when is not compared.
    (b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"),
)
NO_FUNCTIONS: Final = (b"FUNCTION", b"FLUSH")
NO_USERS: Final = ((b"ACL", b"DELUSER", b"u", b"v", b"w"), (b"ACL", b"LOG", b"RESET"))
# How the value of a key is asked for when a program has ended.
CONTENTS: Final[dict[bytes, tuple[bytes, ...]]] = {
    b"string": (b"GET", b"KEY"),
    b"list": (b"LRANGE", b"KEY", b"0", b"-1"),
    b"set": (b"SMEMBERS", b"KEY"),
    b"zset": (b"ZRANGE", b"KEY", b"0", b"-1", b"WITHSCORES"),
    b"hash": (b"HGETALL", b"KEY"),
    b"stream": (b"XINFO", b"STREAM", b"KEY", b"FULL", b"COUNT", b"0"),
}
DATABASES: Final = (b"0", b"1", b"2", b"15")


class Parted(Exception):
    """The servers differ as intended, and go on from different states."""


class Pair:
    """Two servers with their seats; programs are played on it one after the other."""

    def __init__(
        self,
        theirs: Server,
        ours: Server,
        resp: int,
        one_by_one: bool = False,
    ) -> None:
        self.servers = (theirs, ours)
        self.resp = resp
        self.reference = reference_of(theirs)
        # What is intended is intended of dflite, and of nobody else.
        self.allow = reference_of(ours).make == DFLITE
        # Each request waits for the reply to the one before, where otherwise many are sent at once.
        self.one_by_one = one_by_one
        self.control = [server.connect(PATIENCE) for server in self.servers]
        for connection in self.control:
            connection.call("SCRIPT", "FLUSH")  # one of them may have run for longer
        self.seats: dict[int, tuple[Seat, Seat]] = {}
        self.played = 0
        self.left_out = 0  # steps that this reference could not be asked

    def close(self) -> None:
        self.leave()
        for connection in self.control:
            connection.call("DEBUG", "SET-ACTIVE-EXPIRE", "1")
            connection.close()

    def leave(self) -> None:
        for seats in self.seats.values():
            for seat in seats:
                seat.close()
        self.seats = {}

    def seat(self, number: int) -> tuple[Seat, Seat]:
        if number not in self.seats:
            theirs, ours = self.servers
            self.seats[number] = (Seat(theirs, self.resp), Seat(ours, self.resp))
        return self.seats[number]

    def play(self, program: Program) -> Mismatch | None:
        """Run a program from an empty keyspace; the first difference, or None."""
        bearable_steps = [bearable(self.reference, step) for step in program]
        self.left_out += sum(map(ne, program, bearable_steps))
        try:
            return self.play_whole(bearable_steps)
        except Parted:
            return None

    def play_whole(self, program: Program) -> Mismatch | None:
        self.leave()
        for connection in self.control:
            connection.pipeline([(b"FLUSHALL",), NO_FUNCTIONS, *SETTINGS, *NO_USERS])
        if program and program[0].kind == LISTEN:
            return self.play_in_hall(program)
        at = 0
        while at < len(program):
            end = at + 1
            if program[at].kind == CALL and not self.one_by_one:
                while end < len(program) and program[end].kind == CALL:
                    if program[end].connection != program[at].connection:
                        break
                    end += 1
            mismatch = self.run(program[at:end], at)
            if mismatch is not None:
                return mismatch
            at = end
        return self.compare_contents(len(program))

    def play_in_hall(self, program: Program) -> Mismatch | None:
        self.played += sum(len(step.requests) for step in program)
        hall = Hall(self.servers, self.control, self.resp, self.reference)
        try:
            return hall.play(program)
        finally:
            hall.close()
            for connection in self.control:
                connection.call("CONFIG", "SET", "notify-keyspace-events", "")

    def run(self, steps: Sequence[Step], at: int) -> Mismatch | None:
        """Steps that can be written at once, and their replies."""
        first = steps[0]
        seats = self.seat(first.connection)
        if first.kind == WALK:
            return self.run_walk(first, seats, at)
        if first.kind == TALK:
            return self.run_talk(first, at)
        data = b"".join(encode(argv) for step in steps for argv in step.requests)
        count = sum(step.replies for step in steps)
        for seat in seats:
            seat.connection.send_raw(data)
        theirs, ours = [seat.read(count) for seat in seats]
        self.played += len(steps)
        if first.kind == BLOCK:
            return None if theirs == ours else blocks_differ(first, theirs, ours, at)
        for offset, step in enumerate(steps):
            if offset >= len(theirs) or offset >= len(ours):
                break
            argv = step.requests[0]
            mismatch = self.judge(argv, theirs[offset], ours[offset], seats, at + offset)
            if mismatch is not None:
                return mismatch
        if first.kind == QUIT:
            return self.run_end(first, seats, at)
        return None

    def run_end(self, step: Step, seats: tuple[Seat, Seat], at: int) -> Mismatch | None:
        """Both must close after QUIT; the next step gets new connections."""
        ends = [seat.read(1)[0] for seat in seats]
        for seat in seats:
            seat.close()
            seat.open()
        if ends == [GONE, GONE]:
            return None
        return Mismatch(at, step.requests[0], ends[0], ends[1])

    def run_walk(self, step: Step, seats: tuple[Seat, Seat], at: int) -> Mismatch | None:
        """SCAN until the cursor is back at 0: both must have seen the same keys."""
        argv = step.requests[0]
        theirs, ours = [walk_keys(seat, argv) for seat in seats]
        if isinstance(theirs, Reply) and isinstance(ours, Reply):
            return self.judge(argv, theirs, ours, seats, at)
        if theirs == ours:
            return None
        return Mismatch(at, argv, Reply("keys seen", theirs), Reply("keys seen", ours))

    def run_talk(self, step: Step, at: int) -> Mismatch | None:
        """Clients that speak in turns, some of whom wait."""
        seats = {number: self.seat(number) for number in step.speakers}
        self.played += len(step.requests)
        for argv, theirs, ours, both in Talk(seats, self.control).play(step):
            mismatch = self.judge(argv, theirs, ours, both, at)
            if mismatch is not None:
                return mismatch
        return None

    def judge(
        self,
        argv: tuple[bytes, ...],
        theirs: Reply,
        ours: Reply,
        seats: tuple[Seat, Seat],
        at: int,
    ) -> Mismatch | None:
        """Compare the two replies to one request; those of EXEC command by command."""
        if theirs == ours == Reply(SIMPLE, b"QUEUED"):
            seats[0].queued.append(argv)
            return None
        if theirs == ours and not theirs.is_error:
            # Equal replies need no rule; only what was queued has to be forgotten.
            if argv[0].upper() in (b"EXEC", b"DISCARD", b"RESET", b"MULTI"):
                seats[0].queued = []
            return None
        queued = seats[0].queued
        if argv[0].upper() == b"EXEC" and theirs.kind == ours.kind == ARRAY:
            seats[0].queued = []
            if len(theirs.items) == len(ours.items) == len(queued):
                triples = zip(queued, theirs.items, ours.items, strict=True)
                for inner, one, other in triples:
                    if self.differ(inner, one, other):
                        return Mismatch(at, (*argv, b"->", *inner), one, other)
                return None
        if argv[0].upper() in (b"EXEC", b"RESET"):
            seats[0].queued = []
        return Mismatch(at, argv, theirs, ours) if self.differ(argv, theirs, ours) else None

    def differ(self, argv: tuple[bytes, ...], theirs: Reply, ours: Reply) -> bool:
        if alike(argv, theirs, ours):
            return False
        allowed = intended(self.reference, argv, theirs, ours) if self.allow else None
        if allowed is not None and allowed.parts:
            raise Parted
        return allowed is None

    def compare_contents(self, at: int) -> Mismatch | None:
        """When a program has ended, both must hold the same keys with the same values."""
        for database in DATABASES:
            for connection in self.control:
                connection.call("SELECT", database)
            found = [connection.call("KEYS", "*") for connection in self.control]
            names = [sorted(item.data for item in reply.items) for reply in found]
            if names[0] != names[1]:
                argv = (b"KEYS", b"*", b"(database " + database + b")")
                return Mismatch(at, argv, found[0], found[1])
            mismatch = self.compare_keys(names[0], at)
            if mismatch is not None:
                return mismatch
        for connection in self.control:
            connection.call("SELECT", "0")
        return None

    def compare_keys(self, names: list[bytes], at: int) -> Mismatch | None:
        requests: list[tuple[bytes, ...]] = []
        if names:
            types = self.control[0].pipeline([(b"TYPE", name) for name in names])
            for name, kind in zip(names, types, strict=True):
                requests += [(b"TYPE", name), (b"PTTL", name)]
                requests += [(b"OBJECT", b"ENCODING", name)]
                if kind.data in CONTENTS:
                    words = CONTENTS[kind.data]
                    requests.append(tuple(name if word == b"KEY" else word for word in words))
        theirs, ours = [connection.pipeline(requests) for connection in self.control]
        for argv, one, other in zip(requests, theirs, ours, strict=True):
            if self.differ(argv, one, other):
                return Mismatch(at, argv, one, other)
        return None


def walk_keys(seat: Seat, argv: tuple[bytes, ...]) -> Reply | list[bytes]:
    """Every key that SCAN returns; its reply where that is no page of keys.

    Of HSCAN and its like, every element: the cursor comes behind the key there.
    """
    seen: set[bytes] = set()
    cursor = b"0"
    at = 1 if argv[0].upper() == b"SCAN" else 2
    for _ in range(10_000):
        seat.connection.send(*argv[:at], cursor, *argv[at + 1 :])
        reply = seat.read(1)[0]
        if reply.kind != ARRAY:
            return reply
        cursor = reply.items[0].data
        seen.update(item.data for item in reply.items[1].items)
        if cursor == b"0":
            return sorted(seen)
    return Reply(ERROR, b"(SCAN does not come to an end)")


def blocks_differ(step: Step, theirs: list[Reply], ours: list[Reply], at: int) -> Mismatch:
    argv = tuple(word for request in step.requests for word in (*request, b";"))
    return Mismatch(at, argv, Reply(ARRAY, list(theirs)), Reply(ARRAY, list(ours)))


def holds(pair: Pair, program: Program, tries: int = 3) -> Mismatch | None:
    """The difference if it comes back each time; what passes by was only the clock."""
    mismatch = None
    for _ in range(tries):
        mismatch = pair.play(program)
        if mismatch is None:
            return None
    return mismatch


def shrink(pair: Pair, program: Program, mismatch: Mismatch) -> tuple[Program, Mismatch]:
    """A short program with a difference in the same command."""
    name = mismatch.argv[0].upper()
    best = program[: mismatch.step + 1]
    size = max(1, len(best) // 2)
    while True:
        at, shorter = 0, False
        while at < len(best):
            trial = best[:at] + best[at + size :]
            found = pair.play(trial) if trial else None
            if found is not None and found.argv[0].upper() == name:
                best, mismatch, shorter = trial[: found.step + 1], found, True
            else:
                at += size
        if size == 1 and not shorter:
            return best, mismatch
        size = max(1, size // 2)
