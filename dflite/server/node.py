"""The node: builds every part and joins them to the event loop; the module that knows all."""

import asyncio
import gc
import logging
import os
import platform
import signal
import sys
import time

import uvloop

import dflite.commands
import dflite.memcached  # noqa: F401  (... and every verb in memcached's)
from dflite import __version__
from dflite.engine import executor as executor_module
from dflite.engine.executor import Executor
from dflite.native.base.clock import Clock
from dflite.native.wire.lane import Lane
from dflite.native.wire.reactor import Reactor
from dflite.native.wire.requests import Limits
from dflite.server.append_log import AppendLog
from dflite.server.banner import Facts, banner
from dflite.server.credentials import Credentials
from dflite.server.doorman import Doorman
from dflite.server.endpoint import RENEWED_S, Endpoint, announced_host
from dflite.server.failover import Failover, Takeover
from dflite.server.feeding import Feeding
from dflite.server.figures import Figures
from dflite.server.following import Following
from dflite.server.full_sync import FullSyncs
from dflite.server.host import NodeHost
from dflite.server.listening import ListenError
from dflite.server.log_loading import CannotLoad
from dflite.server.log_rewrite import LogRewriting
from dflite.server.logs import LOG, NOTICE, Logs, Throttle, write_out
from dflite.server.ports import ADMIN, MAIN, MEMCACHED, TLS, Ports
from dflite.server.privileges import CannotBecome, become
from dflite.server.process import remove_pidfile, write_pidfile
from dflite.server.restoring import Restoring
from dflite.server.saving import Saving
from dflite.server.shaker import Shaker
from dflite.server.snapshotting import Snapshots
from dflite.server.specialization import DESCRIPTIONS, NO_EVICTION, keep_promise
from dflite.server.upkeep import Upkeep
from dflite.server.user_files import UsersProblem
from dflite.server.working_directory import WorkingDirectory
from dflite.settings.settings import Settings
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace


