"""INFO stats."""

from typing import Final

from dflite.engine.acl_log import DENIED
from dflite.engine.executor import Executor
from dflite.engine.pubsub import CHANNEL, PATTERN, SHARD
from dflite.scripting.scripting import Scripting
from dflite.server.figures import Figures

# Of parts that a node does not have, or that cannot come to pass: with 0 as Redis shows them.
NO_FORK: Final = "latest_fork_usec total_forks"
NO_DEFRAGMENTATION: Final = (
    "active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses "
    "total_active_defrag_time current_active_defrag_time"
)
NO_THREADS: Final = "io_threaded_reads_processed io_threaded_writes_processed"


def own_keys(executor: Executor) -> int:
    """Keys that this replica's clients let expire, and not its primary."""
    return sum([len(db.own_deadlines) for db in executor.keyspace.dbs])


def stats_section(figures: Figures) -> list[str]:
    executor = figures.executor
    doorman = figures.doorman
    rates = figures.rates()
    channels = executor.channels.audiences
    tracking = executor.tracking
    denied = executor.acl_log.denied
    return [
        f"total_connections_received:{doorman.accepted}",
        f"total_commands_processed:{figures.commands()}",
        f"instantaneous_ops_per_sec:{rates.commands}",
        f"total_net_input_bytes:{figures.bytes_in()}",
        f"total_net_output_bytes:{figures.bytes_out()}",
        "total_net_repl_input_bytes:0",
        "total_net_repl_output_bytes:0",
        f"instantaneous_input_kbps:{rates.kib_in:.2f}",
        f"instantaneous_output_kbps:{rates.kib_out:.2f}",
        "instantaneous_input_repl_kbps:0.00",
        "instantaneous_output_repl_kbps:0.00",
        f"rejected_connections:{doorman.rejected}",
        f"expired_keys:{executor.effects.expired + executor.eviction.expired}",
        f"total_heartbeat_expired_keys:{executor.expiry.expired}",
        # each due key is found: nothing is estimated by sampling, and slices have no time limit
        "expired_stale_perc:0.00",
        "expired_time_cap_reached_count:0",
        f"expire_cycle_cpu_milliseconds:{figures.expiry_us // 1000}",
        f"evicted_keys:{executor.eviction.evicted}",
        f"evicted_clients:{executor.client_eviction.evicted}",
        f"evicted_scripts:{evicted_scripts(executor.scripting)}",
        f"total_eviction_exceeded_time:{executor.eviction.exceeded_ms()}",
        f"current_eviction_exceeded_time:{executor.eviction.exceeding_ms()}",
        f"oom_rejections:{executor.rejected_for_memory}",
        f"keyspace_hits:{figures.hits()}",
        f"keyspace_misses:{figures.misses()}",
        f"keyspace_mutations:{figures.changes()}",
        f"pubsub_channels:{len(channels[CHANNEL])}",
        f"pubsub_patterns:{len(channels[PATTERN])}",
        f"pubsubshard_channels:{len(channels[SHARD])}",
        f"sync_full:{executor.replication.synced_fully}",
        f"sync_partial_ok:{executor.replication.synced_partially}",
        f"sync_partial_err:{executor.replication.refused_partially}",
        f"slave_expires_tracked_keys:{own_keys(executor)}",
        *zeros(NO_FORK),
        "migrate_cached_sockets:0",
        *zeros(NO_DEFRAGMENTATION),
        f"tracking_total_keys:{len(tracking.holders)}",
        f"tracking_total_items:{tracking.items}",
        f"tracking_total_prefixes:{len(tracking.broadcasts)}",
        f"unexpected_error_replies:{executor.internal_errors + executor.divergence.errors}",
        f"total_error_replies:{executor.error_replies}",
        "dump_payload_sanitizations:0",
        f"total_reads_processed:{figures.reads()}",
        f"total_writes_processed:{figures.writes()}",
        *zeros(NO_THREADS),
        f"client_query_buffer_limit_disconnections:{executor.closed_for_input}",
        f"client_output_buffer_limit_disconnections:{executor.closed_for_output}",
        # buffers go back to a pool after each reply: there is nothing to resize
        "reply_buffer_shrinks:0",
        "reply_buffer_expands:0",
        f"eventloop_cycles:{figures.wakeups()}",
        f"instantaneous_eventloop_cycles_per_sec:{rates.wakeups}",
        *[f"acl_access_denied_{name}:{denied[kind]}" for kind, name in DENIED.items()],
    ]


def zeros(names: str) -> list[str]:
    return [f"{name}:0" for name in names.split()]


def evicted_scripts(scripting: object) -> int:
    """Scripts of EVAL that made place for others."""
    return scripting.scripts.evicted if isinstance(scripting, Scripting) else 0
