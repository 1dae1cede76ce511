"""get, gets, gat, gats: one key of them is a request of its own; the parser writes END."""

from typing import Final

from dflite.engine.command import FAST, READONLY, WRITE
from dflite.memcached.numbers import deadline_of, read_int32
from dflite.memcached.service import Call
from dflite.memcached.verbs import MANY, verb
from dflite.native.memcached import mc_items
from dflite.ops import items

END: Final = b"END\r\n"
BAD_EXPTIME: Final = b"CLIENT_ERROR invalid exptime argument\r\n"


@verb("get", 2, MANY, READONLY | FAST, False, like="GET")
def mc_get(call: Call) -> bytes:
    return read_item(call, call.words[1], False)


@verb("gets", 2, MANY, READONLY | FAST, False, like="GET")
def mc_gets(call: Call) -> bytes:
    return read_item(call, call.words[1], True)


@verb("gat", 2, MANY, WRITE | FAST, False, like="GETEX")
def mc_gat(call: Call) -> bytes:
    return touch_and_read(call, False)


@verb("gats", 2, MANY, WRITE | FAST, False, like="GETEX")
def mc_gats(call: Call) -> bytes:
    return touch_and_read(call, True)


def read_item(call: Call, key: bytes, with_cas: bool) -> bytes:
    """A VALUE, or nothing for a miss."""
    figures = call.figures
    figures.cmd_get += 1
    answer = value_of(call, key, with_cas)
    if answer:
        figures.get_hits += 1
    else:
        figures.get_misses += 1
    return answer


def value_of(call: Call, key: bytes, with_cas: bool) -> bytes:
    """As `read_item`, but for memcached's figures."""
    value = items.read(call.db, key)
    if value is None:
        return b""
    mc_items.mark_fetched(call.db.table(key), key)
    flags = items.flags_of(call.db, key)
    if with_cas:
        cas = items.cas_of(call.db, key)
        head = b"VALUE %b %d %d %d\r\n" % (key, flags, len(value), cas)
    else:
        head = b"VALUE %b %d %d\r\n" % (key, flags, len(value))
    return b"".join([head, value, b"\r\n"])


def touch_and_read(call: Call, with_cas: bool) -> bytes:
    words = call.words
    exptime = read_int32(words[1])
    if exptime is None:
        return BAD_EXPTIME
    if len(words) == 2:
        return END  # without keys it is a whole request
    figures = call.figures
    figures.cmd_touch += 1
    answer = value_of(call, words[2], with_cas)
    if answer:
        figures.touch_hits += 1
        items.touch(call.db, words[2], deadline_of(exptime, call.now_ms))
    else:
        figures.touch_misses += 1
    return answer
