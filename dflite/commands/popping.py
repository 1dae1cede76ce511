"""What LMPOP, BLMPOP, ZMPOP and BZMPOP have in common: several keys, an end, a count."""

from dflite.base.collection_errors import NoNumberOfKeys, PopCountNotPositive
from dflite.base.errors import BadSyntax
from dflite.base.numbers import INT64_MAX, read_int_between
from dflite.engine.args import Args


def read_pop_keys(args: Args) -> list[bytes]:
    """How many keys there are, and the keys; behind them is more."""
    count = read_int_between(args.next(), 1, INT64_MAX)
    if count is None:
        raise NoNumberOfKeys
    if count >= args.left():
        raise BadSyntax
    keys = args.argv[args.at : args.at + count]
    args.at += count
    return keys


def read_pop_count(args: Args) -> int:
    """COUNT and its number at the end of a request, else 1."""
    count: int | None = 1
    if args.more():
        if args.word() != b"COUNT":
            raise BadSyntax
        count = read_int_between(args.next(), 1, INT64_MAX)
        if count is None:
            raise PopCountNotPositive
        args.end()
    return count or 1
