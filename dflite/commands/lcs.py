"""LCS: what two strings have in common, in order."""

from typing import Final

from dflite.base.errors import (
    BadSyntax,
    LengthAndIndexes,
    NoMemoryForLcs,
    NotAllStrings,
    TooLongForLcs,
    TooMuchForLcs,
)
from dflite.commands.substrings import longest_string
from dflite.engine.args import Args
from dflite.engine.command import ACCESS, READONLY, RO, Family, KeySpec
from dflite.engine.context import Context
from dflite.native.values.subsequence import common_length, common_runs
from dflite.native.wire.reply import Reply

STRING: Final = Family("string", "string")
LONGEST: Final = 0xFFFFFFFF - 1
CELL: Final = 4  # bytes of a cell of Redis' table, which its limit is about; ours takes a bit


class LcsOptions:
    """What LCS is to answer: `matches` (IDX) or the length or the string itself."""

    def __init__(self) -> None:
        self.length = False
        self.matches = False
        self.shortest_match = 0
        self.with_lengths = False


def read_lcs_options(args: Args) -> LcsOptions:
    options = LcsOptions()
    while args.more():
        word = args.word()
        if word == b"LEN":
            options.length = True
        elif word == b"IDX":
            options.matches = True
        elif word == b"WITHMATCHLEN":
            options.with_lengths = True
        elif word == b"MINMATCHLEN":
            options.shortest_match = args.integer()
        else:
            raise BadSyntax
    if options.length and options.matches:
        raise LengthAndIndexes
    return options


@STRING.command(
    "LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS, last=1)],
    since="7.0.0",
    complexity="O(N*M) in the lengths of both strings, 64 steps at a time",
    summary="The longest string that both strings contain in order, though with gaps.",
)
def cmd_lcs(ctx: Context, args: Args) -> None:
    # keys first: whatever is wrong with the options, they count as read
    first, second = ctx.db.read(args.next()), ctx.db.read(args.next())
    if first is None:
        first = b""
    if second is None:
        second = b""
    if not isinstance(first, bytes) or not isinstance(second, bytes):
        raise NotAllStrings
    options = read_lcs_options(args)
    if len(first) >= LONGEST or len(second) >= LONGEST:
        raise TooLongForLcs
    if (len(first) + 1) * (len(second) + 1) * CELL > longest_string(ctx):
        raise TooMuchForLcs
    try:
        answer(ctx.reply, first, second, options)
    except MemoryError:
        raise NoMemoryForLcs from None


def answer(reply: Reply, first: bytes, second: bytes, options: LcsOptions) -> None:
    if options.length:
        reply.integer(common_length(first, second))
        return
    runs = common_runs(first, second)
    if options.matches:
        write_matches(reply, runs, options)
    else:
        reply.bulk(b"".join([first[at : at + length] for at, _, length in reversed(runs)]))


def write_matches(reply: Reply, runs: list[tuple[int, int, int]], options: LcsOptions) -> None:
    """Where the strings match, from their ends on, and the whole length."""
    total = sum([length for _, _, length in runs])
    shown = [run for run in runs if run[2] >= options.shortest_match]
    reply.map(2)
    reply.bulk(b"matches")
    reply.array(len(shown))
    for at, other, length in shown:
        reply.array(3 if options.with_lengths else 2)
        reply.integers([at, at + length - 1])
        reply.integers([other, other + length - 1])
        if options.with_lengths:
            reply.integer(length)
    reply.bulk(b"len")
    reply.integer(total)
