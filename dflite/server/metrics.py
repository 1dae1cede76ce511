"""/metrics: the figures in Prometheus' text format, written by prometheus-client.

Names with `dragonfly_` are Dragonfly's, so that its dashboards and alerts go on working; `dflite_`
is what it has no name for. A collector reads counters that the engine keeps anyway, when it is
asked: a scrape costs the same whatever was done, and requests pay nothing.

Counters are called `…_total` by the format; Dragonfly's that are not are passed on without a type.
"""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from dflite import __version__
from dflite.engine.acl_log import DENIED
from dflite.engine.command import Command
from dflite.engine.durations import Times, calls_of, times_of, usec_of
from dflite.server.figures import Figures
from dflite.server.metric_kinds import counter, gauge, untyped
from dflite.server.persistence_metrics import persistence_metrics
from dflite.server.process import cpu_of_process
from dflite.server.replication_metrics import replication_metrics

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Ends of the buckets of durations: a factor of four apart, from a microsecond to a second.
ENDS_S: Final = [4**power / 1e6 for power in range(11)]


def pieces(figures: Figures) -> Iterator[bytes]:
    """The page, each piece made in a millisecond or so: others are served in between.

    The collector makes a metric of many samples in parts; what introduces it is written once.
    """
    name = ""
    for metric in NodeCollector(figures).collect():
        text = generate_latest(One(metric))
        yield text if metric.name != name else text.split(b"\n", 2)[2]
        name = metric.name


