"""How hit ratios are measured."""

from benchmarks.eviction import CAPACITY, LIMIT, VALUE, Replay, row_of
from tests.support.servers import Server


def test_rows_name_trace_and_policy() -> None:
    assert row_of("a loop", "allkeys-lru") == "a loop (allkeys-lru)"


def test_the_limit_holds_about_as_many_keys_as_a_loop_expects() -> None:
    assert 1 <= LIMIT / (CAPACITY * VALUE) <= 1.5


def test_what_is_stored_is_found_the_next_time(dflite: Server) -> None:
    replay = Replay(dflite.port)
    assert replay.ask([1, 2]) == [False, False]
    replay.store([(2, 100)])
    assert replay.ask([1, 2, 2]) == [False, True, True]
    replay.close()
