"""The options about expiry that several commands share."""

import pytest

from dflite.base.errors import BadSyntax, InvalidExpireTime, NotAnInteger
from dflite.commands.expiries import ExpiryOption, read_deadline
from dflite.engine.args import Args
from dflite.store.db import NEVER


def taken(*words: bytes) -> ExpiryOption:
    """An option that took all these words."""
    args = Args([b"NAME", *words])
    expiry = ExpiryOption()
    while args.more():
        expiry.take(args.word(), args)
    return expiry


def test_a_time_may_be_relative_or_absolute_in_seconds_or_milliseconds() -> None:
    assert read_deadline(b"2", b"EX", 1000, b"set") == 3000
    assert read_deadline(b"2", b"PX", 1000, b"set") == 1002
    assert read_deadline(b"2", b"EXAT", 1000, b"set") == 2000
    assert read_deadline(b"2", b"PXAT", 1000, b"set") == 2


def test_the_largest_time_fits() -> None:
    assert read_deadline(b"%d" % (2**63 - 1), b"PXAT", 1000, b"set") == 2**63 - 1
    assert read_deadline(b"%d" % (2**63 - 1001), b"PX", 1000, b"set") == 2**63 - 1
    with pytest.raises(InvalidExpireTime):
        read_deadline(b"%d" % (2**63 - 1000), b"PX", 1000, b"set")


def test_a_time_is_looked_at_when_all_options_are_read() -> None:
    expiry = taken(b"EX", b"nonsense")
    with pytest.raises(NotAnInteger):
        expiry.deadline(1000, b"set")


def test_without_a_time_there_is_no_deadline() -> None:
    assert ExpiryOption().deadline(1000, b"set") == NEVER
    assert taken(b"KEEPTTL").deadline(1000, b"set") == NEVER
    assert taken(b"PERSIST", b"PERSIST").deadline(1000, b"getex") == NEVER


def test_the_same_option_may_come_again_but_no_other() -> None:
    assert taken(b"EX", b"1", b"ex", b"2").deadline(0, b"set") == 2000
    with pytest.raises(BadSyntax):
        taken(b"EX", b"1", b"PX", b"2")
    with pytest.raises(BadSyntax):
        taken(b"KEEPTTL", b"EX", b"2")
