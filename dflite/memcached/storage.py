"""set, add, replace, append, prepend, cas: a line and a block of data."""

from typing import Final

from dflite.engine.command import DENYOOM, FAST, WRITE
from dflite.memcached.numbers import UINT32_MAX, UINT64_MAX, deadline_of, read_int32, read_unsigned
from dflite.memcached.service import Call
from dflite.memcached.verbs import (
    BAD_BLOCK,
    BAD_FORMAT,
    BAD_LINE,
    ERROR,
    TOO_LARGE,
    verb,
)
from dflite.ops import items

ANSWERS: Final = [b"STORED\r\n", b"NOT_STORED\r\n", b"EXISTS\r\n", b"NOT_FOUND\r\n"]
BAD_CHUNK: Final = b"CLIENT_ERROR bad data chunk\r\n"
TOO_LARGE_TEXT: Final = b"SERVER_ERROR object too large for cache\r\n"
NO_MEMORY_TEXT: Final = b"SERVER_ERROR out of memory storing object\r\n"
STORES: Final = WRITE | DENYOOM | FAST


def refuse(call: Call, reason: int) -> bytes:
    """A request whose line is wrong, or whose block is not to be stored."""
    words = call.words
    if reason == BAD_LINE:
        extra = words[0] == b"cas"
        return BAD_FORMAT if 5 + extra <= len(words) <= 6 + extra else ERROR
    if reason == BAD_BLOCK:
        return BAD_CHUNK
    if words[0] == b"set":
        items.delete(call.db, words[1])  # better nothing than what is out of date
    if reason == TOO_LARGE:
        call.figures.store_too_large += 1
        return TOO_LARGE_TEXT
    call.figures.store_no_memory += 1
    return NO_MEMORY_TEXT


@verb("set", 5, 6, STORES, refused=refuse, like="SET")
def mc_set(call: Call) -> bytes:
    return store(call, items.SET)


@verb("add", 5, 6, STORES, refused=refuse, like="SET")
def mc_add(call: Call) -> bytes:
    return store(call, items.ADD)


@verb("replace", 5, 6, STORES, refused=refuse, like="SET")
def mc_replace(call: Call) -> bytes:
    return store(call, items.REPLACE)


@verb("append", 5, 6, STORES, refused=refuse, like="APPEND")
def mc_append(call: Call) -> bytes:
    return store(call, items.APPEND)


@verb("prepend", 5, 6, STORES, refused=refuse, like="APPEND")
def mc_prepend(call: Call) -> bytes:
    return store(call, items.PREPEND)


@verb("cas", 6, 7, STORES, refused=refuse, like="SET")
def mc_cas(call: Call) -> bytes:
    cas = read_unsigned(call.words[5], UINT64_MAX)
    assert cas is not None, "the parser has seen to it"
    figures = call.figures
    outcome = items.compare(call.db, call.words[1], cas)
    if outcome == items.DONE:
        figures.cas_hits += 1
        return store(call, items.SET)
    figures.cmd_set += 1
    if outcome == items.EXISTS:
        figures.cas_badval += 1
    else:
        figures.cas_misses += 1
    return ANSWERS[outcome]


def store(call: Call, how: int) -> bytes:
    words = call.words
    flags = read_unsigned(words[2], UINT32_MAX)
    exptime = read_int32(words[3])
    assert flags is not None, "the parser has seen to it"
    assert exptime is not None, "the parser has seen to it"
    figures = call.figures
    figures.cmd_set += 1
    if how >= items.APPEND:
        outcome = items.extend(
            call.db, words[1], words[-1], how == items.PREPEND, figures.max_item_size
        )
    else:
        deadline = deadline_of(exptime, call.now_ms)
        outcome = items.store(call.db, words[1], words[-1], how, flags, deadline)
    if outcome == items.DONE:
        figures.total_items += 1
    return ANSWERS[outcome]
