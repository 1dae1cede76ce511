"""Requests that pop from sorted sets; conversations where some clients wait for that."""

from typing import Final

from tests.against.arguments import key, keys, small, spelled
from tests.against.families.zset_algebra import store
from tests.against.families.zset_arguments import cut, numkeys
from tests.against.families.zset_members import add, add_with_options, increment, remove
from tests.against.families.zset_ranges import store_range
from tests.against.programs import LEAVE, Step, Words, talk
from tests.against.sources import Source

TIMEOUTS: Final = (b"0", b"100", b"50.5")
AT_ONCE: Final = (b"0.001", b"0.01")
ODD_TIMEOUTS: Final = (b"-1", b"abc", b"", b"inf", b"nan", b"1e300", b"9223372036854775807")
WAITERS: Final = 3
FIRST_SPEAKER: Final = 10
TELLER: Final = 20


def pop(source: Source) -> Words:
    words = [source.pick((b"ZPOPMIN", b"ZPOPMAX")), key(source)]
    if source.chance(50):
        words.append(small(source) if source.chance(80) else source.pick((b"100", b"abc", b"-1")))
    return words


def end_and_count(source: Source) -> Words:
    words = [spelled(source, source.pick((b"MIN", b"MAX")))]
    if source.chance(3):
        words = [source.pick((b"FOO", b"COUNT"))]
    if source.chance(40):
        words += [spelled(source, b"COUNT"), small(source)]
    return words


def pop_first(source: Source) -> Words:
    return cut(source, [b"ZMPOP", *numkeys(source, keys(source)), *end_and_count(source)])


def waiting(source: Source, timeout: bytes) -> Words:
    kind = source.pick((b"BZPOPMIN", b"BZPOPMAX", b"BZMPOP"))
    if kind == b"BZMPOP":
        return [kind, timeout, *numkeys(source, keys(source)), *end_and_count(source)]
    return [kind, *keys(source), timeout]


def at_once(source: Source) -> Words:
    """What waits is over before anything else is seen; timeouts that are none are refused."""
    return waiting(source, source.pick(ODD_TIMEOUTS if source.chance(15) else AT_ONCE))


def says(source: Source, stores: bool) -> Words:
    """What somebody who does not wait says while others do.

    Valkey serves nobody when a sorted set is stored in the place of another value, so where there
    are stores there are no other values.
    """
    name, other = key(source), key(source)
    if source.chance(20):
        if stores:
            return source.pick((store(source), store_range(source)))
        return source.pick(([b"SET", name, b"string"], [b"SADD", name, b"member"]))[:]
    return source.pick(
        (
            add(source),
            add(source),
            add_with_options(source),
            increment(source),
            pop(source),
            remove(source),
            [b"RENAME", name, other],
            [b"COPY", name, other, b"REPLACE"],
            [b"DEL", name],
            [b"SWAPDB", b"0", b"1"],
            [b"FLUSHALL"],
        )
    )


def conversation(source: Source) -> Step:
    """Several clients wait; another one adds, also within MULTI; some leave."""
    speakers: list[int] = [TELLER]
    requests: list[Words | tuple[bytes, ...]] = [[b"FLUSHALL"]]
    in_multi = False
    stores = source.chance(50)
    for _ in range(source.number(3, 16)):
        if source.chance(45) and not in_multi:
            speakers.append(FIRST_SPEAKER + source.number(0, WAITERS - 1))
            requests.append(LEAVE if source.chance(8) else waiting(source, source.pick(TIMEOUTS)))
            continue
        speakers.append(TELLER)
        if source.chance(15):
            requests.append([b"EXEC" if in_multi else b"MULTI"])
            in_multi = not in_multi
        elif in_multi and source.chance(20):
            requests.append(waiting(source, b"0"))
        else:
            requests.append(says(source, stores))
    if in_multi:
        speakers.append(TELLER)
        requests.append([b"EXEC"])
    return talk(speakers, requests)
