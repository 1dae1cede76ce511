"""Error replies about conversations: who may, transactions, connections, subscribers, tracking."""

from dflite.base.errors import CommandError, CustomError, QuotingError

# -- who may, and when -----------------------------------------------------------------------------


class NoAuth(CommandError):
    text = b"NOAUTH Authentication required."


class WrongPass(CommandError):
    text = b"WRONGPASS invalid username-password pair or user is disabled."


class NoPermission(CustomError):
    """The user may not: the command, a key, a channel or a database is not allowed."""

    def __init__(self, reason: bytes) -> None:
        super().__init__(b"NOPERM " + reason)


class NoMorePermission(CustomError):
    """The user might when the request was queued; now EXEC may not run it."""

    def __init__(self, reason: bytes) -> None:
        super().__init__(
            b"NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
            b"EXEC call. This command is no longer allowed for the following reason: " + reason
        )


class BadUserName(CommandError):
    text = b"ERR Usernames can't contain spaces or null characters"


class BadUserRule(CustomError):
    """A rule of ACL SETUSER, quoted, and what is wrong with it."""

    def __init__(self, rule: bytes, reason: bytes) -> None:
        super().__init__(b"ERR Error in ACL SETUSER modifier '%b': %b" % (rule, reason))


class SelectorNotEnded(QuotingError):
    text = b"ERR Unmatched parenthesis in acl selector starting at '%b'."


class DefaultUserStays(CommandError):
    text = b"ERR The 'default' user cannot be removed"


class TooManyAttempts(CommandError):
    text = b"ERR too many attempts to authenticate from this address, try again in a while"


class PasskeyNeeded(CommandError):
    text = b"ERR a public endpoint needs a passkey: each user must have a password, or be off"


class UserNotFound(QuotingError):
    text = b"ERR User '%b' not found"


class CommandNotFound(QuotingError):
    text = b"ERR Command '%b' not found"


class UnknownCategory(QuotingError):
    text = b"ERR Unknown category '%b'"


class BadPasswordBits(CommandError):
    text = (
        b"ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
        b"number up to 4096"
    )


class NoUserFile(CommandError):
    text = (
        b"ERR This Redis instance is not configured to use an ACL file. You may want to specify "
        b"users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a "
        b"Redis configuration file set) in order to store users in the Redis configuration."
    )


class UserFileProblem(CustomError):
    """Why the file of users was not taken, or not written."""


class OutOfMemory(CommandError):
    text = b"OOM command not allowed when used memory > 'maxmemory'."


class NotInTransaction(CommandError):
    text = b"ERR Command not allowed inside a transaction"


class NestedMulti(CommandError):
    text = b"ERR MULTI calls can not be nested"


class ExecWithoutMulti(CommandError):
    text = b"ERR EXEC without MULTI"


class DiscardWithoutMulti(CommandError):
    text = b"ERR DISCARD without MULTI"


class WatchInsideMulti(CommandError):
    text = b"ERR WATCH inside MULTI is not allowed"


class ExecAborted(CommandError):
    text = b"EXECABORT Transaction discarded because of previous errors."


class NoProtocol(CommandError):
    text = b"NOPROTO unsupported protocol version"


# -- connections -----------------------------------------------------------------------------------


class NoPasswordSet(CommandError):
    text = (
        b"ERR AUTH <password> called without any password configured for the default user. "
        b"Are you sure your configuration is correct?"
    )


class HelloNeedsAuth(CommandError):
    text = (
        b"NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        b"<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        b"RESP protocol version at the same time"
    )


class ProtocolNotAnInteger(CommandError):
    text = b"ERR Protocol version is not an integer or out of range"


class BadHelloOption(QuotingError):
    text = b"ERR Syntax error in HELLO option '%b'"


class BadClientName(CommandError):
    text = b"ERR Client names cannot contain spaces, newlines or special characters."


class BadClientAttribute(QuotingError):
    text = b"ERR %b cannot contain spaces, newlines or special characters."


class UnknownClientAttribute(QuotingError):
    text = b"ERR Unrecognized option '%b'"


class NotAnInt32(CommandError):
    text = b"ERR value is out of range, value must between -2147483648 and 2147483647"


class NoSuchClient(CommandError):
    text = b"ERR No such client"


class NoSuchUser(QuotingError):
    text = b"ERR No such user '%b'"


class BadClientId(CommandError):
    text = b"ERR client-id should be greater than 0"


class UnknownClientType(QuotingError):
    text = b"ERR Unknown client type '%b'"


class FilterNotAnInteger(QuotingError):
    text = b"ERR %b is not an integer or out of range"


class FilterNotPositive(QuotingError):
    text = b"ERR %b should be greater than 0"


class UnknownClientFlags(CustomError):
    """A filter by flags names some that do not exist."""


class DatabaseNotBetween(CustomError):
    """A filter by database names one that does not exist; the text says which do."""


class NotBetweenZeroAndOne(CommandError):
    text = b"ERR value is out of range, value must between 0 and 1"


class Loading(CommandError):
    text = b"LOADING Redis is loading the dataset in memory"


class Misconfigured(CommandError):
    text = (
        b"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist "
        b"to disk. Commands that may modify the data set are disabled, because this instance is "
        b"configured to report errors during writes if RDB snapshotting fails "
        b"(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the "
        b"RDB error."
    )


class LogMisconfigured(QuotingError):
    text = b"MISCONF Errors writing to the AOF file: %b"


class LogNotWhole(CommandError):
    text = (
        b"MISCONF Writes wait until the append only file holds the data of this node: its first "
        b"base is not written yet, and appendfsync is always. See aof_base_missing in INFO."
    )


class NoAppendOnlyFile(CommandError):
    text = b"ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."


class NotForSubscribers(QuotingError):
    text = (
        b"ERR Can't execute '%b': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
        b"allowed in this context"
    )


class SubscriberRefused(CommandError):
    text = b"ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"


class NoSuchRedirection(CommandError):
    text = b"ERR The client ID you want redirect to does not exist"


class OneRedirection(CommandError):
    text = b"ERR A client can only redirect to a single other client"


class PrefixNeedsBroadcast(CommandError):
    text = b"ERR PREFIX option requires BCAST mode to be enabled"


class BroadcastIsFixed(CommandError):
    text = (
        b"ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
        b"then re-enabling it with a different mode."
    )


class BroadcastTakesNoChoice(CommandError):
    text = b"ERR OPTIN and OPTOUT are not compatible with BCAST"


class OneChoice(CommandError):
    text = b"ERR You can't specify both OPTIN mode and OPTOUT mode"


class ChoiceIsFixed(CommandError):
    text = (
        b"ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
        b"then re-enabling it with a different mode."
    )


class PrefixesOverlap(CustomError):
    """A client would be told of some key twice."""

    def __init__(self, prefix: bytes, other: bytes, known: bool) -> None:
        which = b"an existing prefix" if known else b"another provided prefix"
        super().__init__(
            b"ERR Prefix '%b' overlaps with %b '%b'. Prefixes for a single client must not overlap."
            % (prefix, which, other)
        )


class CachingNeedsTracking(CommandError):
    text = (
        b"ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        b"OPTOUT mode enabled"
    )


class CachingYesNeedsOptin(CommandError):
    text = b"ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."


class CachingNoNeedsOptout(CommandError):
    text = b"ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."


class BadPauseMode(CommandError):
    text = b"ERR CLIENT PAUSE mode must be WRITE or ALL"


class BadUnblockReason(CommandError):
    text = b"ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"


class Unblocked(CommandError):
    text = b"UNBLOCKED client unblocked via CLIENT UNBLOCK"
