"""CLIENT: who is connected, and what a connection may ask about itself and do to others."""

from typing import Final

from dflite.base.conversation_errors import (
    BadClientAttribute,
    BadClientName,
    BadPauseMode,
    BadUnblockReason,
    NoSuchClient,
    UnknownClientAttribute,
)
from dflite.base.errors import (
    BadSyntax,
    NegativeTimeout,
    NotAnInteger,
    TimeoutNotAnInteger,
    TimeoutOutOfRange,
)
from dflite.base.numbers import INT64_MAX
from dflite.commands.connection import is_printable
from dflite.engine.args import Args
from dflite.engine.client import REPLY_OFF, REPLY_ON, REPLY_SKIP_NEXT
from dflite.engine.client_filters import read_client_query
from dflite.engine.client_line import describe
from dflite.engine.command import ADMIN, ALLOW_BUSY, LOADING, NO_MULTI, NOSCRIPT, STALE, Family
from dflite.engine.context import Context
from dflite.engine.help import write_help
from dflite.native.base.bytesops import parse_int

CLIENTS: Final = Family("connection", "connection")
ANYTIME: Final = NOSCRIPT | LOADING | STALE
EVERY_NODE: Final = ["request_policy:all_nodes", "response_policy:all_succeeded"]
VARYING: Final = ["nondeterministic_output"]

CLIENT: Final = CLIENTS.container(
    "CLIENT", since="2.4.0", summary="About connections: this one, and all others."
)


# -- about this connection ------------------------------------------------------------------------


@CLIENTS.command(
    "CLIENT ID",
    arity=2,
    flags=ANYTIME | ALLOW_BUSY,
    since="5.0.0",
    complexity="O(1)",
    summary="This connection's number, which no other ever gets.",
)
def cmd_client_id(ctx: Context, args: Args) -> None:
    ctx.reply.integer(ctx.client.id)


@CLIENTS.command(
    "CLIENT INFO",
    arity=2,
    flags=ANYTIME,
    since="6.2.0",
    complexity="O(1)",
    summary="This connection's line of CLIENT LIST.",
    tips=VARYING,
)
def cmd_client_info(ctx: Context, args: Args) -> None:
    ctx.reply.verbatim(describe(ctx.engine, ctx.client, args.argv))


@CLIENTS.command(
    "CLIENT GETNAME",
    arity=2,
    flags=ANYTIME | ALLOW_BUSY,
    since="2.6.9",
    complexity="O(1)",
    summary="The name that SETNAME gave this connection, or null.",
)
def cmd_client_getname(ctx: Context, args: Args) -> None:
    ctx.reply.bulk_or_null(ctx.client.name or None)


@CLIENTS.command(
    "CLIENT SETNAME connection-name",
    arity=3,
    flags=ANYTIME | ALLOW_BUSY,
    since="2.6.9",
    complexity="O(1)",
    summary="Name this connection; an empty name is none.",
    tips=EVERY_NODE,
)
def cmd_client_setname(ctx: Context, args: Args) -> None:
    name = args.next()
    if not is_printable(name):
        raise BadClientName
    ctx.client.name = name
    ctx.reply.ok()


@CLIENTS.command(
    "CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>",
    arity=4,
    flags=ANYTIME | ALLOW_BUSY,
    since="7.2.0",
    complexity="O(1)",
    summary="Say which client library this is.",
    tips=EVERY_NODE,
)
def cmd_client_setinfo(ctx: Context, args: Args) -> None:
    option, value = args.next(), args.next()
    word = option.upper()
    if word not in (b"LIB-NAME", b"LIB-VER"):
        raise UnknownClientAttribute(option)
    if not is_printable(value):
        raise BadClientAttribute(option)
    if word == b"LIB-NAME":
        ctx.client.lib_name = value
    else:
        ctx.client.lib_version = value
    ctx.reply.ok()


@CLIENTS.command(
    "CLIENT REPLY <ON | OFF | SKIP>",
    arity=3,
    flags=ANYTIME | NO_MULTI | ALLOW_BUSY,
    since="3.2.0",
    complexity="O(1)",
    summary="Answer this connection again, no more, or not the next time.",
)
def cmd_client_reply(ctx: Context, args: Args) -> None:
    client = ctx.client
    word = args.word()
    if word == b"ON":
        client.reply_mode = REPLY_ON
        ctx.reply.ok()
    elif word == b"OFF":
        client.reply_mode = REPLY_OFF
    elif word != b"SKIP":
        raise BadSyntax
    elif client.reply_mode != REPLY_OFF:
        client.reply_mode = REPLY_SKIP_NEXT
    client.update_lane()


@CLIENTS.command(
    "CLIENT NO-EVICT <ON | OFF>",
    arity=3,
    flags=ADMIN | ANYTIME | ALLOW_BUSY,
    since="7.0.0",
    complexity="O(1)",
    summary="Spare this connection when connections take too much memory.",
)
def cmd_client_no_evict(ctx: Context, args: Args) -> None:
    ctx.client.no_evict = read_on_or_off(args)
    ctx.reply.ok()


