"""PFSELFTEST's trial of registers and estimates."""

from dflite.native.values.hll_self_test import self_test


def test_it_finds_nothing() -> None:
    assert self_test(42, 3000, 20_000) == ""
    assert self_test(0, 0, 100) == ""
