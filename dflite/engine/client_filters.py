"""Which clients CLIENT LIST and CLIENT KILL mean: conditions, and opposites of conditions."""

from typing import Final

from dflite.base.conversation_errors import (
    BadClientId,
    DatabaseNotBetween,
    FilterNotAnInteger,
    FilterNotPositive,
    NoSuchUser,
    UnknownClientFlags,
    UnknownClientType,
)
from dflite.base.errors import BadSyntax
from dflite.engine.acl_users import User
from dflite.engine.args import Args
from dflite.engine.client import Client
from dflite.engine.context import Engine
from dflite.native.base.bytesops import parse_int
from dflite.native.wire.connection import HELD_BLOCKED, HELD_PAUSED

FLAGS: Final = b"OSMPxbtRBdcuAUreTNIEi"  # every letter that CLIENT LIST may show
NORMAL: Final = 1
REPLICA: Final = 2
PUBSUB: Final = 3
PRIMARY: Final = 4
TYPES: Final = {
    b"normal": NORMAL,
    b"replica": REPLICA,
    b"slave": REPLICA,
    b"pubsub": PUBSUB,
    b"master": PRIMARY,
    b"primary": PRIMARY,
}


class Filter:
    """Conditions on a client; None where a condition is not asked for."""

    def __init__(self) -> None:
        self.ids: set[int] | None = None
        self.kind: int | None = None
        self.user: User | None = None
        self.addr: bytes | None = None
        self.laddr: bytes | None = None
        self.ip: bytes | None = None
        self.flags: bytes | None = None
        self.name: bytes | None = None
        self.lib_name: bytes | None = None
        self.lib_version: bytes | None = None
        self.db: int | None = None
        # these have no opposite
        self.age_s = 0
        self.idle_s = 0

    def accepts(self, client: Client, now_ms: int) -> bool:
        """Do all conditions hold?"""
        return (
            (self.ids is None or client.id in self.ids)
            and (self.kind is None or type_of(client) == self.kind)
            and (self.user is None or client.user.name == self.user.name)
            and (self.addr is None or client.addr.encode() == self.addr)
            and (self.laddr is None or client.laddr.encode() == self.laddr)
            and (self.ip is None or ip_of(client) == self.ip)
            and (self.flags is None or has_flags(client, self.flags))
            and (self.name is None or client.name == self.name)
            and (self.lib_name is None or client.lib_name == self.lib_name)
            and (self.lib_version is None or client.lib_version == self.lib_version)
            and (self.db is None or client.conn.database == self.db)
            and (not self.age_s or age_s(client, now_ms) >= self.age_s)
            and (not self.idle_s or idle_s(client, now_ms) >= self.idle_s)
        )

    def rejects(self, client: Client) -> bool:
        """As the opposites of a request: does any condition hold?"""
        return (
            (self.ids is not None and client.id in self.ids)
            or (self.kind is not None and type_of(client) == self.kind)
            or (self.user is not None and client.user.name == self.user.name)
            or (self.addr is not None and client.addr.encode() == self.addr)
            or (self.laddr is not None and client.laddr.encode() == self.laddr)
            or (self.ip is not None and ip_of(client) == self.ip)
            or (self.flags is not None and has_flags(client, self.flags))
            or (self.name is not None and client.name == self.name)
            or (self.lib_name is not None and client.lib_name == self.lib_name)
            or (self.lib_version is not None and client.lib_version == self.lib_version)
            or (self.db is not None and client.conn.database == self.db)
        )


class ClientQuery:
    """What CLIENT LIST or CLIENT KILL asks for."""

    def __init__(self, skip_me: bool) -> None:
        self.wanted = Filter()
        self.unwanted = Filter()
        self.skip_me = skip_me

    def select(self, engine: Engine, me: Client) -> list[Client]:
        """The clients that are meant, in order of their ids."""
        now_ms = engine.clock.now_ms
        return [
            client
            for client in engine.clients.values()
            if not (self.skip_me and client is me)
            and self.wanted.accepts(client, now_ms)
            and not self.unwanted.rejects(client)
        ]


def read_client_query(engine: Engine, args: Args, skip_me: bool) -> ClientQuery:
    """The filters of a request, to its end."""
    query = ClientQuery(skip_me)
    while args.more():
        word = args.word()
        if not args.more():
            raise BadSyntax
        if word == b"SKIPME":
            query.skip_me = read_yes_or_no(args)
        elif word == b"MAXAGE":
            query.wanted.age_s = read_seconds(args, b"maxage")
        elif word == b"IDLE":
            query.wanted.idle_s = read_seconds(args, b"idle")
        elif word.startswith(b"NOT-"):
            read_condition(engine, args, query.unwanted, word[4:], word)
        else:
            read_condition(engine, args, query.wanted, word, b"")
    return query


