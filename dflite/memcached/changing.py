"""delete, touch, incr, decr."""

from typing import Final

from dflite.engine.command import DENYOOM, FAST, WRITE
from dflite.memcached.numbers import UINT64_MAX, deadline_of, read_int32, read_unsigned
from dflite.memcached.retrieval import BAD_EXPTIME
from dflite.memcached.service import Call
from dflite.memcached.verbs import BAD_FORMAT, LONGEST_KEY, verb
from dflite.native.memcached import mc_items
from dflite.ops import items

BAD_DELETE: Final = b"CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n"
BAD_DELTA: Final = b"CLIENT_ERROR invalid numeric delta argument\r\n"
NOT_A_NUMBER: Final = b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
NOT_FOUND: Final = b"NOT_FOUND\r\n"


@verb("delete", 2, 4, WRITE | FAST, like="DEL")
def mc_delete(call: Call) -> bytes:
    words = call.words
    hold = words[2:]  # once a time to wait, of which 0 is left
    if hold and hold not in ([b"0"], [b"noreply"], [b"0", b"noreply"]):
        return BAD_DELETE
    if len(words[1]) > LONGEST_KEY:
        return BAD_FORMAT
    if not items.delete(call.db, words[1]):
        call.figures.delete_misses += 1
        return NOT_FOUND
    call.figures.delete_hits += 1
    return b"DELETED\r\n"


@verb("touch", 3, 4, WRITE | FAST, like="EXPIRE")
def mc_touch(call: Call) -> bytes:
    words = call.words
    figures = call.figures
    if len(words[1]) > LONGEST_KEY:
        return BAD_FORMAT
    exptime = read_int32(words[2])
    if exptime is None:
        return BAD_EXPTIME
    figures.cmd_touch += 1
    if not items.touch(call.db, words[1], deadline_of(exptime, call.now_ms)):
        figures.touch_misses += 1
        return NOT_FOUND
    mc_items.mark_fetched(call.db.table(words[1]), words[1])
    figures.touch_hits += 1
    return b"TOUCHED\r\n"


@verb("incr", 3, 4, WRITE | DENYOOM | FAST, like="INCRBY")
def mc_incr(call: Call) -> bytes:
    return count(call, True)


@verb("decr", 3, 4, WRITE | DENYOOM | FAST, like="DECRBY")
def mc_decr(call: Call) -> bytes:
    return count(call, False)


def count(call: Call, up: bool) -> bytes:
    key = call.words[1]
    if len(key) > LONGEST_KEY:
        return BAD_FORMAT
    delta = read_unsigned(call.words[2], UINT64_MAX)
    if delta is None:
        return BAD_DELTA
    outcome = items.count(call.db, key, delta, up)
    note_count(call, outcome, up)
    if outcome == items.NOT_FOUND:
        return NOT_FOUND
    if outcome == items.NOT_A_NUMBER:
        return NOT_A_NUMBER
    value = call.db.find_string(key)
    assert value is not None
    return value + b"\r\n"


def note_count(call: Call, outcome: int, up: bool) -> None:
    """Count an incr or a decr."""
    figures = call.figures
    if outcome == items.NOT_FOUND:
        if up:
            figures.incr_misses += 1
        else:
            figures.decr_misses += 1
    elif outcome == items.DONE:
        if up:
            figures.incr_hits += 1
        else:
            figures.decr_hits += 1
