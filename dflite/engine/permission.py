"""What a client must be allowed before its request is run: by its user's rules, by the settings.

Whoever runs commands otherwise (scripts) asks `acl.check` and tells `note_refusal` of what it says.
"""

from dflite.base.conversation_errors import NoMorePermission, NoPermission
from dflite.base.server_errors import DebugRefused, ModuleRefused
from dflite.engine.acl import Refusal, check
from dflite.engine.acl_log import MULTI, TOPLEVEL
from dflite.engine.attempts import is_attempt
from dflite.engine.blocking import Waiter
from dflite.engine.client import Client
from dflite.engine.client_line import describe
from dflite.engine.command import Command
from dflite.engine.context import Context, Engine
from dflite.engine.lookup import find


def demand(ctx: Context, command: Command, argv: list[bytes], was_queued: bool = False) -> None:
    """Raise unless the client's user may run this, and still may if it was queued by MULTI."""
    user = ctx.client.user
    refusal = check(user, command, argv, ctx.db.index, len(ctx.keyspace.dbs))
    if refusal is None:
        return
    in_multi = was_queued or ctx.client.queue is not None
    note_refusal(ctx, command, argv, refusal, MULTI if in_multi else TOPLEVEL)
    if was_queued:
        raise NoMorePermission(refusal.later_reason())
    raise NoPermission(refusal.reason(user, command))


def demand_still(engine: Engine, waiter: Waiter) -> None:
    """Raise if one who waited for a key may not have it any more."""
    client = waiter.client
    ctx = engine.contexts.get(client.id)
    if not client.user.unrestricted and ctx is not None:
        demand(ctx, find(waiter.argv), waiter.argv)


def note_refusal(
    ctx: Context, command: Command, argv: list[bytes], refusal: Refusal, context: bytes
) -> None:
    """Count what a client's user was refused, and put it into ACL LOG."""
    engine = ctx.engine
    engine.acl_log.note(
        refusal.kind,
        context,
        refusal.subject(command, argv),
        ctx.client.user.name,
        describe(engine, ctx.client, argv).rstrip(b"\n"),
        engine.clock.now_ms,
    )


def must_wait(ctx: Context, command: Command, argv: list[bytes]) -> bool:
    """Is this an attempt to come in, alone or in a transaction, that has to wait for its turn?"""
    client = ctx.client
    if command.name == "exec":
        queue = client.queue or []
        return any(is_attempt(queued) for queued in queue) and ctx.engine.attempts.hold(
            client, argv
        )
    return is_attempt(argv) and ctx.engine.attempts.hold(client, argv)


def demand_protected(ctx: Context, client: Client, command: Command) -> None:
    """DEBUG and MODULE are for those whom enable-debug-command and -module-command name."""
    debug = command.name == "debug"
    allowed = ctx.host.setting("enable_debug_command" if debug else "enable_module_command")
    if allowed != "yes" and not (allowed == "local" and client.is_local()):
        raise DebugRefused if debug else ModuleRefused
