"""Names of machines: what is taken for one."""

import pytest

from dflite.base.hosts import is_host


@pytest.mark.parametrize(
    "text",
    ["a", "example.org.", "10.0.0.1", "::1", "fe80::1%eth0", "b\u00fccher.example", "*", "a_b-c"],
)
def test_names_and_addresses_are_hosts(text: str) -> None:
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", "a\nb", "a\0", "\x7f", "a\u00a0b", "\udcff", "a..b", "x" * 64, "a." * 128],
)
def test_what_no_resolver_takes_is_none(text: str) -> None:
    assert not is_host(text)
