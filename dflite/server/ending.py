"""How the node ends: replicas get what they lack, then comes the last snapshot, then nothing.

    begin -> writes wait, until replicas have everything or shutdown-timeout is over
          -> no request is taken any more -> the last snapshot -> `stopped`

What was answered is in the snapshot, or in the log, which is closed behind all of this: from before
the one is written until the process is gone nobody gets another answer. Where the snapshot fails,
or a log that is on has no base to begin the next start with, the node goes on, unless it shall end
by force. A signal that comes while the first base is written is heeded when it is.
"""

from collections.abc import Callable
from typing import Final

from dflite.engine.executor import Executor
from dflite.engine.journal import ANY_DATABASE, GETACK
from dflite.engine.replication import Replica
from dflite.engine.timers import Timer
from dflite.native.wire.connection import HELD_ENDING
from dflite.native.wire.reactor import Reactor
from dflite.server.logs import LOG, NOTICE
from dflite.server.saving import Saving
from dflite.settings.settings import Settings

LOOK_MS: Final = 10
LOG_LOOK_MS: Final = 100  # while the log's first base is written
REASON: Final = "shutdown_in_progress"  # why writes wait, as INFO names it


def never() -> bool:
    return False


def nobody_asked() -> None:
    """Nobody waits for an answer: what went wrong is in the log."""


