"""Keyspace notifications: all families' changes, heard by somebody."""

from typing import Final

from tests.against.families.listeners import change_data, multi, step_of
from tests.against.families.pubsub import punsubscribe
from tests.against.programs import Family, Words
from tests.against.sources import Source

CLASSES: Final = (
    b"KEA",
    b"KEAmn",
    b"KEA",
    b"Kg$",
    b"Exe",
    b"Elshzt",
    b"KEmn",
    b"",
    b"AKEd",
    b"A",
)
PATTERNS: Final = (b"*", b"__key*__:*", b"__keyspace@0__:*", b"__keyevent@*", b"__keyspace@1__:a")


def listen(source: Source) -> Words:
    return [b"PSUBSCRIBE", source.pick(PATTERNS)]


def listen_closely(source: Source) -> Words:
    return [
        b"SUBSCRIBE",
        source.pick(
            (
                b"__keyspace@0__:a",
                b"__keyevent@0__:del",
                b"__keyevent@0__:new",
                b"__keyevent@0__:set",
            )
        ),
    ]


def choose_classes(source: Source) -> Words:
    return [b"CONFIG", b"SET", b"notify-keyspace-events", source.pick(CLASSES)]


def ask_for_classes(source: Source) -> Words:
    return [b"CONFIG", b"GET", b"notify-keyspace-events"]


def publish(source: Source) -> Words:
    return [b"PUBLISH", b"__keyspace@0__:a", b"said"]


def everything(source: Source) -> Words:
    return source.pick(([b"FLUSHALL"], [b"FLUSHDB"], [b"SWAPDB", b"0", b"1"]))[:]


FAMILY: Final = Family(
    "notifications",
    [],
    [
        (
            1,
            step_of(
                [
                    (5, listen),
                    (1, listen_closely),
                    (1, punsubscribe),
                    (7, choose_classes),
                    (1, ask_for_classes),
                    (1, publish),
                    (1, everything),
                    (50, change_data),
                    (8, multi),
                ]
            ),
        )
    ],
    connections=3,
    steps_percent=100,
    alone=True,
)