@CLIENTS.command(
    "CLIENT NO-TOUCH <ON | OFF>",
    arity=3,
    flags=ANYTIME | ALLOW_BUSY,
    since="7.2.0",
    complexity="O(1)",
    summary="Let requests of this connection, TOUCH excepted, not count as use of their keys.",
)
def cmd_client_no_touch(ctx: Context, args: Args) -> None:
    ctx.client.no_touch = read_on_or_off(args)
    ctx.client.update_lane()
    ctx.reply.ok()


def read_on_or_off(args: Args) -> bool:
    word = args.word()
    if word not in (b"ON", b"OFF"):
        raise BadSyntax
    return word == b"ON"


# -- about others ---------------------------------------------------------------------------------


@CLIENTS.command(
    "CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]] "
    "[USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME <YES | NO>] [MAXAGE maxage]",
    arity=-2,
    flags=ADMIN | ANYTIME,
    since="2.4.0",
    complexity="O(N) in the number of clients",
    summary="A line for each connection, or for those that all filters accept.",
    tips=VARYING,
)
def cmd_client_list(ctx: Context, args: Args) -> None:
    argv = args.argv
    query = read_client_query(ctx.engine, args, False)
    found = query.select(ctx.engine, ctx.client)
    lines = [
        describe(ctx.engine, client, argv if client is ctx.client else None) for client in found
    ]
    ctx.reply.verbatim(b"".join(lines))


@CLIENTS.command(
    "CLIENT KILL <ip:port | <[ID client-id [client-id ...]] | "
    "[TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | [ADDR ip:port] | "
    "[LADDR ip:port] | [SKIPME <YES | NO>] | [MAXAGE maxage]>>",
    arity=-3,
    flags=ADMIN | ANYTIME,
    since="2.4.0",
    complexity="O(N) in the number of clients",
    summary="End the connections that all filters accept, or the one from an address.",
)
def cmd_client_kill(ctx: Context, args: Args) -> None:
    engine = ctx.engine
    if args.left() == 1:
        addr = args.next()
        for client in engine.clients.values():
            if client.addr.encode() == addr:
                ctx.reply.ok()
                engine.kill(client)
                return
        raise NoSuchClient
    query = read_client_query(engine, args, True)
    found = query.select(engine, ctx.client)
    ctx.reply.integer(len(found))
    for client in found:
        engine.kill(client)


@CLIENTS.command(
    "CLIENT PAUSE timeout [WRITE | ALL]",
    arity=-3,
    flags=ADMIN | ANYTIME,
    since="3.0.0",
    complexity="O(1)",
    summary="Postpone everybody's requests, or those that may write, for so many milliseconds.",
)
def cmd_client_pause(ctx: Context, args: Args) -> None:
    timeout = args.next()
    writes_only = False
    if args.more():
        word = args.word()
        if word not in (b"WRITE", b"ALL"):
            raise BadPauseMode
        writes_only = word == b"WRITE"
    args.end()
    milliseconds = parse_int(timeout)
    if milliseconds is None:
        raise TimeoutNotAnInteger
    if milliseconds < 0:
        raise NegativeTimeout
    now_ms = ctx.engine.clock.now_ms
    if milliseconds > INT64_MAX - now_ms:
        raise TimeoutOutOfRange
    ctx.engine.pausing.pause(now_ms + milliseconds, writes_only)
    ctx.reply.ok()


@CLIENTS.command(
    "CLIENT UNPAUSE",
    arity=2,
    flags=ADMIN | ANYTIME,
    since="6.2.0",
    complexity="O(N) in the number of paused clients",
    summary="Let what CLIENT PAUSE has postponed run.",
)
def cmd_client_unpause(ctx: Context, args: Args) -> None:
    ctx.engine.pausing.end()
    ctx.reply.ok()


@CLIENTS.command(
    "CLIENT UNBLOCK client-id [TIMEOUT | ERROR]",
    arity=-3,
    flags=ADMIN | ANYTIME,
    since="5.0.0",
    complexity="O(1)",
    summary="End a client's waiting, as if its time were up or with an error.",
)
def cmd_client_unblock(ctx: Context, args: Args) -> None:
    client_id = args.next()
    with_error = False
    if args.more():
        reason = args.word()
        if reason not in (b"TIMEOUT", b"ERROR"):
            raise BadUnblockReason
        with_error = reason == b"ERROR"
    args.end()
    number = parse_int(client_id)
    if number is None:
        raise NotAnInteger
    waiter = ctx.engine.blocking.waiters.get(number)
    if waiter is not None:
        ctx.engine.unblock(waiter, with_error)
    ctx.reply.integer(0 if waiter is None else 1)


@CLIENTS.command(
    "CLIENT HELP",
    arity=2,
    flags=LOADING | STALE,
    since="5.0.0",
    complexity="O(1)",
    summary="Print this help.",
)
def cmd_client_help(ctx: Context, args: Args) -> None:
    write_help(ctx.reply, CLIENT)
