"""Rows of the command table: keys, categories, subcommands."""

from collections.abc import Callable, Iterator

import pytest

from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    ADMIN,
    BLOCKING,
    CATEGORIES,
    CATEGORY_BITS,
    COMMANDS,
    DELETE,
    FAST,
    INCOMPLETE,
    MOVABLE_KEYS,
    NOT_KEY,
    OW,
    PUBSUB,
    READONLY,
    RO,
    RW,
    UPDATE,
    VARIABLE_FLAGS,
    WRITE,
    Command,
    Family,
    Handler,
    KeySpec,
    categories_of,
    every_command,
    key_range,
    own_subcommands,
    top_level,
)
from dflite.engine.context import Context


def handler(ctx: Context, args: Args) -> None:
    ctx.reply.ok()


@pytest.fixture
def enter() -> Iterator[Callable[..., Command]]:
    """Enters a row that leaves the table with the test."""
    before = set(COMMANDS)

    def enter(usage: str, **more: object) -> Command:
        facts: dict[str, object] = {"arity": -2, "flags": 0, "since": "1.0.0"}
        facts |= {"complexity": "O(1)", "summary": "A row of a test."} | more
        decorate: Callable[[Handler], Handler] = Family("generic").command(usage, **facts)  # type: ignore[arg-type]
        decorate(handler)
        words = usage.encode().split()
        row = COMMANDS[words[0]]
        return row.subcommands[words[1]] if row.is_container else row

    yield enter
    for name in set(COMMANDS) - before:
        del COMMANDS[name]


def positions(spec: KeySpec, line: str) -> list[int] | None:
    return spec.positions(line.encode().split())


@pytest.mark.parametrize(
    ("spec", "line", "found"),
    [
        (KeySpec(RO), "GET a", [1]),
        (KeySpec(RO), "GET", None),
        (KeySpec(RO, last=1), "LCS a b", [1, 2]),
        (KeySpec(RO, last=1), "LCS a", None),
        (KeySpec(RO, last=-1), "MGET a b c", [1, 2, 3]),
        (KeySpec(RO, last=-2), "BLPOP a b 0", [1, 2]),
        (KeySpec(RO, last=-2), "BLPOP 0", None),
        (KeySpec(OW, last=-1, step=2), "MSET a 1 b 2", [1, 3]),
        (KeySpec(OW, last=-1, step=2), "MSET a 1 b", [1, 3]),
        (KeySpec(RO, begin=2), "OBJECT FREQ a", [2]),
        (KeySpec(RO, numkeys=0, first=1), "SINTERCARD 2 a b LIMIT 1", [2, 3]),
        (KeySpec(RO, numkeys=0, first=1), "SINTERCARD 0 a b", None),
        (KeySpec(RO, numkeys=0, first=1), "SINTERCARD 3 a b", None),
        (KeySpec(RO, numkeys=0, first=1), "SINTERCARD -1 a b", None),
        (KeySpec(RO, numkeys=0, first=1), "SINTERCARD x a b", None),
        (KeySpec(RO, numkeys=0, first=1), "SINTERCARD 99999999999999999999 a", None),
        (KeySpec(RO, begin=2, numkeys=0, first=1), "EVAL x 1 a b", [3]),
        (KeySpec(RO, begin=2, numkeys=0, first=1), "EVAL x", None),
        (KeySpec(RO, numkeys=0, first=1, step=2), "MSETEX 2 a 1 b 2", [2, 4]),
        (KeySpec(RO, keyword="STREAMS", last=-1, limit=2), "XREAD streams a b 0 0", [2, 3]),
        (KeySpec(RO, keyword="STREAMS", last=-1, limit=2), "XREAD streams a b 0", [2]),
        (KeySpec(RO, keyword="STREAMS", last=-1, limit=2), "XREAD COUNT 1 a 0", None),
        (KeySpec(RO, keyword="STREAMS", last=-1, limit=2), "XREAD COUNT STREAMS", None),
        (KeySpec(RO, begin=-2, keyword="KEYS", last=-1), "MIGRATE KEYS x KEYS a", [4]),
        (KeySpec(RO, begin=-2, keyword="KEYS", last=-1), "MIGRATE x KEYS a b", [3, 4]),
        (KeySpec(RO, begin=-2, keyword="KEYS", last=-1), "MIGRATE x a b", None),
        (KeySpec(RO, unknown=True), "SORT a", None),
        (KeySpec(RO | INCOMPLETE), "X a", None),
    ],
)
def test_key_specifications_find_keys(spec: KeySpec, line: str, found: list[int] | None) -> None:
    assert positions(spec, line) == found


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], (0, 0, 0)),
        ([KeySpec(RO)], (1, 1, 1)),
        ([KeySpec(RO, last=1)], (1, 2, 1)),
        ([KeySpec(RO, last=-1)], (1, -1, 1)),
        ([KeySpec(OW, last=-1, step=2)], (1, -1, 2)),
        ([KeySpec(RO, begin=2)], (2, 2, 1)),
        ([KeySpec(RW), KeySpec(OW, begin=2)], (1, 2, 1)),
        ([KeySpec(RW), KeySpec(OW, begin=2, last=-1)], (1, -1, 1)),
        ([KeySpec(OW, begin=2), KeySpec(RO, begin=3, last=-1)], (2, -1, 1)),
        ([KeySpec(RW), KeySpec(OW, begin=3)], (0, 0, 0)),
        ([KeySpec(OW), KeySpec(RO, begin=2, numkeys=0, first=1)], (1, 1, 1)),
        ([KeySpec(RO, numkeys=0, first=1)], (0, 0, 0)),
        ([KeySpec(RO, keyword="STREAMS")], (0, 0, 0)),
        ([KeySpec(RO), KeySpec(OW, unknown=True)], (1, 1, 1)),
    ],
)
def test_the_key_range_of_old_clients(keys: list[KeySpec], expected: tuple[int, int, int]) -> None:
    assert key_range(keys) == expected


