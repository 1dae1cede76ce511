"""What dflite answers otherwise than Valkey and Redis on purpose: each entry with its reason.

An entry may look at the request and at both replies. It should be as narrow as its reason, and
holds for Valkey unless it says for whom. What a reference cannot be asked is in omissions.py.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tests.against.references import Reference, Where, redis_before, valkey
from tests.support.resp import BULK, ERROR, INTEGER, Reply

SYNTAX: Final = b"ERR syntax error"
QUOTING: Final = (
    b"ERR unknown command",
    b"ERR unknown sub",
    b"ERR Unrecognized",
    b"ERR member",
    b"NOGROUP",
)

Applies = Callable[[Sequence[bytes], Reply, Reply], bool]


class Difference(NamedTuple):
    reason: str
    applies: Applies
    # The two servers are in different states from here on: nothing after it can be compared.
    parts: bool = False
    where: Where = valkey


def request(*words: bytes) -> Applies:
    """Requests that start with these words, in any case."""

    def applies(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
        return tuple(word.upper() for word in argv[: len(words)]) == words

    return applies


def any_help(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return (
        len(argv) == 2
        and argv[1].upper() == b"HELP"
        and theirs.kind == ours.kind
        and theirs.kind != ERROR
    )


def embedded_string(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    names = (Reply(BULK, b"embstr"), Reply(BULK, b"raw"))
    return argv[0].upper() == b"OBJECT" and theirs in names and ours in names


def no_nesting(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    if argv[0].upper() not in (b"MULTI", b"WATCH") or ours.kind != ERROR:
        return False
    nested = (b"ERR MULTI calls can not be nested", b"ERR WATCH inside MULTI is not allowed")
    # there it is a rule of the command, which goes before those of users
    return ours.data in nested or (
        ours.data.startswith(b"NOPERM") and theirs.data.endswith(b"inside a transaction")
    )


def kill_without_id(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    name = tuple(word.upper() for word in argv[:2])
    return name == (b"CLIENT", b"KILL") and argv[-1].upper() == b"ID" and ours.value == SYNTAX


def quoted_null(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return b"\x00" in b"".join(argv) and all(
        reply.kind == ERROR and reply.data.startswith(QUOTING) for reply in (theirs, ours)
    )


def all_libraries(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    words = tuple(word.upper() for word in argv[:2])
    return words == (b"FUNCTION", b"LIST") and sorted(repr(theirs)) == sorted(repr(ours))


# Redis' words and those that Valkey has put in their places; it names no script, either.
SCRIPT_WORDS: Final = (
    ("Unknown Redis command called", "Unknown command called"),
    ("calling Redis command", "calling command"),
    ("This Redis command", "This Valkey command"),
    ("for this redis lib call", "for this call"),
    ("Lua redis lib command arguments", "Command arguments"),
    ("redis.setresp()", "server.setresp()"),
    ("redis.set_repl() requires two arguments", "server.set_repl() requires one argument"),
    ("redis.log()", "server.log()"),
    ("NOSCRIPT No matching script. Please use EVAL.", "NOSCRIPT No matching script."),
    ("Unexpected engine in script shebang: #!js", "Could not find scripting engine 'js'"),
    ("Error registering functions: ERR Library names", "Function names"),
    ("Invalid debug level.", "Invalid log level."),
    ("to redis.acl_check_cmd()", "to server.acl_check_cmd()"),
)


def words_about_scripts(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    if not argv[0].upper().startswith((b"EVAL", b"FCALL", b"SCRIPT", b"FUNCTION")):
        return False
    said = re.sub(r"script: \w+, on", "script: on", repr(ours))
    for old, new in SCRIPT_WORDS:
        said = said.replace(old, new)
    wanted = re.sub(r"script: \w+, on", "script: on", repr(theirs))
    return said.replace('"', "'") == wanted.replace('"', "'")


def cut_index(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return argv[0].upper() == b"LSET" and theirs.value == b"OK" and len(argv[2]) > 10


def counted_reference(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    words = tuple(word.upper() for word in argv[:2])
    return words == (b"OBJECT", b"REFCOUNT") and INTEGER == ours.kind == theirs.kind


def not_in_multi(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return theirs.kind == ERROR and ours.value == b"ERR Command not allowed inside a transaction"


def sorted_set_that_was_sorted(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    words = tuple(word.upper() for word in argv[:2])
    return (
        words == (b"OBJECT", b"ENCODING")
        and argv[-1].startswith(b"sort:zset")
        and theirs.value == b"skiplist"
        and ours.value == b"listpack"
    )


def forgotten_class(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    words = tuple(word.upper() for word in argv[:2])
    return words == (b"CONFIG", b"GET") and repr(ours).replace("mn'", "m'").replace(
        "KEn'", "KE'"
    ) == repr(theirs)


def polygon_at_a_pole(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    words = [word.upper() for word in argv]
    if words[0] not in (b"GEOSEARCH", b"GEOSEARCHSTORE") or b"BYPOLYGON" not in words:
        return False
    start = words.index(b"BYPOLYGON") + 2
    degrees = [math.radians(float(word)) for word in argv[start : start + 2 * int(argv[start - 1])]]
    corners = list(zip(degrees[::2], degrees[1::2], strict=True))
    east = sum(math.cos(latitude) * math.cos(longitude) for longitude, latitude in corners)
    north = sum(math.cos(latitude) * math.sin(longitude) for longitude, latitude in corners)
    up = sum(math.sin(latitude) for _, latitude in corners)
    return abs(math.degrees(math.atan2(up, math.hypot(east, north)))) > 85


def negative_zero(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    if theirs.kind == ERROR or ours.kind == ERROR:
        return False
    return repr(theirs).replace("'-0'", "'0'") == repr(ours).replace("'-0'", "'0'")


def digest_of_scores(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    words = tuple(word.upper() for word in argv[:2])
    return words in ((b"DEBUG", b"DIGEST"), (b"DEBUG", b"DIGEST-VALUE")) and (
        theirs.kind == ours.kind != ERROR
    )


def number_cut_at_null(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    said = [repr(reply).replace(r"\x00", "") for reply in (theirs, ours)]
    return len(argv) > 1 and b"{big_number=" in argv[1] and said[0] == said[1]


def waiting_in_a_script(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return (
        argv[0].upper().startswith(b"EVAL")
        and b"'blpop'" in argv[1]
        and "This Redis command is not allowed from script" in repr(theirs)
    )


def small_list(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    words = tuple(word.upper() for word in argv[:2])
    return words == (b"OBJECT", b"ENCODING") and (theirs.value, ours.value) == (
        b"quicklist",
        b"listpack",
    )


DIGITS: Final = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e[+-]?\d+)?(?!\w)")


def as_read(reply: Reply) -> str:
    """A reply with its numbers spelled in one way; what is no number has no sign."""
    plain = repr(reply).replace("'-nan'", "'nan'")
    return DIGITS.sub(lambda found: repr(float(found[0])), plain)


def spelled_otherwise(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return ours.kind == theirs.kind != ERROR and as_read(theirs) == as_read(ours)


DIFFERENCES: Final = (
    Difference(
        "a score of -0 stays one; in Valkey that depends on the form a sorted set had on its way",
        negative_zero,
    ),
    Difference(
        "a digest has scores with 17 digits, as in Redis; Valkey 9 has the shortest spelling",
        digest_of_scores,
    ),
    Difference("the help texts are our own words", any_help),
    Difference(
        "embstr ends at 44 bytes as in Redis; Valkey 9 counts key and value together",
        embedded_string,
    ),
    Difference(
        "MULTI and WATCH inside MULTI are refused in Redis' words, and do not spoil EXEC",
        no_nesting,
        parts=True,
    ),
    Difference(
        "a value has one owner; Valkey counts a queued request that still holds it",
        counted_reference,
    ),
    Difference(
        "LSET's index is out of range where it is; Valkey and Redis look at 32 bits of it",
        cut_index,
        parts=True,
    ),
    Difference("what MULTI refuses is refused in Redis' words", not_in_multi),
    Difference(
        "the class n of notify-keyspace-events is shown beside A, so that it can be read again",
        forgotten_class,
    ),
    Difference("LOLWUT draws a picture of its own, whatever it is told", request(b"LOLWUT")),
    Difference("an error quotes a null byte; Valkey's text ends there", quoted_null),
    Difference("SORT only reads: it leaves a small sorted set small", sorted_set_that_was_sorted),
    Difference("CLIENT KILL ID without an id is a syntax error as in Redis", kill_without_id),
    Difference("all libraries come in no order that means anything", all_libraries),
    Difference("texts about scripts are Redis' 7.2, with the script's name", words_about_scripts),
    Difference(
        "where the middle of a polygon lies beyond the map, Valkey looks where it looked before",
        polygon_at_a_pole,
        parts=True,
    ),
    Difference("a big number of a script has its null bytes, as in Redis", number_cut_at_null),
    Difference(
        "since Redis 7.2 a script may call what would wait, and does not wait",
        waiting_in_a_script,
        where=redis_before(7, 2),
    ),
    Difference(
        "since Redis 7.2 a small list is one listpack", small_list, where=redis_before(7, 2)
    ),
    Difference(
        "since Redis 7.2 floating numbers are spelled as shortly as they can be",
        spelled_otherwise,
        where=redis_before(7, 2),
    ),
)


# Commands of Dragonfly's and our own that Valkey does not know.
ONLY_HERE: Final = (
    "cl.throttle",
    "delex",
    "digest",
    "fieldexpire",
    "fieldttl",
    "memory|scan",
    "prepend",
    "repltakeover",
    "rm",
    "saddex",
    "shrink",
    "stick",
)
# Rows of the command table that differ in one field, each with its reason.
TABLE: Final[dict[tuple[str, str], str]] = {
    ("script|debug", "arity"): "Valkey may name a script engine behind it; Redis 7.2 has none",
}


def intended(
    reference: Reference, argv: Sequence[bytes], theirs: Reply, ours: Reply
) -> Difference | None:
    """The entry that allows dflite to differ from this reference here, if there is one."""
    for difference in DIFFERENCES:
        if difference.where(reference) and difference.applies(argv, theirs, ours):
            return difference
    return None
