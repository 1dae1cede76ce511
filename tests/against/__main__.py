"""A long run from a seed: `python -m tests.against --commands 1000000 --seed 7 --resp 3`."""

import argparse
import random
import sys
import time
from typing import Final

from tests.against.families import ALL
from tests.against.play import Pair, holds, shrink
from tests.against.programs import Program, draw_program
from tests.against.seats import Mismatch
from tests.against.sources import SeededSource
from tests.support.servers import Server, start_dflite, start_redis, start_valkey

LENGTH: Final = 50
STARTS: Final = {
    "valkey": start_valkey,
    "redis": start_redis,
    "dflite": lambda: start_dflite("--enable_debug_command=yes", *DFLITE_FLAGS),
}
DFLITE_FLAGS: list[str] = []


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.against", description=__doc__)
    parser.add_argument("--commands", type=int, default=100_000, help="how many requests to play")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--resp", type=int, choices=(2, 3), default=2)
    parser.add_argument("--family", action="append", choices=sorted(ALL), help="default: all fit")
    parser.add_argument("--reference", choices=sorted(STARTS), default="valkey")
    parser.add_argument("--subject", choices=sorted(STARTS), default="dflite")
    parser.add_argument("--one-by-one", action="store_true", help="never two requests at once")
    parser.add_argument("--flag", action="append", default=[], help="a flag for dflite")
    parser.add_argument("--keep-going", action="store_true", help="report one of each kind")
    return parser.parse_args()


def report(program: Program, mismatch: Mismatch, seed: int) -> None:
    print(f"difference in the program of seed {seed}:")
    for step in program:
        print(f"  {step!r}")
    print(f"  => {mismatch}\n", flush=True)


def play_many(pair: Pair, options: argparse.Namespace, seed: int) -> int:
    """Programs until enough was played; the number of differences found."""
    suited = [name for name in sorted(ALL) if ALL[name].suits(pair.reference)]
    families = [ALL[name] for name in options.family or suited]
    mixed = [family for family in families if not family.alone]
    seen: set[tuple[bytes, ...]] = set()
    seeds = random.Random(seed)
    while pair.played < options.commands:
        own_seed = seeds.getrandbits(48)
        source = SeededSource(own_seed)
        chosen = mixed if mixed and source.chance(40) else [source.pick(families)]
        program = draw_program(source, chosen, LENGTH)
        mismatch = pair.play(program)
        if mismatch is None or holds(pair, program) is None:
            continue
        kind = tuple(word.upper() for word in mismatch.argv[:2])
        if mismatch.argv[0].upper() not in HAS_SUBCOMMANDS:
            kind = (*kind[:1], mismatch.theirs.kind.encode(), mismatch.ours.kind.encode())
        if kind in seen:
            continue
        seen.add(kind)
        program, mismatch = shrink(pair, program, mismatch)
        report(program, mismatch, own_seed)
        if not options.keep_going:
            break
    return len(seen)


HAS_SUBCOMMANDS: Final = (
    b"CLIENT", b"CONFIG", b"COMMAND", b"OBJECT", b"DEBUG", b"MEMORY", b"SLOWLOG", b"LATENCY",
    b"MODULE", b"INFO", b"EXEC",
)  # fmt: skip


def main() -> int:
    options = read_options()
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    DFLITE_FLAGS.extend(options.flag)
    print(f"seed {seed}, RESP{options.resp}, {options.reference} against {options.subject}")
    theirs: Server = STARTS[options.reference]()
    with theirs, STARTS[options.subject]() as ours:
        began = time.monotonic()
        pair = Pair(theirs, ours, options.resp, options.one_by_one)
        print(f"the reference is {pair.reference}", flush=True)
        found = play_many(pair, options, seed)
        took = time.monotonic() - began
        left_out = f" ({pair.left_out} left out)" if pair.left_out else ""
        print(f"{pair.played} commands{left_out} in {took:.1f} s, {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
