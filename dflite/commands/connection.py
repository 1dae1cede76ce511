"""Connections: who is there, which protocol, which database."""

from typing import Final

from dflite.base.conversation_errors import (
    BadClientName,
    BadHelloOption,
    HelloNeedsAuth,
    NoPasswordSet,
    NoProtocol,
    NotAnInt32,
    ProtocolNotAnInteger,
    WrongPass,
)
from dflite.base.errors import BadSyntax, DatabaseOutOfRange, WrongArity
from dflite.base.numbers import INT32_MAX, INT32_MIN
from dflite.base.versions import REDIS_VERSION
from dflite.engine.acl_log import AUTH, MULTI, TOPLEVEL
from dflite.engine.args import Args
from dflite.engine.client import REPLY_ON, REPLY_SKIP
from dflite.engine.client_line import describe
from dflite.engine.command import ALLOW_BUSY, FAST, LOADING, NO_AUTH, NOSCRIPT, STALE, Family
from dflite.engine.context import Context
from dflite.native.base.bytesops import parse_int
from dflite.ops.items import take_flags
from dflite.ops.keys import take_stickiness

CONNECTION: Final = Family("connection", "connection")
GREETING: Final = NOSCRIPT | LOADING | STALE | FAST | NO_AUTH | ALLOW_BUSY
EVERYWHERE: Final = ["request_policy:all_shards", "response_policy:all_succeeded"]


@CONNECTION.command(
    "PING [message]",
    arity=-1,
    flags=FAST,
    since="1.0.0",
    complexity="O(1)",
    summary="PONG, or the message.",
    tips=EVERYWHERE,
    lane=True,
)
def cmd_ping(ctx: Context, args: Args) -> None:
    if args.left() > 1:
        raise WrongArity(b"ping")
    if ctx.client.is_only_listening():
        ctx.reply.bulks([b"pong", args.next() if args.more() else b""])
    elif args.more():
        ctx.reply.bulk(args.next())
    else:
        ctx.reply.simple(b"PONG")


@CONNECTION.command(
    "ECHO message",
    arity=2,
    flags=LOADING | STALE | FAST,
    since="1.0.0",
    complexity="O(1)",
    summary="The message.",
)
def cmd_echo(ctx: Context, args: Args) -> None:
    word = args.next()
    if ctx.client.primary:
        take_flags(ctx.db, word)
        take_stickiness(ctx.db, word)
    ctx.reply.bulk(word)


@CONNECTION.command(
    "SELECT index",
    arity=2,
    flags=LOADING | STALE | FAST | ALLOW_BUSY,
    since="1.0.0",
    complexity="O(1)",
    summary="Work on another database from now on.",
)
def cmd_select(ctx: Context, args: Args) -> None:
    index = args.integer()
    if not INT32_MIN <= index <= INT32_MAX:
        raise NotAnInt32
    if not 0 <= index < len(ctx.keyspace.dbs):
        raise DatabaseOutOfRange
    ctx.select(index)
    ctx.reply.ok()


@CONNECTION.command(
    "AUTH [username] password",
    arity=-2,
    flags=GREETING,
    since="1.0.0",
    complexity="O(N) in the number of the user's passwords",
    summary="Show that this is a user's connection.",
)
def cmd_auth(ctx: Context, args: Args) -> None:
    if args.left() > 2:
        raise BadSyntax
    if args.left() == 2:
        username = args.next()
    elif ctx.engine.users.default.nopass:
        raise NoPasswordSet
    else:
        username = b"default"
    authenticate(ctx, b"AUTH", username, args.next())
    ctx.reply.ok()


def authenticate(ctx: Context, method: bytes, username: bytes, password: bytes) -> None:
    """Make the client that user's; WrongPass if user and password do not belong together."""
    engine = ctx.engine
    client = ctx.client
    in_exec = not ctx.may_wait
    user = engine.users.named(username)
    fits = user is not None and user.enabled and user.has_password(password)
    if user is None or not fits or (in_exec and engine.attempts.given_up):
        engine.attempts.failed(client)
        engine.attempts.given_up = in_exec and engine.attempts.wait_ms(client) > 0
        engine.acl_log.note(
            AUTH,
            MULTI if in_exec else TOPLEVEL,
            method,
            username,
            describe(engine, client).rstrip(b"\n"),
            engine.clock.now_ms,
        )
        ctx.host.log_of_many(
            "notice",
            "auth",
            f"client {client.addr} failed to authenticate: wrong name or password",
        )
        raise WrongPass
    engine.attempts.succeeded(client)
    client.user = user
    client.authenticated = True
    client.update_lane()
    if user.root.home >= 0 and user.root.home < len(ctx.keyspace.dbs):
        ctx.select(user.root.home)


