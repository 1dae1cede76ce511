"""What list commands do besides answering: hits, misses, changes, events, in their order.

As in test_effects.py, each request runs on a fresh keyspace of Valkey and of a node in this
process.
"""

from typing import Final

import pytest

from tests.against.test_effects import Reference, effects_here, valkey

__all__ = ["valkey"]

SETUP: Final = (
    "SET s hello",
    "RPUSH m 1 2 1 3 1",
    "RPUSH o only",
    "RPUSH e a",
    "PEXPIRE e 100000000",
)
# s is "hello", l is a b, m is 1 2 1 3 1, o is of one, e has a deadline, x is nothing.
REQUESTS: Final = """
LPUSH l c | LPUSH l c d e | LPUSH x c d | LPUSH s c | RPUSH l c | RPUSH x c d | RPUSH s c
RPUSH e b | LPUSHX l c d | LPUSHX x c | LPUSHX s c | RPUSHX l c | RPUSHX x c | RPUSHX s c
LPOP l | LPOP o | LPOP x | LPOP s | RPOP l | RPOP o | RPOP e | LPOP m 2 | LPOP m 5 | LPOP m 100
LPOP m 0 | LPOP x 0 | LPOP x 1 | LPOP s 1 | LPOP l -1 | LPOP l 1 2 | RPOP m 2 | RPOP o 3
LLEN l | LLEN x | LLEN s | LINDEX l 0 | LINDEX l 9 | LINDEX x 0 | LINDEX s 0 | LINDEX x abc
LINDEX l abc | LRANGE l 0 -1 | LRANGE x 0 -1 | LRANGE s 0 -1 | LRANGE s abc 0 | LRANGE l 5 1
LPOS l a | LPOS l z | LPOS x a | LPOS s a | LPOS l a RANK 0 | LPOS m 1 COUNT 0 | LPOS m 1 COUNT 2
LPOS m 1 RANK -1 COUNT 2 | LPOS m 1 RANK 2 | LPOS m 1 RANK 9 | LPOS m 3 MAXLEN 2 | LPOS l a FOO
LSET l 0 z | LSET l 9 z | LSET x 0 z | LSET s 0 z | LSET l abc z | LSET l -1 z
LINSERT l BEFORE a z | LINSERT l AFTER b z | LINSERT l BEFORE q z | LINSERT x BEFORE a z
LINSERT s BEFORE a z | LINSERT l FOO a z
LREM m 0 1 | LREM m 2 1 | LREM m -2 1 | LREM m 1 9 | LREM x 0 1 | LREM s 0 1 | LREM o 0 only
LREM s abc 1 | LREM m -9223372036854775808 1
LTRIM m 1 2 | LTRIM m 0 -1 | LTRIM m 5 1 | LTRIM x 0 1 | LTRIM s 0 1 | LTRIM s abc 1 | LTRIM o 1 2
LMOVE l m LEFT RIGHT | LMOVE l l LEFT RIGHT | LMOVE o o LEFT LEFT | LMOVE o x RIGHT LEFT
LMOVE e e LEFT RIGHT | LMOVE x l LEFT LEFT | LMOVE x s LEFT LEFT | LMOVE l s LEFT LEFT
LMOVE s l LEFT LEFT | LMOVE l x FOO LEFT | RPOPLPUSH l m | RPOPLPUSH o x | RPOPLPUSH e x
RPOPLPUSH l l | RPOPLPUSH x l | RPOPLPUSH l s | RPOPLPUSH s l
LMPOP 1 l LEFT | LMPOP 2 x l LEFT COUNT 9 | LMPOP 1 m RIGHT COUNT 2 | LMPOP 2 x y LEFT
LMPOP 2 x s LEFT | LMPOP 1 l FOO | LMPOP 0 l LEFT | LMPOP 1 l LEFT COUNT 0 | LMPOP 1 o LEFT
BLPOP l 0 | BLPOP x l o 0 | BLPOP o 0 | BLPOP x s 0 | BLPOP l abc | BLPOP l -1 | BRPOP l 0
BRPOP x o l 0 | BLMOVE l m LEFT RIGHT 0 | BLMOVE o x LEFT LEFT 0 | BLMOVE l s LEFT LEFT 0
BLMOVE l m LEFT FOO 0 | BRPOPLPUSH l m 0 | BRPOPLPUSH o x 0 | BRPOPLPUSH l m abc
BLMPOP 0 1 l LEFT | BLMPOP 0 2 x m RIGHT COUNT 2 | BLMPOP 0 1 o LEFT COUNT 5 | BLMPOP abc 1 l LEFT
BLMPOP 0 0 l LEFT | BLMPOP abc 0 l LEFT
OBJECT ENCODING l | TYPE l | COPY l x | RENAME l x | MOVE l 1 | DEL l | COPY o l REPLACE
RENAME l o | SWAPDB 0 1
"""


@pytest.mark.parametrize("request_line", [
    line.strip() for line in REQUESTS.replace("\n", "|").split("|") if line.strip()
])  # fmt: skip
def test_effects_are_those_of_valkey(valkey: Reference, request_line: str) -> None:
    theirs = valkey.run(request_line, SETUP)
    assert effects_here(request_line, 1, SETUP) == theirs
    assert effects_here(request_line, 3, SETUP) == theirs
