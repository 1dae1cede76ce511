"""HyperLogLogs beside a plain list of registers, and strings that only look like one."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.base.murmur import murmur_hash
from dflite.native.keyspace.table import Table
from dflite.native.values.hyperloglog import (
    DENSE,
    NONE,
    SPARSE,
    Registers,
    add,
    create,
    form_of,
    known_estimate,
    renew_estimate,
    runs_of,
    to_dense,
    touch_estimate,
)

KEY = b"key"
HEAD = b"HYLL\x01" + b"\0" * 11
SEED = 0xADC83B19
REGISTERS = 16384
MOST = 3000


def place_of(element: bytes) -> tuple[int, int]:
    """The register that an element raises, and to what."""
    value = murmur_hash(element, SEED)
    rest = value >> 14 | 1 << 50
    return value & 16383, (rest & -rest).bit_length()


def table_with(value: bytes | None = None) -> Table:
    table = Table(Clock(1_000_000_000_000))
    if value is None:
        create(table, KEY)
    else:
        table.set_string(KEY, value)
    return table


def registers_of(table: Table) -> list[int]:
    registers = Registers()
    assert registers.merge(table, KEY)
    return registers.as_list()


def test_an_empty_one_is_as_redis_makes_it() -> None:
    table = table_with()
    assert table.read(KEY) == HEAD + b"\x7f\xff"
    assert form_of(table, KEY) == SPARSE
    assert known_estimate(table, KEY) == 0
    touch_estimate(table, KEY)
    assert known_estimate(table, KEY) is None
    assert runs_of(table, KEY) == [(0, 16384, 2)]


@given(
    st.lists(st.lists(st.integers(0, 3000).map(b"%d".__mod__), max_size=30), max_size=12),
    st.sampled_from([0, 40, 100, 3000]),
)
def test_registers_are_those_of_a_plain_list(batches: list[list[bytes]], most: int) -> None:
    table = table_with()
    model = [0] * REGISTERS
    for batch in batches:
        raised = 0
        for element in batch:
            index, value = place_of(element)
            if model[index] < value:
                model[index] = value
                raised += 1
        assert add(table, KEY, batch, most) == (raised, True)
        assert registers_of(table) == model
        if form_of(table, KEY) == SPARSE:
            assert table.string_length(KEY) <= max(most, 18)
            runs = runs_of(table, KEY)
            assert sum(length for _, length, _ in runs) == REGISTERS
            assert sum(size for _, _, size in runs) == table.string_length(KEY) - 16
        else:
            assert table.string_length(KEY) == 12304
        table.check()


def test_estimates_are_near() -> None:
    table = table_with()
    count = 0
    for most in (10, 100, 1000, 10_000, 100_000):
        add(table, KEY, [b"%d" % number for number in range(count, most)], MOST)
        count = most
        assert known_estimate(table, KEY) is None
        estimate = renew_estimate(table, KEY)
        assert estimate is not None
        assert abs(estimate - count) <= 0.04 * count + 1
        assert known_estimate(table, KEY) == estimate
    assert form_of(table, KEY) == DENSE


def test_a_deadline_stays() -> None:
    table = table_with()
    table.set_deadline(KEY, 2_000_000_000_000)
    add(table, KEY, [b"%d" % number for number in range(5000)], MOST)
    assert table.deadline(KEY) == 2_000_000_000_000
    assert form_of(table, KEY) == DENSE
    table.check()


def test_unions() -> None:
    first, second = table_with(), table_with()
    add(first, KEY, [b"%d" % number for number in range(300)], MOST)
    add(second, KEY, [b"%d" % number for number in range(200, 900)], MOST)
    union = Registers()
    assert union.merge(first, KEY)
    assert union.merge(second, KEY)
    assert union.as_list() == list(map(max, registers_of(first), registers_of(second)))
    for dense in (False, True):
        target = table_with()
        assert union.store(target, KEY, dense, MOST)
        assert registers_of(target) == union.as_list()
        assert form_of(target, KEY) == (DENSE if dense else SPARSE)
        assert renew_estimate(target, KEY) == union.estimate()


def test_the_dense_form_has_the_same_registers() -> None:
    table = table_with()
    add(table, KEY, [b"%d" % number for number in range(500)], MOST)
    before = registers_of(table)
    assert to_dense(table, KEY)
    assert registers_of(table) == before
    assert to_dense(table, KEY)


@pytest.mark.parametrize(
    "value",
    [
        b"", b"HYLL", b"12345678901234567", HEAD[:15], b"HYLX" + HEAD[4:], b"HYLL\x02" + HEAD[5:],
        b"HYLL\0" + HEAD[5:], b"HYLL\0" + HEAD[5:] + b"\0" * 12287, b"hyll" + HEAD[4:],
    ],
)  # fmt: skip
def test_what_has_no_good_head_has_no_form(value: bytes) -> None:
    assert form_of(table_with(value), KEY) == NONE
    assert form_of(table_with(value), b"none") == NONE


@given(st.binary(max_size=300), st.lists(st.integers(0, 300).map(b"%d".__mod__), max_size=20))
def test_any_runs_may_stand_there(runs: bytes, elements: list[bytes]) -> None:
    table = table_with(HEAD + runs)
    found = runs_of(table, KEY)
    sound = sum(length for _, length, _ in found) == REGISTERS
    union = Registers()
    assert union.merge(table, KEY) == sound
    assert (renew_estimate(table, KEY) is not None) == sound
    add(table, KEY, elements, 200)
    if form_of(table, KEY) == SPARSE:
        assert to_dense(table, KEY) in (True, False)
    union.store(table, KEY, False, 200)
    table.check()


def test_random_damage_does_no_harm() -> None:
    chance = random.Random(7)
    for _ in range(1500):
        table = table_with()
        add(
            table,
            KEY,
            [b"%d" % chance.randrange(10**6) for _ in range(chance.randrange(200))],
            3000,
        )
        value = table.read(KEY)
        assert isinstance(value, bytes)
        damaged = bytearray(value)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(16, len(damaged))] = chance.randrange(256)
        del damaged[chance.randrange(17, len(damaged) + 1) :]
        table.set_raw(KEY, bytes(damaged))
        add(
            table,
            KEY,
            [b"%d" % chance.randrange(10**6) for _ in range(60)],
            chance.choice([0, 3000]),
        )
        runs_of(table, KEY) if form_of(table, KEY) == SPARSE else None
        renew_estimate(table, KEY)
        Registers().store(table, KEY, chance.random() < 0.5, 3000)
        table.check()


def test_values_that_no_hash_gives() -> None:
    table = table_with(b"HYLL\0" + HEAD[5:] + b"\xff" * 12288)
    assert registers_of(table) == [63] * REGISTERS
    assert renew_estimate(table, KEY) == -(2**63)
