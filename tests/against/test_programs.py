"""Short programs by Hypothesis to dflite and to Valkey or Redis: no reply may differ unintended."""

import os
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.against.families import ALL, MIXED
from tests.against.play import Pair, holds
from tests.against.programs import Family, Program, draw_step
from tests.against.sources import HypothesisSource
from tests.support.servers import Server, start_dflite

# DFLITE_AGAINST_EXAMPLES=1000 for a thorough run; CI=1 makes every run the same.
EXAMPLES: Final = int(os.environ.get("DFLITE_AGAINST_EXAMPLES", "120"))
LONGEST: Final = 25


@st.composite
def steps(draw: Callable[[st.SearchStrategy[Any]], Any], families: list[Family]) -> object:
    return draw_step(HypothesisSource(draw), families)


@pytest.fixture(scope="module", params=["resp2", "resp3", "resp3, one by one, four shards"])
def pair(
    request: pytest.FixtureRequest, shared_valkey: Server, shared_dflite: Server
) -> Iterator[Pair]:
    resp = 2 if request.param == "resp2" else 3
    if "shards" not in request.param:
        both = Pair(shared_valkey, shared_dflite, resp)
        yield both
        both.close()
        return
    with start_dflite("--num_shards=4", "--enable_debug_command=yes") as sharded:
        both = Pair(shared_valkey, sharded, resp, one_by_one=True)
        yield both
        both.close()


MIXES: Final = {
    **{name: [family] for name, family in ALL.items()},
    "transactions of strings": [ALL["transactions"], ALL["transactions"], ALL["strings"]],
    "transactions of keys": [ALL["transactions"], ALL["keys"]],
    "everything": MIXED,
}


@pytest.mark.parametrize("mix", MIXES)
def test_programs_are_answered_as_by_valkey(pair: Pair, mix: str) -> None:
    answered_alike(pair, MIXES[mix])


@pytest.mark.parametrize("resp", [2, 3])
def test_programs_are_answered_as_by_redis(
    shared_redis: Server, shared_dflite: Server, resp: int
) -> None:
    both = Pair(shared_redis, shared_dflite, resp)
    for family in ALL.values():
        if family.suits(both.reference):
            answered_alike(both, [family])
    both.close()


def answered_alike(pair: Pair, families: list[Family]) -> None:
    """Play many programs of these families; AssertionError if one is answered otherwise."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=bool(os.environ.get("CI")),
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(steps(families), min_size=1, max_size=LONGEST))
    def play(program: Program) -> None:
        if pair.play(program) is None:
            return
        mismatch = holds(pair, program)
        assert mismatch is None, f"\n{mismatch}\nafter\n" + "\n".join(map(repr, program))

    play()
