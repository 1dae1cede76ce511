"""Requests to the server as such: databases, settings, the command table, figures, mistakes."""

from typing import Final

from tests.against.arguments import database, key, spelled, value
from tests.against.programs import Family, Words
from tests.against.sources import Source


def put(source: Source) -> Words:
    return [b"SET", key(source), value(source)]


def databases(source: Source) -> Words:
    name = source.pick((b"DBSIZE", b"FLUSHDB", b"FLUSHALL", b"SWAPDB", b"SWAPDB", b"SELECT"))
    if name == b"SWAPDB":
        return [name, database(source), database(source)]
    if name == b"SELECT":
        return [name, database(source)]
    if name == b"DBSIZE" or source.chance(50):
        return [name]
    mode = source.pick((b"SYNC", b"ASYNC", b"FOO", b""))
    words = [name, spelled(source, mode)]
    return [*words, b"ASYNC"] if source.chance(10) else words


CONFIGS: Final[tuple[Words, ...]] = (
    [b"GET", b"maxmemory-policy"],
    [b"GET", b"MAXMEMORY-policy"],
    [b"GET", b"nosuch"],
    [b"GET", b"nosuch", b"neither"],
    [b"GET", b"maxmemory-policy", b"appendonly"],
    [b"GET", b"maxmemory-policy", b"maxmemory-p*"],
    [b"GET", b"timeout"],
    [b"GET", b"databases"],
    [b"GET", b"proto-max-bulk-len"],
    [b"GET", b"hash-max-listpack-*"],
    [b"GET"],
    [b"SET"],
    [b"SET", b"maxmemory-policy"],
    [b"SET", b"nosuch", b"1"],
    [b"SET", b"maxmemory-policy", b"allkeys-lru"],
    [b"SET", b"maxmemory-policy", b"noeviction"],
    [b"SET", b"maxmemory-policy", b"NOEVICTION"],
    [b"SET", b"maxmemory-policy", b"nosuch"],
    [b"SET", b"maxmemory-policy", b"noeviction", b"nosuch", b"1"],
    [b"SET", b"maxmemory-policy", b"noeviction", b"maxmemory-policy", b"noeviction"],
    [b"SET", b"maxmemory-policy", b"noeviction", b"timeout"],
    [b"SET", b"timeout", b"-1"],
    [b"SET", b"timeout", b"abc"],
    [b"SET", b"timeout", b"0"],
    [b"SET", b"timeout", b"1.5"],
    [b"SET", b"maxmemory", b"abc"],
    [b"SET", b"maxmemory", b"10gigs"],
    [b"SET", b"maxmemory", b"0"],
    [b"SET", b"maxmemory", b"-1"],
    [b"SET", b"databases", b"20"],
    [b"SET", b"slowlog-max-len", b"-1"],
    [b"SET", b"slowlog-max-len", b"128"],
    [b"SET", b"proto-max-bulk-len", b"10"],
    [b"SET", b"lazyfree-lazy-expire", b"maybe"],
    [b"SET", b"lazyfree-lazy-user-del", b"no"],
    [b"SET", b"hz", b"abc"],
    [b"SET", b"latency-monitor-threshold", b"0"],
    [b"SET", b"client-query-buffer-limit", b"1"],
    [b"SET", b"client-output-buffer-limit", b"nosuch 1 2 3"],
    [b"SET", b"client-output-buffer-limit", b"normal 0 0"],
    [b"SET", b"notify-keyspace-events", b"!"],
    [b"RESETSTAT"],
    [b"RESETSTAT", b"x"],
    [b"NOSUCH"],
    [b"NOSUCH", b"x", b"y"],
    [b"HELP"],
    [],
)


def config(source: Source) -> Words:
    return [b"CONFIG", *source.pick(CONFIGS)]


