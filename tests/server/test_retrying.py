"""Pauses between attempts to follow: short ones for calls, growing ones for full syncs."""

from dflite.server.retrying import STEADY_S, Retrying


class Watch:
    """Seconds, as a test says."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def read(self) -> float:
        return self.now_s


def test_a_primary_that_is_away_is_called_each_second() -> None:
    retrying = Retrying(Watch().read)
    assert [retrying.ended() for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def sync_in_vain(retrying: Retrying) -> float:
    retrying.loaded()
    retrying.up()
    return retrying.ended()


def test_full_syncs_that_come_to_nothing_become_rare() -> None:
    retrying = Retrying(Watch().read)
    assert [sync_in_vain(retrying) for _ in range(8)] == [0.1, 1, 2, 4, 8, 16, 30, 30]
    assert retrying.ended() == 0.1  # a call that is not answered costs little


def test_a_link_that_has_lasted_makes_everything_good() -> None:
    watch = Watch()
    retrying = Retrying(watch.read)
    for _ in range(4):
        sync_in_vain(retrying)
    retrying.up()
    watch.now_s += STEADY_S - 1
    assert not retrying.has_lasted()
    watch.now_s += 1
    assert retrying.has_lasted()
    assert retrying.ended() == 0.1
    assert [sync_in_vain(retrying) for _ in range(2)] == [0.1, 1]


def test_a_link_that_is_cut_is_soon_there_again() -> None:
    retrying = Retrying(Watch().read)
    retrying.loaded()
    for _ in range(5):
        retrying.up()
        assert retrying.ended() == 0.1