@pytest.mark.parametrize(
    ("flags", "acl", "expected"),
    [
        (0, "", "slow"),
        (FAST, "", "fast"),
        (WRITE, "", "slow write"),
        (READONLY | FAST, "", "fast read"),
        (READONLY, "scripting", "scripting slow"),
        (ADMIN, "", "admin dangerous slow"),
        (PUBSUB | FAST, "", "fast pubsub"),
        (BLOCKING | WRITE, "list", "blocking list slow write"),
        (0, "fast keyspace", "fast keyspace"),
    ],
)
def test_categories_follow_from_flags(flags: int, acl: str, expected: str) -> None:
    bits = categories_of(flags, 0, acl)
    assert sorted(name for name in CATEGORIES if bits & CATEGORY_BITS[name]) == expected.split()


def test_a_family_gives_its_category_to_rows_but_not_to_a_container() -> None:
    family = Family("connection", "connection")
    connection = CATEGORY_BITS["connection"]
    try:
        container = family.container("XTEST", since="1.0.0", summary="Holds others.")
        family.command(
            "XTEST ONE key", arity=3, flags=0, since="1.0.0", complexity="", summary="One of them."
        )(handler)
        assert not container.acl & connection
        (one,) = own_subcommands(container)
        assert one.acl & connection
        assert one.name == "xtest|one"
        assert one.parent is container
        assert one in every_command()
        assert one not in top_level()
    finally:
        del COMMANDS[b"XTEST"], COMMANDS[b"xtest"]


def test_arity_counts_the_name(enter: Callable[..., Command]) -> None:
    exactly = enter("XTEST a b", arity=3)
    at_least = enter("XTEST2 a [b ...]", arity=-2)
    assert [exactly.fits(n) for n in (2, 3, 4)] == [False, True, False]
    assert [at_least.fits(n) for n in (1, 2, 9)] == [False, True, True]


