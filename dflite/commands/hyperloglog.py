"""HyperLogLog commands: counting distinct elements in 12 KB, about."""

import random
from typing import Final

from dflite.base.string_errors import (
    NoKeyToDebug,
    NotAHyperLogLog,
    NotOnOrOff,
    NotSparse,
    SelfTestFailed,
    UnknownPfdebug,
)
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    ADMIN,
    DENYOOM,
    FAST,
    INSERT,
    MAY_REPLICATE,
    READONLY,
    RO,
    RW,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.values.hll_self_test import self_test
from dflite.native.values.hyperloglog import DENSE, NONE, form_of, runs_of
from dflite.ops import hyperloglog

HYPERLOGLOG: Final = Family("hyperloglog", "hyperloglog")

TESTED: Final = 100_000  # elements in the self-test, which nobody should have to wait for


def longest_sparse(ctx: Context) -> int:
    """Bytes up to which a HyperLogLog stays sparse."""
    most = ctx.host.setting("hll_sparse_max_bytes")
    assert isinstance(most, int)
    return most


@HYPERLOGLOG.command(
    "PFADD key [element [element ...]]",
    arity=-2,
    flags=WRITE | DENYOOM | FAST,
    keys=[KeySpec(RW | INSERT)],
    since="2.8.9",
    complexity="O(1) for each element",
    summary="Count elements; 1 if the estimate may have changed.",
)
def cmd_pfadd(ctx: Context, args: Args) -> None:
    key, elements = args.next(), args.rest()
    ctx.reply.integer(hyperloglog.add(ctx.db, key, elements, longest_sparse(ctx)))


@HYPERLOGLOG.command(
    "PFCOUNT key [key ...]",
    arity=-2,
    flags=READONLY | MAY_REPLICATE,
    keys=[KeySpec(RW | ACCESS, last=-1)],
    since="2.8.9",
    complexity="O(1) for one key whose estimate is known, O(N) in the number of several",
    summary="How many distinct elements were counted, at several keys together, about.",
)
def cmd_pfcount(ctx: Context, args: Args) -> None:
    keys = args.rest()
    if len(keys) == 1:
        ctx.reply.integer(hyperloglog.count(ctx.db, keys[0]))
    else:
        ctx.reply.integer(hyperloglog.count_union(ctx.db, keys))


@HYPERLOGLOG.command(
    "PFMERGE destkey [sourcekey [sourcekey ...]]",
    arity=-2,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | ACCESS | INSERT), KeySpec(RO | ACCESS, begin=2, last=-1)],
    since="2.8.9",
    complexity="O(N) in the number of keys",
    summary="Let destkey have counted what was counted at the other keys, too.",
)
def cmd_pfmerge(ctx: Context, args: Args) -> None:
    key, sources = args.next(), args.rest()
    hyperloglog.store_union(ctx.db, key, sources, longest_sparse(ctx))
    ctx.reply.ok()


@HYPERLOGLOG.command(
    "PFDEBUG subcommand key",
    arity=3,
    flags=WRITE | DENYOOM | ADMIN,
    keys=[KeySpec(RW | ACCESS, begin=2)],
    since="2.8.9",
    complexity="O(1)",
    summary="Look into a HyperLogLog: GETREG, DECODE, ENCODING, TODENSE; or SIMD ON|OFF.",
)
def cmd_pfdebug(ctx: Context, args: Args) -> None:
    word, key = args.next(), args.next()
    subcommand = word.upper()
    if subcommand == b"SIMD":
        if key.upper() not in (b"ON", b"OFF"):
            raise NotOnOrOff
        ctx.reply.simple(b"disabled")  # what a server without such code of its own answers
        return
    db = ctx.db
    if not db.is_string(key):
        raise NoKeyToDebug
    form = form_of(db.table(key), key)
    if form == NONE:
        raise NotAHyperLogLog
    if subcommand == b"GETREG":
        hyperloglog.to_dense(db, key)
        ctx.reply.integers(hyperloglog.registers(db, key))
    elif subcommand == b"DECODE":
        if form == DENSE:
            raise NotSparse
        ctx.reply.bulk(spell_runs(runs_of(db.table(key), key)))
    elif subcommand == b"ENCODING":
        ctx.reply.simple(b"dense" if form == DENSE else b"sparse")
    elif subcommand == b"TODENSE":
        ctx.reply.integer(hyperloglog.to_dense(db, key))
    else:
        raise UnknownPfdebug(word)


def spell_runs(runs: list[tuple[int, int, int]]) -> bytes:
    """Runs as PFDEBUG DECODE answers them: zeros in one byte, zeros in two, or values."""
    words = []
    for value, length, size in runs:
        if value:
            words.append(b"v:%d,%d" % (value, length))
        else:
            words.append(b"%b:%d" % (b"z" if size == 1 else b"Z", length))
    return b" ".join(words)


@HYPERLOGLOG.command(
    "PFSELFTEST",
    arity=1,
    flags=ADMIN,
    since="2.8.9",
    complexity="O(1)",
    summary="Check that registers and estimates are what they should be.",
)
def cmd_pfselftest(ctx: Context, args: Args) -> None:
    fault = self_test(random.getrandbits(64), longest_sparse(ctx), TESTED)
    if fault:
        raise SelfTestFailed(fault.encode())
    ctx.reply.ok()
