"""What happens at times: timers, expiry, freeing, idle clients, figures.

One timer of the event loop serves all. It fires once a second at the least (that costs nothing
that could be measured), and sooner when a key or a timer is due.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from dflite.engine.client import Client
from dflite.engine.executor import Executor
from dflite.engine.latency import EVICTION_CYCLE, EXPIRE_CYCLE
from dflite.native.base.clock import monotonic_us
from dflite.native.wire.reactor import Reactor
from dflite.server.figures import Figures
from dflite.server.logs import VERBOSE, Throttle
from dflite.settings.lists import NORMAL, PUBSUB
from dflite.settings.settings import Settings
from dflite.store.expiry import BETWEEN_MS
from dflite.store.keyspace import Keyspace

SLICE_ENTRIES: Final = 2000  # freed at a time: well under a millisecond
LEAST_MS: Final = 1000
EXPIRY_PERIOD_MS: Final = 10  # keys are collected so often at most, while few are due


class Upkeep:
    """Keeps the node in order between requests."""

    def __init__(
        self,
        executor: Executor,
        keyspace: Keyspace,
        reactor: Reactor,
        figures: Figures,
        settings: Settings,
    ) -> None:
        self.executor = executor
        self.keyspace = keyspace
        self.reactor = reactor
        self.figures = figures
        self.settings = settings
        self.clock = executor.clock
        self.throttle = Throttle()
        self.loop: asyncio.AbstractEventLoop
        self.timer: asyncio.TimerHandle | None = None
        self.due_ms = 0
        self.pending_asked = False
        self.freeing = False
        self.evicting = False
        self.seconds = 0
        self.over_soft_limit: dict[int, int] = {}  # client id -> seconds
        self.each_second: list[Callable[[], None]] = []  # what others have to do

    def start(self) -> None:
        """Begin; to be called within the running loop."""
        self.loop = asyncio.get_running_loop()
        self.reactor.wanted = self.want_pending
        self.executor.timers.on_sooner = self.wake_at
        self.executor.effects.on_sooner = self.expect_expiry
        self.executor.eviction.on_pressure = self.want_room
        self.loop.add_reader(self.reactor.fd, self.reactor.poll)
        self.tick()

    def stop(self) -> None:
        """Let nothing happen any more; what is written is sent as far as sockets take it."""
        self.reactor.run_pending()
        self.reactor.wanted = None
        self.loop.remove_reader(self.reactor.fd)
        if self.timer is not None:
            self.timer.cancel()

    def want_pending(self) -> None:
        """Something waits for `run_pending`: have it called in this turn of the loop."""
        if not self.pending_asked:
            self.pending_asked = True
            self.loop.call_soon(self.run_pending)

    def run_pending(self) -> None:
        """Finish what was begun outside of the reactor, and see what a step left to do."""
        self.pending_asked = False
        self.reactor.run_pending()
        self.look_around()

    def look_around(self) -> None:
        """Was a database flushed, a large value deleted, a table of tracked keys given up?"""
        remains = self.keyspace.has_remains() or self.executor.tracking.remains
        if remains and not self.freeing:
            self.freeing = True
            self.loop.call_soon(self.free_slice)

    def expect_expiry(self, deadline_ms: int) -> None:
        """A key got a deadline that is sooner than those set since the last tick."""
        self.wake_at(max(deadline_ms, self.clock.now_ms + EXPIRY_PERIOD_MS))

    def free_slice(self) -> None:
        """Give back memory of what was flushed or deleted, a slice a turn of the loop."""
        tracking = self.executor.tracking
        self.freeing = self.keyspace.free_some(SLICE_ENTRIES) or tracking.free_some(SLICE_ENTRIES)
        if self.freeing:
            self.loop.call_later(0.001, self.free_slice)

    def want_room(self) -> None:
        """Memory is above its limit: evict between requests until it is not."""
        if not self.evicting:
            self.evicting = True
            self.loop.call_soon(self.evict_slice)

    def evict_slice(self) -> None:
        """A slice of eviction; another one follows if that was not enough."""
        self.evicting = False
        started = monotonic_us()
        self.clock.read()
        self.executor.make_room()
        self.executor.settle(False)
        self.reactor.run_pending()
        usec = monotonic_us() - started
        self.executor.latency.add(EVICTION_CYCLE, usec // 1000, self.clock.now_ms // 1000)
        self.look_around()

    def wake_at(self, due_ms: int) -> None:
        """Have `tick` called at `due_ms`, if it is not called before."""
        if self.timer is not None:
            if self.due_ms <= due_ms:
                return
            self.timer.cancel()
        self.due_ms = due_ms
        self.timer = self.loop.call_later(max(due_ms - self.clock.now_ms, 1) / 1000, self.tick)

    def tick(self) -> None:
        """Do what is due, and find out when something will be."""
        self.timer = None
        self.clock.read()
        now_ms = self.clock.now_ms
        executor = self.executor
        self.run_timers()
        more = False
        if not executor.loading:  # what is still to be read may say otherwise
            more = self.expire()
            executor.make_room()
            executor.settle(False)
        if now_ms // 1000 != self.seconds:
            self.seconds = now_ms // 1000
            self.every_second(now_ms)
        self.reactor.run_pending()
        due_ms = now_ms + LEAST_MS
        if more:
            due_ms = now_ms + BETWEEN_MS
        else:
            expiry_ms = executor.expiry.next_ms()
            if expiry_ms >= 0:
                due_ms = min(due_ms, max(expiry_ms, now_ms + EXPIRY_PERIOD_MS))
        timer_ms = executor.timers.next_ms()
        if timer_ms >= 0:
            due_ms = min(due_ms, timer_ms)
        self.wake_at(due_ms)
        self.look_around()

    def run_timers(self) -> None:
        """Call what is due. One that fails must not take the others, and the tick, with it."""
        try:
            self.executor.timers.run()
        except Exception as bug:
            self.executor.internal_errors += 1
            self.throttle.warning(
                "timer", f"internal error in a timer: {type(bug).__name__}: {bug}"
            )

    def expire(self) -> bool:
        """A slice of active expiry, timed; True if there may be more to do right now."""
        started = monotonic_us()
        more = self.executor.expiry.run_slice()
        usec = monotonic_us() - started
        self.figures.expiry_us += usec
        self.executor.latency.add(EXPIRE_CYCLE, usec // 1000, self.clock.now_ms // 1000)
        return more

    def every_second(self, now_ms: int) -> None:
        self.figures.sample(now_ms)
        for chore in self.each_second:
            chore()
        self.reactor.handshakes_a_turn = self.settings.max_new_tls_connections_per_cycle
        limit_ms = self.settings.timeout * 1000
        rows = self.settings.client_output_buffer_limit
        if limit_ms <= 0 and rows[NORMAL][1] <= 0 and not self.executor.channels.clients:
            return
        for client in list(self.executor.clients.values()):
            soft = rows[NORMAL if client.listening is None else PUBSUB]
            if 0 < limit_ms < now_ms - client.conn.last_active_ms and self.may_time_out(client):
                self.throttle.log(VERBOSE, "idle", f"closing idle client {client.addr}")
                client.conn.abort()
            elif 0 < soft[1] < client.conn.unsent:
                self.count_soft_limit(client, soft[2])
            else:
                self.over_soft_limit.pop(client.id, None)

    def may_time_out(self, client: Client) -> bool:
        """Idle is who could say something; who waits for an answer or watches requests is not."""
        if client.replica or client.primary:
            return False  # their links have timeouts of their own
        return not client.conn.held and not client.monitor and client.listening is None

    def count_soft_limit(self, client: Client, seconds: int) -> None:
        count = self.over_soft_limit.get(client.id, 0) + 1
        self.over_soft_limit[client.id] = count
        if count > seconds:
            self.over_soft_limit.pop(client.id)
            self.throttle.warning(
                "soft", f"closing {client.addr}: over the soft output buffer limit for {seconds} s"
            )
            client.conn.abort()
