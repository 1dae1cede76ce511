"""The list of intended differences: each is of the references that it names, and of no other."""

import pytest

from tests.against.differences import intended
from tests.against.references import Reference
from tests.support.resp import BULK, DOUBLE, ERROR, INTEGER, Reply

OLD = Reference("redis", (7, 0, 15))
NEW = Reference("redis", (7, 2, 0))
VALKEY = Reference("valkey", (9, 1, 2))
ALL = (OLD, NEW, VALKEY)
NOT_FROM_SCRIPTS = b"ERR This Redis command is not allowed from script"


@pytest.mark.parametrize(
    ("argv", "theirs", "ours", "of"),
    [
        (
            [b"OBJECT", b"ENCODING", b"l"],
            Reply(BULK, b"quicklist"),
            Reply(BULK, b"listpack"),
            [OLD],
        ),
        (
            [b"EVAL", b"return {double=0.1}", b"0"],
            Reply(DOUBLE, b"0.10000000000000001"),
            Reply(DOUBLE, b"0.1"),
            [OLD],
        ),
        (
            [b"EVAL", b"return {double=0.1}", b"0"],
            Reply(DOUBLE, b"0.1000001"),
            Reply(DOUBLE, b"0.1"),
            [],
        ),
        (
            [b"EVAL", b"return redis.call('blpop','none',0)", b"0"],
            Reply(ERROR, NOT_FROM_SCRIPTS),
            Reply(BULK, None),
            [OLD],
        ),
        (
            [b"EVAL", b"return {big_number='\\0'}", b"0"],
            Reply(BULK, b""),
            Reply(BULK, b"\0"),
            [VALKEY],
        ),
        ([b"OBJECT", b"REFCOUNT", b"k"], Reply(INTEGER, 1), Reply(INTEGER, 2), [VALKEY]),
        ([b"GET", b"k"], Reply(BULK, b"a"), Reply(BULK, b"b"), []),
    ],
)
def test_who_may_differ_so(
    argv: list[bytes], theirs: Reply, ours: Reply, of: list[Reference]
) -> None:
    assert [each for each in ALL if intended(each, argv, theirs, ours)] == of
