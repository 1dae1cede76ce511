"""Requests of the sorted set commands; several clients where some of them wait."""

from typing import Final

from tests.against.arguments import key, value
from tests.against.families import zset_algebra, zset_members, zset_pops, zset_ranges
from tests.against.programs import Family, Words
from tests.against.sources import Source


def other(source: Source) -> Words:
    """What meets sorted sets from elsewhere."""
    return source.pick(
        (
            [b"SET", key(source), value(source)],
            [b"DEL", key(source)],
            [b"TYPE", key(source)],
            [b"OBJECT", b"ENCODING", key(source)],
            [b"RENAME", key(source), key(source)],
            [b"COPY", key(source), key(source), b"REPLACE"],
            [b"PEXPIREAT", key(source), source.pick((b"4102444800000", b"1"))],
            [b"GET", key(source)],
        )
    )


FAMILY: Final = Family(
    "zsets",
    [
        (10, zset_members.add),
        (6, zset_members.add_with_options),
        (3, zset_members.add_many),
        (5, zset_members.increment),
        (4, zset_members.remove),
        (4, zset_members.ask),
        (4, zset_members.ask_rank),
        (2, zset_members.draw),
        (2, zset_members.scan),
        (5, zset_ranges.range_),
        (6, zset_ranges.range_by_score),
        (3, zset_ranges.level_range),
        (2, zset_ranges.level_add),
        (2, zset_ranges.level_other),
        (3, zset_ranges.count),
        (4, zset_ranges.remove_range),
        (4, zset_ranges.store_range),
        (4, zset_pops.pop),
        (2, zset_pops.pop_first),
        (1, zset_pops.at_once),
        (4, zset_algebra.combine),
        (4, zset_algebra.store),
        (2, zset_algebra.count_common),
        (2, zset_algebra.plain_set),
        (4, other),
    ],
    steps=[
        (2, zset_pops.conversation),
        (1, zset_members.scan_to_the_end),
        (1, zset_ranges.names_of_mixed_scores),
    ],
    steps_percent=5,
)
