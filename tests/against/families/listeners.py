"""What the families of listeners share: steps on connections that anything may reach."""

from collections.abc import Callable, Sequence
from typing import Final

from tests.against.families import bitmaps, expiry, hashes, keys, lists, sets, strings
from tests.against.programs import LISTEN, Maker, Step, Words, wrong_length
from tests.against.sources import Source

DATA: Final[list[Maker]] = [
    *strings.FAMILY.makers,
    *keys.FAMILY.makers,
    *expiry.FAMILY.makers,
    *hashes.FAMILY.makers,
    *lists.FAMILY.makers,
    *sets.FAMILY.makers,
    *bitmaps.FAMILY.makers,
]
# Not here: what waits, and what no two servers do alike.
WAITS: Final = (b"BL", b"BR", b"BZ")


def change_data(source: Source) -> Words:
    """A request of some family of data types."""
    argv = source.pick(DATA)(source)
    return [b"DBSIZE"] if argv[0].upper()[:2] in WAITS else argv


def multi(source: Source) -> Words:
    return [source.pick((b"MULTI", b"EXEC", b"EXEC", b"DISCARD"))]


def step_of(makers: Sequence[tuple[int, Maker]]) -> Callable[[Source], Step]:
    """Makes steps of one request, or of some in a pipeline."""
    weighted = [maker for weight, maker in makers for _ in range(weight)]

    def make(source: Source) -> Step:
        requests = []
        for _ in range(source.number(2, 5) if source.chance(25) else 1):
            argv = source.pick(weighted)(source)
            requests.append(tuple(wrong_length(source, argv) if source.chance(3) else argv))
        return Step(0, LISTEN, tuple(requests), 0)

    return make
