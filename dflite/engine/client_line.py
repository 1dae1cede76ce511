"""A client's line in CLIENT LIST, which ACL LOG shows too."""

from typing import Final

from dflite.engine.client import Client
from dflite.engine.client_filters import age_s, flags_of, idle_s
from dflite.engine.context import Engine
from dflite.engine.pubsub import CHANNEL, PATTERN, SHARD, count_of
from dflite.native.memcached.mc_verbs import OPERATIONS as MC_OPERATIONS
from dflite.native.wire.connection import HELD_OUTPUT
from dflite.native.wire.operations import OPERATIONS

LANE_NAMES: Final = {code: name.lower() for name, code in OPERATIONS.items()}
LANE_NAMES.update({code: "memcached|" + name for name, code in MC_OPERATIONS.items()})
FIRST_BUFFER: Final = 16 * 1024  # of its output: what CLIENT LIST shows beyond it as a list


def describe(engine: Engine, client: Client, argv: list[bytes] | None = None) -> bytes:
    """A client's line; `argv` is its running request, if it has one."""
    conn = client.conn
    now_ms = engine.clock.now_ms
    unsent = conn.unsent
    listed = max(unsent - FIRST_BUFFER, 0)
    buffer = min(conn.reply.memory, FIRST_BUFFER)
    argv_memory = sum([len(word) for word in argv or []])
    last = LANE_NAMES[conn.last_lane] if conn.last_lane else client.last_command
    if client.postponed is not None:
        argv_memory = sum([len(word) for word in client.postponed])
    redirection = client.tracker.redirect if client.tracker is not None else -1
    words = [
        f"id={client.id} addr={client.addr} laddr={client.laddr} fd={client.fd}",
        f"name={client.name.decode()} age={age_s(client, now_ms)} idle={idle_s(client, now_ms)}",
        f"flags={flags_of(client).decode()} db={conn.database}",
        f"sub={count_of(client, CHANNEL)} psub={count_of(client, PATTERN)} "
        f"ssub={count_of(client, SHARD)}",
        f"multi={-1 if client.queue is None else len(client.queue)} watch={len(client.watched)}",
        f"qbuf={conn.input_length} qbuf-free={conn.input_capacity - conn.input_length}",
        f"argv-mem={argv_memory} multi-mem={client.queue_bytes} rbs={buffer} rbp={buffer}",
        f"obl={unsent - listed} oll={(listed + FIRST_BUFFER - 1) // FIRST_BUFFER} omem={listed}",
        f"tot-mem={client.memory()} events={'rw' if conn.held & HELD_OUTPUT else 'r'}",
        f"cmd={last} user={client.user.name.decode(errors='surrogateescape')} "
        f"redir={redirection} resp={client.resp}",
        f"lib-name={client.lib_name.decode()} lib-ver={client.lib_version.decode()}",
    ]
    if client.tls:
        words.append(f"tls={client.tls}")
    return " ".join(words).encode(errors="surrogateescape") + b"\n"
