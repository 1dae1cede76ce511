"""Verbs about the server: version, flush_all, quit, and knobs that turn nothing here."""

from typing import Final

from dflite import __version__
from dflite.base.errors import CommandError
from dflite.engine.command import ADMIN, FAST, WRITE
from dflite.memcached.numbers import UINT32_MAX, deadline_of, read_int32, read_unsigned
from dflite.memcached.retrieval import BAD_EXPTIME
from dflite.memcached.service import Call
from dflite.memcached.verbs import BAD_FORMAT, ERROR, MANY, OK, verb

VERSION: Final = b"VERSION 1.6.18-dflite-" + __version__.encode() + b"\r\n"
MOST_VERBOSE: Final = 10
SMALLEST_MB: Final = 8
LARGEST_MB: Final = 1_000_000_000
MIB: Final = 1024 * 1024


@verb("version", 1, MANY, FAST, False)
def mc_version(call: Call) -> bytes:
    return VERSION


@verb("verbosity", 2, 3, FAST)
def mc_verbosity(call: Call) -> bytes:
    level = read_unsigned(call.words[1], UINT32_MAX)
    if level is None:
        return BAD_FORMAT
    call.service.verbosity = min(level, MOST_VERBOSE)
    return OK


@verb("flush_all", 1, 3, WRITE, like="FLUSHDB")
def mc_flush_all(call: Call) -> bytes:
    words = call.words
    call.figures.cmd_flush += 1
    exptime = 0
    if len(words) > (2 if words[-1] == b"noreply" else 1):
        delay = read_int32(words[1])
        if delay is None:
            return BAD_EXPTIME
        exptime = delay
    call.service.flush_at(deadline_of(exptime, call.now_ms) if exptime > 0 else call.now_ms)
    return OK


@verb("cache_memlimit", 2, 3, ADMIN, like="CONFIG SET")
def mc_cache_memlimit(call: Call) -> bytes:
    megabytes = read_unsigned(call.words[1], UINT32_MAX)
    if megabytes is None:
        return ERROR
    if megabytes < SMALLEST_MB:
        return b"MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\n"
    if megabytes > LARGEST_MB:
        return b"MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes\r\n"
    try:
        call.ctx.host.change_settings(
            [("maxmemory", str(megabytes * MIB))], call.ctx.client.is_local()
        )
    except CommandError:
        return b"MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n"
    return OK


@verb("quit", 1, MANY, FAST, False)
def mc_quit(call: Call) -> bytes:
    call.ctx.client.conn.close_after_reply()
    return b""


def nothing() -> None:
    """Who has asked is gone when the end does not come."""


@verb("shutdown", 1, MANY, ADMIN, False, like="SHUTDOWN")
def mc_shutdown(call: Call) -> bytes:
    if call.ctx.host.setting("memcached_shutdown") is not True:
        return b"ERROR: shutdown not enabled\r\n"
    words = call.words
    if len(words) > 2 or (len(words) == 2 and words[1] != b"graceful"):
        return b"CLIENT_ERROR invalid shutdown mode\r\n"
    try:
        call.ctx.host.shutdown(None, False, False, nothing)
    except CommandError as refusal:
        return b"SERVER_ERROR %b\r\n" % refusal.wire()
    call.ctx.client.conn.close_after_reply()
    return b""


# -- what memcached's tools turn, and nothing here follows ----------------------------------------


@verb("slabs", 1, MANY, ADMIN, False)
def mc_slabs(call: Call) -> bytes:
    words = call.words
    if len(words) == 4 and words[1] == b"reassign":
        return b"CLIENT_ERROR slab reassignment disabled\r\n"
    if len(words) >= 3 and words[1] == b"automove":
        return OK if words[2] in (b"0", b"1", b"2") else BAD_FORMAT
    return ERROR


@verb("lru", 2, MANY, ADMIN)
def mc_lru(call: Call) -> bytes:
    return OK if call.words[1] in (b"tune", b"mode", b"temp_ttl") and len(call.words) > 2 else ERROR


@verb("lru_crawler", 1, MANY, ADMIN, False)
def mc_lru_crawler(call: Call) -> bytes:
    words = call.words
    if len(words) == 2 and words[1] in (b"enable", b"disable"):
        return OK
    if len(words) == 3 and words[1] == b"metadump":
        return b"ERROR metadump not allowed\r\n"
    if len(words) == 3 and words[1] in (b"crawl", b"tocrawl", b"sleep"):
        return OK
    return ERROR


@verb("watch", 1, MANY, ADMIN, False)
def mc_watch(call: Call) -> bytes:
    return b"CLIENT_ERROR watch commands not allowed\r\n"
