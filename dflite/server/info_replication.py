"""INFO replication: this node's role, whom it follows, who follows it, and the stream."""

from typing import Final

from dflite.engine.replication import REPLICAS, SENT, PrimaryLink, Replica, Replication
from dflite.server.figures import Figures

NEVER: Final = -1


def replication_section(figures: Figures) -> list[str]:
    replication = figures.executor.replication
    settings = figures.settings
    now_ms = figures.clock.now_ms
    link = replication.primary
    lines = ["role:master" if link is None else "role:slave"]
    if link is not None:
        lines += lines_of_primary(figures, replication, link, now_ms)
    replicas = replication.attached()
    lines.append(f"connected_slaves:{len(replicas)}")
    if replication.least_replicas and replication.longest_lag_s:
        lines.append(f"min_slaves_good_slaves:{replication.good()}")
    lines += [line_of_replica(at, replica, now_ms) for at, replica in enumerate(replicas)]
    backlog = replication.backlog
    has_history = REPLICAS in replication.wanted_by or link is not None
    return [
        *lines,
        f"master_failover_state:{replication.failover}",
        f"master_replid:{replication.id}",
        f"master_replid2:{replication.former_id}",
        f"master_repl_offset:{replication.offset}",
        f"second_repl_offset:{replication.former_offset}",
        f"repl_backlog_active:{int(has_history)}",
        f"repl_backlog_size:{settings.repl_backlog_size}",
        f"repl_backlog_first_byte_offset:{backlog.start + 1 if has_history else 0}",
        f"repl_backlog_histlen:{backlog.offset - backlog.start if has_history else 0}",
    ]


def lines_of_primary(
    figures: Figures, replication: Replication, link: PrimaryLink, now_ms: int
) -> list[str]:
    settings = figures.settings
    heard_s = max(now_ms - link.last_io_ms, 0) // 1000 if link.is_up else NEVER
    read = max(link.offset, 0) if link.is_up else replication.offset
    lines = [
        f"master_host:{link.host}",
        f"master_port:{link.port}",
        f"master_link_status:{'up' if link.is_up else 'down'}",
        f"master_last_io_seconds_ago:{heard_s}",
        f"master_sync_in_progress:{int(link.state == 'sync')}",
        f"slave_read_repl_offset:{read}",
        f"slave_repl_offset:{replication.offset}",
    ]
    if link.state == "sync":
        total = link.sync_total
        left = total - link.sync_read if total >= 0 else -link.sync_read
        share = link.sync_read * 100 / total if total > 0 else 0.0
        lines += [
            f"master_sync_total_bytes:{max(total, 0)}",
            f"master_sync_read_bytes:{link.sync_read}",
            f"master_sync_left_bytes:{left}",
            f"master_sync_perc:{share:.2f}",
            f"master_sync_last_io_seconds_ago:{max(now_ms - link.sync_io_ms, 0) // 1000}",
        ]
    if not link.is_up:
        seconds = max(now_ms - link.down_since_ms, 0) // 1000
        lines.append(f"master_link_down_since_seconds:{seconds}")
    return [
        *lines,
        f"slave_priority:{settings.replica_priority}",
        f"slave_read_only:{int(settings.replica_read_only)}",
        f"replica_announced:{int(settings.replica_announced)}",
    ]


def line_of_replica(at: int, replica: Replica, now_ms: int) -> str:
    state = "online" if replica.state == SENT else replica.state
    return (
        f"slave{at}:ip={replica.ip},port={replica.port},state={state},"
        f"offset={replica.acked},lag={replica.lag_s(now_ms)},type=replica"
    )
