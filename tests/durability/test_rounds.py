"""A few rounds of kills; `python -m tests.durability` does many. And the checker itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.durability.rounds import MOMENTS, run_rounds
from tests.durability.writers import KINDS, Broken, Promise, Writer, check
from tests.support.servers import Server


def test_nothing_that_was_answered_is_lost_and_nothing_is_half_there(tmp_path: Path) -> None:
    tally = run_rounds(tmp_path, len(MOMENTS), seed=7, tell=lambda _: None)
    assert tally.answered > 0
    assert set(tally.rounds) == set(MOMENTS)


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (["SET", "string:0", "1"], "string:0 is 1"),
        (["SET", "pair:0:a", "1"], "pair:0 was half written"),
        (["RPOP", "list:0"], "list:0 is"),
        (["LREM", "list:0", "0", "2"], "list:0 has a gap"),
        (["RPUSH", "list:0", "2"], "list:0 has a gap"),
        (["HDEL", "hash:0", "b"], "hash:0 was half written"),
        (["DECR", "count:0"], "count:0 is"),
        (["ZADD", "zset:0", "1", "member"], "zset:0 is 1"),
        (["XADD", "stream:0", "*", "n", "1"], "stream:0 has a gap"),
        (["SETRANGE", "long:0", "0", "9"], "long:0 is half of one value"),
        (["SET", "gone:0", "2"], "gone:0 is 2"),
    ],
)
def test_the_checker_sees_damage(
    run_dflite: Callable[..., Server], damage: list[str], text: str
) -> None:
    promises = {kind: Promise() for kind in KINDS}
    server = run_dflite()
    writer = Writer(0, server.port, promises, 1)
    with server.connect() as client:
        while min(promise.kept for promise in promises.values()) < 4:
            writer.write_some(client)
        check(client, 0, promises, exact=True)
        client.call(*damage)
        with pytest.raises(Broken, match=text):
            check(client, 0, promises, exact=True)
