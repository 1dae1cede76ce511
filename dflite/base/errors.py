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


# -- requests --------------------------------------------------------------------------------------


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


# -- numbers and times -----------------------------------------------------------------------------


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


# -- keys and values -------------------------------------------------------------------------------


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


# -- dumps -----------------------------------------------------------------------------------------


class KeyInTheWay(CommandError):
    text = b"BUSYKEY Target key name already exists."


class BadPayload(CommandError):
    text = b"ERR DUMP payload version or checksum are wrong"


class BadValue(CommandError):
    text = b"ERR Bad data format"


class NegativeTtl(CommandError):
    text = b"ERR Invalid TTL value, must be >= 0"


class NegativeIdleTime(CommandError):
    text = b"ERR Invalid IDLETIME value, must be >= 0"


class BadFrequency(CommandError):
    text = b"ERR Invalid FREQ value, must be >= 0 and <= 255"