COMMANDS: Final = (
    [b"COUNT"],
    [b"COUNT", b"x"],
    [b"INFO", b"get"],
    [b"INFO", b"GET", b"nosuch", b"set"],
    [b"INFO", b"client|id"],
    [b"INFO", b"config|nosuch"],
    [b"INFO", b"get|x"],
    [b"DOCS", b"nosuch"],
    [b"LIST", b"FILTERBY", b"PATTERN", b"getr*"],
    [b"LIST", b"FILTERBY", b"PATTERN", b"nosuch*"],
    [b"LIST", b"FILTERBY", b"MODULE", b"nosuch"],
    [b"LIST", b"FILTERBY", b"ACLCAT", b"nosuch"],
    [b"LIST", b"FILTERBY", b"FOO", b"bar"],
    [b"LIST", b"FILTERBY"],
    [b"LIST", b"FILTERBY", b"PATTERN"],
    [b"LIST", b"FOO"],
    [b"NOSUCH"],
    [b"GETKEYS"],
    [b"GETKEYSANDFLAGS"],
    [b"HELP"],
)
KEYED: Final = (
    [b"GET", b"a"],
    [b"get", b"a", b"b"],
    [b"GET"],
    [b"SET", b"a", b"1"],
    [b"SET", b"a", b"1", b"GET"],
    [b"SET", b"a", b"1", b"EX", b"10", b"NX"],
    [b"MSET", b"a", b"1", b"b", b"2"],
    [b"MSET", b"a", b"1", b"b"],
    [b"MSETNX", b"a", b"1"],
    [b"DEL", b"a", b"b", b"c"],
    [b"UNLINK", b"a"],
    [b"EXISTS", b"a", b"a"],
    [b"TOUCH", b"a"],
    [b"MGET", b"a", b"b"],
    [b"RENAME", b"a", b"b"],
    [b"RENAMENX", b"a", b"b"],
    [b"COPY", b"a", b"b", b"DB", b"1"],
    [b"MOVE", b"a", b"1"],
    [b"LCS", b"a", b"b"],
    [b"INCRBYFLOAT", b"a", b"1"],
    [b"APPEND", b"a", b"x"],
    [b"SETRANGE", b"a", b"1", b"x"],
    [b"GETEX", b"a", b"EX", b"1"],
    [b"GETDEL", b"a"],
    [b"GETSET", b"a", b"b"],
    [b"EXPIRE", b"a", b"1"],
    [b"TTL", b"a"],
    [b"PERSIST", b"a"],
    [b"OBJECT", b"ENCODING", b"a"],
    [b"OBJECT", b"HELP"],
    [b"OBJECT"],
    [b"MEMORY", b"USAGE", b"a"],
    [b"WATCH", b"a", b"b"],
    [b"PING"],
    [b"FLUSHALL"],
    [b"SCAN", b"0"],
    [b"KEYS", b"*"],
    [b"CLIENT", b"NOSUCH"],
    [b"NOSUCH", b"a"],
)


def command(source: Source) -> Words:
    if source.chance(60):
        name = source.pick((b"GETKEYS", b"GETKEYS", b"GETKEYSANDFLAGS"))
        return [b"COMMAND", name, *source.pick(KEYED)]
    return [b"COMMAND", *source.pick(COMMANDS)]


MISTAKES: Final = (
    [b"NOSUCH"],
    [b"nosuch", b"a", b"b"],
    [b"NOSUCH", b"x" * 200, b"y"],
    [b"NOSUCH", b"x" * 100, b"y" * 100, b"z"],
    [b"N" * 200],
    [b"no\r\nsuch", b"li\nne", b"\x00"],
    [b"NO SUCH", b""],
    [b""],
    [b"", b"x"],
    [b"GET"],
    [b"get"],
    [b"SET", b"a"],
    [b"MSET", b"a"],
    [b"DBSIZE", b"x"],
    [b"CONFIG"],
    [b"CLIENT"],
    [b"OBJECT"],
    [b"client|id"],
    [b"CONFIG|GET", b"x"],
    [b"GET\x00", b"a"],
    [b"caf\xc3\xa9"],
    [b"'quoted'", b"it's"],
)


def mistake(source: Source) -> Words:
    return source.pick(MISTAKES)[:]


FIGURES: Final = (
    [b"TIME"],
    [b"TIME", b"x"],
    [b"LASTSAVE"],
    [b"INFO"],
    [b"INFO", b"server"],
    [b"INFO", b"nosuch"],
    [b"INFO", b"SERVER", b"clients"],
    [b"INFO", b"everything"],
    [b"INFO", b"default", b"all"],
    [b"LOLWUT"],
    [b"LOLWUT", b"VERSION", b"5"],
    [b"LOLWUT", b"VERSION", b"abc"],
    [b"MODULE", b"LIST"],
    [b"MODULE", b"NOSUCH"],
)


def figure(source: Source) -> Words:
    return source.pick(FIGURES)[:]