class Ending:
    """Of one node; `stop` is called when nothing can come between any more."""

    def __init__(
        self,
        executor: Executor,
        settings: Settings,
        reactor: Reactor,
        saving: Saving,
        stop: Callable[[], None],
    ) -> None:
        self.executor = executor
        self.settings = settings
        self.reactor = reactor
        self.saving = saving
        self.stop = stop
        self.before_stop: list[Callable[[], None]] = []  # nobody comes in any more
        self.log_is_begun: Callable[[], bool] = never
        self.log_lacks_base: Callable[[], bool] = never  # be it begun or not
        self.by_signal = False  # which gets no answer, so it may be heeded later
        self.is_put_off = False  # by a signal that came too early
        self.put_off_save: bool | None = None
        self.over = False
        self.waiting = False  # for replicas
        self.askers: list[Callable[[], None]] = []  # to be told if it does not come about
        self.save: bool | None = None
        self.force = False
        self.until_ms = 0
        self.wanted = 0  # the offset that replicas are to have
        self.seen = 0  # ... and that of the question behind it
        self.timer: Timer | None = None

    def begin(self, save: bool | None, now: bool, force: bool, failed: Callable[[], None]) -> bool:
        """End the node; False if that fails at once, else `failed` is told if it does so later.

        `save` of None: a snapshot if any are wanted. With `now` replicas get no time.
        """
        if self.over:
            return True
        if self.waiting:
            self.askers.append(failed)
            return self.finish() if now else True
        self.forget_timer()
        self.save, self.force, self.by_signal = save, force, failed is nobody_asked
        timeout_s = self.settings.shutdown_timeout
        # what a script has written so far is no matter for others
        now = now or not timeout_s or self.executor.busy_with is not None
        self.wanted = self.executor.replication.offset
        if now or not self.lagging():
            return self.finish()
        now_ms = self.executor.clock.now_ms
        self.waiting = True
        self.askers = [failed]
        self.until_ms = now_ms + timeout_s * 1000
        self.executor.pausing.hold_writes(REASON)
        LOG.log(NOTICE, "writes wait until replicas have everything, for %d s at most", timeout_s)
        self.ask()
        self.timer = self.executor.timers.at(now_ms + LOOK_MS, self.look)
        return True

    def left_ms(self) -> int:
        """How long replicas have at most; -1 unless the end waits for them."""
        if not self.waiting:
            return -1
        return max(self.until_ms - self.executor.clock.now_ms, 0)

    def count_askers(self) -> int:
        """Clients that wait for the end."""
        return sum([asker is not nobody_asked for asker in self.askers])

    def abort(self) -> bool:
        """Do not end after all; False if that is not about to happen."""
        if not self.waiting and not self.is_put_off:
            return False
        LOG.log(NOTICE, "Shutdown manually aborted")
        self.is_put_off = False
        self.give_up()
        return True

    # -- replicas ----------------------------------------------------------------------------------

    def lagging(self) -> list[Replica]:
        """Replicas that lack something; those of a replica can have it from its primary."""
        replication = self.executor.replication
        if replication.primary is not None:
            return []
        return [replica for replica in replication.reached() if replica.acked < self.wanted]

    def ask(self) -> None:
        """Have replicas say when they are where the stream stands now."""
        replication = self.executor.replication
        self.wanted = replication.offset
        replication.backlog.request(ANY_DATABASE, GETACK)
        self.seen = replication.offset

    def look(self) -> None:
        """Have they everything, or is time up?"""
        self.timer = None
        now_ms = self.executor.clock.now_ms
        if now_ms < self.until_ms and self.executor.replication.offset != self.seen:
            self.ask()  # something came behind the last question
        if now_ms >= self.until_ms or not self.lagging():
            self.finish()
        else:
            self.timer = self.executor.timers.at(now_ms + LOOK_MS, self.look)

    def tell_lagging(self) -> None:
        reached = len(self.executor.replication.reached())
        lagging = self.lagging()
        for replica in lagging:
            lack = self.wanted - replica.acked
            LOG.warning("Lagging replica %s:%d lacks %d bytes", replica.ip, replica.port, lack)
        if reached and self.executor.replication.primary is None:
            count = reached - len(lagging)
            LOG.log(NOTICE, "%d of %d replicas are in sync at the end", count, reached)

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> bool:
        """Let nothing more be answered, and save; False if that fails, and the node goes on."""
        self.reactor.hold_all(HELD_ENDING)
        self.tell_lagging()
        if self.log_begins() and not self.force:
            self.reactor.release_all(HELD_ENDING)
            LOG.warning("Writing initial AOF, can't exit: its files do not hold all data yet")
            # a client that is refused meanwhile does not take the signal back
            put_off = self.is_put_off or (self.by_signal and self.count_askers() == 0)
            self.give_up()
            if put_off:
                self.put_off()
            return False
        self.saving.call_off()
        self.saving.snapshots.call_off()
        if not self.force and self.would_lose_all():
            self.reactor.release_all(HELD_ENDING)
            LOG.warning(
                "The append only file has no base, can't exit: all would be lost. SHUTDOWN SAVE "
                "writes a snapshot to start with"
            )
            self.give_up()
            return False
        if not self.saved() and not self.force:
            self.reactor.release_all(HELD_ENDING)
            LOG.warning("Error trying to save the DB, can't exit: SHUTDOWN NOSAVE would")
            self.give_up()
            return False
        self.over = True
        self.forget_timer()
        for chore in self.before_stop:
            chore()
        self.stop()
        return True

    def log_begins(self) -> bool:
        """Is the log's first base being written, on which the next start of a primary relies?"""
        executor = self.executor
        begins = not executor.loading and executor.replication.primary is None
        return begins and self.log_is_begun()

    def put_off(self) -> None:
        """End when the base is there, on which the next start relies."""
        if not self.is_put_off:
            LOG.log(NOTICE, "the node ends when it has been written")
            self.put_off_save = self.save
        self.is_put_off = True
        self.timer = self.executor.timers.at(
            self.executor.clock.now_ms + LOG_LOOK_MS, self.look_at_log
        )

    def look_at_log(self) -> None:
        """Is the first base there, or given up?"""
        self.timer = None
        if self.log_begins():
            self.put_off()
        else:
            self.is_put_off = False
            self.begin(self.put_off_save, False, False, nobody_asked)

    def would_lose_all(self) -> bool:
        """Would the next start of a primary find neither a log nor a snapshot of these keys?"""
        executor = self.executor
        if executor.loading or executor.replication.primary is not None or self.will_save():
            return False
        return self.log_lacks_base() and any(len(db) for db in executor.keyspace.dbs)

    def will_save(self) -> bool:
        """Is there to be a last snapshot? With None, if any are wanted."""
        return self.saving.wanted() if self.save is None else self.save

    def saved(self) -> bool:
        """Take the last snapshot, if there is to be one."""
        return not self.will_save() or self.executor.loading or self.saving.save_now()

    def give_up(self) -> None:
        """The node goes on, and whoever has asked for its end is told so."""
        self.forget_timer()
        if self.waiting:
            self.waiting = False
            self.executor.pausing.let_writes(REASON)
        askers, self.askers = self.askers, []
        for failed in askers:
            failed()

    def forget_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
