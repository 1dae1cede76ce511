"""Who a server says it is, and what is only so with some."""

import pytest

from tests.against.references import Reference, redis, redis_before, reference_of, valkey
from tests.support.servers import Server

OLD = Reference("redis", (7, 0, 15))


def test_servers_say_who_they_are(shared_valkey: Server, shared_dflite: Server) -> None:
    assert reference_of(shared_valkey).make == "valkey"
    assert reference_of(shared_valkey).version >= (8,)
    assert reference_of(shared_dflite).make == "dflite"


def test_redis_is_who_names_nobody_else(shared_redis: Server) -> None:
    reference = reference_of(shared_redis)
    assert reference.make == "redis"
    assert str(reference) == "redis " + ".".join(map(str, reference.version))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (OLD, True),
        (Reference("redis", (7, 2)), False),
        (Reference("redis", (7, 2, 4)), False),
        (Reference("valkey", (7, 0, 15)), False),
    ],
)
def test_an_older_redis_is_one_of_redis_own(reference: Reference, expected: bool) -> None:
    assert redis_before(7, 2)(reference) is expected
    assert redis(reference) is not valkey(reference)
