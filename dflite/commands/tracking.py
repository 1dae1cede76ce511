"""CLIENT TRACKING and what belongs to it: being told which copies of values are out of date."""

from typing import Final

from dflite.base.conversation_errors import (
    BroadcastIsFixed,
    BroadcastTakesNoChoice,
    CachingNeedsTracking,
    CachingNoNeedsOptout,
    CachingYesNeedsOptin,
    ChoiceIsFixed,
    NoSuchRedirection,
    OneChoice,
    OneRedirection,
    PrefixesOverlap,
    PrefixNeedsBroadcast,
)
from dflite.base.errors import BadSyntax
from dflite.commands.clients import ANYTIME, CLIENTS
from dflite.engine.args import Args
from dflite.engine.client import Client, Tracker
from dflite.engine.command import ALLOW_BUSY
from dflite.engine.context import Context

SWITCHES: Final = (b"ON", b"OFF")


@CLIENTS.command(
    "CLIENT TRACKING <ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] "
    "[OPTIN] [OPTOUT] [NOLOOP]",
    arity=-3,
    flags=ANYTIME,
    since="6.0.0",
    complexity="O(1), and O(N) in the number of prefixes",
    summary="Be told of changes of the keys that this connection has read, or of all keys with "
    "given prefixes.",
)
def cmd_client_tracking(ctx: Context, args: Args) -> None:
    switch = args.word()
    wanted = Tracker(ctx.client.id)
    prefixes: list[bytes] = []
    while args.more():
        word = args.word()
        if word == b"REDIRECT" and args.more():
            read_redirection(ctx, args, wanted)
        elif word == b"PREFIX" and args.more():
            prefixes.append(args.next())
        elif word == b"BCAST":
            wanted.broadcast = True
        elif word == b"OPTIN":
            wanted.optin = True
        elif word == b"OPTOUT":
            wanted.optout = True
        elif word == b"NOLOOP":
            wanted.noloop = True
        else:
            raise BadSyntax
    if switch not in SWITCHES:
        raise BadSyntax
    if switch == b"ON":
        check_tracker(ctx, wanted, prefixes)
        ctx.engine.tracking.start(ctx.client, wanted, prefixes)
    else:
        ctx.engine.tracking.stop(ctx.client)
    ctx.reply.ok()


def read_redirection(ctx: Context, args: Args, wanted: Tracker) -> None:
    if wanted.redirect:
        raise OneRedirection
    number = args.integer()
    if number not in ctx.engine.clients:
        raise NoSuchRedirection
    wanted.redirect = number


def check_tracker(ctx: Context, wanted: Tracker, prefixes: list[bytes]) -> None:
    """May the client go on like this? What it did before decides too."""
    before = ctx.client.tracker
    if prefixes and not wanted.broadcast:
        raise PrefixNeedsBroadcast
    if before is not None and before.broadcast != wanted.broadcast:
        raise BroadcastIsFixed
    if wanted.broadcast and (wanted.optin or wanted.optout):
        raise BroadcastTakesNoChoice
    if wanted.optin and wanted.optout:
        raise OneChoice
    if before is not None and (
        (wanted.optin and before.optout) or (wanted.optout and before.optin)
    ):
        raise ChoiceIsFixed
    known = sorted(before.prefixes) if before is not None else []
    for i, prefix in enumerate(prefixes):
        for other in known + prefixes[i + 1 :]:
            if prefix.startswith(other) or other.startswith(prefix):
                raise PrefixesOverlap(prefix, other, other in known)


@CLIENTS.command(
    "CLIENT CACHING <YES | NO>",
    arity=3,
    flags=ANYTIME | ALLOW_BUSY,
    since="6.0.0",
    complexity="O(1)",
    summary="Track the keys of the next request, or do not: the opposite of what is usual.",
)
def cmd_client_caching(ctx: Context, args: Args) -> None:
    tracker = ctx.client.tracker
    if tracker is None:
        raise CachingNeedsTracking
    word = args.word()
    if word == b"YES":
        if not tracker.optin:
            raise CachingYesNeedsOptin
    elif word == b"NO":
        if not tracker.optout:
            raise CachingNoNeedsOptout
    else:
        raise BadSyntax
    tracker.caching = True
    ctx.reply.ok()


@CLIENTS.command(
    "CLIENT GETREDIR",
    arity=2,
    flags=ANYTIME | ALLOW_BUSY,
    since="6.0.0",
    complexity="O(1)",
    summary="Whom this connection's invalidation messages go to; -1 while it tracks no keys.",
)
def cmd_client_getredir(ctx: Context, args: Args) -> None:
    ctx.reply.integer(redirection_of(ctx.client))


def redirection_of(client: Client) -> int:
    """The client that is told in its place, 0 if none is, -1 if it does not track."""
    return client.tracker.redirect if client.tracker is not None else -1


@CLIENTS.command(
    "CLIENT TRACKINGINFO",
    arity=2,
    flags=ANYTIME,
    since="6.2.0",
    complexity="O(1)",
    summary="How this connection tracks keys.",
)
def cmd_client_trackinginfo(ctx: Context, args: Args) -> None:
    reply = ctx.reply
    flags = flags_of(ctx.client.tracker)
    prefixes = sorted(ctx.client.tracker.prefixes) if ctx.client.tracker is not None else []
    reply.map(3)
    reply.bulk(b"flags")
    reply.set(len(flags))
    for flag in flags:
        reply.bulk(flag)
    reply.bulk(b"redirect")
    reply.integer(redirection_of(ctx.client))
    reply.bulk(b"prefixes")
    reply.bulks(prefixes)


def flags_of(tracker: Tracker | None) -> list[bytes]:
    if tracker is None:
        return [b"off"]
    flags = [b"on"]
    if tracker.broadcast:
        flags.append(b"bcast")
    if tracker.optin:
        flags.append(b"optin")
        if tracker.caching:
            flags.append(b"caching-yes")
    if tracker.optout:
        flags.append(b"optout")
        if tracker.caching:
            flags.append(b"caching-no")
    if tracker.noloop:
        flags.append(b"noloop")
    if tracker.redirect_broken:
        flags.append(b"broken_redirect")
    return flags
