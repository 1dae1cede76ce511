"""Where dflite's table of commands differs from Valkey's on purpose, each row with its reason."""

from typing import Final

# Commands that Valkey 9.1 does not have.
ONLY_HERE: Final = {
    "delex": "Dragonfly's",
    "digest": "Dragonfly's",
    "prepend": "Dragonfly's",
}

# (command, field): why the field differs.
KNOWN: Final[dict[tuple[str, str], str]] = {}

# Fields of Redis 7.0 that are neither as here nor as in Valkey 9.1.
KNOWN_IN_REDIS: Final[dict[tuple[str, str], str]] = {}
