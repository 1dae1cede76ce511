"""Cron's words: which minutes an expression names."""

import time
from datetime import datetime, timedelta

import pytest

from dflite.base.cron import BadCron, Cron


def at(text: str) -> time.struct_time:
    return datetime.fromisoformat(text).timetuple()


@pytest.mark.parametrize(
    ("expression", "moment", "fits"),
    [
        ("* * * * *", "2026-11-23T12:34", True),
        ("*/30 * * * *", "2026-11-23T12:30", True),
        ("*/30 * * * *", "2026-11-23T12:31", False),
        ("5-10,50 3 * * *", "2026-11-23T03:07", True),
        ("5-10,50 3 * * *", "2026-11-23T03:50", True),
        ("5-10,50 3 * * *", "2026-11-23T03:11", False),
        ("10/20 * * * *", "2026-11-23T03:50", True),
        ("0 0 1 jan *", "2027-01-01T00:00", True),
        ("0 0 * * mon", "2026-11-23T00:00", True),
        ("0 0 * * 7", "2026-11-22T00:00", True),
        ("0 0 * * 0", "2026-11-22T00:00", True),
        ("0 0 * * sat", "2026-11-22T00:00", False),
        ("0 0 13 * fri", "2026-11-13T00:00", True),
        ("0 0 13 * mon", "2026-11-23T00:00", True),
        ("0 0 13 * mon", "2026-11-24T00:00", False),
        ("0 0 */2 * mon", "2026-11-23T00:00", True),
        ("@hourly", "2026-11-23T05:00", True),
        ("@daily", "2026-11-23T05:00", False),
    ],
)
def test_an_expression_names_minutes(expression: str, moment: str, fits: bool) -> None:
    assert Cron(expression).fits(at(moment)) is fits


def test_every_half_hour_comes_48_times_a_day() -> None:
    cron = Cron("*/30 * * * *")
    start = datetime(2026, 11, 23)
    minutes = [(start + timedelta(minutes=n)).timetuple() for n in range(24 * 60)]
    assert sum(cron.fits(minute) for minute in minutes) == 48


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("", "five fields"),
        ("* * * *", "five fields, not 4"),
        ("60 * * * *", "'60' is no minute: 0 to 59"),
        ("* 24 * * *", "no hour"),
        ("* * 0 * *", "no day of the month"),
        ("* * * foo *", "'foo' is no month"),
        ("* * * * 8", "no day of the week"),
        ("*/0 * * * *", "'0' is no step"),
        ("9-3 * * * *", "ends before it begins"),
        ("1,,2 * * * *", "no minute"),
    ],
)
def test_mistakes_are_told(expression: str, text: str) -> None:
    with pytest.raises(BadCron, match=text):
        Cron(expression)
