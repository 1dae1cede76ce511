"""What of a slow round trip is the server's."""

from benchmarks.latency import own_ns


def test_waiting_for_a_core_is_taken_off_a_round_trip() -> None:
    assert own_ns(round_trip=2_642, waited=2_640, server_cpu=1) == 2


def test_a_server_that_neither_runs_nor_waits_for_a_core_is_still_to_blame() -> None:
    assert own_ns(round_trip=1_000, waited=0, server_cpu=1) == 1_000


def test_a_busy_server_does_not_hide_behind_a_client_that_waits() -> None:
    assert own_ns(round_trip=1_000, waited=990, server_cpu=800) == 800


def test_the_servers_part_is_never_longer_than_the_round_trip() -> None:
    assert own_ns(round_trip=1_000, waited=0, server_cpu=1_200) == 1_000
