"""Handshakes that are not through: their number, their time, and what the log says of them."""

import ssl

import pytest

from dflite.server import handshakes as module
from dflite.server.handshakes import (
    PLAIN_ANSWER,
    PLAIN_HTTP_ANSWER,
    Handshake,
    Handshakes,
    reason_of,
)
from dflite.server.logs import LOG, Throttle


class Connection:
    """What is known of a connection here: it can be closed."""

    def __init__(self, handshake: Handshake) -> None:
        self.handshake = handshake
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True
        self.handshake.closed()


@pytest.fixture
def all_of_them() -> Handshakes:
    return Handshakes(Throttle())


def begin(all_of_them: Handshakes, host: str, entered: list[Handshake] | None = None) -> Connection:
    def enter(handshake: Handshake, conn: object) -> None:
        if entered is not None:
            entered.append(handshake)

    handshake = Handshake(all_of_them, (host, 1), ("10.0.0.9", 6379), False, enter)
    conn = Connection(handshake)
    all_of_them.begin(handshake, conn)  # type: ignore[arg-type]
    return conn


def test_who_is_through_is_handed_over(all_of_them: Handshakes) -> None:
    entered: list[Handshake] = []
    conn = begin(all_of_them, "10.0.0.1", entered)
    conn.handshake.secured(conn)  # type: ignore[arg-type]
    conn.handshake.closed()
    assert entered == [conn.handshake]
    assert (all_of_them.started, all_of_them.completed) == (1, 1)
    assert all_of_them.going == {}
    assert all_of_them.hosts == {}


def test_one_too_many_costs_the_place_of_the_greediest(
    all_of_them: Handshakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    good = begin(all_of_them, "10.0.0.1")
    greedy = [begin(all_of_them, "10.0.0.2") for _ in range(3)]
    late = begin(all_of_them, "10.0.0.3")
    assert [conn.aborted for conn in (good, *greedy, late)] == [False, True, False, False, False]
    assert all_of_them.failures == {"crowded": 1}


def test_what_takes_too_long_is_closed(
    all_of_them: Handshakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = begin(all_of_them, "10.0.0.1"), begin(all_of_them, "10.0.0.1")
    slow.handshake.started -= module.LONGEST_S + 1
    all_of_them.expire()
    assert (slow.aborted, quick.aborted) == (True, False)
    assert all_of_them.failures == {"slow": 1}


def test_plaintext_is_told_what_to_do_and_the_log_says_it_once(
    all_of_them: Handshakes, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOG, "propagate", True)
    first = begin(all_of_them, "10.0.0.1").handshake
    assert first.plaintext(b"*2\r\n$4\r\nAUTH\r\n$3", 0) == PLAIN_ANSWER
    assert first.plaintext(b"GET / HTTP/1.1\r\n", 0) == PLAIN_HTTP_ANSWER
    assert len(caplog.records) == 1
    text = caplog.records[0].getMessage()
    assert "10.0.0.1 sends plaintext to port 6379" in text
    assert "AUTH" not in text
    assert all_of_them.failures == {"plaintext": 2}


def test_reasons_are_words() -> None:
    error = ssl.SSLError(1, "x")
    error.reason = "TLSV1_ALERT_UNKNOWN_CA"
    assert reason_of(error) == "it does not trust our certificate"
    error.reason = "SOMETHING_NEW"
    assert reason_of(error) == "something new"
    assert reason_of(OSError("gone")) == "gone"


def test_counts_begin_anew_when_asked(all_of_them: Handshakes) -> None:
    conn = begin(all_of_them, "10.0.0.1")
    conn.handshake.insecure(OSError("no"))
    all_of_them.reset()
    assert (all_of_them.started, all_of_them.completed, all_of_them.failures) == (1, 0, {})


def test_who_leaves_in_the_middle_is_counted_once(all_of_them: Handshakes) -> None:
    begin(all_of_them, "10.0.0.1").abort()
    failed = begin(all_of_them, "10.0.0.1")
    failed.handshake.insecure(OSError("no"))
    failed.abort()
    assert all_of_them.failures == {"left": 1, "error": 1}
