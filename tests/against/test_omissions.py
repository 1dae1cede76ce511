"""What is not asked of some references, and what is asked instead."""

import pytest

from tests.against.families import ALL
from tests.against.omissions import bearable, omitted
from tests.against.programs import LISTEN, Step, block, call
from tests.against.references import Reference

OLD = Reference("redis", (7, 0, 15))
NEW = Reference("redis", (7, 2, 0))
VALKEY = Reference("valkey", (9, 1, 2))
CRASH = (b"eval", b"error({})", b"0")


@pytest.mark.parametrize(
    ("argv", "of"),
    [
        (CRASH, [OLD]),
        ((b"SCRIPT", b"LOAD", b"error()"), [OLD]),
        ((b"SCRIPT", b"show", b"x"), [OLD, NEW]),
        ((b"SCRIPT", b"EXISTS", b"x"), []),
        ((b"SET", b"k", b"error({})"), []),
    ],
)
def test_what_is_left_out(argv: tuple[bytes, ...], of: list[Reference]) -> None:
    assert [each for each in (OLD, NEW, VALKEY) if omitted(each, argv)] == of


def test_a_program_keeps_its_steps() -> None:
    assert bearable(OLD, call(1, CRASH)) == call(1, (b"PING",))
    assert bearable(NEW, call(1, CRASH)) == call(1, CRASH)
    assert bearable(OLD, block([(b"PING",), CRASH], 1)) == call(0, (b"PING",))
    heard = Step(2, LISTEN, ((b"SET", b"a", b"1"), CRASH), 0)
    assert bearable(OLD, heard).requests == ((b"SET", b"a", b"1"), (b"PING",))


def test_families_say_what_they_can_be_compared_with() -> None:
    assert ALL["scripts"].suits(OLD)
    assert not ALL["hashes"].suits(OLD)
    assert all(family.suits(other) for family in ALL.values() for other in (NEW, VALKEY))
