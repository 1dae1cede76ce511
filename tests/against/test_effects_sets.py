"""What set commands and SORT do besides answering.

As in test_effects.py, each request runs on a fresh keyspace of Valkey and of a node in this
process.
"""

from typing import Final

import pytest

from tests.against.test_effects import Reference, effects_here, valkey

__all__ = ["valkey"]

SETUP: Final = (
    "SET s hello",
    "SADD i 1 2 3",
    "SADD p a b c 1",
    "SADD one a",
    "SADD e a b",
    "PEXPIRE e 100000000",
    "SET w_1 3",
    "SET w_2 2",
    "HSET h_3 f 1",
    "RPUSH n 3 1 2",
    "ZADD z 3 a 1 b",
)
# s is a string, i has integers, one has a single member, e has a deadline, l is a list, x nothing.
REQUESTS: Final = """
SADD i 4 | SADD i 1 | SADD i 4 5 4 | SADD x a b | SADD s a | SADD l a | SADD e c | SADD i
SREM i 1 | SREM i 1 2 9 | SREM i 1 2 3 | SREM one a | SREM one b | SREM x a | SREM s a | SREM e a b
SMOVE i p 2 | SMOVE i p 1 | SMOVE i p 9 | SMOVE one x a | SMOVE one p a | SMOVE x s a | SMOVE x p a
SMOVE i s 1 | SMOVE s i 1 | SMOVE i i 1 | SMOVE i i 9 | SMOVE one one a | SMOVE e p a
SISMEMBER i 1 | SISMEMBER i x | SISMEMBER x 1 | SISMEMBER s 1 | SMISMEMBER i 1 9 | SMISMEMBER x 1 2
SMISMEMBER s 1 | SCARD i | SCARD x | SCARD s | SMEMBERS i | SMEMBERS p | SMEMBERS x | SMEMBERS s
SPOP one | SPOP one 1 | SPOP one 5 | SPOP one 0 | SPOP x | SPOP x 3 | SPOP s | SPOP s 0 | SPOP i -1
SPOP i 3 | SPOP i 100 | SPOP i 0 | SPOP i abc | SPOP i 1 2 | SPOP x -1
SRANDMEMBER one | SRANDMEMBER one 1 | SRANDMEMBER one -3 | SRANDMEMBER x | SRANDMEMBER x 2
SRANDMEMBER x -2 | SRANDMEMBER s | SRANDMEMBER s 1 | SRANDMEMBER i 0 | SRANDMEMBER i 100
SRANDMEMBER i abc | SRANDMEMBER i 1 2 | SRANDMEMBER i -9223372036854775808 | SRANDMEMBER x abc
SRANDMEMBER i 9223372036854775808
SINTER i p | SINTER i | SINTER i x | SINTER x x | SINTER i s | SINTER x s | SINTER s x | SINTER
SUNION i p | SUNION i | SUNION i x | SUNION x x | SUNION i s | SUNION x s
SDIFF i p | SDIFF i | SDIFF i x | SDIFF x i | SDIFF i s | SDIFF x s | SDIFF i i
SINTERSTORE x i p | SINTERSTORE i i p | SINTERSTORE s i p | SINTERSTORE x x | SINTERSTORE i x
SINTERSTORE s one i | SINTERSTORE e i p | SINTERSTORE x i s | SINTERSTORE s x | SINTERSTORE x
SUNIONSTORE x i p | SUNIONSTORE i i p | SUNIONSTORE s i p | SUNIONSTORE x x | SUNIONSTORE i x
SUNIONSTORE e i p | SUNIONSTORE x i s | SUNIONSTORE i i i
SDIFFSTORE x i p | SDIFFSTORE i i p | SDIFFSTORE s i p | SDIFFSTORE x x i | SDIFFSTORE i x
SDIFFSTORE e i i | SDIFFSTORE x i s
SINTERCARD 1 i | SINTERCARD 2 i p | SINTERCARD 2 i x | SINTERCARD 2 x s | SINTERCARD 2 i p LIMIT 1
SINTERCARD 0 i | SINTERCARD 3 i p | SINTERCARD abc i | SINTERCARD 1 i LIMIT -1
SINTERCARD 1 i LIMIT 2 LIMIT 1 | SINTERCARD 1 i LIMIT | SINTERCARD 1 i FOO | SINTERCARD 1
SINTERCARD 1 i LIMIT abc | SINTERCARD -1 i
SSCAN i 0 | SSCAN x 0 | SSCAN s 0 | SSCAN i abc | SSCAN x abc | SSCAN x 0 FOO | SSCAN i 0 FOO
SSCAN s 0 FOO | SSCAN i 0 MATCH 1* | SSCAN i 0 COUNT 0 | SSCAN i 0 NOVALUES | SSCAN i 0 TYPE set
SSCAN i 0 COUNT abc | SSCAN i
SORT n | SORT n DESC | SORT x | SORT s | SORT p | SORT p ALPHA | SORT n BY w_* | SORT n BY h_*->f
SORT n BY w_* GET # GET w_* GET h_*->f GET h_*->g | SORT n LIMIT 1 1 | SORT n STORE d
SORT n STORE n | SORT n STORE s | SORT n STORE e | SORT x STORE d | SORT x STORE i | SORT x STORE x
SORT n GET w_* STORE d | SORT n BY nosort | SORT n BY nosort STORE d | SORT i BY nosort STORE d
SORT z ALPHA | SORT z BY nosort | SORT z BY nosort DESC LIMIT 0 1 | SORT z
SORT n LIMIT 5 1 STORE e | SORT n LIMIT 5 1 STORE i | SORT n LIMIT a 1 | SORT n LIMIT 1 
SORT n FOO | SORT s FOO
SORT_RO n | SORT_RO n STORE d | SORT_RO s | SORT_RO n BY w_* GET w_* DESC
OBJECT ENCODING i | OBJECT ENCODING p | OBJECT REFCOUNT i | OBJECT IDLETIME i | OBJECT FREQ i
"""


@pytest.mark.parametrize("request_line", [
    line.strip() for line in REQUESTS.replace("\n", "|").split("|") if line.strip()
])  # fmt: skip
def test_effects_are_those_of_valkey(valkey: Reference, request_line: str) -> None:
    theirs = valkey.run(request_line, SETUP)
    assert effects_here(request_line, 1, SETUP) == theirs
    assert effects_here(request_line, 3, SETUP) == theirs
