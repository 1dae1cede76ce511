"""Error replies about scripts and functions."""

from dflite.base.errors import CommandError, CustomError, QuotingError

# -- running ---------------------------------------------------------------------------------------


class NoScript(CommandError):
    text = b"NOSCRIPT No matching script. Please use EVAL."


class NegativeKeyCount(CommandError):
    text = b"ERR Number of keys can't be negative"


class ScriptsUnavailable(CustomError):
    """There is no Lua."""

    def __init__(self, reason: str) -> None:
        super().__init__(b"ERR scripts cannot run: " + reason.encode())


class WritesInReadOnlyCall(CommandError):
    text = b"ERR Can not execute a script with write flag using *_ro command."


class ScriptMayNotGrow(CommandError):
    text = (
        b"OOM allow-oom flag is not set on the script, can not run it when used memory > "
        b"'maxmemory'"
    )


class BusyScript(CommandError):
    text = b"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."


class BusyFunction(CommandError):
    text = (
        b"BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
    )


class NotBusy(CommandError):
    text = b"NOTBUSY No scripts in execution right now."


class Unkillable(CommandError):
    text = (
        b"UNKILLABLE Sorry the script already executed write commands against the dataset. You "
        b"can either wait the script termination or kill the server in a hard way using the "
        b"SHUTDOWN NOSAVE command."
    )


# -- what a script is ------------------------------------------------------------------------------


class ScriptDoesNotCompile(CustomError):
    def __init__(self, problem: bytes) -> None:
        super().__init__(b"ERR Error compiling script (new function): " + problem)


class InvalidShebang(CommandError):
    text = b"ERR Invalid script shebang"


class NoEngineInShebang(CommandError):
    text = b"ERR Invalid engine in script shebang"


class UnexpectedEngine(QuotingError):
    text = b"ERR Unexpected engine in script shebang: %b"


class UnexpectedFlag(QuotingError):
    text = b"ERR Unexpected flag in script shebang: %b"


class UnknownShebangOption(QuotingError):
    text = b"ERR Unknown lua shebang option: %b"


class NoSuchScriptToShow(CommandError):
    text = b"NOSCRIPT No matching script."


class BadFlushMode(CommandError):
    text = b"ERR SCRIPT FLUSH only support SYNC|ASYNC option"


class NoDebugger(CommandError):
    text = b"ERR the debugger of scripts is not supported"


class UnknownDebugMode(CommandError):
    text = b"ERR Use SCRIPT DEBUG YES/SYNC/NO"


# -- libraries of functions ------------------------------------------------------------------------


class FunctionNotFound(CommandError):
    text = b"ERR Function not found"


class BadKeyCount(CommandError):
    text = b"ERR Bad number of keys provided"


class LibraryNotFound(CommandError):
    text = b"ERR Library not found"


class LibraryExists(QuotingError):
    text = b"ERR Library '%b' already exists"


class RestoredLibraryExists(QuotingError):
    text = b"ERR Library %b already exists"


class FunctionExists(QuotingError):
    text = b"ERR Function %b already exists"


class BadFunctionName(CommandError):
    text = (
        b"ERR Library names can only contain letters, numbers, or underscores(_) and must be at "
        b"least one character long"
    )


class MissingLibraryMetadata(CommandError):
    text = b"ERR Missing library metadata"


class InvalidLibraryMetadata(CommandError):
    text = b"ERR Invalid library metadata"


class InvalidMetadataValue(QuotingError):
    text = b"ERR Invalid metadata value given: %b"


class LibraryNameTwice(CommandError):
    text = b"ERR Invalid metadata value, name argument was given multiple times"


class NoLibraryName(CommandError):
    text = b"ERR Library name was not given"


class UnknownEngine(QuotingError):
    text = b"ERR Engine '%b' not found"


class FunctionsDoNotCompile(CustomError):
    def __init__(self, problem: bytes) -> None:
        super().__init__(b"ERR Error compiling function: " + problem)


class NotRegistered(CustomError):
    def __init__(self, problem: bytes) -> None:
        super().__init__(b"ERR Error registering functions: " + problem)


class NoFunctionsRegistered(CommandError):
    text = b"ERR No functions registered"


class FunctionCodeMissing(CommandError):
    text = b"ERR Function code is missing"


class UnknownLoadOption(QuotingError):
    text = b"ERR Unknown option given: %b"


class UnknownListArgument(QuotingError):
    text = b"ERR Unknown argument %b"


class NoLibraryPattern(CommandError):
    text = b"ERR library name argument was not given"


class BadRestorePolicy(CommandError):
    text = b"ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."


class BadFunctionFlushMode(CommandError):
    text = b"ERR FUNCTION FLUSH only supports SYNC|ASYNC option"


class NotAFunctionPayload(CommandError):
    text = b"ERR given type is not a function"


class TruncatedFunctionPayload(CommandError):
    text = b"ERR failed loading the given functions payload"
