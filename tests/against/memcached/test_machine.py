"""A short run of the machine, and what it overlooks."""

from tests.against.memcached.differences import reason_for
from tests.against.memcached.play import Pair, alike
from tests.against.memcached.programs import draw_program
from tests.support.memcached import start_dflite_memcached, start_memcached


def test_dflite_answers_as_memcached() -> None:
    with start_dflite_memcached() as ours, start_memcached() as theirs:
        pair = Pair(ours, theirs)
        for seed in range(25):
            difference = pair.play(draw_program(seed, 40))
            assert difference is None, f"seed {seed}\n{difference}"


def test_numbers_and_seconds_are_overlooked() -> None:
    assert alike(b"VALUE k 0 1 17\r\nx\r\nEND\r\n", b"VALUE k 0 1 99\r\nx\r\nEND\r\n")
    assert alike(b"HD c5 t100\r\n", b"HD c7 t99\r\n")
    assert not alike(b"HD c5 t100\r\n", b"HD c7 t-1\r\n")
    assert not alike(b"VALUE k 0 1\r\nx\r\n", b"VALUE k 0 1\r\ny\r\n")


def test_reasons_are_given_where_they_hold() -> None:
    counted = [b"decr k 1\r\n"]
    ours, theirs = b"VALUE k 0 1\r\n9\r\nEND\r\n", b"VALUE k 0 2\r\n9 \r\nEND\r\n"
    assert reason_for(b"get k\r\n", ours, theirs, counted) is not None
    assert reason_for(b"get k\r\n", ours, theirs, []) is None
    assert reason_for(b"get k\r\n", b"END\r\n", theirs, counted) is None
