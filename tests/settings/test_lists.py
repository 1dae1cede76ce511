"""Kinds of several words or letters."""

import pytest

from dflite.settings.kinds import Kind
from dflite.settings.lists import (
    KeyspaceEvents,
    OutputLimits,
    Percentiles,
    Primary,
    SaveSchedule,
    ScoreAdjustments,
    ShutdownFlags,
    Words,
)
from dflite.settings.values import Refused

LIMITS = [(0, 0, 0), (4, 5, 6), (7, 8, 9)]
BIND = Words("addresses", 3, "Too many")


@pytest.mark.parametrize(
    ("kind", "text", "value", "shown"),
    [
        (BIND, "127.0.0.1 -::1", ["127.0.0.1", "-::1"], "127.0.0.1 -::1"),
        (BIND, "", [], ""),
        (SaveSchedule(), "900 1 300 10", [(900, 1), (300, 10)], "900 1 300 10"),
        (SaveSchedule(), "", [], ""),
        (Percentiles(), "50 99.99 100", [50.0, 99.99, 100.0], "50 99.99 100"),
        (Percentiles(), "", [], ""),
        (ScoreAdjustments(), "-5 0 2000", [-5, 0, 2000], "-5 0 2000"),
        (ShutdownFlags(), "NOSAVE now", ["nosave", "now"], "nosave now"),
        (ShutdownFlags(), "default", [], "default"),
        (Primary(), "host 6379", "host 6379", "host 6379"),
        (Primary(), "no one", "", ""),
        (Primary(), "", "", ""),
        (KeyspaceEvents(), "KEA", "AKE", "AKE"),
        (KeyspaceEvents(), "Kxe$lshztdmn", "$lshzxetdnKm", "$lshzxetdnKm"),
        (KeyspaceEvents(), "KEg$lshzxetd", "AKE", "AKE"),
        (KeyspaceEvents(), "", "", ""),
        (
            OutputLimits(),
            "replica 1mb 2kb 3",
            [(0, 0, 0), (1 << 20, 2048, 3), (7, 8, 9)],
            "normal 0 0 0 slave 1048576 2048 3 pubsub 7 8 9",
        ),
        (OutputLimits(), "", LIMITS, "normal 0 0 0 slave 4 5 6 pubsub 7 8 9"),
    ],
)
def test_a_kind_reads_and_shows(kind: Kind, text: str, value: object, shown: str) -> None:
    read = kind.parse(kind.split(text), LIMITS)
    assert read == value
    assert kind.text(read) == shown
    assert kind.allowed()


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (BIND, "a b c d", "Too many"),
        (SaveSchedule(), "900", "Invalid save parameters"),
        (SaveSchedule(), "0 1", "Invalid save parameters"),
        (SaveSchedule(), "1 2 ", "Invalid save parameters"),
        (SaveSchedule(), "  1 2", "Invalid save parameters"),
        (Percentiles(), "50 a", "Invalid latency-tracking-info-percentiles parameters"),
        (Percentiles(), "50 ", "Invalid latency-tracking-info-percentiles parameters"),
        (
            Percentiles(),
            "101",
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
        ),
        (ScoreAdjustments(), "1 2", "wrong number of arguments"),
        (
            ScoreAdjustments(),
            "1 2 a",
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
        ),
        (
            ShutdownFlags(),
            "nosave save",
            "shutdown options SAVE and NOSAVE can't be used simultaneously",
        ),
        (KeyspaceEvents(), "xyz", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
        (Primary(), "host", "wrong number of arguments"),
        (Primary(), "host port", "Invalid master port"),
        (Primary(), "a\nb 1", "Invalid master host"),
        (
            OutputLimits(),
            "normal 1 2",
            "Wrong number of arguments in buffer limit configuration.",
        ),
        (
            OutputLimits(),
            "master 1 2 3",
            "Invalid client class specified in buffer limit configuration.",
        ),
        (
            OutputLimits(),
            "normal 1 2 -3",
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
        ),
    ],
)
def test_a_kind_refuses_in_the_words_of_redis(kind: Kind, text: str, why: str) -> None:
    with pytest.raises(Refused) as refusal:
        kind.parse(kind.split(text), LIMITS)
    assert str(refusal.value) == why


def test_further_lines_of_save_add_up_until_one_is_empty() -> None:
    save = SaveSchedule()
    assert save.parse_more(["1", "2"], [(3, 4)]) == [(3, 4), (1, 2)]
    assert save.parse_more([""], [(3, 4)]) == []


def test_a_flag_splits_addresses_at_commas_too() -> None:
    assert BIND.split_loosely("127.0.0.1, ::1  ,a") == ["127.0.0.1", "::1", "a"]


@pytest.mark.parametrize("text", ["host:6379", "[::1]:6379", "::1 6379"])
def test_a_flag_gives_the_primary_with_a_colon(text: str) -> None:
    primary = Primary()
    host = "host" if text.startswith("host") else "::1"
    assert primary.parse_loosely(primary.split_loosely(text), "") == f"{host} 6379"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SaveSchedule(), [(900, 1), (300, 10)]),
        (SaveSchedule(), []),
        (OutputLimits(), [(0, 0, 0), (1024, 5, 6), (7, 1 << 30, 9)]),
        (BIND, ["a", "b"]),
        (Percentiles(), [50.0, 99.9]),
        (ShutdownFlags(), ["nosave", "now"]),
        (KeyspaceEvents(), "AKE"),
        (ScoreAdjustments(), [1, 2, 3]),
        (Primary(), "host 1"),
    ],
)
def test_lines_of_a_file_read_back_as_the_value(kind: Kind, value: object) -> None:
    read: object = LIMITS
    for number, line in enumerate(kind.file_lines(value)):
        words = [word.strip('"') for word in line.split()]
        read = kind.parse(words, read) if number == 0 else kind.parse_more(words, read)
    assert read == value
