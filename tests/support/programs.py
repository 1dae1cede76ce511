"""Programs for nodes in this process: requests of several clients, and time that passes."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.against.programs import Family, Step, draw_step
from tests.against.sources import HypothesisSource

LONGEST: Final = 40


@st.composite
def programs(
    draw: Callable[[SearchStrategy[Any]], Any], families: Sequence[Family], pauses: Sequence[int]
) -> list[Step | int]:
    """Steps of these families, and now and then milliseconds that pass."""
    source = HypothesisSource(draw)
    program: list[Step | int] = []
    for _ in range(source.number(1, LONGEST)):
        if source.chance(15):
            program.append(source.pick(pauses))
        else:
            program.append(draw_step(source, families))
    return program