def test_keys_that_indices_alone_do_not_tell_are_movable(enter: Callable[..., Command]) -> None:
    rows = {
        "plain": enter("XTEST1 key", keys=[KeySpec(RO)]),
        "counted": enter("XTEST2 numkeys key", keys=[KeySpec(RO, numkeys=0, first=1)]),
        "worded": enter("XTEST3 STORE key", keys=[KeySpec(RO, keyword="STORE")]),
        "unknown": enter("XTEST4 key", keys=[KeySpec(RO, unknown=True)]),
    }
    movable = [name for name, row in rows.items() if row.flags & MOVABLE_KEYS]
    assert movable == ["counted", "worded", "unknown"]


def keys_at(row: Command, line: str) -> list[tuple[int, int]]:
    return [(key.index, key.flags) for key in row.keys_at(line.encode().split())]


def test_one_specification_that_fails_spoils_the_others(enter: Callable[..., Command]) -> None:
    row = enter(
        "XTEST destination numkeys key [key ...]",
        keys=[KeySpec(OW | UPDATE), KeySpec(RO | ACCESS, begin=2, numkeys=0, first=1)],
    )
    assert keys_at(row, "XTEST d 2 a b") == [
        (1, OW | UPDATE), (3, RO | ACCESS), (4, RO | ACCESS),
    ]  # fmt: skip
    assert keys_at(row, "XTEST d 3 a b") == []


def test_what_is_no_key_is_left_out(enter: Callable[..., Command]) -> None:
    row = enter("XTEST channel", keys=[KeySpec(NOT_KEY)])
    assert keys_at(row, "XTEST a") == []
    assert not row.has_keys()


def store_option(argv: list[bytes]) -> list[int]:
    """As SORT: the key, and what stands behind the last STORE."""
    found = [1]
    for i in range(2, len(argv) - 1):
        if argv[i].upper() == b"STORE":
            found = [1, i + 1]
    return found


def test_a_command_may_find_its_keys_itself(enter: Callable[..., Command]) -> None:
    row = enter(
        "XTEST key [STORE destination]",
        keys=[KeySpec(RO | ACCESS), KeySpec(OW | UPDATE, unknown=True)],
        find_keys=store_option,
    )
    assert row.has_keys()
    assert row.key_positions([b"XTEST", b"a"]) == [1]
    assert keys_at(row, "XTEST a STORE b STORE c") == [(1, RO | ACCESS), (5, OW | UPDATE)]


def test_flags_of_found_keys_leave_out_what_is_about_the_specification(
    enter: Callable[..., Command],
) -> None:
    row = enter(
        "XTEST host key [KEYS key [key ...]]",
        keys=[KeySpec(RW | DELETE, begin=2), KeySpec(RW | DELETE | INCOMPLETE, keyword="KEYS")],
        find_keys=lambda argv: [2],
    )
    assert keys_at(row, "XTEST h a") == [(2, RW | DELETE)]


def use_by_option(argv: list[bytes]) -> int:
    return RW | ACCESS | UPDATE if b"GET" in argv else OW | UPDATE


def test_options_may_decide_what_is_done_to_a_key(enter: Callable[..., Command]) -> None:
    row = enter(
        "XTEST key value [GET]",
        keys=[KeySpec(RW | ACCESS | UPDATE | VARIABLE_FLAGS)],
        key_use=use_by_option,
    )
    assert keys_at(row, "XTEST k v") == [(1, OW | UPDATE)]
    assert keys_at(row, "XTEST k v GET") == [(1, RW | ACCESS | UPDATE)]


def test_a_name_is_entered_once(enter: Callable[..., Command]) -> None:
    enter("XTEST a")
    with pytest.raises(AssertionError, match="twice"):
        enter("XTEST b")


def test_every_row_of_the_table_is_found_by_capitals_and_small_letters() -> None:
    for row in top_level():
        assert COMMANDS[row.name.encode()] is row
        assert COMMANDS[row.name.upper().encode()] is row
        for sub in own_subcommands(row):
            word = sub.name.split("|")[1].encode()
            assert row.subcommands[word] is row.subcommands[word.upper()] is sub
