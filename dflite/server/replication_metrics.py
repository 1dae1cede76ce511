"""Replication for /metrics: the role, the link to a primary, and how far the replicas are."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from dflite.engine.replication import SENT, PrimaryLink, Replica
from dflite.server.figures import Figures
from dflite.server.metric_kinds import gauge

NEVER: Final = -1
WHO: Final = ["replica_ip", "replica_port", "replica_state"]


def replication_metrics(figures: Figures) -> Iterator[Metric]:
    replication = figures.executor.replication
    link = replication.primary
    yield gauge("dragonfly_master", "1 for a primary, 0 for a replica", value=link is None)
    if link is not None:
        yield from of_link(figures, link)
    replicas = replication.attached()
    yield gauge("dflite_connected_replicas", "Nodes that follow this one", value=len(replicas))
    if not replicas:
        return
    now_ms = figures.clock.now_ms
    behind = GaugeMetricFamily(
        "dflite_replica_lag_bytes",
        "Bytes of the stream that a replica has not confirmed",
        labels=WHO,
    )
    silent = GaugeMetricFamily(
        "dflite_replica_lag_seconds", "Seconds since a replica last said how far it is", labels=WHO
    )
    seen: set[tuple[str, ...]] = set()
    for replica in replicas:
        who = labels_of(replica)
        if tuple(who) in seen:
            continue  # one that comes anew while its former connection is not gone yet
        seen.add(tuple(who))
        behind.add_metric(who, max(replication.offset - replica.acked, 0))
        silent.add_metric(who, replica.lag_s(now_ms))
    yield behind
    yield silent


def of_link(figures: Figures, link: PrimaryLink) -> Iterator[Metric]:
    """How this node stands with its primary."""
    now_ms = figures.clock.now_ms
    down_s = 0 if link.is_up else max(now_ms - link.down_since_ms, 0) // 1000
    heard_s = max(now_ms - link.last_io_ms, 0) // 1000 if link.is_up else NEVER
    yield gauge("dragonfly_master_link_status", "1 if the primary's stream comes", value=link.is_up)
    yield gauge("dflite_master_link_down_seconds", "Seconds since there is no link", value=down_s)
    yield gauge(
        "dragonfly_master_last_io_seconds_ago",
        "Seconds since the primary was heard of, -1 without a link",
        value=heard_s,
    )
    yield gauge(
        "dragonfly_master_sync_in_progress",
        "1 while the primary's snapshot comes",
        value=link.state == "sync",
    )
    yield gauge(
        "dragonfly_slave_repl_offset",
        "How far the primary's stream is applied here",
        value=figures.executor.replication.offset,
    )


def labels_of(replica: Replica) -> list[str]:
    state = "online" if replica.state == SENT else replica.state
    return [replica.ip, str(replica.port), state]
