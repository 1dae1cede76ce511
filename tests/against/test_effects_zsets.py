"""What sorted set commands do besides answering.

As in test_effects.py, each request runs on a fresh keyspace of Valkey and of a node in this
process.
"""

from typing import Final

import pytest

from tests.against.test_effects import Reference, effects_here, valkey

__all__ = ["valkey"]

SETUP: Final = (
    "SET s hello",
    "ZADD z 1 a 2 b 3 c 4 d",
    "ZADD y 10 b 20 c 30 x",
    "ZADD one 5 a",
    "ZADD e 1 a 2 b",
    "PEXPIRE e 100000000",
    "SADD t a b q",
)
# s is a string, one has a single member, e has a deadline, t is a set, l is a list, x nothing.
REQUESTS: Final = """
ZADD z 1 a | ZADD z 5 a | ZADD z 5 n | ZADD z 5 a 6 n | ZADD z CH 5 a 6 n 2 b | ZADD x 1 a
ZADD z NX 5 a 5 n | ZADD z XX 5 a 5 n | ZADD z GT 0 a 9 b | ZADD z LT 0 a 9 b | ZADD x XX 1 a
ZADD z INCR 1 a | ZADD z INCR 0 a | ZADD z NX INCR 1 a | ZADD z XX INCR 1 n | ZADD x INCR 1 a
ZADD z XX GT INCR -1 a | ZADD s 1 a | ZADD l 1 a | ZADD e 3 c | ZADD z nan a | ZADD z 1 a x b
ZADD z 1 a 1 | ZADD z NX XX 1 a | ZADD z 1 n 2 n 3 n | ZADD s x a | ZADD s NX XX 1 a
ZINCRBY z 1 a | ZINCRBY z 0 a | ZINCRBY z 0 n | ZINCRBY x 1 a | ZINCRBY s 1 a | ZINCRBY s x a
ZINCRBY e 1 a | ZINCRBY z inf a
ZREM z a | ZREM z a b n | ZREM z n | ZREM z a b c d | ZREM one a | ZREM x a | ZREM s a | ZREM e a b
ZCARD z | ZCARD x | ZCARD s | ZSCORE z a | ZSCORE z n | ZSCORE x a | ZSCORE s a | ZMSCORE z a n
ZMSCORE x a n | ZMSCORE s a | ZRANK z b | ZRANK z n | ZRANK x a | ZRANK s a | ZRANK z b WITHSCORE
ZRANK s b FOO | ZREVRANK z b | ZREVRANK x b WITHSCORE | ZRANK z b WITHSCORE x
ZCOUNT z 1 2 | ZCOUNT x 1 2 | ZCOUNT s 1 2 | ZCOUNT s x 2 | ZLEXCOUNT z - + | ZLEXCOUNT x - +
ZLEXCOUNT s - + | ZLEXCOUNT s x + | ZCOUNT z 5 1
ZRANGE z 0 -1 | ZRANGE z 0 -1 WITHSCORES | ZRANGE x 0 -1 | ZRANGE s 0 -1 | ZRANGE s x -1
ZRANGE z 9 10 | ZRANGE z 1 2 BYSCORE | ZRANGE z 2 1 BYSCORE REV LIMIT 0 1 | ZRANGE z - + BYLEX
ZREVRANGE z 0 1 | ZRANGEBYSCORE z (1 3 | ZREVRANGEBYSCORE z 3 (1 | ZRANGEBYLEX z - [b
ZREVRANGEBYLEX z [b - | ZRANGE s 0 -1 FOO | ZRANGE z 0 -1 FOO
ZRANGESTORE x z 0 1 | ZRANGESTORE z z 0 1 | ZRANGESTORE e z 0 1 | ZRANGESTORE s z 0 1
ZRANGESTORE x z 9 10 | ZRANGESTORE y z 9 10 | ZRANGESTORE y x 0 -1 | ZRANGESTORE x x 0 -1
ZRANGESTORE y s 0 -1 | ZRANGESTORE s x 0 -1 | ZRANGESTORE x z 1 2 BYSCORE | ZRANGESTORE z z 9 9
ZREMRANGEBYRANK z 0 1 | ZREMRANGEBYRANK z 0 -1 | ZREMRANGEBYRANK z 9 10 | ZREMRANGEBYRANK x 0 -1
ZREMRANGEBYRANK s 0 -1 | ZREMRANGEBYRANK s x -1 | ZREMRANGEBYSCORE z 1 2 | ZREMRANGEBYSCORE x 1 2
ZREMRANGEBYSCORE z 0 9 | ZREMRANGEBYSCORE z 7 9 | ZREMRANGEBYLEX z - + | ZREMRANGEBYLEX z [b [c
ZREMRANGEBYLEX s - + | ZREMRANGEBYRANK e 0 0
ZPOPMIN z | ZPOPMAX z | ZPOPMIN z 2 | ZPOPMAX z 9 | ZPOPMIN z 0 | ZPOPMIN x | ZPOPMIN x 2
ZPOPMIN s | ZPOPMIN s 0 | ZPOPMIN one | ZPOPMAX one 1 | ZPOPMIN e | ZPOPMIN z -1 | ZPOPMIN s -1
ZMPOP 1 z MIN | ZMPOP 2 x z MAX COUNT 2 | ZMPOP 2 x one MIN | ZMPOP 1 x MIN | ZMPOP 2 s z MIN
ZMPOP 2 z s MIN | ZMPOP 1 z MIN COUNT 9 | ZMPOP 0 z MIN | ZMPOP 1 s FOO
BZPOPMIN z 1 | BZPOPMAX x one 1 | BZPOPMIN s z 1 | BZPOPMIN z s 1 | BZMPOP 1 1 z MIN COUNT 2
BZMPOP 1 2 x one MAX | BZPOPMIN z -1 | BZMPOP 1 1 s MIN
ZUNION 2 z y | ZUNION 2 z y WITHSCORES | ZUNION 2 z x | ZUNION 2 x x | ZUNION 2 z s | ZUNION 2 z t
ZUNION 2 z l | ZUNION 1 s FOO | ZUNION 2 z y WEIGHTS 1 | ZINTER 2 z y | ZINTER 2 z t WITHSCORES
ZINTER 2 z x | ZINTER 2 x s | ZDIFF 2 z y | ZDIFF 2 z t | ZDIFF 1 x | ZDIFF 2 z s | ZINTERCARD 2 z y
ZINTERCARD 2 z x | ZINTERCARD 2 z s | ZINTERCARD 2 z y LIMIT 1 | ZINTERCARD 2 x t
ZUNIONSTORE x 2 z y | ZUNIONSTORE z 2 z y | ZUNIONSTORE e 2 z y | ZUNIONSTORE s 2 z y
ZUNIONSTORE y 2 x x | ZUNIONSTORE x 1 x | ZUNIONSTORE y 2 z s | ZUNIONSTORE x 2 z t
ZUNIONSTORE x 1 z AGGREGATE FOO | ZINTERSTORE x 2 z y | ZINTERSTORE y 2 z x | ZINTERSTORE t 2 z t
ZINTERSTORE s 2 z x | ZDIFFSTORE x 2 z y | ZDIFFSTORE z 2 z z | ZDIFFSTORE e 2 z z
ZDIFFSTORE x 2 x z | ZUNIONSTORE x 0 z
ZRANDMEMBER one | ZRANDMEMBER one 1 | ZRANDMEMBER one -3 | ZRANDMEMBER x | ZRANDMEMBER x 2
ZRANDMEMBER s | ZRANDMEMBER s 1 | ZRANDMEMBER z 0 | ZRANDMEMBER one 9 WITHSCORES
ZRANDMEMBER z abc | ZRANDMEMBER s abc | ZRANDMEMBER z 1 FOO | ZRANDMEMBER x -2
ZSCAN z 0 | ZSCAN x 0 | ZSCAN s 0 | ZSCAN z abc | ZSCAN x abc | ZSCAN s abc | ZSCAN x 0 FOO
ZSCAN z 0 FOO | ZSCAN s 0 FOO | ZSCAN z 0 MATCH [ab] | ZSCAN z 0 COUNT 0 | ZSCAN z 0 NOSCORES
ZSCAN z 0 NOVALUES | ZSCAN z
RENAME z x | RENAME z y | COPY z x | COPY z y REPLACE | COPY e x | DEL z | MOVE z 1 | SET z v
GETSET z v | GET z | TYPE z | OBJECT ENCODING z | OBJECT REFCOUNT z | TOUCH z
"""


@pytest.mark.parametrize("request_line", [
    line.strip() for line in REQUESTS.replace("\n", "|").split("|") if line.strip()
])  # fmt: skip
def test_effects_are_those_of_valkey(valkey: Reference, request_line: str) -> None:
    theirs = valkey.run(request_line, SETUP)
    assert effects_here(request_line, 1, SETUP) == theirs
    assert effects_here(request_line, 3, SETUP) == theirs
