"""Error replies about what strings hold: bits, HyperLogLogs, places and throttles."""

from dflite.base.errors import CommandError, CustomError, QuotingError


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
