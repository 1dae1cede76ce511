"""Where dflite's table of commands differs from Valkey's on purpose, each row with its reason."""

from typing import Final

from tests.architecture.rows import ARGUMENTS

# Commands that Valkey 9.1 does not have.
ONLY_HERE: Final = {
    "cl.throttle": "Dragonfly's",
    "delex": "Dragonfly's",
    "digest": "Dragonfly's",
    "fieldexpire": "Dragonfly's",
    "fieldttl": "Dragonfly's",
    "memory|scan": "for `dflite memory report`",
    "prepend": "Dragonfly's",
    "repltakeover": "Dragonfly's",
    "rm": "Dragonfly's",
    "saddex": "Dragonfly's",
    "shrink": "Dragonfly's",
    "stick": "Dragonfly's",
}

# (command, field): why the field differs.
KNOWN: Final = {
    ("client|kill", ARGUMENTS): "Redis 7.2's filters; Valkey 9 has more",
    ("client|list", ARGUMENTS): "Redis 7.2's filters; Valkey 9 has more",
    ("failover", ARGUMENTS): "TO and FORCE are a block and another one within, in either order",
    ("script|debug", ARGUMENTS): "Valkey 9.1 has added a name of an engine",
    ("script|debug", "arity"): "Valkey 9.1 has added a name of an engine",
    ("shutdown", ARGUMENTS): "Valkey has added SAFE and FAILOVER",
}

# Fields of Redis 7.0 that are neither as here nor as in Valkey 9.1.
KNOWN_IN_REDIS: Final[dict[tuple[str, str], str]] = {}
