"""LOLWUT: a picture by chance, and the version. Here: dragonflies over reeds."""

import random
from typing import Final

from dflite import __version__
from dflite.base.errors import NotAnInteger
from dflite.base.numbers import INT64_MAX, INT64_MIN, read_int_between
from dflite.engine.args import Args
from dflite.engine.command import FAST, READONLY, Family
from dflite.engine.context import Context

SERVER: Final = Family("server")
SIZES: Final = ((66, 20, 200), (16, 10, 60))  # columns, rows: usual, least, most
FLYING: Final = [
    [r"\_/", r"-o>", r"/ \ "],
    [r" \_/", r"<o--", r" / \ "],
    [r"\ /", r" 8 ", r"/|\ ", r" '"],
]
REED: Final = "|"
LEAVES: Final = "/\\"
HEADS: Final = "#"


@SERVER.command(
    "LOLWUT [VERSION version]",
    arity=-1,
    flags=READONLY | FAST,
    since="5.0.0",
    complexity="",
    summary="A picture made by chance, and the version. Two more numbers are its columns and rows.",
)
def cmd_lolwut(ctx: Context, args: Args) -> None:
    if args.left() > 1 and args.peek().upper() == b"VERSION":
        args.next()
        read_number(args.next())  # there is one picture, whatever version's is asked for
    sizes = []
    for usual, least, most in SIZES:
        size = read_number(args.next()) if args.more() else usual
        sizes.append(max(least, min(size, most)))
    picture = draw_pond(sizes[0], sizes[1])
    ctx.reply.verbatim(f"{picture}\ndflite ver. {__version__}\n".encode())


def read_number(word: bytes) -> int:
    number = read_int_between(word, INT64_MIN, INT64_MAX)
    if number is None:
        raise NotAnInteger
    return number


def draw_pond(columns: int, rows: int) -> str:
    """Reeds that grow from the water, and above them what flies."""
    canvas = [[" "] * columns for _ in range(rows)]
    for x in range(columns):
        canvas[rows - 1][x] = random.choice("~~~-")
        if random.random() < 0.22:
            draw_reed(canvas, x, random.randrange(1, max(rows // 2, 2)))
    for _ in range(max(columns * rows // 260, 1)):
        shape = random.choice(FLYING)
        left = random.randrange(max(columns - 5, 1))
        top = random.randrange(max(rows * 2 // 3 - len(shape), 1))
        for y, line in enumerate(shape):
            for x, sign in enumerate(line):
                if sign != " ":
                    put(canvas, left + x, top + y, sign)
    return "\n".join(["".join(line).rstrip() for line in canvas])


def draw_reed(canvas: list[list[str]], x: int, height: int) -> None:
    ground = len(canvas) - 2
    for y in range(height):
        put(canvas, x, ground - y, REED)
    if height > 3:
        put(canvas, x, ground - height, HEADS)
    elif random.random() < 0.5:
        side = random.randrange(2)
        put(canvas, x + 1 - 2 * side, ground - height + 1, LEAVES[side])


def put(canvas: list[list[str]], x: int, y: int, sign: str) -> None:
    if 0 <= y < len(canvas) and 0 <= x < len(canvas[y]):
        canvas[y][x] = sign
