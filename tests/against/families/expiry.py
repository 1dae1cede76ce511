"""Keys whose time runs out within a program, and what every command makes of them afterwards."""

from typing import Final

from tests.against.arguments import key, pattern, value
from tests.against.families import keys, strings
from tests.against.programs import Family, Step, Words, block
from tests.against.sources import Source

# The servers themselves let the time pass; the requests after it see the key as gone.
PAUSE: Final = (b"DEBUG", b"SLEEP", b"0.004")


def run_out(source: Source) -> Step:
    """A key that is dead when the next request comes; not inside MULTI, hence the DISCARD."""
    name = key(source)
    ways: tuple[tuple[Words, ...], ...] = (
        ([b"SET", name, value(source), b"PX", b"1"],),
        ([b"PSETEX", name, b"1", value(source)],),
        ([b"SET", name, value(source)], [b"PEXPIRE", name, b"1"]),
        ([b"SETNX", name, b"5"], [b"GETEX", name, b"PX", b"1"]),
        ([b"WATCH", name], [b"SET", name, value(source), b"PX", b"1"]),
        ([b"SET", name, value(source), b"PX", b"1"], [b"WATCH", name]),
    )
    requests = [[b"DISCARD"], *source.pick(ways), list(PAUSE)]
    return block(requests, len(requests))


def count(source: Source) -> Words:
    return source.pick(([b"DBSIZE"], [b"KEYS", pattern(source)]))[:]


def watch(source: Source) -> Words:
    return [source.pick((b"WATCH", b"TOUCH", b"EXISTS", b"TYPE", b"PTTL")), key(source)]


def transact(source: Source) -> Words:
    return source.pick(([b"MULTI"], [b"EXEC"], [b"EXEC"], [b"UNWATCH"]))[:]


def swap(source: Source) -> Words:
    return source.pick(([b"SWAPDB", b"0", b"1"], [b"SELECT", b"1"], [b"SELECT", b"0"]))[:]


FAMILY: Final = Family(
    "expiry",
    [
        (10, count),
        (10, watch),
        (10, transact),
        (3, swap),
        *[(1, maker) for maker in strings.FAMILY.makers],
        # These remove the dead keys that they happen upon, and DBSIZE would tell.
        *[(1, maker) for maker in keys.FAMILY.makers if maker not in (keys.randomkey, keys.scan)],
    ],
    steps=[(4, run_out), (1, keys.scan_to_the_end)],
    connections=2,
    steps_percent=20,
    alone=True,
)
