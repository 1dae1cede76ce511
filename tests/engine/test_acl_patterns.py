"""Patterns of keys and channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.engine.acl_patterns import EXACT, GLOB, PREFIX, READS, WRITES, Pattern
from dflite.native.base.bytesops import glob_match


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"key", EXACT),
        (b"", EXACT),
        (b"*", GLOB),
        (b"app:*", PREFIX),
        (b"a?*", GLOB),
        (b"a\\*", GLOB),
        (b"[ab]", GLOB),
        (b"*:x", GLOB),
    ],
)
def test_names_and_prefixes_need_no_globbing(text: bytes, kind: int) -> None:
    assert Pattern(text).kind == kind


words = st.lists(st.sampled_from([b"a", b"b", b"*", b"?", b"[ab]", b"\\"]), max_size=5)


@given(words, st.lists(st.sampled_from([b"a", b"b", b"*", b"\\"]), max_size=5))
def test_a_pattern_matches_what_its_glob_matches(parts: list[bytes], name: list[bytes]) -> None:
    text, key = b"".join(parts), b"".join(name)
    assert Pattern(text).matches(key) == glob_match(text, key)


def test_a_pattern_is_written_as_its_rule() -> None:
    assert Pattern(b"a").rule() == b"~a"
    assert Pattern(b"a", READS).rule() == b"%R~a"
    assert Pattern(b"a", WRITES).copy().rule() == b"%W~a"
