"""The node: builds every part, in order, and joins them to the event loop. The only module that knows all."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from typing import Final

import dflite.commands  # noqa: F401  (enters every command in the table)
from dflite.base.errors import CustomError
from dflite.engine.client import Client
from dflite.engine.executor import Executor
from dflite.native.clock import Clock
from dflite.native.connection import Limits
from dflite.native.lane import Lane
from dflite.native.reactor import Reactor
from dflite.server import http, info
from dflite.server.figures import Figures
from dflite.server.listeners import Doorman, ListenError, accept_all, listen_tcp, listen_unix
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace

SLICE_ENTRIES: Final = 2000  # freed at a time: under a millisecond
HOUSEKEEPING_MS: Final = 1000


class Node:
    """One engine, its listeners, and what happens at times. It is the `Host` of the commands."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.effects = Effects()
        self.keyspace = Keyspace(self.clock, self.effects, settings.dbnum, settings.num_shards)
        self.lane = Lane(self.clock, self.keyspace.tables)
        self.limits = Limits()
        self.executor = Executor(self.keyspace, self.lane, self.clock, self.effects, self)
        self.reactor = Reactor(self.clock, self.lane, self.limits)
        self.reactor.wanted = self.want_pending
        self.reactor.on_error = self.report_bug
        self.doorman = Doorman(self.executor, self.reactor, self, settings)
        self.figures = Figures(self.executor, self.reactor, self.doorman, settings)
        self.sockets: list[socket.socket] = []
        self.listening: list[str] = []
        self.pending_asked = False
        self.timer: asyncio.TimerHandle | None = None
        self.stopping = False
        self.apply_settings()
        self.follow_settings()

    # -- settings ----------------------------------------------------------------------------------

    def apply_settings(self) -> None:
        """Hand the settings to the parts that keep their own copy."""
        settings = self.settings
        executor = self.executor
        executor.password = settings.requirepass.encode() or None
        executor.max_memory = settings.maxmemory
        executor.slowlog.threshold_us = settings.slowlog_log_slower_than
        executor.slowlog.max_length = settings.slowlog_max_len
        executor.slowlog.trim()
        executor.latency.threshold_ms = settings.latency_monitor_threshold
        self.lane.memory_limit = settings.maxmemory
        self.limits.bulk_length = settings.max_bulk_len
        self.limits.query_buffer = settings.client_query_buffer_limit
        executor.observers_changed()

    def follow_settings(self) -> None:
        for name in (
            "requirepass",
            "maxmemory",
            "slowlog_log_slower_than",
            "slowlog_max_len",
            "latency_monitor_threshold",
            "max_bulk_len",
            "client_query_buffer_limit",
        ):
            self.settings.on_change(name, self.apply_settings)

    # -- starting ----------------------------------------------------------------------------------

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open every listening socket; ListenError if one cannot be."""
        settings = self.settings
        if settings.port:
            for host in settings.bind:
                optional = host.startswith("-")
                host = host.lstrip("-")
                try:
                    found = listen_tcp("" if host == "*" else host, max(settings.port, 0),
                                       settings.tcp_backlog)  # fmt: skip
                except ListenError:
                    if optional:
                        continue
                    raise
                for sock in found:
                    if settings.port < 0:
                        settings.port = sock.getsockname()[1]
                    self.serve_socket(loop, sock, False)
        if settings.admin_port:
            hosts = [settings.admin_bind] if settings.admin_bind else settings.bind
            for host in hosts:
                for sock in listen_tcp(host.lstrip("-"), settings.admin_port, settings.tcp_backlog):
                    self.serve_socket(loop, sock, True)
        if settings.unixsocket:
            sock = listen_unix(settings.unixsocket, settings.unixsocketperm, settings.tcp_backlog)
            self.serve_socket(loop, sock, False)

    def serve_socket(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, admin: bool
    ) -> None:
        self.sockets.append(sock)
        where = sock.getsockname()
        self.listening.append(where if isinstance(where, str) else f"{where[0]}:{where[1]}")
        loop.add_reader(
            sock,
            accept_all,
            loop,
            sock,
            lambda accepted: self.doorman.admit(accepted, admin),
            lambda error: self.log("warning", f"accepting a connection failed: {error.strerror}"),
        )

    async def run(self) -> None:
        """Serve until `shutdown`."""
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        self.listen(self.loop)
        self.loop.add_reader(self.reactor.fd, self.reactor.poll)
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self.on_signal, number)
        self.executor.timers.on_sooner = self.wake_at
        self.housekeep()
        self.freeze_garbage_collector()
        self.announce()
        await self.stopped.wait()
        for sock in self.sockets:
            self.loop.remove_reader(sock)
            sock.close()
        if self.settings.unixsocket:
            with contextlib.suppress(OSError):
                os.unlink(self.settings.unixsocket)

    def freeze_garbage_collector(self) -> None:
        """What lives now lives for ever; cycles made later are rare and collected rarely."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 1000)

    def announce(self) -> None:
        self.log("notice", "ready to accept connections at " + ", ".join(self.listening))

    # -- times -------------------------------------------------------------------------------------

    def want_pending(self) -> None:
        """Something waits for `run_pending`: have it called in this turn of the loop."""
        if not self.pending_asked:
            self.pending_asked = True
            self.loop.call_soon(self.run_pending)

    def run_pending(self) -> None:
        self.pending_asked = False
        self.reactor.run_pending()
        if self.keyspace.remains and not self.freeing:
            self.freeing = True
            self.loop.call_soon(self.free_slice)
        if self.effects.soonest_deadline < self.wakes_at_ms:
            self.wake_at(self.effects.soonest_deadline)

    freeing = False
    wakes_at_ms = 0

    def free_slice(self) -> None:
        """Give back memory of flushed databases, a slice a turn of the loop."""
        self.freeing = self.keyspace.free_some(SLICE_ENTRIES)
        if self.freeing:
            self.loop.call_later(0.001, self.free_slice)

    def wake_at(self, due_ms: int) -> None:
        """Have `housekeep` called at `due_ms`, if it is not called before."""
        if self.timer is not None and self.wakes_at_ms <= due_ms:
            return
        if self.timer is not None:
            self.timer.cancel()
        self.wakes_at_ms = due_ms
        delay = max(due_ms - self.clock.now_ms, 1) / 1000
        self.timer = self.loop.call_later(delay, self.housekeep)

    def housekeep(self) -> None:
        """What happens at times: timers, expiry, idle clients, figures."""
        self.timer = None
        self.clock.read()
        executor = self.executor
        executor.timers.run()
        more = executor.expiry.run_slice()
        executor.settle(False)
        self.figures.sample(self.clock.now_ms)
        self.doorman.close_idle(self.clock.now_ms)
        self.run_pending()
        due = self.clock.now_ms + HOUSEKEEPING_MS
        if more:
            due = self.clock.now_ms + 1
        else:
            expiry_ms = executor.expiry.next_ms()
            if expiry_ms >= 0:
                due = min(due, max(expiry_ms, self.clock.now_ms + 10))
        timer_ms = executor.timers.next_ms()
        if timer_ms >= 0:
            due = min(due, timer_ms)
        self.wake_at(due)

    # -- the Host of the commands ------------------------------------------------------------------------

    def setting(self, name: str) -> object:
        return getattr(self.settings, name)

    def settings_matching(self, patterns: list[str]) -> list[tuple[str, str]]:
        return self.settings.get_matching(patterns)

    def change_settings(self, pairs: list[tuple[str, str]]) -> None:
        try:
            without_effect = self.settings.change(pairs)
        except ChangeRefused as refusal:
            raise CustomError(f"ERR {refusal}".encode()) from refusal
        for name in without_effect:
            self.log("notice", f"CONFIG SET {name}: accepted, it has no effect here")

    def rewrite_settings(self) -> None:
        try:
            self.settings.rewrite()
        except ChangeRefused as refusal:
            raise CustomError(f"ERR {refusal}".encode()) from refusal

    def reset_figures(self) -> None:
        self.figures.reset()

    def info(self, sections: list[str]) -> bytes:
        return info.render(self.figures, sections)

    def http(self, client: Client, method: str, path: str) -> bytes:
        return http.respond(self.figures, method, path)

    def shutdown(self, save: bool | None, now: bool, force: bool) -> None:
        self.log("notice", "shutting down")
        self.stopping = True
        self.stopped.set()

    def log(self, level: str, message: str) -> None:
        print(level, message, file=sys.stderr, flush=True)

    def report_bug(self, error: Exception) -> None:
        self.log("warning", f"internal error: {type(error).__name__}: {error}")

    def on_signal(self, number: int) -> None:
        self.log("notice", f"received {signal.Signals(number).name}")
        self.shutdown(None, False, False)


def serve(settings: Settings, warnings: list[str]) -> int:
    """Serve until told to stop; the process' exit status."""
    import uvloop

    for warning in warnings:
        print(warning, file=sys.stderr)
    try:
        uvloop.run(Node(settings).run())
    except ListenError as error:
        print(f"dflite: {error}", file=sys.stderr)
        return 1
    return 0
