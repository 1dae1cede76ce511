"""Where dflite differs from memcached 1.6.18 on purpose, each with its reason.

Four are not played, as what follows would differ too. There, a number that grows does not get the
deadline of `ma T`; a flush that is to come brings back what an earlier one has flushed; an opaque
token is found too long when an item has been made or changed already, and a key when those before
it have been fetched.
"""

import re
from typing import Final

PADDED: Final = (
    "a number that has lost a digit is kept without spaces behind it: RESP's clients read it too, "
    "and the protocol does not promise them"
)
WIDE: Final = "numbers beyond 32 bits are refused, as later versions do with flags, and not cut"
CODED_KEY: Final = "a key is answered in the form of the request, not in that of its first store"
WRAPPED: Final = "seconds that are left do not wrap around below zero"
EXTENDING: Final = re.compile(rb"\s*(append|ms .* MA)")
BEYOND: Final = b"99999999999"  # 32 bits


def without_padding(answer: bytes) -> bytes:
    answer = re.sub(rb"(VALUE [^ ]+ \d+) \d+", rb"\1", answer)
    answer = re.sub(rb"VA \d+", b"VA", answer)
    answer = re.sub(
        rb" (s\d+|h\d|fetch=\w+)", b"", answer
    )  # it counts in place where there is room
    return re.sub(rb"(\d) +", rb"\1", answer)  # something may have been appended


def without_key(answer: bytes) -> bytes:
    return re.sub(rb" k[^ \r]+( b)?", b"", re.sub(rb"ME [^ ]+", b"ME", answer))


def without_wrapping(answer: bytes) -> bytes:
    return re.sub(rb"T429\d+s", b"Tsoon", answer)


def reason_for(request: bytes, ours: bytes, theirs: bytes, history: list[bytes]) -> str | None:
    """Why these answers may differ; None if they may not."""
    if any(BEYOND in line for line in [request, *history]):
        return WIDE
    reasons = []
    ours, theirs = without_wrapping(ours), without_wrapping(theirs)
    reasons.append(WRAPPED)
    if ours != theirs and request.startswith(b"m"):
        ours, theirs = without_key(ours), without_key(theirs)
        reasons.append(CODED_KEY)
    if ours != theirs and any(re.match(rb"\s*(decr|incr|ma) ", line) for line in history):
        ours, theirs = without_padding(ours), without_padding(theirs)
        reasons.append(PADDED)
    if (
        b"non-numeric" in ours
        and b"ERROR" not in theirs
        and any(EXTENDING.match(line) for line in history)
    ):
        return PADDED  # there, a space stands between the number and what was appended
    return reasons[-1] if ours == theirs else None
