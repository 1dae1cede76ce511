"""Every error reply, by name. One class a text; its first word is the code that clients branch on.

`CommandError` is for clients. Any other exception is a bug: it is logged, counted and answered as
"ERR internal error". "Nothing there" and "condition not met" are results, not errors.
"""

from typing import ClassVar


class CommandError(Exception):
    """An error reply."""

    text: ClassVar[bytes] = b"ERR internal error"

    def wire(self) -> bytes:
        """The reply's text, without the leading '-'."""
        return self.text


class QuotingError(CommandError):
    """An error whose text quotes the request: a command's name, an option."""

    def __init__(self, quoted: bytes) -> None:
        super().__init__(quoted)
        self.quoted = quoted

    def wire(self) -> bytes:
        return self.text % self.quoted


class CustomError(CommandError):
    """An error whose text is made where it is raised: several parts of it vary."""

    def __init__(self, wire: bytes) -> None:
        super().__init__(wire)
        self.custom = wire

    def wire(self) -> bytes:
        return self.custom


# -- requests -------------------------------------------------------------------------------------


class UnknownCommand(CustomError):
    """No such command; quotes up to 128 bytes of its name and of its arguments."""


class UnknownSubcommand(CustomError):
    """No such subcommand; points to the container's HELP."""


class WrongArity(QuotingError):
    text = b"ERR wrong number of arguments for '%b' command"


class BadSyntax(CommandError):
    text = b"ERR syntax error"


class InternalError(CommandError):
    text = b"ERR internal error"


# -- numbers and times ----------------------------------------------------------------------------


class NotAnInteger(CommandError):
    text = b"ERR value is not an integer or out of range"


class NotAFloat(CommandError):
    text = b"ERR value is not a valid float"


class NotPositive(CommandError):
    text = b"ERR value is out of range, must be positive"


class InvalidExpireTime(QuotingError):
    text = b"ERR invalid expire time in '%b' command"


class TimeoutNotAFloat(CommandError):
    text = b"ERR timeout is not a float or out of range"


class TimeoutNotAnInteger(CommandError):
    text = b"ERR timeout is not an integer or out of range"


class TimeoutOutOfRange(CommandError):
    text = b"ERR timeout is out of range"


class NegativeTimeout(CommandError):
    text = b"ERR timeout is negative"


# -- keys and values ------------------------------------------------------------------------------


class WrongType(CommandError):
    text = b"WRONGTYPE Operation against a key holding the wrong kind of value"


class NoSuchKey(CommandError):
    text = b"ERR no such key"


class DatabaseOutOfRange(CommandError):
    text = b"ERR DB index is out of range"


class InvalidCursor(CommandError):
    text = b"ERR invalid cursor"


class SameObject(CommandError):
    text = b"ERR source and destination objects are the same"


class IncrementOverflow(CommandError):
    text = b"ERR increment or decrement would overflow"


class DecrementOverflow(CommandError):
    text = b"ERR decrement would overflow"


class IncrementNotFinite(CommandError):
    text = b"ERR increment would produce NaN or Infinity"


class OffsetOutOfRange(CommandError):
    text = b"ERR offset is out of range"


class StringTooLong(CommandError):
    text = b"ERR string exceeds maximum allowed size (proto-max-bulk-len)"


class NotAllStrings(CommandError):
    text = b"ERR The specified keys must contain string values"


class LengthAndIndexes(CommandError):
    text = b"ERR If you want both the length and indexes, please just use IDX."


class TooLongForLcs(CommandError):
    text = b"ERR String too long for LCS"


class TooMuchForLcs(CommandError):
    text = b"ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"


class NoMemoryForLcs(CommandError):
    text = b"ERR Insufficient memory, failed allocating transient memory for LCS"


class BadDigest(CommandError):
    text = b"ERR must be exactly 16 hexadecimal characters"


class BadNumberOfKeys(CommandError):
    text = b"ERR invalid numkeys value or out of range"


class ConflictingExpireOptions(CommandError):
    text = b"ERR NX and XX, GT or LT options at the same time are not compatible"


class GreaterAndLess(CommandError):
    text = b"ERR GT and LT options at the same time are not compatible"


class UnsupportedOption(QuotingError):
    text = b"ERR Unsupported option %b"


class UnknownType(QuotingError):
    text = b"ERR unknown type name '%b'"


class NoFrequencies(CommandError):
    text = (
        b"ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        b"that when switching between policies at runtime LRU and LFU data will take some time to "
        b"adjust."
    )


class NoIdleTimes(CommandError):
    text = (
        b"ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        b"switching between policies at runtime LRU and LFU data will take some time to adjust."
    )


# -- bits, HyperLogLogs, places, throttles --------------------------------------------------------


class BadBitOffset(CommandError):
    text = b"ERR bit offset is not an integer or out of range"


class BadBit(CommandError):
    text = b"ERR bit is not an integer or out of range"


class BitNotOneOrZero(CommandError):
    text = b"ERR The bit argument must be 1 or 0."


