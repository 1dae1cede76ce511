"""Error replies about lists, hashes, sets and sorted sets."""

from dflite.base.errors import CommandError, QuotingError

# -- lists -----------------------------------------------------------------------------------------


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


# -- hashes ----------------------------------------------------------------------------------------


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


# -- sets ------------------------------------------------------------------------------------------


class NoNumberOfKeys(CommandError):
    text = b"ERR numkeys should be greater than 0"


class TooManyKeys(CommandError):
    text = b"ERR Number of keys can't be greater than number of args"


class LimitNegative(CommandError):
    text = b"ERR LIMIT can't be negative"


class ScoresNotFloats(CommandError):
    text = b"ERR One or more scores can't be converted into double"


# -- sorted sets -----------------------------------------------------------------------------------


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


class SortRefused(QuotingError):
    """SORT's BY and GET reach keys that no rule can name: only who may read all may say them."""

    text = b"ERR %b option of SORT denied due to insufficient ACL permissions."
