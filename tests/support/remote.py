"""What a server holds, asked for by commands that every server knows: value by value."""

from typing import Final, cast

from tests.support.connection import Connection
from tests.support.resp import Word
from tests.support.servers import Server, wait_until

AT_ONCE: Final = 1000
DATABASES: Final = 16
ALL: Final = ("0", "-1")

Value = tuple[object, ...]
Held = dict[tuple[int, bytes], Value]


class Asking:
    """A connection that answers plain values."""

    def __init__(self, server: Server) -> None:
        self.connection: Connection = server.connect(30.0)

    def __call__(self, *argv: Word) -> object:
        reply = self.connection.call(*argv)
        assert not reply.is_error, (argv, reply)
        return plain(reply.value)


def plain(value: object) -> object:
    if isinstance(value, list):
        return [plain(getattr(item, "value", item)) for item in value]
    return getattr(value, "value", value)


def as_list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def pairs(value: object) -> list[tuple[object, object]]:
    items = as_list(value)
    return sorted(zip(items[::2], items[1::2], strict=True), key=repr)


def value_of(ask: Asking, key: bytes, kind: object, fields_too: bool) -> object:
    if kind == b"string":
        return ask("GET", key)
    if kind == b"list":
        return ask("LRANGE", key, *ALL)
    if kind == b"set":
        return sorted(as_list(ask("SMEMBERS", key)), key=repr)
    if kind == b"zset":
        items = as_list(ask("ZRANGE", key, *ALL, "WITHSCORES"))
        scores = [float(cast(bytes, score)) for score in items[1::2]]  # versions write them apart
        return list(zip(items[::2], scores, strict=True))
    if kind == b"hash":
        fields = pairs(ask("HGETALL", key))
        if not fields_too or not fields:
            return fields
        names = [cast(bytes, name) for name, _ in fields]
        return fields, ask("HPEXPIRETIME", key, "FIELDS", str(len(names)), *names)
    if kind == b"stream":
        return stream_of(ask, key)
    raise AssertionError(f"{kind!r} at {key!r}")


def stream_of(ask: Asking, key: bytes) -> object:
    info = dict(pairs(ask("XINFO", "STREAM", key)))
    groups = []
    for each in as_list(ask("XINFO", "GROUPS", key)):
        group = dict(pairs(each))
        name = group[b"name"]
        group.pop(b"lag", None)  # it follows from the others, in each version in its way
        assert isinstance(name, bytes)
        waiting = [
            row[:2] + row[3:]  # without the time since it was delivered
            for row in map(as_list, as_list(ask("XPENDING", key, name, "-", "+", "100000")))
        ]
        consumers = sorted(
            (
                {k: v for k, v in pairs(row) if k in (b"name", b"pending")}
                for row in as_list(ask("XINFO", "CONSUMERS", key, name))
            ),
            key=repr,
        )
        groups.append((sorted(group.items(), key=repr), waiting, consumers))
    kept = [b"length", b"last-generated-id", b"max-deleted-entry-id", b"entries-added"]
    return [info[name] for name in kept], ask("XRANGE", key, "-", "+"), groups


def held_by(server: Server, fields_too: bool = False) -> Held:
    """Every key of a server: its type, deadline and value; also of fields, where they have some."""
    ask = Asking(server)
    found: Held = {}
    for database in range(DATABASES):
        ask("SELECT", str(database))
        for key in sorted(as_list(ask("KEYS", "*")), key=repr):
            assert isinstance(key, bytes)
            kind = ask("TYPE", key)
            if kind == b"none":
                continue  # it went meanwhile
            value = value_of(ask, key, kind, fields_too)
            found[database, key] = (kind, ask("PEXPIRETIME", key), value)
    ask.connection.close()
    return found


def lasting(held: Held, now_ms: float) -> Held:
    """What has not expired by then."""
    return {
        place: value
        for place, value in held.items()
        if value[1] == -1 or cast(int, value[1]) > now_ms
    }


def differences(one: Held, other: Held) -> list[str]:
    """The first of them, to be read."""
    found = []
    for place in sorted(one.keys() | other.keys(), key=repr):
        if one.get(place) != other.get(place):
            found.append(f"{place}: {first_difference(one.get(place), other.get(place))}")
    return found[:10]


def first_difference(one: object, other: object) -> str:
    """Where two values part."""
    both = isinstance(one, (list, tuple)) and isinstance(other, (list, tuple))
    if both and len(one) == len(other):  # type: ignore[arg-type]
        for at, (left, right) in enumerate(zip(one, other, strict=True)):  # type: ignore[call-overload]
            if left != right:
                return f"[{at}] {first_difference(left, right)}"
    return f"{one!r:.300} | {other!r:.300}"


def info(server: Server, section: str) -> dict[str, str]:
    text = server.call("INFO", section)
    assert isinstance(text, bytes)
    rows = [line.partition(":") for line in text.decode().splitlines() if ":" in line]
    return {name: value for name, _, value in rows}


def is_linked(replica: Server) -> bool:
    return info(replica, "replication").get("master_link_status") == "up"


def offset_of(server: Server) -> int:
    return int(info(server, "replication")["master_repl_offset"])


def wait_for_link(replica: Server, within: float = 30.0) -> None:
    wait_until(lambda: is_linked(replica), within, f"a link of {replica}: {replica.log[-3000:]}")


def wait_for_same_offset(primary: Server, replica: Server, within: float = 30.0) -> None:
    """Until the replica has applied all that its primary has done."""

    def is_there() -> bool:
        return is_linked(replica) and offset_of(replica) == offset_of(primary)

    wait_until(is_there, within, f"{replica} behind {primary}: {replica.log[-3000:]}")


def replica_flags(port: int, *more: str) -> list[str]:
    return [f"--replicaof=127.0.0.1:{port}", *more]
