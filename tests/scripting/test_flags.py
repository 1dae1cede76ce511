"""The first line of a script."""

import pytest

from dflite.base.script_errors import (
    InvalidShebang,
    UnexpectedEngine,
    UnexpectedFlag,
    UnknownShebangOption,
)
from dflite.scripting.flags import ALLOW_OOM, NO_WRITES, UNFLAGGED, read_flags


def test_without_the_line_the_script_may_be_anything() -> None:
    assert read_flags(b"return 1") == (UNFLAGGED, 0)
    assert read_flags(b"--!df flags=allow-undeclared-keys\nreturn 1") == (UNFLAGGED, 0)


def test_flags_are_named_and_dragonflys_are_needless() -> None:
    assert read_flags(b"#!lua\nreturn 1") == (0, 5)
    assert read_flags(b"#!lua flags=\n") == (0, 12)
    flags, start = read_flags(b"#!lua flags=no-writes,allow-oom,allow-undeclared-keys\nreturn 1")
    assert flags == NO_WRITES | ALLOW_OOM
    assert start == 53


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"#!lua", InvalidShebang),
        (b"#!python\n", UnexpectedEngine),
        (b"#!lua flags=bad\n", UnexpectedFlag),
        (b"#!lua x=1\n", UnknownShebangOption),
    ],
)
def test_what_is_wrong_is_said(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_flags(body)
