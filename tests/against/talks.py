"""Clients that speak in turns on both servers, some of whom have to wait for others."""

import select
from collections.abc import Iterator
from typing import Final

from tests.against.programs import LEAVE, Step
from tests.against.seats import Seat
from tests.support.connection import Connection
from tests.support.resp import ERROR, Reply, encode

Said = tuple[tuple[bytes, ...], Reply, Reply, tuple[Seat, Seat]]
WAITS: Final = Reply(ERROR, b"(it waits)")


class Talk:
    """Each request is done on both servers before the next is sent, and every reply read at once.

    Who still waits at the end is unblocked.
    """

    def __init__(self, seats: dict[int, tuple[Seat, Seat]], control: list[Connection]) -> None:
        self.seats = seats
        self.control = control
        self.waiting: dict[int, tuple[bytes, ...]] = {}  # what they wait with
        self.numbers = {
            number: [seat.connection.call("CLIENT", "ID").number for seat in both]
            for number, both in seats.items()
        }

    def play(self, step: Step) -> Iterator[Said]:
        """What was said, as it comes: a request with both replies."""
        for speaker, argv in zip(step.speakers, step.requests, strict=True):
            if argv == LEAVE:
                self.leave(speaker)
            elif speaker not in self.waiting:
                yield from self.speak(speaker, argv)
            yield from self.answered()
        for speaker in sorted(self.waiting):
            for control, number in zip(self.control, self.numbers[speaker], strict=True):
                control.call("CLIENT", "UNBLOCK", str(number))
            yield from self.answered()
        for speaker, both in self.seats.items():
            for seat in both:
                seat.connection.call("DISCARD")  # what MULTI there may have been
                seat.queued = []
            assert speaker not in self.waiting

    def speak(self, speaker: int, argv: tuple[bytes, ...]) -> Iterator[Said]:
        both = self.seats[speaker]
        for seat in both:
            seat.connection.send_raw(encode(argv))
        waits = [self.is_parked(speaker, side) for side in range(2)]
        if waits == [True, True]:
            self.waiting[speaker] = argv
            return
        theirs, ours = [WAITS if waits[side] else both[side].read(1)[0] for side in range(2)]
        yield argv, theirs, ours, both

    def is_parked(self, speaker: int, side: int) -> bool:
        """Does the request that was sent wait? True or False once the server has seen it."""
        number = str(self.numbers[speaker][side])
        while not has_reply(self.seats[speaker][side]):
            described = self.control[side].call("CLIENT", "LIST", "ID", number).text
            flags = [word for word in described.split() if word.startswith("flags=")]
            if flags and "b" in flags[0].removeprefix("flags="):
                return True
        return False

    def answered(self) -> Iterator[Said]:
        """The replies of those who have waited until now."""
        for control in self.control:
            control.call("PING")  # its reply comes behind those of whom the last request served
        for speaker, argv in sorted(self.waiting.items()):
            both = self.seats[speaker]
            come = [has_reply(seat) for seat in both]
            if any(come):
                del self.waiting[speaker]
                theirs, ours = [both[side].read(1)[0] if come[side] else WAITS for side in range(2)]
                yield argv, theirs, ours, both

    def leave(self, speaker: int) -> None:
        """The client is gone without a word, and comes back as another one."""
        self.waiting.pop(speaker, None)
        for side, seat in enumerate(self.seats[speaker]):
            seat.close()
            number = str(self.numbers[speaker][side])
            while self.control[side].call("CLIENT", "LIST", "ID", number).data:
                continue
            seat.open()
            self.numbers[speaker][side] = seat.connection.call("CLIENT", "ID").number


def has_reply(seat: Seat) -> bool:
    """Has something come?"""
    connection = seat.connection
    return bool(connection.buffer) or bool(select.select([connection.socket], [], [], 0)[0])
