"""Error replies about streams."""

from dflite.base.errors import CommandError, CustomError, QuotingError


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
