"""Bitmap commands: strings as rows of bits, and of numbers of any width."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.string_errors import (
    BadBit,
    BadBitOffset,
    BadFieldType,
    BadOverflow,
    BitNotOneOrZero,
    FieldsReadOnly,
    NotNeedsOneKey,
)
from dflite.commands.substrings import demand_room, longest_string
from dflite.engine.args import Args
from dflite.engine.command import (
    ACCESS,
    DENYOOM,
    FAST,
    OW,
    READONLY,
    RO,
    RW,
    UPDATE,
    VARIABLE_FLAGS,
    WRITE,
    Family,
    KeySpec,
)
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.native.keyspace.table import MAX_VALUE
from dflite.native.values.bits import AND, NOT, OR, XOR
from dflite.ops import bitmaps
from dflite.ops.bitmaps import FAIL, GET, INCREMENT, SATURATE, SET, WRAP, BitRange, FieldStep

BITMAP: Final = Family("bitmap", "bitmap")

OPERATIONS: Final = {b"AND": AND, b"OR": OR, b"XOR": XOR, b"NOT": NOT}
OVERFLOWS: Final = {b"WRAP": WRAP, b"SAT": SATURATE, b"FAIL": FAIL}
STEPS: Final = {b"GET": GET, b"SET": SET, b"INCRBY": INCREMENT}
WORDS_OF_STEP: Final = {GET: 2, SET: 3, INCREMENT: 3}


def read_offset(ctx: Context, text: bytes, unit: int = 1) -> int:
    """A place in a string that is not too long, counted in units of so many bits."""
    offset = parse_int(text)
    if offset is None or not 0 <= offset * unit < 8 * min(longest_string(ctx), MAX_VALUE):
        raise BadBitOffset
    return offset * unit


# -- single bits and ranges ------------------------------------------------------------------------


@BITMAP.command(
    "SETBIT key offset value",
    arity=4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | ACCESS | UPDATE)],
    since="2.2.0",
    complexity="O(1)",
    summary="Set or clear a bit of the string at key, which grows as needed; the bit before.",
)
def cmd_setbit(ctx: Context, args: Args) -> None:
    key, offset = args.next(), read_offset(ctx, args.next())
    bit = args.next()
    if bit not in (b"0", b"1"):
        raise BadBit
    demand_room(ctx, key, (offset >> 3) + 1)
    ctx.reply.integer(bitmaps.set_bit(ctx.db, key, offset, bit == b"1"))


@BITMAP.command(
    "GETBIT key offset",
    arity=3,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="2.2.0",
    complexity="O(1)",
    summary="A bit of the string at key; 0 beyond its end.",
)
def cmd_getbit(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.reply.integer(bitmaps.get_bit(ctx.db, key, read_offset(ctx, args.next())))


@BITMAP.command(
    "BITCOUNT key [start [end [BYTE | BIT]]]",
    arity=-2,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.6.0",
    complexity="O(N) in the length of the range",
    summary="How many bits of the string at key, or of a part of it, are 1.",
)
def cmd_bitcount(ctx: Context, args: Args) -> None:
    key = args.next()
    ctx.reply.integer(bitmaps.count_ones(ctx.db, key, read_range(args)))


@BITMAP.command(
    "BITPOS key bit [start [end [BYTE | BIT]]]",
    arity=-3,
    flags=READONLY,
    keys=[KeySpec(RO | ACCESS)],
    since="2.8.7",
    complexity="O(N) in the length of the range",
    summary="Where the first 1 or the first 0 of the string at key, or of a part of it, is.",
)
def cmd_bitpos(ctx: Context, args: Args) -> None:
    key, bit = args.next(), args.integer()
    if bit not in (0, 1):
        raise BitNotOneOrZero
    ctx.reply.integer(bitmaps.find_bit(ctx.db, key, bit == 1, read_range(args)))


def read_range(args: Args) -> BitRange:
    """The rest, as `[start [end [BYTE | BIT]]]`; a wrong unit is said before a wrong end."""
    places = BitRange()
    if args.left() > 3:
        raise BadSyntax
    if args.more():
        places.start = args.integer()
    if args.left() == 2:
        unit = args.argv[args.at + 1].upper()
        if unit not in (b"BYTE", b"BIT"):
            raise BadSyntax
        places.in_bits = unit == b"BIT"
    if args.more():
        places.end = args.integer()
        places.has_end = True
    return places


@BITMAP.command(
    "BITOP <AND | OR | XOR | NOT> destkey key [key ...]",
    arity=-4,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(OW | UPDATE, begin=2), KeySpec(RO | ACCESS, begin=3, last=-1)],
    since="2.6.0",
    complexity="O(N) in the length of all strings together",
    summary="Put at destkey what a bitwise operation makes of some strings; its length.",
)
def cmd_bitop(ctx: Context, args: Args) -> None:
    operation = OPERATIONS.get(args.word())
    if operation is None:
        raise BadSyntax
    key, sources = args.next(), args.rest()
    if operation == NOT and len(sources) > 1:
        raise NotNeedsOneKey
    ctx.reply.integer(bitmaps.combine(ctx.db, operation, key, sources))


# -- fields ----------------------------------------------------------------------------------------


def use_of_bitfield_key(argv: list[bytes]) -> int:
    """What BITFIELD does to its key: if it only reads fields, that is all."""
    at = 2
    while at < len(argv):
        word = argv[at].upper()
        left = len(argv) - at - 1
        if word == b"GET" and left >= 2:
            at += 3
        elif word == b"OVERFLOW" and left >= 1:
            at += 2
        else:
            return RW | ACCESS | UPDATE
    return RO | ACCESS


@BITMAP.command(
    "BITFIELD key [<GET encoding offset | <[OVERFLOW <WRAP | SAT | FAIL>] "
    "<SET encoding offset value | INCRBY encoding offset increment>>> "
    "[<GET encoding offset | <[OVERFLOW <WRAP | SAT | FAIL>] "
    "<SET encoding offset value | INCRBY encoding offset increment>>> ...]]",
    arity=-2,
    flags=WRITE | DENYOOM,
    keys=[KeySpec(RW | ACCESS | UPDATE | VARIABLE_FLAGS)],
    key_use=use_of_bitfield_key,
    since="3.2.0",
    complexity="O(1) for each step",
    summary="Read, set and add to numbers of up to 64 bits anywhere in the string at key.",
)
def cmd_bitfield(ctx: Context, args: Args) -> None:
    key, steps = args.next(), read_steps(ctx, args)
    if all(step.what == GET for step in steps):
        answers = bitmaps.read_fields(ctx.db, key, steps)
    else:
        demand_room(ctx, key, (bitmaps.last_changed_bit(steps) >> 3) + 1)
        answers = bitmaps.change_fields(ctx.db, key, steps)
    answer_fields(ctx, answers)


@BITMAP.command(
    "BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]",
    arity=-2,
    flags=READONLY | FAST,
    keys=[KeySpec(RO | ACCESS)],
    since="6.0.0",
    complexity="O(1) for each field",
    summary="Read numbers of up to 64 bits anywhere in the string at key.",
)
def cmd_bitfield_ro(ctx: Context, args: Args) -> None:
    key, steps = args.next(), read_steps(ctx, args)
    if any(step.what != GET for step in steps):
        raise FieldsReadOnly
    answer_fields(ctx, bitmaps.read_fields(ctx.db, key, steps))


def read_steps(ctx: Context, args: Args) -> list[FieldStep]:
    """The steps of BITFIELD; OVERFLOW holds for all that follow it."""
    steps: list[FieldStep] = []
    overflow = WRAP
    while args.more():
        word = args.word()
        if word == b"OVERFLOW" and args.more():
            chosen = OVERFLOWS.get(args.word())
            if chosen is None:
                raise BadOverflow
            overflow = chosen
            continue
        what = STEPS.get(word)
        if what is None or args.left() < WORDS_OF_STEP[what]:
            raise BadSyntax
        step = read_field(ctx, what, args.next(), args.next())
        step.overflow = overflow
        if what != GET:
            step.amount = args.integer()
        steps.append(step)
    return steps


def read_field(ctx: Context, what: int, encoding: bytes, place: bytes) -> FieldStep:
    """A field by its encoding (`i16`, `u8`) and its first bit; `#3` is the fourth of its width."""
    width = parse_int(encoding[1:])
    signed = encoding[:1] == b"i"
    if not signed and encoding[:1] != b"u":
        raise BadFieldType
    if width is None or not 1 <= width <= (64 if signed else 63):
        raise BadFieldType
    by_width = place[:1] == b"#"
    offset = read_offset(ctx, place[1:] if by_width else place, width if by_width else 1)
    return FieldStep(what, signed, width, offset)


def answer_fields(ctx: Context, answers: list[int | None]) -> None:
    ctx.reply.array(len(answers))
    for answer in answers:
        if answer is None:
            ctx.reply.null()
        else:
            ctx.reply.integer(answer)
