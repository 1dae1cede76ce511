"""Error replies about the server: its table of commands, its administration."""

from dflite.base.errors import CommandError, CustomError, QuotingError

# -- the table of commands -------------------------------------------------------------------------


class InvalidCommand(CommandError):
    text = b"ERR Invalid command specified"


class CommandHasNoKeys(CommandError):
    text = b"ERR The command has no key arguments"


class InvalidNumberOfArguments(CommandError):
    text = b"ERR Invalid number of arguments specified for command"


class InvalidCommandArguments(CommandError):
    text = b"ERR Invalid arguments specified for command"


# -- the server ------------------------------------------------------------------------------------


class SubcommandOrArity(CustomError):
    """A container that is one command in the table (DEBUG), or a subcommand that checks itself."""

    def __init__(self, argv: list[bytes]) -> None:
        super().__init__(
            b"ERR unknown subcommand or wrong number of arguments for '%b'. Try %b HELP."
            % (argv[1][:128], argv[0].upper())
        )


class InvalidFirstDatabase(CommandError):
    text = b"ERR invalid first DB index"


class InvalidSecondDatabase(CommandError):
    text = b"ERR invalid second DB index"


class NoShutdown(CommandError):
    text = b"ERR No shutdown in progress."


class RewriteInProgress(CommandError):
    text = b"ERR Background append only file rewriting already in progress"


class CannotRewrite(CommandError):
    text = (
        b"ERR Can't execute an AOF background rewriting. Please check the server logs for more "
        b"information."
    )


class OtherInProgress(CommandError):
    text = (
        b"ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE "
        b"in order to schedule a BGSAVE whenever possible."
    )


class LogNotLoaded(CommandError):
    text = b"ERR Error trying to load the AOF files, check server logs."


class SaveInProgress(CommandError):
    text = b"ERR Background save already in progress"


class NoSaveInProgress(CommandError):
    text = b"ERR Background saving is currently not in progress or scheduled"


class SaveFailed(CommandError):
    text = b"ERR The snapshot could not be written: see rdb_last_error in INFO, and the log"


class BadReloadOption(CommandError):
    text = b"ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."


class ReloadFailed(CommandError):
    text = b"ERR Error trying to load the RDB dump, check server logs."


class ShutdownFailed(CommandError):
    text = b"ERR Errors trying to SHUTDOWN. Check logs."


class MonitorRefused(CommandError):
    text = b"ERR MONITOR isn't allowed for DENY BLOCKING client"


class MonitorReadsOnly(CommandError):
    """What monitors is to Redis a replica of a kind."""

    text = b"ERR Replica can't interact with the keyspace"


class BadSlowlogCount(CommandError):
    text = b"ERR count should be greater than or equal to -1"


class NoLatencySamples(QuotingError):
    text = b"ERR No samples available for event '%b'"


class DebugRefused(CommandError):
    text = (
        b'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you '
        b"can run it from a local connection, otherwise you need to set this option in the "
        b"configuration file, and then restart the server."
    )


class ModuleRefused(CommandError):
    text = (
        b'ERR MODULE command not allowed. If the enable-module-command option is set to "local", '
        b"you can run it from a local connection, otherwise you need to set this option in the "
        b"configuration file, and then restart the server."
    )


class CannotLoadModule(CommandError):
    text = b"ERR Error loading the extension. Please check the server logs."


class NoSuchModule(CommandError):
    text = b"ERR Error unloading module: no such module with that name"


class UnknownProtocolType(CommandError):
    text = (
        b"ERR Wrong protocol type name. Please use one of the following: string|integer|double|"
        b"bignum|null|array|set|map|attrib|push|verbatim|true|false"
    )


class NeedsResp3(CommandError):
    text = b"ERR RESP2 is not supported by this command"
