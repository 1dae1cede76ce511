"""PSYNC, SYNC, REPLCONF and ROLE: what replicas say to this node, and who it is to whom."""

from typing import Final

from dflite.base.errors import BadSyntax
from dflite.base.numbers import INT64_MAX
from dflite.base.replication_errors import (
    AnotherHistory,
    BadVersion,
    GivenUp,
    HandedOverToPrimary,
    NoPrimaryLink,
    TooLongAddress,
    UnknownReplicaOption,
    UnsupportedFilter,
)
from dflite.engine.args import Args
from dflite.engine.client import Client
from dflite.engine.command import (
    ADMIN,
    ALLOW_BUSY,
    FAST,
    LOADING,
    NO_ASYNC_LOADING,
    NO_MULTI,
    NOSCRIPT,
    STALE,
    Family,
)
from dflite.engine.context import Context
from dflite.engine.replication import (
    FUNCTIONS,
    GREETING,
    KEYS,
    ONLINE,
    REPLICAS,
    SENT,
    WAITING,
    Feed,
    Replica,
)
from dflite.native.base.bytesops import parse_int

SERVER: Final = Family("server")
ROLES: Final = Family("server", "admin", "dangerous")
SYNCING: Final = ADMIN | NOSCRIPT | NO_ASYNC_LOADING | NO_MULTI
LONGEST_ADDRESS: Final = 255
NOT_PATCHED: Final = 2  # dots in a version
DRAGONFLY: Final = "dragonfly"  # its capability


def replica_of(ctx: Context) -> Replica:
    """The replica that this client is, or is about to become."""
    client = ctx.client
    replicas = ctx.engine.replication.replicas
    replica = replicas.get(client.id)
    if replica is None:
        replica = Replica(client.id, client.conn, ctx.engine.clock.now_ms)
        replica.ip = address_of(client)
        replicas[client.id] = replica
    return replica


def address_of(client: Client) -> str:
    """Where it speaks from, without the port."""
    return client.addr.rpartition(":")[0].strip("[]")


@SERVER.command(
    "REPLCONF",
    arity=-1,
    flags=ADMIN | NOSCRIPT | LOADING | STALE | ALLOW_BUSY,
    since="3.0.0",
    complexity="O(1)",
    summary="What a replica tells its primary: where it listens, what it knows, how far it is.",
)
def cmd_replconf(ctx: Context, args: Args) -> None:
    if args.left() % 2:
        raise BadSyntax
    answered = True
    while args.more():
        name = args.next()
        answered = read_option(ctx, name.lower(), name, args)
        if not answered:
            return
    ctx.reply.ok()


def read_option(ctx: Context, option: bytes, name: bytes, args: Args) -> bool:
    """One option; False if it gets no answer."""
    if option == b"listening-port":
        replica_of(ctx).port = args.integer()
    elif option == b"ip-address":
        word = args.next()
        if len(word) > LONGEST_ADDRESS:
            raise TooLongAddress(b"%d" % len(word))
        replica_of(ctx).ip = word.decode("latin-1") or address_of(ctx.client)
    elif option == b"capa":
        replica_of(ctx).capabilities.add(args.next().decode("latin-1").lower())
    elif option == b"version":
        replica_of(ctx).version = read_version(args.next())
    elif option in (b"ack", b"fack"):
        read_progress(ctx, option, args)
        return False
    elif option == b"getack":
        return False  # for a replica: its primary's stream says so, and no client
    elif option == b"rdb-only":
        replica_of(ctx).only_snapshot = args.integer() == 1
    elif option == b"rdb-filter-only":
        parts = 0
        for word in args.next().split():
            if word.lower() != b"functions":
                raise UnsupportedFilter(word)
            parts = FUNCTIONS
        replica_of(ctx).parts = parts
    else:
        raise UnknownReplicaOption(name)
    return True


def read_version(text: bytes) -> int:
    """major.minor.patch as one number, a byte each."""
    parts = [parse_int(part) for part in text.split(b".")]
    if len(parts) != NOT_PATCHED + 1:
        raise BadVersion(text)
    number = 0
    for part in parts:
        if part is None or not 0 <= part <= 255:
            raise BadVersion(text)
        number = number << 8 | part
    return number


def read_progress(ctx: Context, option: bytes, args: Args) -> None:
    """REPLCONF ACK offset [FACK offset]: of a replica that is there; others are not heeded."""
    replication = ctx.engine.replication
    replica = replication.replicas.get(ctx.client.id)
    offset = parse_int(args.next())
    acked = file_acked = 0
    if option == b"ack":
        acked = offset or 0
    else:
        file_acked = offset or 0
    while args.more():
        word = args.word()
        number = parse_int(args.next()) or 0
        if word == b"FACK":
            file_acked = number
        elif word == b"ACK":
            acked = number
    if replica is None or replica.state == GREETING:
        return
    if replica.state == SENT and not replica.only_snapshot:
        go_online(ctx, replica)
    replication.has_acked(replica, acked, file_acked)
    if replication.too_few:
        replication.look_at_replicas()


def go_online(ctx: Context, replica: Replica) -> None:
    """A replica has its snapshot: from now on it gets the stream."""
    replication = ctx.engine.replication
    replica.state = ONLINE
    replica.ack_ms = ctx.engine.clock.now_ms
    replica.conn.source = Feed(replica).__call__
    replica.conn.mark_dirty()
    replication.look_at_replicas()
    ctx.host.log("notice", f"Synchronization with replica {replica.ip}:{replica.port} succeeded")


