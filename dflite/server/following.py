"""Following a primary: the link to it, kept up; its snapshot taken over, its stream applied.

    connect -> handshake -> PSYNC -> (a snapshot, into a twin of the keyspace) -> the stream

One task does so as long as there is a primary to follow. What goes wrong ends an attempt, is told
in the log, and after a pause the next one asks to go on where the data stand. The old data are
served until a snapshot is there as a whole.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from dflite.base.resp import request
from dflite.engine.context import Host
from dflite.engine.executor import Executor
from dflite.engine.replication import LOG as THE_LOG
from dflite.engine.replication import PrimaryLink
from dflite.native.keyspace.memory import LOADING
from dflite.native.keyspace.table import bytes_of
from dflite.persistence.rdb_stream import StreamLoad
from dflite.replication import roles
from dflite.replication.handshake import (
    LONGEST_OFFSET,
    Announcement,
    Answer,
    NoLinkThere,
    Refused,
)
from dflite.replication.stream import BrokenStream, PrimaryStream
from dflite.scripting.scripting import FLUSH, take_functions
from dflite.server.greeting import introduce
from dflite.server.link_log import PASSING, LinkLog, answered, tell_branching
from dflite.server.logs import LOG, NOTICE
from dflite.server.retrying import Retrying
from dflite.server.slowing import Slowing
from dflite.server.snapshotting import Snapshots
from dflite.server.tls import check_authority, make_client_context
from dflite.server.wire import LinkLost, Wire, call
from dflite.settings.settings import Settings
from dflite.settings.values import Refused as BadSetting

SLICE_US: Final = 300  # of reading a snapshot, between requests
LONG_SLICE_US: Final = 5_000  # where there are no clients
MOST_UNREAD: Final = 256 << 10  # bytes of a snapshot that wait to be read
ACK_S: Final = 1.0
# What a link by TLS is made of.
CLIENT_TLS: Final = (
    "tls_replication", "tls_ca_cert_file", "tls_ca_cert_dir", "tls_cert_file", "tls_key_file",
    "tls_key_file_pass", "tls_client_cert_file", "tls_client_key_file",
    "tls_client_key_file_pass", "tls_protocols",
)  # fmt: skip
ID_LENGTH: Final = 40


class Following:
    """Whom this node follows, if anybody, and how that goes."""

    def __init__(
        self, executor: Executor, settings: Settings, host: Host, snapshots: Snapshots
    ) -> None:
        self.executor = executor
        self.settings = settings
        self.host = host
        self.snapshots = snapshots
        self.task: asyncio.Task[None] | None = None
        self.wire: Wire | None = None
        self.stream: PrimaryStream | None = None
        self.load: StreamLoad | None = None
        self.database = 0  # that the stream has selected where it stands
        self.can_go_on = False  # the data are those of the id and the offset that we have
        self.attempts = 0
        self.retrying = Retrying(time.monotonic)
        self.before_new_data: list[Callable[[], None]] = []  # what ends with the old ones
        self.after_new_data: list[Callable[[], None]] = []  # what begins with them
        self.told = LinkLog()
        self.mark = "me:" + secrets.token_hex(8)  # by which this node knows itself
        self.handing_over = False  # the other node is to take over
        self.on_handed_over: Callable[[bool], None] | None = None  # it has, or not
        for name in ("replica_read_only", "replica_serve_stale_data", "replica_ignore_maxmemory"):
            settings.on_change(name, self.apply_settings)
        for name in CLIENT_TLS:
            settings.on_change(name, self.check_tls, always=True)
        for name in ("propagation_error_behavior", "replica_ignore_disk_write_errors"):
            settings.on_change(name, self.apply_behavior)
        self.apply_behavior()

    def check_tls(self) -> None:
        """Refused if no link could be had with what the settings say."""
        if self.settings.tls_replication:
            make_client_context(self.settings)
        else:
            check_authority(self.settings)

    def tell_tls(self) -> None:
        """The same at start, where the node serves all the same."""
        try:
            self.check_tls()
        except BadSetting as refusal:
            LOG.warning("no link to a primary can be had by TLS: %s", refusal)

    def apply_behavior(self) -> None:
        """What ends the process rather than letting its data differ from the primary's."""
        settings = self.settings
        self.executor.divergence.behave(
            settings.propagation_error_behavior, settings.replica_ignore_disk_write_errors
        )

    @property
    def link(self) -> PrimaryLink | None:
        return self.executor.replication.primary

    # -- whom --------------------------------------------------------------------------------------

    def follow(self, host: str, port: int, handing_over: bool = False) -> bool:
        """Follow that node from now on; False if this one does already.

        With `handing_over` that node follows this one and is to be the primary: it is told so once.
        """
        link = self.link
        if link is not None and (link.host.lower(), link.port) == (host.lower(), port):
            return False
        backlog = self.executor.backlog
        if link is None:
            # what was done here is one's own history: perhaps the new primary knows it
            self.can_go_on = backlog.active
            self.database = max(backlog.selected, 0)
        self.hang_up()
        self.told = LinkLog()
        link = PrimaryLink(host, port, self.executor.clock.now_ms)
        self.handing_over = handing_over
        self.retrying = Retrying(time.monotonic)
        roles.become_replica(self.executor, link)
        self.settings.replicaof = f"{host} {port}"
        self.apply_settings()
        LOG.log(NOTICE, "REPLICAOF %s:%d enabled: following it from now on", host, port)
        self.task = asyncio.get_running_loop().create_task(self.keep_following(link))
        return True

    def at_start(self, fields: dict[str, str]) -> None:
        """Follow whom the settings name, from where the data stand, if fields of theirs say it.

        A primary goes on under an id of its own, and lets those go on who stand where it did.
        """
        history, offset = fields.get("repl-id", ""), fields.get("repl-offset", "")
        is_known = len(history) == ID_LENGTH and offset.isdecimal()
        is_known = is_known and len(offset) <= LONGEST_OFFSET
        replication = self.executor.replication
        if not self.settings.replicaof:
            if is_known:
                replication.take_up_history(history, int(offset))
                LOG.log(NOTICE, "who followed %s to offset %s may go on here", history, offset)
            return
        host, port = self.settings.replicaof.rsplit(" ", 1)
        self.follow(host, int(port))
        if is_known:
            replication.follow_history(history, int(offset))
            self.database = selected_database(fields, len(self.executor.keyspace.dbs))
            self.can_go_on = True

    def stop(self) -> None:
        """Follow nobody: this node is a primary."""
        if self.link is None:
            return
        self.hang_up()
        roles.become_primary(self.executor)
        self.settings.replicaof = ""
        tell_branching(self.executor.replication)
        LOG.log(NOTICE, "MASTER MODE enabled: this node is a primary from now on")

    def hang_up(self) -> None:
        """End the link, and what keeps it up."""
        if self.task is not None:
            self.task.cancel()
            self.task = None
        self.drop()

    def apply_settings(self) -> None:
        """What a replica refuses, and when."""
        executor, link = self.executor, self.link
        if link is None:
            return
        executor.read_only = self.settings.replica_read_only
        executor.stale = not link.is_up and not self.settings.replica_serve_stale_data
        executor.lane.boundless = self.settings.replica_ignore_maxmemory
        executor.observers_changed()

    # -- the link ----------------------------------------------------------------------------------

    async def keep_following(self, link: PrimaryLink) -> None:
        while True:
            try:
                self.attempts += 1
                await self.attempt(link)
            except PASSING as problem:
                if self.is_kept(link):
                    self.note_refusal(link, problem)
                    self.told.problem(link, problem, self.retrying.has_lasted())
                if isinstance(problem, BrokenStream):
                    self.can_go_on = False
            except Exception as bug:
                self.executor.internal_errors += 1
                self.can_go_on = False
                self.told.problem(link, bug, self.retrying.has_lasted())
            if self.handing_over and self.on_handed_over is not None:
                self.on_handed_over(False)
            if not self.is_kept(link):
                return  # hung up: a cancellation may be lost where what was waited for came too
            self.drop()
            await asyncio.sleep(self.retrying.ended())

    def is_kept(self, link: PrimaryLink) -> bool:
        """Is it still to be had, or has this node hung up?"""
        return link is self.link and self.task is not None

    def note_refusal(self, link: PrimaryLink, problem: BaseException) -> None:
        """A primary that has none itself: perhaps it is to follow this node."""
        if not isinstance(problem, NoLinkThere):
            link.linkless_since_ms = 0
        elif not link.linkless_since_ms and not self.handing_over:
            link.linkless_since_ms = self.executor.clock.now_ms

    def drop(self) -> None:
        """The link is gone, or to be so."""
        wire, self.wire = self.wire, None
        if wire is not None:
            wire.end(LinkLost("hung up"))
        stream, self.stream = self.stream, None
        if stream is not None:
            self.database = stream.conn.database
            stream.close()
        self.drop_load()
        link = self.link
        if link is not None:
            if link.is_up:
                link.down_since_ms = self.executor.clock.now_ms
            link.state = "connect"
            link.client_id = -1
            self.apply_settings()

    async def attempt(self, link: PrimaryLink) -> None:
        """Connect, have the data, and apply the stream until it ends."""
        settings = self.settings
        patience_s = float(settings.repl_timeout)
        self.set_state(link, "connecting")
        context = make_client_context(settings) if settings.tls_replication else None
        self.wire = wire = await call(link.host, link.port, patience_s, self.now_ms, context)
        link.ip = wire.peer_ip()
        self.set_state(link, "handshake")
        await self.greet(wire, patience_s)
        replication = self.executor.replication
        can_go_on = self.can_go_on and settings.replica_partial_sync
        if can_go_on:
            asked = replication.id.encode(), b"%d" % (replication.offset + 1)
        else:
            asked = b"?", b"-1"
        words = [b"PSYNC", *asked]
        if self.handing_over:
            words.append(b"FAILOVER")
        wire.send(request(*words))
        answer = Answer(await answered(link, wire, patience_s), can_go_on)
        if self.handing_over:
            self.handing_over = False
            if self.on_handed_over is not None:
                self.on_handed_over(True)
        if answer.partial:
            if answer.history and answer.history != replication.id:
                replication.branch_off(answer.history)
                tell_branching(replication)
                roles.dismiss_replicas(self.executor)
            LOG.log(
                NOTICE,
                "Successful partial resynchronization with master: going on at offset %d of %s",
                replication.offset,
                replication.id,
            )
            left_over = b""
        else:
            left_over = await self.load_all(link, wire, answer, patience_s)
        await self.live(link, wire, left_over)

    def now_ms(self) -> int:
        """The time, read anew: what comes from the loop comes at any time."""
        self.executor.clock.read()
        return self.executor.clock.now_ms

    def set_state(self, link: PrimaryLink, state: str) -> None:
        link.state = state
        self.apply_settings()

    def port(self) -> int:
        """Where this node can be reached, as its primary is told."""
        settings = self.settings
        port = settings.replica_announce_port or settings.announce_port
        return port or (settings.tls_port if settings.tls_replication else 0) or settings.port

    def place(self) -> tuple[str, int] | None:
        """How the primary knows this node; None without a link."""
        if self.wire is None or self.wire.transport is None:
            return None
        here = self.wire.transport.get_extra_info("sockname")
        return self.settings.replica_announce_ip or str(here[0]), self.port()

    async def greet(self, wire: Wire, patience_s: float) -> None:
        greeting = await introduce(wire, self.settings, self.port(), self.mark, patience_s)
        replicas = self.executor.replication.replicas
        if any(self.mark in replica.capabilities for replica in replicas.values()):
            raise Refused("that is this node itself, which cannot be its own replica")
        self.told.greeted(greeting.warnings, greeting.remarks)

    # -- the snapshot ------------------------------------------------------------------------------

    async def load_all(
        self, link: PrimaryLink, wire: Wire, answer: Answer, patience_s: float
    ) -> bytes:
        """Take over the primary's snapshot; what came behind it."""
        LOG.log(NOTICE, "Full resync from master: %s:%d", answer.history, answer.offset)
        announcement = Announcement(await answered(link, wire, patience_s))
        LOG.log(NOTICE, "MASTER <-> REPLICA sync: Loading DB in memory")
        executor = self.executor
        link.sync_total = announcement.size
        link.sync_read = 0
        link.sync_began_s = time.time()
        link.sync_io_ms = wire.last_ms
        if self.settings.repl_diskless_load == "flush-before-load":
            self.end_old_data()
            roles.take_over_data(executor, executor.keyspace.twin())
            # who has followed the data that were here cannot go on with what will be
            executor.replication.begin_history()
            executor.backlog.restart(executor.backlog.offset)
            self.can_go_on = False
        executor.loading = all(len(db) == 0 for db in executor.keyspace.dbs)
        self.set_state(link, "sync")
        self.load = load = StreamLoad(
            executor.keyspace.twin(), announcement.size, announcement.mark
        )
        link.sync_fields = load.contents.fields
        await self.read_all(link, wire, load, patience_s)
        if wire is not self.wire:
            raise LinkLost("hung up")
        # from here to the end nobody comes between
        self.end_old_data()
        take_functions(executor, load.contents.functions, FLUSH)
        self.load = None
        executor.memory.tell(LOADING, 0)
        roles.take_over_data(executor, load.keyspace)
        roles.dismiss_replicas(executor)
        executor.loading = False
        executor.replication.follow_history(answer.history, answer.offset)
        self.database = selected_database(load.contents.fields, len(executor.keyspace.dbs))
        executor.backlog.selected = self.database
        self.can_go_on = True
        self.retrying.loaded()
        for chore in self.after_new_data:
            chore()
        LOG.log(
            NOTICE,
            "MASTER <-> REPLICA sync: Finished with success: %d keys, %d bytes",
            load.keys,
            load.read_bytes,
        )
        return load.left_over

    def end_old_data(self) -> None:
        """Nothing may be being saved while others take their place."""
        self.snapshots.call_off()
        for chore in self.before_new_data:
            chore()

    async def read_all(
        self, link: PrimaryLink, wire: Wire, load: StreamLoad, patience_s: float
    ) -> None:
        told_ms = self.executor.clock.now_ms
        slowing = Slowing()
        while not load.done:
            delay_us = self.settings.key_load_delay
            pause_s = slowing.pause_s(load.keys, delay_us)
            budget_us = SLICE_US if self.executor.clients else LONG_SLICE_US
            if load.waiting < MOST_UNREAD or not load.is_busy():
                data = wire.take()
                if data:
                    load.feed(data)
                    link.sync_read += len(data)
                    link.sync_io_ms = wire.last_ms
            if pause_s:
                await asyncio.sleep(pause_s)
            elif load.run(0 if delay_us else budget_us):
                await asyncio.sleep(0)
            elif not wire.came and not load.done and not await wire.wait(ACK_S):
                while load.run(SLICE_US, True):
                    await asyncio.sleep(0)
                if self.now_ms() - wire.last_ms > patience_s * 1000:
                    raise LinkLost("the snapshot has stopped coming")
            if wire.lost is not None and (wire is not self.wire or not wire.came) and not load.done:
                raise wire.lost
            if self.now_ms() - told_ms >= ACK_S * 1000:
                told_ms = self.executor.clock.now_ms
                wire.send(b"\n")  # we are still there
                self.executor.memory.tell(LOADING, bytes_of(load.keyspace.tables) + load.waiting)

    def drop_load(self) -> None:
        """A snapshot that did not come to its end is nothing; the old data stay."""
        load, self.load = self.load, None
        if load is None:
            return
        roles.bury(self.executor, load.keyspace)
        self.executor.memory.tell(LOADING, 0)
        self.executor.loading = False
        self.executor.observers_changed()

    # -- the stream --------------------------------------------------------------------------------

    async def live(self, link: PrimaryLink, wire: Wire, left_over: bytes) -> None:
        """Apply the stream until the link is lost, and say how far we are."""
        addr = f"{link.host}:{link.port}"
        self.stream = PrimaryStream(self.executor, self.host, addr, self.database)
        link.client_id = self.stream.client.id
        self.executor.backlog.selected = self.database
        self.retrying.up()
        link.linkless_since_ms = 0
        self.set_state(link, "connected")
        self.acknowledge(wire)
        self.receive(left_over + wire.take())
        wire.receiver = self.receive
        while True:
            await wire.wait(ACK_S)
            self.acknowledge(wire)
            if self.now_ms() - wire.last_ms > self.settings.repl_timeout * 1000:
                raise LinkLost("nothing was heard of it for repl-timeout")
            if self.stream is None or self.stream.client.killed:
                raise LinkLost("its client was killed")

    def receive(self, data: bytes) -> None:
        """Bytes of the stream."""
        stream, link, wire = self.stream, self.link, self.wire
        if stream is None or link is None or wire is None:
            return
        try:
            stream.feed(data)
        finally:
            link.last_io_ms = wire.last_ms
            link.offset = stream.received
        self.executor.before_replies()
        if stream.take_asked():
            self.acknowledge(wire)

    def acknowledge(self, wire: Wire) -> None:
        """Say how far the data are, and those that are on the disk."""
        replication = self.executor.replication
        words = [b"REPLCONF", b"ACK", b"%d" % replication.offset]
        if THE_LOG in replication.wanted_by and replication.file_offset >= 0:
            words += [b"FACK", b"%d" % replication.file_offset]
        wire.send(request(*words))


def selected_database(fields: dict[str, str], databases: int) -> int:
    """The database that the stream has selected where the snapshot was taken."""
    with contextlib.suppress(ValueError):
        database = int(fields.get("repl-stream-db", "0"))
        if 0 <= database < databases:
            return database
    return 0
