"""The log of a link: each reason once, and how bad it is."""

import logging

import pytest

from dflite.engine.replication import PrimaryLink
from dflite.replication.handshake import NotYet, Refused
from dflite.server.link_log import LinkLog
from dflite.server.logs import VERBOSE
from dflite.server.wire import LinkLost


@pytest.fixture
def link() -> PrimaryLink:
    return PrimaryLink("db1", 6380, 0)


def levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [record.levelno for record in caplog.records]


@pytest.mark.parametrize(
    ("problem", "level"),
    [
        (Refused("it wants a password"), logging.WARNING),
        (LinkLost("its certificate cannot be trusted"), logging.WARNING),
        (NotYet("it answers PING with -LOADING"), logging.INFO),
        (KeyError("what"), logging.WARNING),
    ],
)
def test_what_somebody_has_to_look_at_is_a_warning(
    caplog: pytest.LogCaptureFixture, link: PrimaryLink, problem: BaseException, level: int
) -> None:
    with caplog.at_level(logging.DEBUG, "dflite"):
        LinkLog().problem(link, problem, False)
    assert levels(caplog) == [level]
    assert "no link to the primary: db1:6380: " in caplog.text
    assert ("internal error" in caplog.text) is isinstance(problem, KeyError)


def test_a_reason_is_told_once_until_the_link_has_lasted(
    caplog: pytest.LogCaptureFixture, link: PrimaryLink
) -> None:
    told = LinkLog()
    with caplog.at_level(logging.DEBUG, "dflite"):
        for has_lasted in (False, False, True):
            told.problem(link, LinkLost("it does not answer"), has_lasted)
        told.problem(link, LinkLost("another reason"), False)
    warning, debug = logging.WARNING, logging.DEBUG
    assert levels(caplog) == [warning, debug, warning, warning]


def test_warnings_of_the_greeting_are_told_again_when_they_are_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = LinkLog()
    with caplog.at_level(logging.DEBUG, "dflite"):
        told.greeted(["it does not take a REPLCONF"], ["it asks for no version"])
        told.greeted(["it does not take a REPLCONF"], [])
        told.greeted([], [])
    assert levels(caplog) == [logging.INFO, VERBOSE]