class NotNeedsOneKey(CommandError):
    text = b"ERR BITOP NOT must be called with a single source key."


class BadFieldType(CommandError):
    text = (
        b"ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
        b"i64 is."
    )


class BadOverflow(CommandError):
    text = b"ERR Invalid OVERFLOW type specified"


class FieldsReadOnly(CommandError):
    text = b"ERR BITFIELD_RO only supports the GET subcommand"


class NotAHyperLogLog(CommandError):
    text = b"WRONGTYPE Key is not a valid HyperLogLog string value."


class CorruptHyperLogLog(CommandError):
    text = b"INVALIDOBJ Corrupted HLL object detected"


class NotSparse(CommandError):
    text = b"ERR HLL encoding is not sparse"


class NoKeyToDebug(CommandError):
    text = b"ERR The specified key does not exist"


class UnknownPfdebug(QuotingError):
    text = b"ERR Unknown PFDEBUG subcommand '%b'"


class NotOnOrOff(CommandError):
    text = b"ERR Argument must be ON or OFF"


class SelfTestFailed(QuotingError):
    text = b"ERR TESTFAILED %b"


class ZeroRate(CommandError):
    text = b"ERR zero rates are not supported"


class NotOnTheMap(CustomError):
    """Longitude or latitude is out of range."""

    def __init__(self, longitude: float, latitude: float) -> None:
        super().__init__(b"ERR invalid longitude,latitude pair %f,%f" % (longitude, latitude))


class UnknownUnit(CommandError):
    text = b"ERR unsupported unit provided. please use M, KM, FT, MI"


class NoSuchMember(QuotingError):
    text = b"ERR member %b does not exist"


class NeedsRadius(CommandError):
    text = b"ERR need numeric radius"


class RadiusNegative(CommandError):
    text = b"ERR radius cannot be negative"


class NeedsWidth(CommandError):
    text = b"ERR need numeric width"


class NeedsHeight(CommandError):
    text = b"ERR need numeric height"


class BoxNegative(CommandError):
    text = b"ERR height or width cannot be negative"


class BadVertexCount(CommandError):
    text = b"ERR invalid number of vertices"


class TooFewVertices(CommandError):
    text = b"ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"


class CountNotPositive(CommandError):
    text = b"ERR COUNT must be > 0"


class AnyNeedsCount(CommandError):
    text = b"ERR the ANY argument requires COUNT argument"


class StoreWithDetails(QuotingError):
    text = b"ERR %b is not compatible with WITHDIST, WITHHASH and WITHCOORD options"


class NeedsCenter(QuotingError):
    text = b"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %b"


class NeedsShape(QuotingError):
    text = b"ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for %b"


# -- who may, and when ----------------------------------------------------------------------------


class NoAuth(CommandError):
    text = b"NOAUTH Authentication required."


class WrongPass(CommandError):
    text = b"WRONGPASS invalid username-password pair or user is disabled."


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


# -- connections ----------------------------------------------------------------------------------


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


# -- the table of commands ------------------------------------------------------------------------


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


# -- lists ----------------------------------------------------------------------------------------


class IndexOutOfRange(CommandError):
    text = b"ERR index out of range"


class RankIsZero(CommandError):
    text = (
        b"ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
        b"use negative to start from the end of the list"
    )


class NegativeCount(CommandError):
    text = b"ERR COUNT can't be negative"


class NegativeMaxLen(CommandError):
    text = b"ERR MAXLEN can't be negative"


class PopCountNotPositive(CommandError):
    text = b"ERR count should be greater than 0"


# -- hashes ---------------------------------------------------------------------------------------


class HashValueNotAnInteger(CommandError):
    text = b"ERR hash value is not an integer"


class HashValueNotAFloat(CommandError):
    text = b"ERR hash value is not a float"


class NotFinite(CommandError):
    text = b"ERR value is NaN or Infinity"


class WrongNumberOfFields(CommandError):
    text = b"ERR numfields should be greater than 0 and match the provided number of fields"


class OnlyForHashes(CommandError):
    text = b"ERR NOVALUES option can only be used in HSCAN"


class CountTooLarge(CommandError):
    text = b"ERR value is out of range"


class CountOutOfRange(CommandError):
    text = (
        b"ERR value is out of range, value must between "
        b"-9223372036854775807 and 9223372036854775807"
    )


# -- streams --------------------------------------------------------------------------------------


class InvalidStreamId(CommandError):
    text = b"ERR Invalid stream ID specified as stream command argument"


class InvalidIntervalStart(CommandError):
    text = b"ERR invalid start ID for the interval"


class InvalidIntervalEnd(CommandError):
    text = b"ERR invalid end ID for the interval"


class IdIsZero(CommandError):
    text = b"ERR The ID specified in XADD must be greater than 0-0"


class IdNotGreater(CommandError):
    text = b"ERR The ID specified in XADD is equal or smaller than the target stream top item"


