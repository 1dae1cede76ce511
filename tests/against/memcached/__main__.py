"""A long run from a seed: `python -m tests.against.memcached --requests 100000 --seed 7`."""

import argparse
import random
import sys

from tests.against.memcached.play import Pair
from tests.against.memcached.programs import draw_program
from tests.support.memcached import start_dflite_memcached, start_memcached

LENGTH = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.against.memcached", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="how many to play")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--keep-going", action="store_true", help="report further differences")
    parser.add_argument("--no-lane", action="store_true", help="handlers answer everything")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    seeds = random.Random(seed)
    flags = ["--slowlog_log_slower_than=0"] if options.no_lane else []
    found = 0
    with start_dflite_memcached(*flags) as ours, start_memcached("-m", "64") as theirs:
        pair = Pair(ours, theirs)
        while pair.played < options.requests:
            own = seeds.getrandbits(32)
            difference = pair.play(draw_program(own, LENGTH))
            if difference is not None:
                found += 1
                print(f"difference in the program of seed {own}:\n{difference}\n", flush=True)
                if not options.keep_going or found >= 20:
                    break
    for reason, times in sorted(pair.known.items()):
        print(f"{times:6} known: {reason}")
    print(f"{pair.played} requests, {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
