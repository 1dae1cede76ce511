"""The patterns of CONFIG GET."""

import pytest

from dflite.settings.patterns import has_wildcard, matches


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*", "maxmemory", True),
        ("max*", "maxmemory", True),
        ("*mem*", "maxmemory", True),
        ("**y", "maxmemory", True),
        ("max*x", "maxmemory", False),
        ("maxmemor?", "maxmemory", True),
        ("maxmemory?", "maxmemory", False),
        ("MAX[ML]EMORY", "maxmemory", True),
        ("max[a-n]emory", "maxmemory", True),
        ("max[n-a]emory", "maxmemory", True),
        ("max[^a]emory", "maxmemory", True),
        ("max[^m]emory", "maxmemory", False),
        ("maxmem[o", "maxmemory", False),
        ("maxmemor[y", "maxmemory", True),
        (r"max\memory*", "maxmemory", True),
        (r"maxmemory\*", "maxmemory", False),
        (r"max[\m]emory", "maxmemory", True),
        ("maxmemory*", "maxmemory", True),
        ("max", "maxmemory", False),
        ("[", "m", False),
        ("[^", "m", True),
    ],
)
def test_a_pattern_fits_as_in_redis(pattern: str, name: str, fits: bool) -> None:
    assert matches(pattern, name) == fits


def test_many_stars_end_soon() -> None:
    assert not matches("*a" * 9, "b" * 40)


def test_only_stars_question_marks_and_brackets_make_a_pattern() -> None:
    assert [has_wildcard(text) for text in ("a*", "a?", "a[", "a\\", "a]")] == [
        True, True, True, False, False,
    ]  # fmt: skip
