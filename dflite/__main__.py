"""`python -m dflite`: the same as the command `dflite`."""

import sys

from dflite.server.cli import main

if __name__ == "__main__":
    sys.exit(main())