def read_condition(engine: Engine, args: Args, into: Filter, word: bytes, negated: bytes) -> None:
    """One condition; `negated` is the word it was written as if it is an opposite."""
    if word == b"ID":
        into.ids = read_ids(args, into.ids)
    elif word == b"TYPE":
        name = args.next()
        into.kind = TYPES.get(name.lower())
        if into.kind is None:
            raise UnknownClientType(name)
    elif word == b"USER":
        name = args.next()
        into.user = engine.users.named(name)
        if into.user is None:
            raise NoSuchUser(name)
    elif word == b"ADDR":
        into.addr = args.next()
    elif word == b"LADDR":
        into.laddr = args.next()
    elif word == b"IP":
        into.ip = args.next()
    elif word == b"FLAGS":
        into.flags = read_flags(args, negated)
    elif word == b"NAME":
        into.name = args.next()
    elif word == b"LIB-NAME":
        into.lib_name = args.next()
    elif word == b"LIB-VER":
        into.lib_version = args.next()
    elif word == b"DB":
        into.db = read_database(engine, args, negated or b"DB")
    else:
        raise BadSyntax


def read_ids(args: Args, known: set[int] | None) -> set[int]:
    """As many ids as there are in a row, one at least."""
    ids = known if known is not None else set()
    number = parse_int(args.next())
    if number is None:
        raise BadSyntax
    while number is not None:
        if number <= 0:
            raise BadClientId
        ids.add(number)
        number = parse_int(args.peek())
        if number is not None:
            args.next()
    return ids


def read_seconds(args: Args, name: bytes) -> int:
    number = parse_int(args.next())
    if number is None:
        raise FilterNotAnInteger(name)
    if number <= 0:
        raise FilterNotPositive(name)
    return number


def read_database(engine: Engine, args: Args, name: bytes) -> int:
    number = parse_int(args.next())
    if number is None:
        raise FilterNotAnInteger(name)
    last = len(engine.keyspace.dbs) - 1
    if not 0 <= number <= last:
        raise DatabaseNotBetween(b"ERR %b number should be between 0 and %d" % (name, last))
    return number


def read_flags(args: Args, negated: bytes) -> bytes:
    flags = args.next()
    for flag in flags:
        if flag not in FLAGS:
            where = b"the %b filter" % negated if negated else b"the provided filter"
            raise UnknownClientFlags(b"ERR Unknown flags found in %b: %b" % (where, flags))
    return flags


def read_yes_or_no(args: Args) -> bool:
    word = args.word()
    if word not in (b"YES", b"NO"):
        raise BadSyntax
    return word == b"YES"


def type_of(client: Client) -> int:
    """Normal, a subscriber, or one end of a replication link."""
    if client.primary:
        return PRIMARY
    if client.replica:
        return REPLICA
    return PUBSUB if client.listening is not None else NORMAL


def ip_of(client: Client) -> bytes:
    return client.addr.rpartition(":")[0].strip("[]").encode()


def age_s(client: Client, now_ms: int) -> int:
    """Seconds since it came."""
    return max(now_ms - client.created_ms, 0) // 1000


def idle_s(client: Client, now_ms: int) -> int:
    """Seconds since it last said something."""
    return max(now_ms - client.conn.last_active_ms, 0) // 1000


def has_flags(client: Client, flags: bytes) -> bool:
    own = flags_of(client)
    return all(flag in own for flag in flags)


def flags_of(client: Client) -> bytes:
    """What CLIENT LIST shows as flags: a letter each, N for none."""
    flags = b"M" if client.primary else b"S" if client.replica else b""
    if client.monitor:
        flags += b"O"
    if client.listening is not None:
        flags += b"P"
    if client.queue is not None:
        flags += b"x"
    if client.conn.held & (HELD_BLOCKED | HELD_PAUSED):
        flags += b"b"
    if client.tracker is not None:
        flags += b"t"
        if client.tracker.redirect_broken:
            flags += b"R"
        if client.tracker.broadcast:
            flags += b"B"
    if client.watch_broken:
        flags += b"d"
    if client.conn.closing:
        flags += b"c"
    if client.unix_socket:
        flags += b"U"
    if client.no_evict:
        flags += b"e"
    if client.no_touch:
        flags += b"T"
    return flags or b"N"
