"""Selectors: what a set of rules allows."""

from dflite.engine.acl_patterns import READS, READS_AND_WRITES, WRITES
from dflite.engine.acl_rules import read_selector


def test_a_key_needs_one_pattern_that_allows_all_of_its_use() -> None:
    selector = read_selector(b"%R~a* %W~*b ~c", False)
    assert selector.allows_key(b"ab", READS)
    assert selector.allows_key(b"ab", WRITES)
    assert not selector.allows_key(b"ab", READS_AND_WRITES)
    assert selector.allows_key(b"c", READS_AND_WRITES)
    assert selector.allows_key(b"a", 0)
    assert not selector.allows_key(b"d", 0)


def test_every_key_is_what_a_star_allows() -> None:
    assert read_selector(b"%R~*", False).allows_every_key(READS)
    assert not read_selector(b"%R~*", False).allows_every_key(WRITES)
    assert not read_selector(b"~a*", False).allows_every_key(READS)


def test_a_pattern_of_channels_must_be_allowed_as_it_is() -> None:
    selector = read_selector(b"&a* &b", False)
    assert selector.allows_channel(b"ax", False)
    assert selector.allows_channel(b"a*", True)
    assert not selector.allows_channel(b"ax*", True)
    assert not selector.allows_channel(b"c", False)


def test_a_copy_shares_nothing() -> None:
    selector = read_selector(b"~a &b +select|0 db=1", False)
    other = selector.copy()
    assert other.describe() == selector.describe()
    other.keys[0].allows = READS
    other.channels.clear()
    other.databases.append(2)
    other.first_words.clear()
    assert selector.describe() == b"~a resetchannels &b db=1 -@all +select|0"
