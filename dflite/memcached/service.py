"""What memcached's clients share: figures, limits, the flush that is to come."""

from typing import Final

from dflite.engine.client import Client
from dflite.engine.context import Context
from dflite.engine.executor import Executor
from dflite.engine.flushing import flush
from dflite.engine.timers import Timer
from dflite.native.memcached.mc_figures import McFigures
from dflite.store.db import Db

RETRY_MS: Final = 100  # from one look whether a pause is over to the next


class Service:
    """One a node. `accepted` and `rejected` are connections."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.figures = McFigures()
        self.flush_timer: Timer | None = None
        self.accepted = 0
        self.rejected = 0
        self.verbosity = 0
        self.detail = False
        self.gone_bytes_in = 0  # of connections that are closed
        self.gone_bytes_out = 0
        self.started_ms = executor.clock.now_ms
        executor.replication.before_following.append(self.forget_flush)

    def bytes_in(self) -> int:
        """Bytes that memcached's clients have sent."""
        return self.gone_bytes_in + sum([client.conn.bytes_in for client in self.clients()])

    def bytes_out(self) -> int:
        return self.gone_bytes_out + sum([client.conn.bytes_out for client in self.clients()])

    def clients(self) -> list[Client]:
        """Who speaks the protocol now."""
        every = self.executor.clients.values()
        return [client for client in every if client.protocol == "memcached"]

    @property
    def db(self) -> Db:
        return self.executor.keyspace.dbs[0]

    def flush_at(self, deadline_ms: int) -> None:
        """Empty the database at that time, or now; an earlier wish is forgotten."""
        self.forget_flush()
        if deadline_ms > self.executor.clock.now_ms:
            self.flush_timer = self.executor.timers.at(deadline_ms, self.flush_later)
        else:
            self.flush_now()

    def flush_now(self) -> None:
        flush(self.executor, [self.db])
        self.db.replicate_as([b"FLUSHDB"])

    def flush_later(self) -> None:
        """The time has come: a step of its own."""
        self.flush_timer = None
        executor = self.executor
        if executor.pausing.active:  # for how long nobody knows
            self.flush_timer = executor.timers.at(
                executor.clock.now_ms + RETRY_MS, self.flush_later
            )
            return
        self.flush_now()
        self.executor.settle(True)

    def forget_flush(self) -> None:
        if self.flush_timer is not None:
            self.flush_timer.cancel()
            self.flush_timer = None


class Call:
    """A request that runs: its words, the verb first, a block of data last."""

    def __init__(self, service: Service, ctx: Context, words: list[bytes]) -> None:
        self.service = service
        self.figures = service.figures
        self.ctx = ctx
        self.db = ctx.db
        self.words = words
        self.now_ms = ctx.engine.clock.now_ms