@SERVER.command(
    "PSYNC replicationid offset",
    arity=-3,
    flags=SYNCING,
    since="2.8.0",
    complexity="",
    summary="Become a replica that goes on with a history, or else gets a snapshot first.",
)
def cmd_psync(ctx: Context, args: Args) -> None:
    history = args.next().decode("latin-1")
    first = args.integer()
    if args.more() and args.word() == b"FAILOVER":
        accept_takeover(ctx, history)
    if refuse_syncing(ctx):
        return
    replication = ctx.engine.replication
    replica = replica_of(ctx)
    if may_go_on(replica) and replication.can_go_on(history, first):
        become_replica(ctx)
        replication.synced_partially += 1
        replica.cursor = ctx.engine.backlog.cursor(first - 1)
        at = f"{replica.ip}:{replica.port}"
        lack = replication.offset - first + 1
        ctx.host.log(
            "notice",
            f"Partial resynchronization request from {at} accepted: {lack} bytes from {first} on",
        )
        text = b"+CONTINUE"
        if "psync2" in replica.capabilities:
            text += b" " + replication.id.encode()
        ctx.reply.raw(text + b"\r\n")
        replica.acked = first - 1
        go_online(ctx, replica)
        return
    if history != "?":
        replication.refused_partially += 1
        reason = (
            "Dragonfly loses what comes right behind the answer to it"
            if DRAGONFLY in replica.capabilities
            else f"{history[:40]} from {first} on is not here; "
            f"these are {replication.id} and, up to {replication.former_offset}, "
            f"{replication.former_id}, kept from {ctx.engine.backlog.start + 1} on"
        )
        ctx.host.log("notice", f"Partial resynchronization not accepted: {reason}")
    replica.says_offset = True
    begin_sync(ctx, replica)


def may_go_on(replica: Replica) -> bool:
    """Can it go on where it was, if what it lacks is here?

    Not who asked for parts of a snapshot, nor Dragonfly: it asks from one byte too early on, and
    forgets what it has read together with the answer, so that it would differ in silence.
    """
    return replica.parts == KEYS | FUNCTIONS and DRAGONFLY not in replica.capabilities


def accept_takeover(ctx: Context, history: str) -> None:
    """Our primary hands over, and follows this node from here."""
    replication = ctx.engine.replication
    if replication.primary is None:
        raise HandedOverToPrimary
    if history.lower() != replication.id:
        raise AnotherHistory
    if replication.takeover_given_up:
        replication.takeover_given_up = False
        ctx.host.log("notice", "the primary hands over too late: this node remains its replica")
        raise GivenUp
    ctx.host.stop_replicating()


@SERVER.command(
    "SYNC",
    arity=1,
    flags=SYNCING,
    since="1.0.0",
    complexity="",
    summary="Become a replica, by a snapshot and what comes behind it.",
)
def cmd_sync(ctx: Context, args: Args) -> None:
    if not refuse_syncing(ctx):
        replica = replica_of(ctx)
        replica.says_offset = False
        begin_sync(ctx, replica)


def refuse_syncing(ctx: Context) -> bool:
    """May this client not become a replica now? It is one, or there is nothing to follow."""
    replication = ctx.engine.replication
    replica = replication.replicas.get(ctx.client.id)
    if replica is not None and replica.is_counted():
        return True  # it is a replica already: nothing is answered
    link = replication.primary
    if link is None:
        return False
    if replica is not None and link.is_from(replica):
        # a circle, whose stream would never end, unless it has just been handed over to
        if link.is_circle(ctx.engine.clock.now_ms) and not link.circle_told:
            link.circle_told = True
            ctx.host.log(
                "warning",
                f"{link.host}:{link.port} is to follow this node, which follows it: they follow "
                "each other, and neither is a primary (REPLICAOF NO ONE makes one of them one)",
            )
        raise NoPrimaryLink
    if not link.is_up:
        raise NoPrimaryLink
    return False


def become_replica(ctx: Context) -> None:
    """The client is a replica from now on."""
    client = ctx.client
    client.replica = True
    client.update_lane()
    client.conn.limits = ctx.engine.replica_limits
    ctx.engine.replication.alone_since_ms = 0
    ctx.engine.replication.want_stream(REPLICAS, True)


def begin_sync(ctx: Context, replica: Replica) -> None:
    become_replica(ctx)
    replica.state = WAITING
    ctx.engine.replication.synced_fully += 1
    ctx.host.sync_fully(replica)


@ROLES.command(
    "ROLE",
    arity=1,
    flags=NOSCRIPT | LOADING | STALE | FAST,
    since="2.8.12",
    complexity="O(1)",
    summary="Whether this node is a primary or a replica, and who the others are.",
)
def cmd_role(ctx: Context, args: Args) -> None:
    reply = ctx.reply
    replication = ctx.engine.replication
    link = replication.primary
    if link is not None:
        reply.array(5)
        reply.bulk(b"slave")
        reply.bulk(link.host.encode())
        reply.integer(link.port)
        reply.bulk(link.state.encode())
        reply.integer(min(replication.offset, INT64_MAX) if link.is_up else -1)
        return
    replicas = replication.online()
    reply.array(3)
    reply.bulk(b"master")
    reply.integer(replication.offset)
    reply.array(len(replicas))
    for replica in replicas:
        reply.array(3)
        reply.bulk(replica.ip.encode())
        reply.bulk(b"%d" % replica.port)
        reply.bulk(b"%d" % replica.acked)
