"""`python -m tests.durability --rounds 100`: kills a node again and again; tells what it kept."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.durability import copies
from tests.durability.rounds import MOMENTS, run_rounds
from tests.durability.writers import Broken


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m tests.durability")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", action="store_true", help="copies on a replica, not a log")
    parser.add_argument("--moments", default="")
    options = parser.parse_args(arguments)
    usual = copies.MOMENTS if options.copies else MOMENTS
    moments = tuple(options.moments.split(",")) if options.moments else usual
    with tempfile.TemporaryDirectory(prefix="dflite-durability-") as folder:
        try:
            if options.copies:
                tally = copies.run_copy_rounds(options.rounds, options.seed, moments)
            else:
                tally = run_rounds(Path(folder), options.rounds, options.seed, moments)
        except Broken as problem:
            print(f"BROKEN: {problem}")
            return 1
    print(tally.describe())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
