"""INFO: the node's figures as text, in sections.

Fields are those of Redis 7.2, in its order, with some of Valkey's, and of Dragonfly's those that
clients look for. What cannot happen here is 0 and says why.
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Final

from dflite import __version__
from dflite.base.versions import REDIS_VERSION
from dflite.engine.durations import calls_of, percentiles_usec, times_of, usec_of
from dflite.server.append_log import AppendLog
from dflite.server.figures import Figures
from dflite.server.info_loading import is_syncing, loading_lines
from dflite.server.info_memory import memory_section
from dflite.server.info_replication import replication_section
from dflite.server.info_stats import stats_section
from dflite.server.info_tls import certificate_lines, tls_section
from dflite.server.log_rewrite import LogRewriting
from dflite.server.process import cpu_of_children, cpu_of_process, cpu_of_thread, system_name
from dflite.server.snapshotting import FULL_SYNC

Section = Callable[[Figures], list[str]]

ALL: Final = ("all", "everything")
EXECUTABLE: Final = os.path.abspath(sys.argv[0])
TURNS_A_SECOND: Final = 1  # of background work while there is nothing to do


def render(figures: Figures, wanted: list[str]) -> bytes:
    """The sections of these names, in small letters; without one, the usual sections."""
    names = set(wanted or ["default"])
    everything = not names.isdisjoint(ALL)
    usual = "default" in names
    parts = []
    for title, section, is_usual in SECTIONS:
        if everything or (usual and is_usual) or title.lower() in names:
            lines = [f"# {title}", *section(figures), ""]
            parts.append("\r\n".join(lines))
    return "\r\n".join(parts).encode("utf-8", "surrogateescape")


def server_section(figures: Figures) -> list[str]:
    settings = figures.settings
    uptime = figures.uptime_s()
    ends_in_ms = figures.ends_in_ms()
    lines = [
        f"redis_version:{REDIS_VERSION.decode()}",
        "server_name:dflite",
        f"dflite_version:{__version__}",
        # releases are known by their version, not by a revision or a build
        "redis_git_sha1:00000000",
        "redis_git_dirty:0",
        "redis_build_id:0000000000000000",
        "redis_mode:standalone",
        "server_mode:standalone",
        f"os:{system_name()}",
        f"arch_bits:{64 if sys.maxsize > 1 << 32 else 32}",
        "monotonic_clock:POSIX clock_gettime",
        "multiplexing_api:epoll",
        "atomicvar_api:none",  # one thread
        "gcc_version:0.0.0",
        f"python_version:{platform.python_version()}",
        f"process_id:{figures.process_id}",
        "process_supervised:no",
        f"run_id:{figures.run_id}",
        f"tcp_port:{settings.port or settings.tls_port}",
        f"server_time_usec:{time.time_ns() // 1000}",
        f"uptime_in_seconds:{uptime}",
        f"uptime_in_days:{uptime // 86_400}",
        *([f"shutdown_in_milliseconds:{ends_in_ms}"] if ends_in_ms >= 0 else []),
        f"hz:{TURNS_A_SECOND}",
        f"configured_hz:{settings.hz}",
        f"lru_clock:{int(time.time()) & 0xFFFFFF}",
        f"executable:{EXECUTABLE}",
        f"config_file:{settings.config_file}",
        "io_threads_active:0",
        "thread_count:1",
        f"availability_zone:{settings.availability_zone}",
        *certificate_lines(figures),
    ]
    for number, listener in enumerate(figures.listeners()):
        lines.append(f"listener{number}:{listener}")
    return lines


def clients_section(figures: Figures) -> list[str]:
    executor = figures.executor
    waiters = executor.blocking.waiters.values()
    pausing = executor.pausing
    reasons = [*(["client_pause"] if pausing.asked_for else []), *sorted(pausing.reasons)]
    paused = "all" if pausing.asked_for and not pausing.writes_only else "write"
    left_ms = max(pausing.until_ms - figures.clock.now_ms, 0) if pausing.asked_for else 0
    return [
        f"connected_clients:{len(executor.clients) - len(executor.replication.attached())}",
        "cluster_connections:0",  # there is no cluster bus
        f"maxclients:{figures.settings.maxclients}",
        f"max_clients:{figures.settings.maxclients}",
        f"client_recent_max_input_buffer:{figures.longest_input()}",
        f"client_recent_max_output_buffer:{figures.longest_output()}",
        f"blocked_clients:{executor.blocked_clients() + figures.await_end()}",
        f"tracking_clients:{len(executor.tracking.trackers)}",
        f"pubsub_clients:{executor.channels.clients}",
        f"watching_clients:{figures.watching_clients()}",
        f"clients_in_timeout_table:{sum([waiter.deadline_ms > 0 for waiter in waiters])}",
        f"total_watched_keys:{len(executor.watching.watchers)}",
        f"total_blocking_keys:{len(executor.blocking.queues)}",
        f"total_blocking_keys_on_nokey:{executor.blocking.await_absence}",
        f"paused_reason:{reasons[0] if reasons else 'none'}",
        f"paused_actions:{paused if pausing.active else 'none'}",
        f"paused_timeout_milliseconds:{left_ms}",
    ]


def persistence_section(figures: Figures) -> list[str]:
    saving, restoring = figures.saving, figures.restoring
    loading = int(figures.executor.loading)
    changes = saving.unsaved_changes()
    current = saving.snapshots.running
    # as Redis: of either purpose, but not the log's
    save = saving.run or saving.snapshots.running_for(FULL_SYNC)
    keys, keys_total = (current.keys, current.keys_total) if current is not None else (0, 0)
    return [
        f"loading:{loading}",
        f"async_loading:{int(is_syncing(figures))}",
        f"load_state:{'loading' if loading else 'done'}",
        "current_cow_peak:0",  # snapshots are taken without fork: nothing is copied on write
        f"current_cow_size:{current.memory if current is not None else 0}",
        "current_cow_size_age:0",
        "current_fork_perc:0.00",
        f"current_save_keys_processed:{keys}",
        f"current_save_keys_total:{keys_total}",
        f"rdb_changes_since_last_save:{changes}",
        f"rdb_bgsave_in_progress:{int(save is not None)}",
        f"rdb_last_save_time:{saving.last_save_s}",
        f"rdb_last_bgsave_status:{'err' if saving.last_error else 'ok'}",
        f"rdb_last_bgsave_time_sec:{saving.last_took_s}",
        f"rdb_current_bgsave_time_sec:{int(save.running_s()) if save is not None else -1}",
        f"rdb_saves:{saving.saves}",
        "rdb_last_cow_size:0",
        f"rdb_last_load_keys_expired:{restoring.keys_expired}",
        f"rdb_last_load_keys_loaded:{restoring.keys_loaded}",
        *([f"rdb_last_error:{saving.last_error}"] if saving.last_error else []),
        *log_lines(restoring.log, restoring.rewriting),
        "module_fork_in_progress:0",
        "module_fork_last_cow_size:0",
        *loading_lines(figures),
        f"saving:{int(saving.run is not None)}",
        f"last_success_save:{saving.last_save_s}",
        f"rdb_changes_since_last_success_save:{changes}",
    ]


def log_lines(log: AppendLog, rewriting: LogRewriting) -> list[str]:
    """The append-only log."""
    lines = [
        f"aof_enabled:{int(log.settings.appendonly)}",
        f"aof_rewrite_in_progress:{int(rewriting.is_running)}",
        f"aof_rewrite_scheduled:{int(rewriting.scheduled)}",
        f"aof_last_rewrite_time_sec:{rewriting.took_s}",
        f"aof_current_rewrite_time_sec:{rewriting.running_s()}",
        f"aof_last_bgrewrite_status:{'err' if rewriting.error else 'ok'}",
        f"aof_rewrites:{rewriting.rewrites}",
        f"aof_rewrites_consecutive_failures:{rewriting.failures}",
        f"aof_last_write_status:{'err' if log.error else 'ok'}",
        f"aof_base_missing:{int(rewriting.lacks_base())}",
        "aof_last_cow_size:0",
    ]
    if rewriting.error:
        lines.append(f"aof_last_bgrewrite_error:{rewriting.error}")
    if log.error:
        lines.append(f"aof_last_write_error:{log.error}")
    if log.on:
        lines += [
            f"aof_current_size:{log.size}",
            f"aof_base_size:{log.base_size}",
            f"aof_pending_rewrite:{int(rewriting.scheduled)}",
            f"aof_buffer_length:{log.waiting}",
            f"aof_pending_bio_fsync:{int(log.syncing_since_s > 0)}",
            f"aof_delayed_fsync:{log.delayed}",
        ]
    return lines


def cpu_section(figures: Figures) -> list[str]:
    process = cpu_of_process()
    children = cpu_of_children()
    thread = cpu_of_thread()
    return [
        f"used_cpu_sys:{process.system:.6f}",
        f"used_cpu_user:{process.user:.6f}",
        f"used_cpu_sys_children:{children.system:.6f}",
        f"used_cpu_user_children:{children.user:.6f}",
        f"used_cpu_sys_main_thread:{thread.system:.6f}",
        f"used_cpu_user_main_thread:{thread.user:.6f}",
    ]


def modules_section(figures: Figures) -> list[str]:
    return []  # none can be loaded


def commandstats_section(figures: Figures) -> list[str]:
    lane = figures.lane
    lines = []
    for row in figures.rows():
        calls = calls_of(row, lane)
        usec = usec_of(row, lane)
        lines.append(
            f"cmdstat_{row.name}:calls={calls},usec={usec},usec_per_call={usec / (calls or 1):.2f},"
            f"rejected_calls={row.rejected},failed_calls={row.failed}"
        )
    return lines


def errorstats_section(figures: Figures) -> list[str]:
    errors = figures.executor.errors
    return [f"errorstat_{code}:count={errors[code]}" for code in sorted(errors)]


def latencystats_section(figures: Figures) -> list[str]:
    if not figures.settings.latency_tracking:
        return []
    percentiles = figures.settings.latency_tracking_info_percentiles
    names = [f"p{percentile!r}".removesuffix(".0") for percentile in percentiles]
    lines = []
    for row in figures.rows():
        times = times_of(row, figures.lane)
        if times:
            found = percentiles_usec(times, percentiles)
            values = [f"{name}={usec:.3f}" for name, usec in zip(names, found, strict=True)]
            lines.append(f"latency_percentiles_usec_{row.name}:{','.join(values)}")
    return lines


def cluster_section(figures: Figures) -> list[str]:
    return ["cluster_enabled:0"]


def keyspace_section(figures: Figures) -> list[str]:
    lines = []
    for db in figures.keyspace.dbs:
        if len(db):
            lines.append(
                f"db{db.index}:keys={len(db)},expires={db.expiring()},"
                f"avg_ttl={figures.average_ttl_ms(db)}"
            )
    return lines


# Title, lines, and whether it is there without being asked for.
SECTIONS: Final[list[tuple[str, Section, bool]]] = [
    ("Server", server_section, True),
    ("TLS", tls_section, False),
    ("Clients", clients_section, True),
    ("Memory", memory_section, True),
    ("Persistence", persistence_section, True),
    ("Stats", stats_section, True),
    ("Replication", replication_section, True),
    ("CPU", cpu_section, True),
    ("Modules", modules_section, True),
    ("Commandstats", commandstats_section, False),
    ("Errorstats", errorstats_section, True),
    ("Latencystats", latencystats_section, False),
    ("Cluster", cluster_section, True),
    ("Keyspace", keyspace_section, True),
]