class StreamExhausted(CommandError):
    text = b"ERR The stream has exhausted the last possible ID, unable to add more items"


class EntryTooLarge(CommandError):
    text = b"ERR Elements are too large to be stored"


class TwoTrimStrategies(CommandError):
    text = b"ERR syntax error, MAXLEN and MINID options at the same time are not compatible"


class NegativeMaxlen(CommandError):
    text = b"ERR The MAXLEN argument must be >= 0."


class NegativeLimit(CommandError):
    text = b"ERR The LIMIT argument must be >= 0."


class LimitWithoutTrim(CommandError):
    text = b"ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"


class LimitOfExactTrim(CommandError):
    text = b"ERR syntax error, LIMIT cannot be used without the special ~ option"


class NoTrimStrategy(CommandError):
    text = b"ERR syntax error, XTRIM must be called with a trimming strategy"


class NegativeEntriesAdded(CommandError):
    text = b"ERR entries_added must be positive"


class LastIdBelowGivenDeleted(CommandError):
    text = b"ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"


class LastIdBelowDeleted(CommandError):
    text = b"ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"


class LastIdBelowTop(CommandError):
    text = b"ERR The ID specified in XSETID is smaller than the target stream top item"


class EntriesAddedBelowLength(CommandError):
    text = b"ERR The entries_added specified in XSETID is smaller than the target stream length"


class UnbalancedStreams(CustomError):
    """XREAD or XREADGROUP has keys and IDs that are not as many."""

    def __init__(self, command: bytes, symbol: bytes) -> None:
        super().__init__(
            b"ERR Unbalanced '%b' list of streams: for each stream key an ID or '%b' must be "
            b"specified." % (command, symbol)
        )


class GroupOnlyInReadgroup(CommandError):
    text = b"ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."


class NoackOnlyInReadgroup(CommandError):
    text = b"ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."


class MissingGroup(CommandError):
    text = b"ERR Missing GROUP option for XREADGROUP"


class MeaninglessId(QuotingError):
    text = (
        b"ERR The %b ID is meaningless in the context of XREADGROUP: you want to read the history "
        b"of this consumer by specifying a proper ID, or use the > ID to get new messages. The "
    )

    def wire(self) -> bytes:
        return super().wire() + b"%b ID would just return an empty result set." % self.quoted


class NewMessagesOnlyInReadgroup(CommandError):
    text = (
        b"ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
        b"<consumer> option."
    )


class NoStreamOrGroup(CustomError):
    """There is no such key, or no such group of it."""

    def __init__(self, key: bytes, group: bytes, where: bytes = b"") -> None:
        super().__init__(b"NOGROUP No such key '%b' or consumer group '%b'%b" % (key, group, where))


class NoSuchGroup(CustomError):
    """The stream has no such group."""

    def __init__(self, key: bytes, group: bytes) -> None:
        super().__init__(b"NOGROUP No such consumer group '%b' for key name '%b'" % (group, key))


class GroupExists(CommandError):
    text = b"BUSYGROUP Consumer Group name already exists"


class XgroupNeedsKey(CommandError):
    text = (
        b"ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want "
        b"to use the MKSTREAM option to create an empty stream automatically."
    )


class BadEntriesRead(CommandError):
    text = b"ERR value for ENTRIESREAD must be positive or -1"


class BadClaimArgument(QuotingError):
    text = b"ERR Invalid %b"


class UnknownClaimOption(QuotingError):
    text = b"ERR Unrecognized XCLAIM option '%b'"


# -- sets -----------------------------------------------------------------------------------------


class NoNumberOfKeys(CommandError):
    text = b"ERR numkeys should be greater than 0"


class TooManyKeys(CommandError):
    text = b"ERR Number of keys can't be greater than number of args"


class LimitNegative(CommandError):
    text = b"ERR LIMIT can't be negative"


class ScoresNotFloats(CommandError):
    text = b"ERR One or more scores can't be converted into double"


# -- sorted sets ----------------------------------------------------------------------------------


class ExistsAndNot(CommandError):
    text = b"ERR XX and NX options at the same time are not compatible"


class ScoreConditionsClash(CommandError):
    text = b"ERR GT, LT, and/or NX options at the same time are not compatible"


class OneIncrement(CommandError):
    text = b"ERR INCR option supports a single increment-element pair"


class ScoreNotANumber(CommandError):
    text = b"ERR resulting score is not a number (NaN)"


class BoundNotAFloat(CommandError):
    text = b"ERR min or max is not a float"


class BoundNotAMember(CommandError):
    text = b"ERR min or max not valid string range item"


class LimitNeedsRange(CommandError):
    text = b"ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"


class NoScoresByLex(CommandError):
    text = b"ERR syntax error, WITHSCORES not supported in combination with BYLEX"


class WeightNotAFloat(CommandError):
    text = b"ERR weight value is not a float"


class NeedsInputKey(QuotingError):
    text = b"ERR at least 1 input key is needed for '%b' command"
