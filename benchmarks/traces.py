"""Requests to a cache, as the literature describes them: which key, and how large its value is.

All are made here from a seed. Beside the usual ones there are the shapes of two published
generators: "latest" is workload D of YCSB (Cooper et al., SoCC 2010), sizes are those found in
Facebook's ETC pool (Atikoglu et al., SIGMETRICS 2012): a generalised Pareto distribution.
"""

import itertools
import random
from collections.abc import Callable
from typing import Final

KEYS: Final = 40_000
SEED: Final = 20_260_101


def zipf(draw: random.Random, count: int, skew: float, keys: int = KEYS) -> list[int]:
    """Independent draws: the n-th most popular key comes in proportion to n**-skew."""
    weights = list(itertools.accumulate((rank + 1) ** -skew for rank in range(keys)))
    return draw.choices(range(keys), cum_weights=weights, k=count)


def zipf_with_scans(draw: random.Random, count: int) -> list[int]:
    """Zipf, and now and then somebody walks through a lot that nobody else wants."""
    trace: list[int] = []
    at = KEYS
    for start in range(0, count, 10_000):
        part = zipf_part(draw, start, count, 0.9)
        if start // 10_000 % 3 == 2:
            for place in range(0, len(part), 2):
                part[place] = at
                at += 1
        trace += part
    return trace


def zipf_part(draw: random.Random, start: int, count: int, skew: float) -> list[int]:
    return zipf(draw, min(10_000, count - start), skew)


def loop(count: int, capacity: int) -> list[int]:
    """Round and round, half as much again as there is room for."""
    return [number % (capacity * 3 // 2) for number in range(count)]


def loop_and_zipf(draw: random.Random, count: int, capacity: int) -> list[int]:
    """Half of each."""
    asked = zipf(draw, count, 1.0)
    return [KEYS + n // 2 % (capacity * 2) if n % 2 else key for n, key in enumerate(asked)]


def drifting(draw: random.Random, count: int) -> list[int]:
    """Zipf whose popular keys are others after a while, one by one."""
    return [(key + n // 10) % KEYS for n, key in enumerate(zipf(draw, count, 1.0))]


def jumping(draw: random.Random, count: int) -> list[int]:
    """Zipf whose popular keys are others all at once, four times."""
    step = max(count // 5, 1)
    return [(key + n // step * 9_000) % KEYS for n, key in enumerate(zipf(draw, count, 1.0))]


def latest(draw: random.Random, count: int) -> list[int]:
    """One in twenty stores a new key, the others read, mostly what is new."""
    newest = KEYS // 4
    trace = []
    for back in zipf(draw, count, 0.99, KEYS * 4):
        if draw.random() < 0.05:
            newest += 1
            trace.append(newest)
        else:
            trace.append(newest - back % newest)
    return trace


def one_hit_wonders(draw: random.Random, count: int) -> list[int]:
    """Zipf, with a quarter of keys that are never asked for again."""
    asked = zipf(draw, count, 1.0)
    return [KEYS + n if draw.random() < 0.25 else key for n, key in enumerate(asked)]


def traces(count: int, capacity: int) -> dict[str, Callable[[], list[int]]]:
    """By name; `capacity` is about how many keys a cache holds."""

    def seeded(make: Callable[[random.Random], list[int]]) -> Callable[[], list[int]]:
        return lambda: make(random.Random(SEED))

    found: dict[str, Callable[[], list[int]]] = {}
    for skew in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2):
        found[f"zipf {skew}"] = seeded(lambda draw, skew=skew: zipf(draw, count, skew))  # type: ignore[misc]
    found["zipf 0.9 with scans"] = seeded(lambda draw: zipf_with_scans(draw, count))
    found["a loop"] = lambda: loop(count, capacity)
    found["a loop and zipf 1.0"] = seeded(lambda draw: loop_and_zipf(draw, count, capacity))
    found["drifting popularity"] = seeded(lambda draw: drifting(draw, count))
    found["jumping popularity"] = seeded(lambda draw: jumping(draw, count))
    found["the latest (YCSB D)"] = seeded(lambda draw: latest(draw, count))
    found["one-hit wonders"] = seeded(lambda draw: one_hit_wonders(draw, count))
    found["zipf 1.0, sizes of ETC"] = seeded(lambda draw: zipf(draw, count, 1.0))
    found["the latest, sizes of ETC"] = seeded(lambda draw: latest(draw, count))
    return found


def size_of(name: str, key: int, usual: int) -> int:
    """Bytes of the value of a key, always the same."""
    if "sizes" not in name:
        return usual
    share = random.Random(key * 7919 + 1).random()
    return min(int(214.476 * ((1 - share) ** -0.348238 - 1) / 0.348238) * usual // 330, usual * 30)
