"""When two replies say the same: byte for byte, but for what no two processes say alike.

Each rule names what it overlooks: the time that passes between two servers, orders that are
nobody's promise, figures about the process itself. Everything else is compared exactly.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from tests.support.resp import ARRAY, BULK, ERROR, INTEGER, MAP, VERBATIM, Reply

Rule = Callable[[Sequence[bytes], Reply, Reply], bool]


def exactly(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return theirs == ours


def within(tolerance: int) -> Rule:
    """Two points in time or spans, taken one after the other."""

    def close(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
        if theirs.kind != INTEGER or ours.kind != INTEGER:
            return theirs == ours
        if theirs.number <= 0 or ours.number <= 0:
            return theirs == ours
        return abs(theirs.number - ours.number) <= tolerance

    return close


def any_order(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """The same members, in whatever order."""
    if not isinstance(theirs.value, list) or not isinstance(ours.value, list):
        return theirs == ours
    return theirs.kind == ours.kind and sorted(map(repr, theirs.value)) == sorted(
        map(repr, ours.value)
    )


def pairs_in_any_order(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """The same pairs, in whatever order: a map, or in RESP2 an array of both in turns."""
    if not isinstance(theirs.value, list) or theirs.kind != ours.kind or theirs.kind == MAP:
        return any_order(argv, theirs, ours)

    def pairs(reply: Reply) -> list[str]:
        items = reply.items
        return sorted(f"{items[i]!r} {items[i + 1]!r}" for i in range(0, len(items) - 1, 2))

    return len(theirs.items) == len(ours.items) and pairs(theirs) == pairs(ours)


def element_scan(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """HSCAN and its like: where both came to the end, they must have found the same."""
    if theirs.kind == ERROR or ours.kind == ERROR or ARRAY not in (theirs.kind, ours.kind):
        return theirs == ours
    if any(reply.items[0].data != b"0" for reply in (theirs, ours)) or argv[2] != b"0":
        return one_scan(argv, theirs, ours)
    words = [word.upper() for word in argv]
    lone = words[0] == b"SSCAN" or b"NOVALUES" in words or b"NOSCORES" in words
    rule = any_order if lone else pairs_in_any_order
    return rule(argv, theirs.items[1], ours.items[1])


def near(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """A list of times left, asked for one after the other."""
    if theirs.kind != ARRAY or ours.kind != ARRAY or len(theirs.items) != len(ours.items):
        return theirs == ours
    close = within(2000)
    return all(close(argv, one, other) for one, other in zip(theirs.items, ours.items, strict=True))


def same_kind(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """The same kind of reply, about something that differs; errors are still exact."""
    if theirs.kind == ERROR or ours.kind == ERROR:
        return theirs == ours
    return theirs.kind == ours.kind


def same_outline(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """The same kinds at all depths of two lists of the same length."""
    if theirs.kind != ours.kind:
        return False
    if theirs.kind == ERROR:
        return theirs == ours
    if not isinstance(theirs.value, list) or theirs.kind == MAP:
        return True
    return len(theirs.items) == len(ours.items) and all(
        same_outline(argv, one, other) for one, other in zip(theirs.items, ours.items, strict=True)
    )


def one_scan(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """A cursor and some keys; which ones is compared where the whole keyspace is walked."""
    if theirs.kind == ERROR or ours.kind == ERROR:
        return theirs == ours
    return [item.kind for item in theirs.items] == [item.kind for item in ours.items]


def field_names(reply: Reply) -> list[tuple[bytes, str]]:
    return [(name.data, value.kind) for name, value in reply.pairs]


IDENTITY: Final = (b"server", b"version", b"id", b"modules", b"availability_zone")


def greeting(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """HELLO: the same fields; who answers, and its count of clients, are its own."""
    if theirs.kind == ERROR or ours.kind == ERROR:
        return theirs == ours

    def said(reply: Reply) -> list[object]:
        return [
            (name.data, value.kind if name.data in IDENTITY else value)
            for name, value in reply.pairs
        ]

    return theirs.kind == ours.kind and said(theirs) == said(ours)


SHARED_CLIENT_FIELDS: Final = (
    b"name", b"db", b"sub", b"psub", b"multi", b"watch", b"user", b"redir", b"resp", b"flags",
    b"lib-name", b"lib-ver", b"cmd",
)  # fmt: skip


def client_lines(reply: Reply) -> list[dict[bytes, bytes]]:
    """CLIENT LIST and INFO: what a connection is, without addresses, ages and memory."""
    lines = []
    for line in reply.data.split(b"\n"):
        words = line.removeprefix(b"txt:").split(b" ")
        fields = dict(word.split(b"=", 1) for word in words if b"=" in word)
        if fields.get(b"watch", b"0") != b"0" and fields.get(b"multi") == b"-1":
            # Valkey counts no commands where Redis says that there is no MULTI.
            fields[b"multi"] = b"0"
        if fields:
            if b"x" not in fields.get(b"flags", b""):
                fields[b"multi"] = b"-1"  # Valkey 9 says 0 behind the first MULTI
            lines.append({name: fields.get(name, b"?") for name in SHARED_CLIENT_FIELDS})
    return lines


def clients(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    if theirs.kind not in (BULK, VERBATIM) or theirs.kind != ours.kind:
        return theirs == ours
    listed = [sorted(sorted(line.items()) for line in client_lines(r)) for r in (theirs, ours)]
    return listed[0] == listed[1]


def command_rows(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """COMMAND INFO: name, arity, flags, keys and categories; tips and key specs not."""
    if theirs.kind == ERROR or ours.kind == ERROR:
        return theirs == ours

    def row(reply: Reply) -> object:
        if reply.is_null:
            return reply
        items = reply.items
        return [*items[:2], sorted(map(repr, items[2].items)), *items[3:6], items[2].kind]

    return list(map(row, theirs.items)) == list(map(row, ours.items))


def flagged_keys(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """COMMAND GETKEYSANDFLAGS: keys in order, their flags in any."""
    if theirs.kind == ERROR or ours.kind == ERROR:
        return theirs == ours

    def rows(reply: Reply) -> object:
        return [
            (item.items[0], item.items[1].kind, sorted(map(repr, item.items[1].items)))
            for item in reply.items
        ]

    return rows(theirs) == rows(ours)


def settings(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """CONFIG GET: the same settings in any order."""
    if theirs.kind == ERROR or ours.kind == ERROR or theirs.kind != ours.kind:
        return theirs == ours
    return sorted(map(repr, theirs.pairs)) == sorted(map(repr, ours.pairs))


def without_times(reply: Reply) -> Any:
    """A reply whose Unix milliseconds, and what is named an idle time, are not looked at."""
    if reply.kind == INTEGER and reply.number > 1_000_000_000_000:
        return "a time"
    if reply.kind == MAP:
        return [item for pair in reply.pairs for item in without_times(Reply(ARRAY, list(pair)))]
    if isinstance(reply.value, list):
        plain: list[object] = []
        name: object = b""
        for item in reply.items:
            timed = name in (b"idle", b"inactive") and item.kind == INTEGER and item.number >= 0
            plain.append("a time" if timed else without_times(item))
            name = item.value
        return plain
    return reply


def but_for_times(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """XINFO: the same but for points in time and how long consumers have been idle."""
    return theirs.kind == ours.kind and without_times(theirs) == without_times(ours)


def pending(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """XPENDING with a range: the same but for how long each entry has been idle."""
    if theirs.kind != ours.kind or theirs.kind == ERROR or len(theirs.items) != len(ours.items):
        return theirs == ours
    for one, other in zip(theirs.items, ours.items, strict=True):
        if not isinstance(one.value, list) or len(one.items) != 4 or len(other.items) != 4:
            return theirs == ours
        if [*one.items[:2], one.items[3]] != [*other.items[:2], other.items[3]]:
            return False
        if abs(one.items[2].number - other.items[2].number) > 5000:
            return False
    return True


OWN_TO_A_REFUSAL: Final = (
    b"age-seconds", b"client-info", b"entry-id", b"timestamp-created", b"timestamp-last-updated",
)  # fmt: skip


def refusals(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """ACL LOG: the same entries, but for times, counters of the process, and who it was."""
    if theirs.kind != ARRAY or ours.kind != ARRAY:
        return theirs == ours

    def entry(reply: Reply) -> list[object]:
        return [
            (name.data, value.kind if name.data in OWN_TO_A_REFUSAL else value)
            for name, value in reply.pairs
        ]

    return list(map(entry, theirs.items)) == list(map(entry, ours.items))


def same_length(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    """As many bytes, which are made by chance."""
    if theirs.kind != BULK or ours.kind != BULK:
        return theirs == ours
    return len(theirs.data) == len(ours.data)


RULES: Final[dict[bytes, Rule]] = {
    b"ACL LOG": refusals,
    b"ACL GENPASS": same_length,
    b"ACL CAT": same_kind,
    b"TTL": within(2),
    b"PTTL": within(2000),
    b"EXPIRETIME": within(2),
    b"PEXPIRETIME": within(2000),
    b"KEYS": any_order,
    b"SCAN": one_scan,
    b"RANDOMKEY": same_kind,
    b"HGETALL": pairs_in_any_order,
    b"HKEYS": any_order,
    b"HVALS": any_order,
    b"HSCAN": element_scan,
    b"SSCAN": element_scan,
    b"ZSCAN": element_scan,
    b"HRANDFIELD": same_outline,
    b"HTTL": near,
    b"HPTTL": near,
    b"HEXPIRETIME": near,
    b"HPEXPIRETIME": near,
    b"SMEMBERS": any_order,
    b"SINTER": any_order,
    b"SUNION": any_order,
    b"SDIFF": any_order,
    b"SPOP": any_order,
    b"SRANDMEMBER": same_outline,
    b"ZRANDMEMBER": same_outline,
    b"OBJECT IDLETIME": within(10),
    b"OBJECT REFCOUNT": same_kind,  # a queued request counts too, where values are shared
    b"TIME": same_outline,
    b"LASTSAVE": same_kind,
    b"XINFO": but_for_times,
    b"XPENDING": pending,
    b"INFO": same_kind,
    b"LOLWUT": same_kind,
    b"HELLO": greeting,
    b"MODULE LIST": same_kind,
    b"CLIENT ID": same_kind,
    b"PUBSUB CHANNELS": any_order,
    b"PUBSUB SHARDCHANNELS": any_order,
    b"CLIENT LIST": clients,
    b"CLIENT INFO": clients,
    b"COMMAND COUNT": same_kind,
    b"COMMAND INFO": command_rows,
    b"COMMAND GETKEYSANDFLAGS": flagged_keys,
    b"COMMAND LIST": any_order,
    b"CONFIG GET": settings,
    b"SLOWLOG GET": same_kind,
    b"SLOWLOG LEN": same_kind,
    b"LATENCY LATEST": same_kind,
    b"LATENCY DOCTOR": same_kind,
    b"LATENCY RESET": same_kind,
    b"LATENCY HISTOGRAM": same_kind,
    b"MEMORY USAGE": same_kind,
    b"MEMORY DOCTOR": same_kind,
    b"MEMORY STATS": same_kind,
    b"MEMORY MALLOC-STATS": same_kind,
    b"DEBUG OBJECT": same_kind,
}


def rule_for(argv: Sequence[bytes]) -> Rule:
    name = argv[0].upper()
    if len(argv) > 1:
        rule = RULES.get(name + b" " + argv[1].upper())
        if rule is not None:
            return rule
    return RULES.get(name, exactly)


def alike(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return theirs == ours or rule_for(argv)(argv, theirs, ours)
