"""stats: figures under memcached's names, as far as there is something here that they can mean.

Every item counts as one of slab class 1: there are no slabs.
"""

import os
import re
import resource
from typing import Final

from dflite import __version__
from dflite.engine.command import FAST, READONLY
from dflite.memcached.service import Call
from dflite.memcached.verbs import ERROR, LONGEST_KEY, MANY, OK, verb
from dflite.store.db import TYPE_STRING

END: Final = b"END\r\n"
SIZE_STEP: Final = 32  # of `stats sizes`
COUNTED: Final = [
    "cmd_get", "cmd_set", "cmd_flush", "cmd_touch", "cmd_meta", "get_hits", "get_misses",
    "delete_misses", "delete_hits", "incr_misses", "incr_hits", "decr_misses", "decr_hits",
    "cas_misses", "cas_hits", "cas_badval", "touch_hits", "touch_misses", "store_too_large",
    "store_no_memory",
]  # fmt: skip
MOST_LINES: Final = 100_000  # of `stats cachedump`
IN_SLICE: Final = 1000


def stat(name: str, value: object) -> bytes:
    return f"STAT {name} {value}\r\n".encode("utf-8", "surrogateescape")


def yes_no(truth: bool) -> str:
    return "yes" if truth else "no"


@verb("stats", 1, MANY, READONLY | FAST, False, like="INFO")
def mc_stats(call: Call) -> bytes:
    words = call.words
    if len(words) == 1:
        return general(call)
    what = words[1]
    if what == b"reset":
        call.figures.reset()
        call.service.accepted = call.service.rejected = 0
        return b"RESET\r\n"
    if what == b"detail":
        return detail(call)
    if what == b"cachedump":
        return cachedump(call)
    make = SECTIONS.get(what)
    return ERROR if make is None else make(call)


