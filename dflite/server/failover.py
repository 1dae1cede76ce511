"""Handing over: FAILOVER, by which a primary and one of its replicas change places without a loss.

    writes are paused -> the replica has all -> this node follows it and says so: PSYNC ... FAILOVER
    -> the replica is the primary, this node goes on behind it -> paused writes are refused here

Nothing that was acknowledged is lost, since nothing is acknowledged while the replica catches up.
What does not come about in time is taken back, and this node remains what it was.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from dflite.base.replication_errors import (
    FailoverRunning,
    ForceNeedsMore,
    NoFailover,
    NoReplicas,
    NotAReplicaHere,
    NotOnline,
)
from dflite.base.resp import request
from dflite.engine.executor import Executor
from dflite.engine.journal import ANY_DATABASE, GETACK
from dflite.engine.replication import NO_FAILOVER, NO_OFFSET, ONLINE, Replica
from dflite.engine.timers import Timer
from dflite.replication.handshake import Refused
from dflite.server.following import Following
from dflite.server.link_log import PASSING
from dflite.server.logs import LOG, NOTICE
from dflite.server.saving import Saving
from dflite.server.tls import make_client_context
from dflite.server.wire import LinkLost, Wire, call
from dflite.settings.settings import Settings

LOOK_MS: Final = 10
DAY_S: Final = 86_400.0  # that a primary which was asked may sleep
GRACE_S: Final = 1.0  # for what the primary had sent before it answered
PONG: Final = b"+PONG"
SHARE_MS: Final = 800  # of each second that a takeover may last, for the primary
REASON: Final = "failover_in_progress"  # why writes wait, as INFO names it
TOO_EARLY: Final = "not online"  # this node is about to be, in its primary's eyes
WAITING: Final = "waiting-for-sync"
HANDING_OVER: Final = "failover-in-progress"


class Failover:
    """The one that is running, if any."""

    def __init__(self, executor: Executor, following: Following) -> None:
        self.executor = executor
        self.following = following
        self.replication = executor.replication
        self.target: tuple[str, int] | None = None  # None: whichever has all first
        self.force = False
        self.until_ms = 0  # 0: as long as it takes
        self.asked = NO_OFFSET  # where the stream stood when replicas were asked how far they are
        self.timer: Timer | None = None
        following.on_handed_over = self.ended

    def begin(self, target: tuple[str, int] | None, force: bool, timeout_ms: int) -> None:
        """FAILOVER: it goes on by itself. Raises what stands against it."""
        replication = self.replication
        if replication.failover != NO_FAILOVER:
            raise FailoverRunning
        if not replication.attached():
            raise NoReplicas
        if force and (not timeout_ms or target is None):
            raise ForceNeedsMore
        if target is not None:
            named = [replica for replica in replication.attached() if is_at(replica, target)]
            if not named:
                raise NotAReplicaHere
            if named[0].state != ONLINE:
                raise NotOnline
        now_ms = self.executor.clock.now_ms
        self.target = target
        self.force = force
        self.until_ms = now_ms + timeout_ms if timeout_ms else 0
        self.asked = NO_OFFSET
        self.executor.pausing.hold_writes(REASON)
        self.set_state(WAITING)
        LOG.log(NOTICE, "failover begun: writes wait until a replica has everything")
        # not at once: this may be a part of a transaction, which still writes
        self.timer = self.executor.timers.at(now_ms, self.look)

    def abort(self) -> None:
        """FAILOVER ABORT."""
        if self.replication.failover == NO_FAILOVER:
            raise NoFailover
        LOG.log(NOTICE, "Failover manually aborted")
        if self.replication.failover == HANDING_OVER:
            self.following.stop()
        self.end()

    def look(self) -> None:
        """Has a replica everything, or is time up?"""
        self.timer = None
        replication = self.replication
        if replication.failover != WAITING:
            return
        now_ms = self.executor.clock.now_ms
        ready = [replica for replica in replication.online() if self.is_ready(replica)]
        if ready:
            self.hand_over(place_of(ready[0]))
        elif self.until_ms and now_ms >= self.until_ms:
            if self.force and self.target is not None:
                LOG.warning("time out exceeded, failing over. The replica may lack something")
                self.hand_over(self.target)
            else:
                LOG.warning("Failover attempt aborted: no replica had everything in time")
                self.end()
        else:
            self.ask()
            self.timer = self.executor.timers.at(now_ms + LOOK_MS, self.look)

    def ask(self) -> None:
        """Replicas shall say how far they are: once, unless the stream has grown since."""
        replication = self.replication
        if replication.offset != self.asked:
            replication.backlog.request(ANY_DATABASE, GETACK)
            self.asked = replication.offset

    def is_ready(self, replica: Replica) -> bool:
        """Has it every byte? Nothing may have been written since."""
        wanted = self.target is None or is_at(replica, self.target)
        return wanted and replica.acked >= self.replication.offset

    def hand_over(self, target: tuple[str, int]) -> None:
        """Follow the replica, which becomes the primary by that."""
        self.set_state(HANDING_OVER)
        LOG.log(NOTICE, "handing over to %s:%d", *target)
        self.following.follow(*target, handing_over=True)

    def ended(self, succeeded: bool) -> None:
        """The replica has said whether it is the primary now."""
        if self.replication.failover != HANDING_OVER:
            return
        if succeeded:
            LOG.log(NOTICE, "failover done: this node is a replica from now on")
        elif self.force:
            return  # the other one has to be tried again
        else:
            LOG.warning("Failover target rejected psync request: this node remains the primary")
            self.following.stop()
        self.end()

    def end(self) -> None:
        self.set_state(NO_FAILOVER)
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.executor.pausing.let_writes(REASON)

    def set_state(self, state: str) -> None:
        self.replication.failover = state


def place_of(replica: Replica) -> tuple[str, int]:
    """Where it listens."""
    return replica.ip, replica.port


def is_at(replica: Replica, place: tuple[str, int]) -> bool:
    return (replica.ip.lower(), replica.port) == (place[0].lower(), place[1])


class Takeover:
    """REPLTAKEOVER: this replica asks its primary to hand over, and waits until it has."""

    def __init__(
        self,
        executor: Executor,
        settings: Settings,
        following: Following,
        saving: Saving,
    ) -> None:
        self.executor = executor
        self.settings = settings
        self.following = following
        self.saving = saving
        self.task: asyncio.Task[None] | None = None
        self.calling_off: asyncio.Task[None] | None = None

    def begin(self, seconds: int, save: bool, done: Callable[[str], None]) -> None:
        """`done` is told what stood against it, with nothing if this node is the primary now."""
        if self.task is not None and not self.task.done():
            done("another one is running")
            return
        if self.calling_off is not None:
            self.calling_off.cancel()
        self.executor.replication.takeover_given_up = False
        self.task = asyncio.get_running_loop().create_task(self.run(seconds, save, done))

    async def run(self, seconds: int, save: bool, done: Callable[[str], None]) -> None:
        problem = "it was called off"
        try:
            async with asyncio.timeout(seconds):
                await self.ask(seconds)
        except TimeoutError:
            problem = "the primary has not handed over in time"
        except PASSING as error:
            problem = str(error)
        finally:
            if self.following.link is None:
                problem = ""  # whatever has become of the connection
                if save and not self.saving.save_now():
                    problem = "this node is the primary now, but its snapshot failed"
            done(problem)

    async def ask(self, seconds: int) -> None:
        """Ask by a connection of its own: Redis and Valkey understand it, too."""
        link, settings = self.following.link, self.settings
        if link is None:
            return
        own = self.following.place()
        if not link.is_up or own is None:
            raise Refused("the link to the primary is down")
        context = make_client_context(settings) if settings.tls_replication else None
        now_ms = self.following.now_ms
        wire = await call(link.host, link.port, float(seconds), now_ms, context)
        is_asked = False
        try:
            if settings.masterauth:
                user = [settings.masteruser.encode()] if settings.masteruser else []
                word = settings.masterauth.encode(errors="surrogateescape")
                await answered(wire, seconds, b"AUTH", *user, word)
            ip, port = own
            timeout_ms = b"%d" % (seconds * SHARE_MS)  # it gives up before we do
            words = [b"FAILOVER", b"TO", ip.encode(), b"%d" % port, b"TIMEOUT", timeout_ms]
            is_asked = True
            while not await taken(wire, seconds, *words):
                await asyncio.sleep(LOOK_MS / 1000)
            while self.following.link is not None:
                await asyncio.sleep(LOOK_MS / 1000)
        except Refused:
            is_asked = False
            raise
        finally:
            if is_asked and self.following.link is not None:
                self.give_up(wire)
            else:
                wire.end(LinkLost("all is said"))

    def give_up(self, wire: Wire) -> None:
        """The primary may read the request when it is too late: it shall read then that it is."""
        self.executor.replication.takeover_given_up = True
        wire.send(request(b"FAILOVER", b"ABORT") + request(b"PING"))
        self.calling_off = asyncio.get_running_loop().create_task(self.call_off(wire))

    async def call_off(self, wire: Wire) -> None:
        """Refuse to be handed over to until the primary has answered all that it was asked."""
        try:
            while await wire.line(DAY_S) != PONG:
                continue
            await asyncio.sleep(GRACE_S)
            self.executor.replication.takeover_given_up = False
        except LinkLost:
            LOG.log(NOTICE, "the primary has not said that it heeds the end of the takeover")
        finally:
            wire.end(LinkLost("all is said"))


async def taken(wire: Wire, seconds: int, *words: bytes) -> bool:
    """Say something; False if it is too early for it, Refused if it is not to be."""
    try:
        await answered(wire, seconds, *words)
    except Refused as refusal:
        if TOO_EARLY not in str(refusal):
            raise
        return False
    return True


async def answered(wire: Wire, seconds: int, *words: bytes) -> None:
    """Say something; Refused if the answer is an error."""
    wire.send(request(*words))
    answer = await wire.line(float(seconds))
    if answer.startswith(b"-"):
        raise Refused(answer[1:].decode("utf-8", "replace"))