class One(CollectorRegistry):
    """A registry of one metric, or of a part of it."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self.metric


class NodeCollector(Collector):
    """Makes metrics of the figures, afresh for each scrape."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures

    def collect(self) -> Iterator[Metric]:
        yield from self.server()
        yield from self.memory()
        yield from self.traffic()
        yield from self.tls()
        yield from persistence_metrics(self.figures)
        yield from replication_metrics(self.figures)
        yield from self.keyspace()
        yield from self.commands()

    def server(self) -> Iterator[Metric]:
        figures = self.figures
        executor = figures.executor
        cpu = cpu_of_process()
        yield gauge("dragonfly_version", "The version, as a label", "version", [(__version__, 1)])
        yield untyped("dragonfly_uptime_in_seconds", "Seconds since the start", figures.uptime_s())
        yield gauge("dflite_ready", "1 if commands are served", value=figures.is_ready())
        yield counter("process_cpu_seconds", "CPU time, user and system", cpu.user + cpu.system)
        yield gauge("process_start_time_seconds", "When the process started", value=figures.started)
        yield gauge(
            "dragonfly_max_clients", "The limit of clients", value=figures.settings.maxclients
        )
        clients = executor.clients
        admins = sum([client.admin for client in clients.values()])
        memcached = sum([client.protocol == "memcached" for client in clients.values()])
        yield gauge(
            "dragonfly_connected_clients",
            "Clients, by port",
            "listener",
            [
                ("main", len(clients) - admins - memcached),
                ("memcached", memcached),
                ("other", admins),
            ],
        )
        yield gauge(
            "dragonfly_blocked_clients",
            "Clients that wait for a key or the end of a pause",
            value=executor.blocked_clients(),
        )
        yield gauge(
            "dflite_slowlog_length",
            "Entries of the slow log",
            value=len(executor.slowlog.entries),
        )

    def memory(self) -> Iterator[Metric]:
        memory = self.figures.memory()
        yield gauge("dragonfly_memory_used_bytes", "Data and buffers", value=memory.used)
        yield gauge("dragonfly_memory_used_peak_bytes", "At most so far", value=memory.peak)
        yield gauge(
            "dragonfly_memory_max_bytes",
            "The limit, 0 without one",
            value=self.figures.executor.memory.limit,
        )
        yield gauge("dragonfly_used_memory_rss_bytes", "Resident memory", value=memory.resident)
        yield gauge("process_resident_memory_bytes", "Resident memory", value=memory.resident)
        yield gauge("dragonfly_connection_memory_bytes", "Clients' buffers", value=memory.buffers)
        yield gauge(
            "dragonfly_memory_by_class_bytes",
            "Memory by what it is for",
            "class",
            [
                ("table_used", memory.table_bytes),
                ("object_used", memory.dataset),
                ("connection", memory.buffers),
                ("tracking", memory.tracking),
            ],
        )
        yield counter(
            "dragonfly_oom_errors",
            "Requests refused for want of memory",
            label="type",
            values=[("cmd", self.figures.executor.rejected_for_memory)],
        )

    def traffic(self) -> Iterator[Metric]:
        figures = self.figures
        executor = figures.executor
        doorman = figures.doorman
        yield counter("dragonfly_connections_received", "Connections accepted", doorman.accepted)
        yield counter(
            "dragonfly_listener_accept_error",
            "Connections turned away",
            label="reason",
            values=[
                ("limit_reached", doorman.rejected),
                ("tls_error", sum(doorman.handshakes.failures.values())),
            ],
        )
        yield counter(
            "dragonfly_commands_processed",
            "Commands run",
            label="listener",
            values=[("main", figures.commands())],
        )
        yield gauge(
            "dflite_commands_per_second", "Commands run a second, lately",
            value=figures.rates().commands,
        )  # fmt: skip
        yield counter("dragonfly_net_input_recv", "Reads from sockets", figures.reads())
        yield counter("dragonfly_net_input_bytes", "Bytes received", figures.bytes_in())
        yield counter("dragonfly_net_output_bytes", "Bytes sent", figures.bytes_out())
        yield counter("dragonfly_reply", "Writes to sockets", figures.writes())
        yield counter(
            "dflite_errors",
            "Error replies by their first word",
            label="code",
            values=sorted(executor.errors.items()),
        )
        yield counter(
            "dflite_acl_denied",
            "Requests, and attempts to authenticate, that were refused",
            label="reason",
            values=[(name, executor.acl_log.denied[kind]) for kind, name in DENIED.items()],
        )
        yield counter(
            "dflite_limit_disconnections",
            "Clients closed for a limit of their buffers",
            label="buffer",
            values=[("query", executor.closed_for_input), ("output", executor.closed_for_output)],
        )

    def tls(self) -> Iterator[Metric]:
        figures = self.figures
        handshakes = figures.doorman.handshakes
        credentials = figures.credentials
        yield counter(
            "dragonfly_tls_handshakes",
            "TLS handshakes",
            label="status",
            values=[("started", handshakes.started), ("completed", handshakes.completed)],
        )
        yield counter(
            "dflite_tls_handshake_failures",
            "TLS handshakes that did not end well",
            label="reason",
            values=sorted(handshakes.failures.items()),
        )
        yield gauge("dflite_tls_clients", "Clients that speak TLS", value=figures.tls_clients())
        if credentials.certificate is None:
            return
        yield gauge(
            "dflite_tls_certificate_not_after_seconds",
            "When the certificate in use ends",
            value=credentials.certificate.not_after,
        )
        yield gauge(
            "dflite_tls_certificate_problem",
            "1 if the files hold a certificate that could not be taken up",
            value=bool(credentials.problem),
        )

    def keyspace(self) -> Iterator[Metric]:
        figures = self.figures
        effects = figures.executor.effects
        dbs = [db for db in figures.keyspace.dbs if len(db) or db.index == 0]
        names = [f"db{db.index}" for db in dbs]
        yield counter("dragonfly_keyspace_hits", "Keys looked up and found", figures.hits())
        yield counter("dragonfly_keyspace_misses", "Keys looked up in vain", figures.misses())
        yield counter("dragonfly_keyspace_mutations", "Changes of keys", figures.changes())
        yield counter("dragonfly_expired_keys", "Keys whose deadline has passed", effects.expired)
        evicted = figures.executor.eviction.evicted
        yield counter("dragonfly_evicted_keys", "Keys removed for want of memory", evicted)
        sizes = [len(db) for db in dbs]
        expiring = [db.expiring() for db in dbs]
        yield gauge("dragonfly_db_keys", "Keys", "db", zip(names, sizes, strict=True))
        yield gauge(
            "dragonfly_db_keys_expiring", "Keys with a deadline", "db",
            zip(names, expiring, strict=True),
        )  # fmt: skip
        yield gauge(
            "dflite_lazyfree_pending_keys",
            "Keys, flushed or deleted, whose memory is still to be given back",
            value=figures.keyspace.pending(),
        )

    def commands(self) -> Iterator[Metric]:
        lane = self.figures.lane
        rows = self.figures.rows()
        for part in in_parts(rows, 40):
            calls = [(row.name, calls_of(row, lane)) for row in part]
            yield counter("dragonfly_commands", "Calls of each command", label="cmd", values=calls)
        for part in in_parts(rows, 40):
            spent = [(row.name, usec_of(row, lane) / 1e6) for row in part]
            yield untyped("dragonfly_commands_duration_seconds", "Time spent", "cmd", spent)
        yield counter(
            "dflite_command_failures",
            "Calls that ended in an error",
            label="cmd",
            values=[(row.name, row.failed) for row in rows if row.failed],
        )
        yield counter(
            "dflite_command_rejections",
            "Requests that were not admitted",
            label="cmd",
            values=[(row.name, row.rejected) for row in rows if row.rejected],
        )
        if not self.figures.settings.latency_tracking:
            return
        for part in in_parts(rows, 4):
            durations = HistogramMetricFamily(
                "dflite_command_duration_seconds", "How long calls took", labels=["cmd"]
            )
            for row in part:
                times = times_of(row, lane)
                if times:
                    durations.add_metric([row.name], buckets_of(times), usec_of(row, lane) / 1e6)
            yield durations


def in_parts(rows: list[Command], size: int) -> Iterator[list[Command]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def buckets_of(times: Times) -> list[tuple[str, float]]:
    """(end in seconds, calls up to it) as Prometheus wants them."""
    buckets: list[tuple[str, float]] = []
    seen = 0
    place = 0
    order = sorted(times)
    for end in ENDS_S:
        while place < len(order) and order[place] <= end * 1e9:
            seen += times[order[place]]
            place += 1
        buckets.append((f"{end:g}", seen))
    buckets.append(("+Inf", sum(times.values())))
    return buckets