class Node:
    """One engine, its listeners, and what happens at times."""

    def __init__(self, settings: Settings, endpoint: Endpoint) -> None:
        self.settings = settings
        self.clock = Clock()
        self.effects = Effects()
        self.keyspace = Keyspace(self.clock, self.effects, settings.dbnum, settings.num_shards)
        self.lane = Lane(self.clock, self.keyspace.tables)
        self.limits = Limits()
        self.host = NodeHost(settings)
        self.executor = Executor(self.keyspace, self.lane, self.clock, self.effects, self.host)
        self.reactor = Reactor(self.clock, self.lane, self.limits)
        self.reactor.on_error = self.report_bug
        self.reactor.before_flush = self.executor.before_replies
        self.doorman = Doorman(self.executor, self.reactor, self.host, settings)
        self.endpoint = endpoint
        self.doorman.memcached.figures.max_item_size = settings.max_item_size
        self.credentials = Credentials(settings)
        self.ports = Ports(settings, self.doorman, self.credentials)
        self.snapshots = Snapshots(self.executor, settings)
        self.saving = Saving(self.executor, settings, self.snapshots)
        self.log = AppendLog(self.executor, settings)
        self.log.cut_off = self.cut_off_unanswered
        self.rewriting = LogRewriting(self.executor, settings, self.log, self.snapshots)
        self.restoring = Restoring(self.executor, settings, self.log, self.rewriting)
        self.full_syncs = FullSyncs(self.executor, settings, self.snapshots)
        self.feeding = Feeding(self.executor, settings)
        self.following = Following(self.executor, settings, self.host, self.snapshots)
        self.following.before_new_data.append(self.rewriting.begin_anew)
        self.following.after_new_data.append(self.rewriting.begin_now)
        self.figures = Figures(
            self.executor, self.reactor, self.doorman, settings, self.saving, self.restoring
        )
        self.executor.serve_others = self.serve_others
        self.figures.credentials = self.credentials
        self.upkeep = Upkeep(self.executor, self.keyspace, self.reactor, self.figures, settings)
        self.upkeep.each_second = [
            self.doorman.handshakes.expire,
            self.doorman.send_strangers_away,
            self.renew_certificate,
            self.log.every_second,
            self.saving.every_second,
            self.rewriting.every_second,
            self.full_syncs.keep_alive,
            self.feeding.every_second,
        ]
        self.throttle = Throttle()
        self.stopped = asyncio.Event()
        self.next_look = 0.0  # at strangers, while a script takes long
        endpoint.guard()
        self.host.join(
            self.executor,
            self.figures,
            self.limits,
            self.stopped,
            self.saving,
            self.restoring,
        )
        # the link first: what becomes of it then is no problem of it
        self.host.ending.before_stop += [self.following.hang_up, self.ports.close]
        self.host.join_replication(
            self.full_syncs,
            self.following,
            Failover(self.executor, self.following),
            Takeover(self.executor, settings, self.following, self.saving),
            self.ports,
        )

        keep_promise(settings)
        self.directory = WorkingDirectory(settings, lambda: settings.appendonly or self.log.on)

    async def run(self) -> None:
        """Serve until told to stop."""
        try:
            self.ports.open()
            # not before: it may be that of a node which has these ports
            write_pidfile(self.settings.pidfile)
            if self.settings.user:
                become(self.settings.user)
            self.directory.claim()
        except (ListenError, CannotBecome, OSError):
            self.ports.close()
            raise
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.on_hangup)  # the end of a terminal is not ours
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.on_signal, number)
            # A script that takes long keeps the loop from hearing of it, so it is noted too.
            signal.signal(number, self.note_signal)
            signal.siginterrupt(number, False)
        self.following.tell_tls()
        self.upkeep.start()
        shaker = Shaker(self.reactor, loop)
        shaker.start()
        self.figures.begin()
        try:
            await self.restoring.claim_log(self.stopped)
            self.saving.clean_up()
            self.saving.tell_doubts()
            if await self.restoring.at_start(self.stopped):
                self.saving.saved_changes = self.saving.changes()
                if self.log.on:  # what was run out of it is nobody's request
                    errors = self.executor.divergence.errors
                    self.figures.reset()
                    self.executor.divergence.errors = errors
                    self.executor.slowlog.entries.clear()
                self.freeze_garbage()
                LOG.log(NOTICE, "Ready to accept connections")
                write_out(banner(self.facts()) + "\n", sys.stdout)
                self.following.at_start(self.restoring.fields)
                await self.stopped.wait()
        finally:
            self.following.hang_up()
            self.ports.close()
            shaker.stop()
            self.upkeep.stop()
            self.log.close()
            remove_pidfile(self.settings.pidfile)
        LOG.log(NOTICE, "ready to exit, bye bye")

    def cut_off_unanswered(self) -> None:
        """What answers would promise cannot be kept: nobody gets them."""
        replicas = self.executor.replication.replicas
        for client in list(self.executor.clients.values()):
            if client.conn.unsent and client.id not in replicas:
                client.conn.abort()

    def serve_others(self) -> bool:
        """A script takes long: let other clients come and speak in the middle of it.

        True if one of them wants the process to end.
        """
        self.ports.accept_now()
        self.reactor.poll_others()
        now = time.monotonic()
        if now >= self.next_look:
            # strangers do not pile up meanwhile
            self.next_look = now + 1
            self.doorman.handshakes.expire()
            self.doorman.send_strangers_away()
        return self.stopped.is_set()

    def note_signal(self, number: int, _frame: object) -> None:
        """The process shall end; a script that runs looks at this, the loop hears of it later."""
        self.executor.wants_end = True

    def freeze_garbage(self) -> None:
        """What is alive now lives on: the collector never walks data, and rarely what comes."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)

    def on_signal(self, number: int) -> None:
        self.executor.wants_end = False
        LOG.log(NOTICE, "%s received: stopping", signal.Signals(number).name)
        settings = self.settings
        is_term = number == signal.SIGTERM
        self.host.end_by_signal(
            settings.shutdown_on_sigterm if is_term else settings.shutdown_on_sigint
        )

    def renew_certificate(self) -> None:
        """Look after the certificate, each second; the node's own is made anew before it ends."""
        certificate = self.credentials.certificate
        if certificate is not None and certificate.left_s() < RENEWED_S:
            self.endpoint.renew(int(self.clock.now_ms // 1000))
        self.credentials.tick()

    def on_hangup(self) -> None:
        """SIGHUP: read certificates anew."""
        if self.credentials.context is not None:
            self.credentials.reload("SIGHUP received")

    def report_bug(self, error: Exception) -> None:
        self.throttle.log(
            logging.ERROR,
            "bug",
            f"internal error: {type(error).__name__}: {error}; connection closed",
        )

    def persistence_words(self) -> str:
        """What becomes of the data at the end."""
        settings = self.settings
        if settings.appendonly:
            return f"every change goes to a log in {self.log.folder}"
        if not settings.dbfilename:
            return "none, data live in memory only"
        path = os.path.join(settings.dir, settings.dbfilename)
        if self.saving.wanted():
            return f"snapshots to {path}"
        return f"by SAVE and BGSAVE only, to {path}"

    def facts(self) -> Facts:
        """What the start-up block tells."""
        settings = self.settings
        facts = Facts(__version__, is_compiled(), platform.python_version(), os.getpid())
        facts.resp = self.ports.addresses(MAIN)
        facts.resp_tls = self.ports.speaks_tls(MAIN)
        facts.resp_tls_only = self.ports.addresses(TLS)
        facts.admin = self.ports.addresses(ADMIN)
        facts.memcached = self.ports.addresses(MEMCACHED)
        facts.memcached_tls = self.ports.speaks_tls(MEMCACHED)
        facts.unixsocket = settings.unixsocket
        facts.password = not self.executor.users.is_open()
        facts.protected = settings.protected_mode
        facts.public = self.endpoint.is_public
        if facts.public:
            facts.host = announced_host(settings)
            facts.port = settings.announce_port or settings.port or settings.tls_port
            passkey = settings.requirepass
            if self.executor.users.default.has_password(passkey.encode(errors="surrogateescape")):
                facts.passkey = passkey  # else the file of users says otherwise
        if self.endpoint.keeps_passkey:
            facts.passkey_file = self.endpoint.passkeys.path
        if self.endpoint.own_certificate:
            facts.trust_file = self.endpoint.files.authority
        facts.persistence = self.persistence_words()
        facts.made_for = DESCRIPTIONS.get(settings.specialization, "")
        facts.maxmemory = self.executor.memory.limit
        facts.evicts = settings.cache_mode or settings.maxmemory_policy != NO_EVICTION
        facts.config_file = ", ".join(
            [path for path in (settings.config_file, settings.flag_file) if path]
        )
        return facts


def is_compiled() -> bool:
    """Are the Python modules compiled, as a normal install makes them?"""
    return not executor_module.__file__.endswith(".py")


def serve(settings: Settings, warnings: list[str]) -> int:
    """Serve until told to stop; the process' exit status."""
    logs = Logs(settings)
    started = time.monotonic()
    try:
        logs.open()
        for warning in warnings:
            LOG.warning("%s", warning)
        os.chdir(settings.dir)
        endpoint = Endpoint(settings)
        for sentence in endpoint.furnish():
            LOG.log(NOTICE, "%s", sentence)
        uvloop.run(Node(settings, endpoint).run())
    except (ListenError, CannotBecome, CannotLoad, UsersProblem) as error:
        LOG.error("cannot start: %s", error)
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        LOG.error("cannot start: %s%s", place, error.strerror or error)
        return 1
    except MemoryError:
        LOG.error("out of memory after %.0f s", time.monotonic() - started)
        return 1
    finally:
        logs.close()
        write_out("", sys.stderr)
    return 0
