"""What changes with a node's role: a primary becomes a replica, and a replica a primary."""

from dflite.base.replication_errors import BecameReplica
from dflite.engine.executor import Executor
from dflite.engine.flushing import let_waiters_look
from dflite.engine.replication import PRIMARY, REPLICAS, PrimaryLink
from dflite.store.element_deadlines import ElementDeadlines
from dflite.store.keyspace import Keyspace


def become_replica(executor: Executor, link: PrimaryLink) -> None:
    """Follow: from now on the data are the primary's, and so is the time at which they go."""
    replication = executor.replication
    was_primary = replication.primary is None
    replication.primary = link
    replication.takeover_given_up = False
    replication.want_stream(PRIMARY, True)
    if was_primary:
        for forget in replication.before_following:
            forget()
        let_expire(executor, False)
        unblock_all(executor)
    dismiss_replicas(executor)
    replication.look_at_replicas()
    replication.on_change()


def become_primary(executor: Executor) -> None:
    """Follow nobody: who followed the same primary may go on from here."""
    replication = executor.replication
    replication.primary = None
    replication.takeover_given_up = False
    replication.alone_since_ms = executor.clock.now_ms
    replication.branch_off()
    executor.backlog.selected = -1
    replication.want_stream(REPLICAS, True)
    replication.want_stream(PRIMARY, False)
    executor.read_only = executor.stale = executor.loading = False
    executor.lane.boundless = False
    let_expire(executor, True)
    dismiss_replicas(executor)
    replication.look_at_replicas()
    replication.on_change()


def let_expire(executor: Executor, by_itself: bool) -> None:
    """Do keys go when they are due, or when the primary says so?"""
    executor.expiry.following = not by_itself
    executor.expiry.apply()
    if by_itself:
        for db in executor.keyspace.dbs:
            db.own_deadlines = ElementDeadlines()  # like all others now
        executor.keyspace.dbs[0].effects_of_deadline(0)  # some may be due for long


def unblock_all(executor: Executor) -> None:
    """What they wait for is not for this node to give any more."""
    for waiter in list(executor.blocking.waiters.values()):
        executor.unblock(waiter, True, BecameReplica.text)
        waiter.client.conn.close_after_reply()


def dismiss_replicas(executor: Executor) -> None:
    """Those who follow this node have to learn of another history, or another place in it."""
    for replica in executor.replication.attached():  # not those who only begin to speak
        client = executor.clients.get(replica.id)
        if client is not None:
            executor.kill(client)


def take_over_data(executor: Executor, twin: Keyspace) -> None:
    """A snapshot of the primary's is here as a whole: hold it in the place of the old data."""
    keyspace = executor.keyspace
    for db, other in zip(keyspace.dbs, twin.dbs, strict=True):
        executor.watching.touch_database(db, other)
    keyspace.exchange(twin)
    bury(executor, twin)
    executor.tracking.flushed()
    for db in keyspace.dbs:
        let_waiters_look(executor, db)
    executor.settle(False)
    executor.observers_changed()


def bury(executor: Executor, keyspace: Keyspace) -> None:
    """Free a keyspace that nobody needs, in slices."""
    for db in keyspace.dbs:
        if len(db):
            keyspace.flush(db)
    executor.keyspace.remains += keyspace.remains
    executor.keyspace.keys_of_remains += keyspace.keys_of_remains
