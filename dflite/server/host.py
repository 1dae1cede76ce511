"""What commands ask of the process: settings, figures, the log, the end."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Final

from dflite.base.conversation_errors import NoUserFile, UserFileProblem
from dflite.base.errors import CustomError
from dflite.base.server_errors import (
    CannotRewrite,
    LogNotLoaded,
    NoShutdown,
    OtherInProgress,
    ReloadFailed,
    RewriteInProgress,
    SaveFailed,
    SaveInProgress,
    ShutdownFailed,
)
from dflite.engine.client import MEMCACHED
from dflite.engine.executor import Executor
from dflite.engine.memory import MemoryFigures
from dflite.engine.replication import NO_FAILOVER
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.requests import Limits
from dflite.server import http, info
from dflite.server.containers import available_memory, memory_limit
from dflite.server.ending import Ending, nobody_asked
from dflite.server.endpoint import PUBLIC
from dflite.server.figures import Figures
from dflite.server.log_rewrite import LogRewriting
from dflite.server.logs import LEVELS, LOG, NOTICE, Throttle
from dflite.server.private_files import write_private
from dflite.server.process import remove_pidfile
from dflite.server.replication_host import ReplicationHost
from dflite.server.restoring import Restoring
from dflite.server.saving import Saving
from dflite.server.snapshotting import Snapshots
from dflite.server.user_files import lines_of_users, load_users, read_user_file
from dflite.settings.lists import NORMAL, PUBSUB
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused

SMALL_LIMIT: Final = 1 << 20  # bytes: who means so little has forgotten a unit
# Settings up to which collections are packed.
THRESHOLDS: Final = (
    "hash_max_listpack_entries",
    "hash_max_listpack_value",
    "list_max_listpack_size",
    "set_max_intset_entries",
    "set_max_listpack_entries",
    "set_max_listpack_value",
    "stream_node_max_bytes",
    "stream_node_max_entries",
    "zset_max_listpack_entries",
    "zset_max_listpack_value",
)


class NodeHost(ReplicationHost):
    """The `Host` of the commands; `join` gives it the parts that are made after it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.executor: Executor
        self.figures: Figures
        self.limits: Limits
        self.stopped: asyncio.Event
        self.saving: Saving
        self.snapshots: Snapshots
        self.rewriting: LogRewriting
        self.restoring: Restoring
        self.ending: Ending
        self.throttle = Throttle()
        self.available = available_memory()

    def join(
        self,
        executor: Executor,
        figures: Figures,
        limits: Limits,
        stopped: asyncio.Event,
        saving: Saving,
        restoring: Restoring,
    ) -> None:
        """Know the parts, and keep their copies of settings up to date from now on."""
        self.executor = executor
        self.figures = figures
        self.limits = limits
        self.stopped = stopped
        self.saving = saving
        self.snapshots = saving.snapshots
        self.rewriting = restoring.rewriting
        self.restoring = restoring
        self.ending = Ending(executor, self.settings, figures.reactor, saving, self.stop)
        self.ending.log_is_begun = self.rewriting.is_first
        self.ending.log_lacks_base = self.rewriting.lacks_base
        figures.ends_in_ms = self.ending.left_ms
        figures.await_end = self.ending.count_askers
        self.apply_settings()
        self.require_password()
        executor.users.never_open = self.settings.endpoint == PUBLIC
        executor.users.passwords_kept = self.settings.passkey_kept
        load_users(executor, self.settings)
        self.settings.describe_users = self.describe_users
        self.settings.on_change("requirepass", self.require_password, always=True, last=True)
        for name in (
            "maxmemory",
            "maxmemory_clients",
            "maxmemory_policy",
            "cache_mode",
            "maxmemory_samples",
            "maxmemory_eviction_tenacity",
            "lfu_log_factor",
            "lfu_decay_time",
            "active_expire_effort",
            "acllog_max_len",
            "auth_failure_delay",
            "acl_pubsub_default",
            "slowlog_log_slower_than",
            "slowlog_max_len",
            "latency_monitor_threshold",
            "latency_tracking",
            "max_bulk_len",
            "client_query_buffer_limit",
            "client_output_buffer_limit",
            "notify_keyspace_events",
            "tracking_table_max_keys",
            "script_memory_limit",
            "busy_reply_threshold",
            *THRESHOLDS,
        ):
            self.settings.on_change(name, self.apply_settings)

    def apply_settings(self) -> None:
        """Hand the settings to the parts that keep their own copy."""
        settings = self.settings
        executor = self.executor
        self.apply_memory_settings()
        executor.acl_log.max_length = settings.acllog_max_len
        executor.attempts.first_ms = settings.auth_failure_delay
        executor.users.all_channels = settings.acl_pubsub_default == "allchannels"
        executor.slowlog.threshold_us = settings.slowlog_log_slower_than
        executor.slowlog.max_length = settings.slowlog_max_len
        executor.slowlog.trim()
        executor.latency.threshold_ms = settings.latency_monitor_threshold
        executor.latency_tracking = settings.latency_tracking
        executor.notifications.configure(settings.notify_keyspace_events)
        executor.tracking.limit = settings.tracking_table_max_keys
        executor.script_memory = settings.script_memory_limit
        executor.script_patience_us = settings.busy_reply_threshold * 1000
        executor.replica_limits.bulk_length = settings.max_bulk_len
        for limits, row in ((self.limits, NORMAL), (executor.channels.limits, PUBSUB)):
            limits.bulk_length = settings.max_bulk_len
            limits.query_buffer = settings.client_query_buffer_limit
            limits.output_buffer = settings.client_output_buffer_limit[row][0]
        for name in THRESHOLDS:
            set_threshold(name, getattr(settings, name))
        executor.observers_changed()

    def apply_memory_settings(self) -> None:
        """The limit, and what goes when it is reached."""
        settings = self.settings
        executor = self.executor
        evictor = executor.lane.evictor
        limit = memory_limit(settings.maxmemory, self.available)
        if 0 < limit < SMALL_LIMIT and limit != executor.memory.limit:
            LOG.warning("maxmemory is %d bytes, which holds hardly anything: give a unit", limit)
        executor.memory.limit = limit
        share = settings.maxmemory_clients
        bound = share if share >= 0 else -share * executor.memory.limit // 100
        executor.client_eviction.bound = bound
        self.figures.reactor.after_reading = self.evict_clients if bound else None
        evictor.set_policy("cache" if settings.cache_mode else settings.maxmemory_policy)
        evictor.samples = settings.maxmemory_samples
        evictor.slice_us = max(min(settings.maxmemory_eviction_tenacity * 50, 1000), 50)
        evictor.uses.log_factor = settings.lfu_log_factor
        evictor.uses.decay_minutes = settings.lfu_decay_time
        executor.expiry.set_effort(settings.active_expire_effort)
        if executor.eviction.on_pressure is not None and not executor.make_room():
            LOG.warning("maxmemory is lower than what is used, and nothing can be evicted")

    def require_password(self) -> None:
        """The default user's password is what the settings say, in the place of all it had."""
        settings = self.settings
        words = [settings.requirepass, *settings.older_passkeys] if settings.requirepass else []
        self.executor.users.require([word.encode(errors="surrogateescape") for word in words])
        for client in self.executor.clients.values():
            if client.protocol == MEMCACHED:
                client.update_lane()

    def describe_users(self) -> list[str]:
        """Lines about users for the config file."""
        return [] if self.settings.aclfile else lines_of_users(self.executor, self.settings)

    def read_users(self) -> bytes:
        return read_user_file(self.settings)

    def write_users(self, text: bytes) -> None:
        if not self.settings.aclfile:
            raise NoUserFile
        try:
            write_private(self.settings.aclfile, text)
        except OSError as error:
            reason = (error.strerror or str(error)).encode()
            raise UserFileProblem(b"ERR Cannot write the file of users: " + reason) from None

    def evict_clients(self) -> None:
        """A round of requests is over: do clients take too much?"""
        for client in self.executor.client_eviction.run():
            self.throttle.log(
                LEVELS["notice"], "eviction", f"closing client {client.addr}: maxmemory-clients"
            )

    def setting(self, name: str) -> object:
        return getattr(self.settings, name)

    def settings_matching(self, patterns: list[str]) -> list[tuple[str, str]]:
        return self.settings.get_matching(patterns)

    def change_settings(self, pairs: list[tuple[str, str]], from_here: bool) -> None:
        try:
            without_effect = self.settings.change(pairs, from_here)
        except ChangeRefused as refusal:
            raise CustomError(b"ERR " + str(refusal).encode("utf-8", "surrogateescape")) from None
        if without_effect:
            LOG.log(
                NOTICE, "CONFIG SET %s: accepted, without effect here", ", ".join(without_effect)
            )

    def rewrite_settings(self) -> None:
        try:
            self.settings.rewrite()
        except ChangeRefused as refusal:
            raise CustomError(b"ERR " + str(refusal).encode("utf-8", "surrogateescape")) from None

    def reset_figures(self) -> None:
        self.figures.reset()

    def info(self, sections: list[str]) -> bytes:
        return info.render(self.figures, sections)

    def memory(self) -> MemoryFigures:
        return self.figures.memory()

    def save(self) -> None:
        self.rewriting.call_off()  # it is tried again
        if self.snapshots.running is not None:
            raise SaveInProgress
        if not self.saving.save_now():
            raise SaveFailed

    def save_in_background(self, scheduled: bool) -> bool:
        if self.snapshots.running is not None:
            if not scheduled:
                raise OtherInProgress if self.rewriting.is_running else SaveInProgress
            self.saving.scheduled = True
            return False
        if not self.saving.begin():
            raise SaveFailed
        return True

    def rewrite_log(self) -> bool:
        rewriting = self.rewriting
        if rewriting.is_running:
            raise RewriteInProgress
        if self.snapshots.running is not None or self.executor.in_exec:
            rewriting.scheduled = True
            return False
        if not rewriting.begin():
            raise CannotRewrite
        return True

    def cancel_save(self) -> bool:
        return self.saving.call_off()

    def flushed_all(self) -> None:
        self.saving.flushed_all()

    def reload(self, save: bool, flush: bool, merge: bool) -> None:
        self.saving.call_off()
        self.snapshots.call_off()
        if save and not self.saving.save_now():
            raise SaveFailed
        error = self.restoring.reload(flush, merge)
        self.rewriting.scheduled = self.restoring.log.on  # the log knows nothing of this
        if error:
            LOG.warning("DEBUG RELOAD failed: %s", error)
            raise ReloadFailed

    def load_log(self) -> None:
        self.saving.call_off()
        self.snapshots.call_off()
        error = self.restoring.load_log_again()
        if error:
            LOG.warning("DEBUG LOADAOF failed: %s", error)
            raise LogNotLoaded

    def last_save_s(self) -> int:
        return self.saving.last_save_s

    def http(self, method: str, target: str, status: int) -> Iterator[bytes]:
        return http.respond(self.figures, method, target, status)

    def shutdown(
        self, save: bool | None, now: bool, force: bool, failed: Callable[[], None]
    ) -> None:
        LOG.log(NOTICE, "SHUTDOWN received: stopping")
        if not self.end(save, now, force, failed):
            raise ShutdownFailed

    def end_by_signal(self, flags: list[str]) -> None:
        """A signal has come; a second one waits for nobody."""
        save = True if "save" in flags else False if "nosave" in flags else None
        self.end(save, "now" in flags or self.ending.waiting, "force" in flags, nobody_asked)

    def end(self, save: bool | None, now: bool, force: bool, failed: Callable[[], None]) -> bool:
        if self.executor.replication.failover != NO_FAILOVER:
            self.failover.abort()
        return self.ending.begin(save, now, force, failed)

    def abort_shutdown(self) -> None:
        if not self.ending.abort():
            raise NoShutdown

    def fail(self, reason: str) -> None:
        LOG.critical("%s", reason)
        remove_pidfile(self.settings.pidfile)
        os._exit(1)

    def stop(self) -> None:
        """Nothing more can come: let the process end."""
        self.figures.stopping = True
        self.stopped.set()

    def log(self, level: str, message: str) -> None:
        LOG.log(LEVELS[level], "%s", message)

    def log_of_many(self, level: str, kind: str, message: str) -> None:
        self.throttle.log(LEVELS[level], kind, message)