WATCHERS: Final = (
    [b"SLOWLOG", b"GET"],
    [b"SLOWLOG", b"GET", b"-1"],
    [b"SLOWLOG", b"GET", b"-2"],
    [b"SLOWLOG", b"GET", b"abc"],
    [b"SLOWLOG", b"GET", b"0"],
    [b"SLOWLOG", b"GET", b"1", b"2"],
    [b"SLOWLOG", b"LEN"],
    [b"SLOWLOG", b"LEN", b"x"],
    [b"SLOWLOG", b"RESET"],
    [b"SLOWLOG", b"NOSUCH"],
    [b"SLOWLOG", b"HELP"],
    [b"SLOWLOG"],
    [b"LATENCY", b"LATEST"],
    [b"LATENCY", b"HISTORY", b"nosuch"],
    [b"LATENCY", b"HISTORY"],
    [b"LATENCY", b"GRAPH", b"nosuch"],
    [b"LATENCY", b"RESET"],
    [b"LATENCY", b"RESET", b"nosuch"],
    [b"LATENCY", b"DOCTOR"],
    [b"LATENCY", b"HISTOGRAM", b"nosuch"],
    [b"LATENCY", b"HISTOGRAM", b"get"],
    [b"LATENCY", b"HELP"],
    [b"LATENCY", b"NOSUCH"],
    [b"LATENCY"],
    [b"MEMORY", b"USAGE", b"a"],
    [b"MEMORY", b"USAGE", b"nosuch"],
    [b"MEMORY", b"USAGE", b"a", b"SAMPLES", b"0"],
    [b"MEMORY", b"USAGE", b"a", b"SAMPLES", b"-1"],
    [b"MEMORY", b"USAGE", b"a", b"SAMPLES", b"abc"],
    [b"MEMORY", b"USAGE", b"a", b"SAMPLES"],
    [b"MEMORY", b"USAGE", b"a", b"FOO", b"1"],
    [b"MEMORY", b"USAGE"],
    [b"MEMORY", b"DOCTOR"],
    [b"MEMORY", b"STATS"],
    [b"MEMORY", b"PURGE"],
    [b"MEMORY", b"PURGE", b"x"],
    [b"MEMORY", b"MALLOC-STATS"],
    [b"MEMORY", b"HELP"],
    [b"MEMORY", b"NOSUCH"],
    [b"MEMORY"],
)


def watcher(source: Source) -> Words:
    return source.pick(WATCHERS)[:]


DEBUGS: Final = (
    [b"DEBUG", b"SLEEP", b"0"],
    [b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"],
    [b"DEBUG", b"OBJECT", b"nosuch"],
    [b"DEBUG", b"OBJECT", b"a"],
    [b"DEBUG", b"NOSUCH"],
    [b"DEBUG", b"JMAP"],
    [b"DEBUG", b"PROTOCOL", b"string"],
    [b"DEBUG", b"PROTOCOL", b"integer"],
    [b"DEBUG", b"PROTOCOL", b"double"],
    [b"DEBUG", b"PROTOCOL", b"null"],
    [b"DEBUG", b"PROTOCOL", b"array"],
    [b"DEBUG", b"PROTOCOL", b"set"],
    [b"DEBUG", b"PROTOCOL", b"map"],
    [b"DEBUG", b"PROTOCOL", b"verbatim"],
    [b"DEBUG", b"PROTOCOL", b"true"],
    [b"DEBUG", b"PROTOCOL", b"false"],
    [b"DEBUG", b"PROTOCOL", b"bignum"],
    [b"DEBUG", b"PROTOCOL", b"nosuch"],
    [b"DEBUG", b"DIGEST"],
    [b"DEBUG", b"DIGEST-VALUE", b"a", b"nosuch"],
    [b"DEBUG", b"CHANGE-REPL-ID"],
    [b"DEBUG"],
)


def debug(source: Source) -> Words:
    return source.pick(DEBUGS)[:]


def refused_shutdown(source: Source) -> Words:
    """Only what shuts nothing down."""
    return [b"SHUTDOWN", *source.pick(([b"FOO"], [b"SAVE", b"NOSAVE"], [b"ABORT"], [b"SAVE", b""]))]


FAMILY: Final = Family(
    "server",
    [
        (4, put),
        (6, databases),
        (6, config),
        (6, command),
        (4, mistake),
        (3, figure),
        (6, watcher),
        (3, debug),
        (1, refused_shutdown),
    ],
)
