"""The machine itself: it must see a difference, make it small, and overlook what it should."""

import pytest

from tests.against.compare import alike
from tests.against.families import ALL, LISTENERS
from tests.against.play import Pair, shrink
from tests.against.programs import Program, call, draw_program
from tests.against.sources import SeededSource
from tests.support.resp import ARRAY, BULK, ERROR, INTEGER, Reply
from tests.support.servers import Server, start_valkey


def test_valkey_does_not_differ_from_valkey(shared_valkey: Server) -> None:
    with start_valkey() as other:
        for resp in (2, 3):
            pair = Pair(shared_valkey, other, resp)
            for seed in range(20):
                source = SeededSource(seed)
                mixed = [family for family in ALL.values() if family not in LISTENERS]
                for families in (mixed, [source.pick(LISTENERS)]):
                    program = draw_program(source, families, 40)
                    assert pair.play(program) is None, f"seed {seed}"
            pair.close()


def test_a_difference_is_found_and_made_small(shared_valkey: Server) -> None:
    with start_valkey("--proto-max-bulk-len", "1mb") as strict:
        pair = Pair(shared_valkey, strict, 2)
        program: Program = [call(0, [b"SET", b"k%d" % n, b"v"]) for n in range(20)]
        program.insert(12, call(0, [b"SETRANGE", b"a", b"2000000", b"x"]))
        mismatch = pair.play(program)
        assert mismatch is not None
        assert mismatch.step == 12
        small, mismatch = shrink(pair, program, mismatch)
        assert small == [call(0, [b"SETRANGE", b"a", b"2000000", b"x"])]
        assert mismatch.ours.kind == ERROR
        pair.close()


def test_the_same_seed_makes_the_same_program() -> None:
    programs = [draw_program(SeededSource(7), list(ALL.values()), 100) for _ in range(2)]
    assert programs[0] == programs[1]


@pytest.mark.parametrize(
    ("argv", "theirs", "ours", "expected"),
    [
        ([b"TTL", b"a"], Reply(INTEGER, 100), Reply(INTEGER, 99), True),
        ([b"TTL", b"a"], Reply(INTEGER, 100), Reply(INTEGER, -1), False),
        ([b"TTL", b"a"], Reply(INTEGER, 100), Reply(INTEGER, 50), False),
        ([b"STRLEN", b"a"], Reply(INTEGER, 100), Reply(INTEGER, 99), False),
        ([b"ttl", b"a"], Reply(ERROR, b"ERR a"), Reply(ERROR, b"ERR b"), False),
        (
            [b"KEYS", b"*"],
            Reply(ARRAY, [Reply(BULK, b"a"), Reply(BULK, b"b")]),
            Reply(ARRAY, [Reply(BULK, b"b"), Reply(BULK, b"a")]),
            True,
        ),
    ],
)
def test_rules_overlook_what_they_name(
    argv: list[bytes], theirs: Reply, ours: Reply, expected: bool
) -> None:
    assert alike(argv, theirs, ours) is expected


@pytest.mark.parametrize("seed", range(10))
def test_programs_leave_data_of_the_same_digest(
    shared_valkey: Server, shared_dflite: Server, seed: int
) -> None:
    pair = Pair(shared_valkey, shared_dflite, 3)
    program = draw_program(SeededSource(seed), [ALL["strings"], ALL["sets"], ALL["keys"]], 60)
    assert pair.play(program) is None
    digests = [connection.call("DEBUG", "DIGEST") for connection in pair.control]
    assert digests[0] == digests[1]
    pair.close()
