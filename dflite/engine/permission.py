"""What a client must be allowed before its request is run: by its user's rules, by the settings."""

from dflite.base.conversation_errors import NoMorePermission, NoPermission
from dflite.base.server_errors import DebugRefused, ModuleRefused
from dflite.engine.acl import check
from dflite.engine.client import Client
from dflite.engine.command import Command
from dflite.engine.context import Context


def demand_permission(
    ctx: Context, command: Command, argv: list[bytes], was_queued: bool = False
) -> None:
    """Raise unless the client's user may run this, and still may if it was queued by MULTI."""
    user = ctx.client.user
    refusal = check(user, command, argv, ctx.db.index)
    if refusal is None:
        return
    if was_queued:
        raise NoMorePermission(refusal.later_reason())
    raise NoPermission(refusal.reason(user, command))


def demand_protected(ctx: Context, client: Client, command: Command) -> None:
    """DEBUG and MODULE are for those whom enable-debug-command and -module-command name."""
    debug = command.name == "debug"
    allowed = ctx.host.setting("enable_debug_command" if debug else "enable_module_command")
    if allowed != "yes" and not (allowed == "local" and client.is_local()):
        raise DebugRefused if debug else ModuleRefused
