"""Where choices come from: a seeded generator, or Hypothesis, which can shrink them."""

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Source(Protocol):
    """Makes the choices of which programs consist."""

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; the first is the simplest."""

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""


class SeededSource:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.random.random() * len(options))]

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent


class HypothesisSource:
    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def pick(self, options: Sequence[T]) -> T:
        chosen: T = options[self.draw(st.integers(0, len(options) - 1))]
        return chosen

    def number(self, low: int, high: int) -> int:
        drawn: int = self.draw(st.integers(low, high))
        return drawn

    def chance(self, percent: int) -> bool:
        # The simplest draw says no, so that shrinking leaves the odd things out.
        drawn: int = self.draw(st.integers(0, 99))
        return drawn >= 100 - percent