def general(call: Call) -> bytes:
    figures, service, engine = call.figures, call.service, call.ctx.engine
    usage = resource.getrusage(resource.RUSAGE_SELF)
    clients = len(service.clients())
    lines = [
        stat("pid", os.getpid()),
        stat("uptime", max(call.now_ms - service.started_ms, 0) // 1000),
        stat("time", call.now_ms // 1000),
        stat("version", "1.6.18-dflite-" + __version__),
        stat("pointer_size", 64),
        stat("rusage_user", f"{usage.ru_utime:.6f}"),
        stat("rusage_system", f"{usage.ru_stime:.6f}"),
        stat("max_connections", call.ctx.host.setting("maxclients")),
        stat("curr_connections", clients),
        stat("total_connections", service.accepted),
        stat("rejected_connections", service.rejected),
        stat("connection_structures", clients),
    ]
    lines += [stat(name, getattr(figures, name)) for name in COUNTED]
    lines += [
        stat("auth_cmds", 0),
        stat("auth_errors", 0),
        stat("bytes_read", service.bytes_in()),
        stat("bytes_written", service.bytes_out()),
        stat("limit_maxbytes", engine.max_memory),
        stat("accepting_conns", 1),
        stat("threads", 1),
        stat("bytes", call.db.memory()),
        stat("curr_items", len(call.db)),
        stat("total_items", figures.total_items),
        stat("evictions", engine.eviction.evicted),
        stat("reclaimed", engine.effects.expired),
        END,
    ]
    return b"".join(lines)


def settings(call: Call) -> bytes:
    setting = call.ctx.host.setting
    return b"".join(
        [
            stat("maxbytes", setting("maxmemory")),
            stat("maxconns", setting("maxclients")),
            stat("tcpport", setting("memcached_port")),
            stat("udpport", 0),
            stat("inter", ",".join([host.removeprefix("-") for host in words_of(setting("bind"))])),
            stat("verbosity", call.service.verbosity),
            stat("evictions", "off" if setting("maxmemory_policy") == "noeviction" else "on"),
            stat("shutdown_command", yes_no(setting("memcached_shutdown") is True)),
            stat("num_threads", 1),
            stat("stat_key_prefix", ":"),
            stat("detail_enabled", yes_no(call.service.detail)),
            stat("cas_enabled", "yes"),
            stat("tcp_backlog", setting("tcp_backlog")),
            stat("binding_protocol", "ascii"),
            stat("auth_enabled_sasl", "no"),
            stat("auth_enabled_ascii", "no"),
            stat("item_size_max", call.figures.max_item_size),
            stat("flush_enabled", "yes"),
            stat("dump_enabled", "yes"),
            stat("lru_crawler", "no"),
            stat("idle_timeout", setting("timeout")),
            stat("track_sizes", "no"),
            END,
        ]
    )


def words_of(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else [str(value)]


def items_section(call: Call) -> bytes:
    if not len(call.db):
        return END
    engine = call.ctx.engine
    return b"".join(
        [
            stat("items:1:number", len(call.db)),
            stat("items:1:mem_requested", call.db.memory()),
            stat("items:1:evicted", engine.eviction.evicted),
            stat("items:1:outofmemory", call.figures.store_no_memory),
            stat("items:1:reclaimed", engine.effects.expired),
            END,
        ]
    )


def slabs(call: Call) -> bytes:
    figures = call.figures
    db = call.db
    lines = []
    if len(db):
        lines = [
            stat("1:chunk_size", max(db.memory() // len(db), 1)),
            stat("1:used_chunks", len(db)),
            stat("1:total_chunks", sum([table.capacity for table in db.tables])),
            stat("1:get_hits", figures.get_hits),
            stat("1:cmd_set", figures.cmd_set),
            stat("1:delete_hits", figures.delete_hits),
            stat("1:incr_hits", figures.incr_hits),
            stat("1:decr_hits", figures.decr_hits),
            stat("1:cas_hits", figures.cas_hits),
            stat("1:cas_badval", figures.cas_badval),
            stat("1:touch_hits", figures.touch_hits),
        ]
    lines += [stat("active_slabs", int(len(db) > 0)), stat("total_malloced", db.memory()), END]
    return b"".join(lines)


def sizes(call: Call) -> bytes:
    """Memcached counts sizes only where it was told to at its start, and neither is done here."""
    return b"STAT sizes_status disabled\r\n" + END


def conns(call: Call) -> bytes:
    lines = []
    for client in call.service.clients():
        idle = max(call.now_ms - client.conn.last_active_ms, 0) // 1000
        lines += [
            stat(f"{client.fd}:addr", "tcp:" + client.addr),
            stat(f"{client.fd}:listen_addr", "tcp:" + client.laddr),
            stat(f"{client.fd}:state", "conn_parse_cmd"),
            stat(f"{client.fd}:secs_since_last_cmd", idle),
        ]
    return b"".join(lines) + END


SECTIONS: Final = {
    b"settings": settings,
    b"items": items_section,
    b"slabs": slabs,
    b"sizes": sizes,
    b"conns": conns,
}


def detail(call: Call) -> bytes:
    """Counts by prefix of the key, which are not kept: `dump` has none."""
    word = call.words[2] if len(call.words) > 2 else b""
    if word == b"dump":
        return END
    if word not in (b"on", b"off"):
        return b"CLIENT_ERROR usage: stats detail on|off|dump\r\n"
    call.service.detail = word == b"on"
    return OK


def cachedump(call: Call) -> bytes:
    """Some keys with sizes and deadlines, as many as were asked for: tools list keys with it."""
    words = call.words
    if len(words) < 4:
        return b"CLIENT_ERROR bad command line\r\n"
    if not (words[2].isdigit() and words[3].isdigit()):
        return b"CLIENT_ERROR bad command line format\r\n"
    if int(words[2]) > 63:
        return b"CLIENT_ERROR Illegal slab id\r\n"
    most = int(words[3]) or MOST_LINES
    lines: list[bytes] = []
    if int(words[2]) == 1:
        lines = [line_of(call, key) for key in some_keys(call, min(most, IN_SLICE))]
    return b"".join(lines) + END


# What a name of memcached's cannot have, and what would break the lines.
BREAKING: Final = re.compile(rb"[\x00-\x20\x7f]")


def some_keys(call: Call, most: int) -> list[bytes]:
    """Strings of the database, about as many as asked for; what is due is left out."""
    found: list[bytes] = []
    for table in call.db.tables:
        cursor = 0
        while len(found) < most:
            cursor, keys = table.scan(cursor, most - len(found), None, TYPE_STRING, [])
            found += [key for key in keys if len(key) <= LONGEST_KEY and not BREAKING.search(key)]
            if not cursor:
                break
    return found[:most]


def line_of(call: Call, key: bytes) -> bytes:
    deadline = call.db.table(key).deadline(key)
    return b"ITEM %b [%d b; %d s]\r\n" % (
        key,
        call.db.string_length(key),
        max(deadline, 0) // 1000,
    )
