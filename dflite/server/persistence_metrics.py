"""Persistence for /metrics: how the last snapshot went and how old it is, and the same of the log.

Each is a field of INFO persistence, by its name; a status is 1 while it is `ok` there.
"""

from collections.abc import Iterator

from prometheus_client.core import Metric

from dflite.server.figures import Figures
from dflite.server.metric_kinds import gauge
from dflite.server.snapshotting import FULL_SYNC


def persistence_metrics(figures: Figures) -> Iterator[Metric]:
    saving = figures.saving
    is_running = saving.run is not None or saving.snapshots.running_for(FULL_SYNC) is not None
    yield gauge(
        "dflite_rdb_last_save_timestamp_seconds",
        "When the last good snapshot was taken, or the process started",
        value=saving.last_save_s,
    )
    yield gauge(
        "dflite_rdb_changes_since_last_save",
        "Changes that no snapshot holds",
        value=saving.unsaved_changes(),
    )
    yield gauge(
        "dflite_rdb_last_bgsave_status",
        "1 unless the last snapshot failed",
        value=not saving.last_error,
    )
    yield gauge("dflite_rdb_bgsave_in_progress", "1 while a snapshot is taken", value=is_running)
    yield from of_log(figures)


def of_log(figures: Figures) -> Iterator[Metric]:
    """The append-only log; all is well with one that is off."""
    log, rewriting = figures.restoring.log, figures.restoring.rewriting
    is_wanted = log.settings.appendonly
    yield gauge("dflite_aof_enabled", "1 if there is to be a log", value=is_wanted)
    yield gauge(
        "dflite_aof_current_size_bytes",
        "Bytes of the log's files, 0 without one",
        value=log.size if log.on else 0,
    )
    yield gauge(
        "dflite_aof_last_write_status",
        "1 unless the last write to the log failed",
        value=not log.error,
    )
    yield gauge(
        "dflite_aof_last_bgrewrite_status",
        "1 unless the last rewrite of the log failed",
        value=not rewriting.error,
    )
    yield gauge(
        "dflite_aof_base_missing",
        "1 while the log's first base is not written: nothing of it counts yet",
        value=is_wanted and not log.is_whole,
    )