@CONNECTION.command(
    "HELLO [protover [AUTH username password] [SETNAME clientname]]",
    arity=-1,
    flags=GREETING,
    since="6.0.0",
    complexity="O(1)",
    summary="Agree on a protocol and hear who the server is; AUTH and CLIENT SETNAME on the way.",
)
def cmd_hello(ctx: Context, args: Args) -> None:
    client = ctx.client
    protocol = client.resp
    username = password = name = None
    if args.more():
        version = parse_int(args.next())
        if version is None:
            raise ProtocolNotAnInteger
        if not 2 <= version <= 3:
            raise NoProtocol
        protocol = version
    while args.more():
        option = args.next()
        word = option.upper()
        if word == b"AUTH" and args.left() >= 2:
            username, password = args.next(), args.next()
        elif word == b"SETNAME" and args.more():
            name = args.next()
            if not is_printable(name):
                raise BadClientName
        else:
            raise BadHelloOption(option)
    if username is not None and password is not None:
        authenticate(ctx, b"HELLO", username, password)
    if not client.authenticated and not ctx.engine.users.is_open():
        raise HelloNeedsAuth
    if name is not None:
        client.name = name
    speak(ctx, protocol)
    greet(ctx)


def speak(ctx: Context, protocol: int) -> None:
    """Answer in RESP2 or RESP3 from now on."""
    ctx.client.resp = protocol
    ctx.reply.speak(protocol == 3)
    ctx.client.update_lane()  # a subscriber of RESP2 may not do all that one of RESP3 may


def greet(ctx: Context) -> None:
    """HELLO's answer."""
    reply = ctx.reply
    reply.map(7)
    reply.bulk(b"server")
    reply.bulk(b"redis")
    reply.bulk(b"version")
    reply.bulk(REDIS_VERSION)
    reply.bulk(b"proto")
    reply.integer(ctx.client.resp)
    reply.bulk(b"id")
    reply.integer(ctx.client.id)
    reply.bulk(b"mode")
    reply.bulk(b"standalone")
    reply.bulk(b"role")
    reply.bulk(b"master" if ctx.engine.replication.primary is None else b"replica")
    reply.bulk(b"modules")
    reply.array(0)


def is_printable(word: bytes) -> bool:
    """May a client be called so? No spaces, no line ends, nothing that no terminal shows."""
    return all(33 <= byte <= 126 for byte in word)


@CONNECTION.command(
    "QUIT",
    arity=-1,
    flags=GREETING,
    since="1.0.0",
    complexity="O(1)",
    summary="Close the connection after an OK.",
)
def cmd_quit(ctx: Context, args: Args) -> None:
    ctx.reply.ok()
    ctx.client.conn.close_after_reply()


@CONNECTION.command(
    "RESET",
    arity=1,
    flags=GREETING,
    since="6.2.0",
    complexity="O(1)",
    summary="Make the connection as it was when it was new.",
)
def cmd_reset(ctx: Context, args: Args) -> None:
    client = ctx.client
    engine = ctx.engine
    engine.end_transaction(client)
    engine.channels.forget(client)
    engine.tracking.stop(client)
    if client.monitor:
        client.monitor = False
        engine.monitors.remove(client)
        engine.observers_changed()
    client.name = b""
    if client.reply_mode != REPLY_SKIP:  # which is over with this request, and silences it
        client.reply_mode = REPLY_ON
    client.no_evict = client.no_touch = False
    client.greet(engine.users, client.admin and bool(ctx.host.setting("admin_nopass")))
    ctx.select(0)
    speak(ctx, 2)
    client.update_lane()
    ctx.reply.simple(b"RESET")
